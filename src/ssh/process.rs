//! The remote command of a channel.

use std::os::unix::process::ExitStatusExt as _;
use std::rc::Rc;
use std::sync::Arc;

use crate::failure::Failure;
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::connection::Connection;
use crate::ssh::slots::Slot;

/// How a remote command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandEnd {
    /// By itself, with this status.
    Exited(u8),
    /// By a signal on the CVM.
    Killed,
    /// With its connection.
    Lost(Failure),
}

/// The remote command of a channel, as opposed to its pipes. Dropping it ends it.
#[derive(Debug)]
pub struct Process {
    shell: ShellProcess,
    connection: Rc<Connection>,
    /// Dropped last: the place is free when the command has ended.
    _slot: Slot,
}

/// The shell that runs a remote command.
#[derive(Debug)]
pub(super) enum ShellProcess {
    /// A child of sshd.
    Remote(openssh::Child<Arc<openssh::Session>>),
    /// A child of this process.
    Local(ChildGuard),
}

impl Process {
    pub(super) fn new(shell: ShellProcess, connection: Rc<Connection>, slot: Slot) -> Self {
        Self { shell, connection, _slot: slot }
    }

    /// The connection that carries it.
    pub fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// Waits for the end of the command. Read its output to the end first: what is unread then may be lost.
    pub async fn end(self) -> CommandEnd {
        let Self { shell, connection, _slot } = self;
        match shell {
            ShellProcess::Local(mut shell) => match shell.wait().await {
                Ok(status) => exited(status.code()),
                Err(error) => CommandEnd::Lost(connection.local_failure(&error)),
            },
            ShellProcess::Remote(shell) => match shell.wait().await {
                Ok(status) => exited(status.code().or_else(|| status.signal())),
                // How the crate reports status 127.
                Err(openssh::Error::Remote(_)) => CommandEnd::Exited(127),
                // A command that was killed and a connection that broke look the same here.
                Err(_) => connection.broken().await.map_or(CommandEnd::Killed, CommandEnd::Lost),
            },
        }
    }
}

/// The end that goes with a status; without a status it was a signal.
fn exited(code: Option<i32>) -> CommandEnd {
    code.and_then(|code| u8::try_from(code).ok()).map_or(CommandEnd::Killed, CommandEnd::Exited)
}
