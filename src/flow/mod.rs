//! Pure: what becomes of lines between the streams and the renderer.
//!
//! A stream's lines go through [`stream`]: window, level, filter, record, context, dedup, limit. What is left
//! is put in [`order`] with the other streams' and printed. [`merge`] says which streams are read.

pub mod context;
pub mod dedup;
pub mod filter;
pub mod gather;
pub mod limit;
pub mod merge;
pub mod order;
pub mod sense;
pub mod stream;
pub mod unit;
pub mod window;
