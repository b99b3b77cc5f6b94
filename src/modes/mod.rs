//! The verbs: each file reads as the story of one.

pub mod cvms;
pub mod follow;
pub mod logs;
mod object;
pub mod pages;
mod signals;
pub mod snapshot;
mod table;
