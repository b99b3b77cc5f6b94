//! The only room that knows ssh: sessions, the remote script, one stream per CVM×log.

pub mod bisect;
pub mod channel;
pub mod connection;
pub mod conversation;
pub mod explain;
pub mod follower;
pub mod gate;
pub mod hosts;
pub mod intake;
mod leash;
pub mod master;
pub mod position;
pub mod pulse;
pub mod recovery;
pub mod script;
pub mod session;
pub mod sockets;
pub mod survey;
pub mod tail;
mod word;
