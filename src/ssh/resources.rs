//! What all sessions of a run share.

use std::sync::Arc;

use crate::options::SshOptions;
use crate::ssh::children::Children;
use crate::ssh::control_sockets::Sockets;
use crate::ssh::dial_limit::Gate;

/// The pace of dialling, the directory of control sockets and the child processes of a run.
#[derive(Debug)]
pub struct Resources {
    pub(super) limit: Gate,
    // Dropped in this order: no master is left that could bind a socket when their directory is removed.
    pub(super) children: Arc<Children>,
    pub(super) sockets: Sockets,
}

impl Resources {
    /// Those that `ssh` asks for; nothing is made or started yet.
    pub fn new(ssh: &SshOptions) -> Arc<Self> {
        Arc::new(Self {
            limit: Gate::new(ssh.parallel),
            children: Arc::default(),
            sockets: Sockets::new(&ssh.socket_folder),
        })
    }

    /// The child processes of the run.
    pub fn children(&self) -> &Arc<Children> {
        &self.children
    }
}
