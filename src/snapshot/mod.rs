//! Pure: from lines to the data of a snapshot report, which `render::snapshot` renders.
//!
//! [`stream_counts`] counts the lines of one stream, and [`patterns`] their messages, masked by [`mask`]. [`assemble`]
//! turns the [`observation`] of all CVMs into a [`document`], checks the thresholds that [`rulebook`] has for each log,
//! and compares with an earlier report ([`compare`]).

pub mod assemble;
pub mod compare;
pub mod document;
pub mod mask;
pub mod observation;
pub mod patterns;
pub mod rulebook;
pub mod status;
pub mod stream_counts;
pub mod thresholds;

#[cfg(test)]
mod tests;
