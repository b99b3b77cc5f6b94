//! Pure: which CVMs, which logs, and the streams they make together.

pub mod address;
pub mod catalogue;
pub mod cvm;
pub mod fold;
pub mod glob;
pub mod nearest;
pub mod target;
