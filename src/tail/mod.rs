//! One followed log.

pub mod bisect;
pub mod conversation;
mod events;
pub mod follower;
pub mod long_line;
mod pace;
pub mod position;
pub mod stream;
