//! Pure: what becomes of lines between the streams and the renderer.

pub mod filter;
