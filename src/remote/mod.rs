//! The only room that knows ssh: sessions, the remote script, one stream per CVM×log.

pub mod channel;
pub mod connection;
pub mod explain;
pub mod gate;
mod leash;
pub mod master;
pub mod session;
pub mod sockets;
