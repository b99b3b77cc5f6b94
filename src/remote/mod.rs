//! The only room that knows ssh: sessions, the remote script, one stream per CVM×log.

pub mod bisect;
pub mod channel;
pub mod connection;
pub mod conversation;
pub mod dialogue;
pub mod discover;
pub mod explain;
pub mod find;
pub mod follower;
pub mod gate;
pub mod hosts;
pub mod intake;
mod leash;
pub mod listing;
pub mod master;
pub mod position;
pub mod probe;
pub mod progress;
pub mod pulse;
pub mod recovery;
pub mod route;
pub mod script;
pub mod session;
pub mod sockets;
pub mod survey;
pub mod tail;
mod word;
