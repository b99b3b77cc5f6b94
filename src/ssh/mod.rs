//! The only room that knows ssh.

pub mod backoff;
pub mod channel;
pub mod child_guard;
pub mod children;
pub mod connection;
pub mod control_sockets;
pub mod debug_log;
pub mod dial_limit;
pub mod jump;
pub mod listener;
pub mod master;
pub mod resolve;
pub mod resources;
pub mod session;
