//! What all sessions of a run share.

use std::sync::Arc;

use crate::options::SshOptions;
use crate::ssh::children::Children;
use crate::ssh::control_sockets::ControlSockets;
use crate::ssh::dial_limit::DialLimit;

/// The limit of handshakes, the directory of control sockets and the child processes of a run.
#[derive(Debug)]
pub struct Resources {
    pub(super) limit: DialLimit,
    // Dropped in this order: no master is left that could bind a socket when their directory is removed.
    pub(super) children: Arc<Children>,
    pub(super) sockets: ControlSockets,
}

impl Resources {
    /// Those that `ssh` asks for; nothing is made or started yet.
    pub fn new(ssh: &SshOptions) -> Arc<Self> {
        Arc::new(Self {
            limit: DialLimit::new(ssh.parallel),
            children: Arc::default(),
            sockets: ControlSockets::new(&ssh.socket_folder),
        })
    }

    /// The child processes of the run.
    pub fn children(&self) -> &Arc<Children> {
        &self.children
    }
}
