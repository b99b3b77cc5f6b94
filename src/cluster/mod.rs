//! Pure: which CVMs, which logs, and the streams they make together.

pub mod cvm;
pub mod target;
