//! One followed log: reconnecting, the conversation with the agent, and the position in the rotation series.
//!
//! `stream` owns the connection and retries; `conversation` carries out on it what `follower`, a state machine without
//! I/O, decides. `position` recognizes a file and its successor, `bisect` finds the first line of a time.

pub mod bisect;
pub mod conversation;
mod events;
pub mod follower;
pub mod long_line;
mod pace;
pub mod position;
pub mod stream;
