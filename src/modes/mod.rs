//! The verbs: each file reads as the story of one.

pub mod check;
pub mod complete;
pub mod cvms;
pub mod discover;
pub mod follow;
pub mod listing;
pub mod logs;
pub mod pages;
mod print;
mod runtime;
mod signals;
pub mod snapshot;
pub mod stop;
