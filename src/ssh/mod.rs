//! Connections to CVMs over the user's own ssh, and the only room that names the `openssh` crate.
//!
//! A [`Session`](session::Session) is one CVM. It starts [masters](master) as needed, each the `ssh` process of one
//! [`Connection`](connection::Connection), and opens [`Channel`](channel::Channel)s on them: a remote `sh` each. Masters
//! are children of this process, found by their [control sockets](control_sockets), and none of them outlives it
//! ([`children`]). This machine is a session too, whose channels are plain children.

pub mod backoff;
pub mod channel;
mod child_guard;
pub mod children;
mod command;
pub mod connection;
mod control_sockets;
pub mod debug_log;
pub mod descriptor_limit;
mod dial_limit;
mod jump;
mod log_reader;
mod master;
mod pipes;
pub mod process;
pub mod resolve;
mod resources;
pub mod session;
mod slots;
