//! CVMs, logs, and the pairs of them that streams follow. Pure.

pub mod address;
pub mod catalogue;
pub mod cvm;
pub mod fold;
pub mod glob;
pub mod hop;
pub mod naming;
pub mod nearest;
pub mod pattern;
pub mod target;
