//! A remote `sh` and its three pipes; the same type over ssh and on this machine.

use std::io;
use std::process::Stdio;
use std::rc::Rc;
use std::sync::Arc;

use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::process::Command;
use tokio::time::timeout;

use crate::diagnosis::{self, table};
use crate::failure::Failure;
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::children::Children;
use crate::ssh::connection::{Connection, Link};
use crate::ssh::master::Master;
use crate::ssh::pipes::{OurEnds, TheirEnds, pipes};
use crate::ssh::process::{Process, ShellProcess};

/// The remote command of every channel, the same for every login shell: the script goes in by stdin.
const SHELL: &str = "exec sh";

/// A `sh` that waits for its script on `stdin`. Dropping the channel (or its `process`) ends it.
#[derive(Debug)]
pub struct Channel {
    /// The shell's stdin; dropped, the shell reads end-of-file.
    pub stdin: Sender,
    pub stdout: Receiver,
    pub stderr: Receiver,
    pub process: Process,
}

/// Why a channel could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// sshd opens no more on this connection.
    Full,
    Failed(Failure),
}

impl Channel {
    /// Opens a channel on `connection`. May be cancelled.
    pub async fn open(connection: &Rc<Connection>) -> Result<Self, OpenError> {
        let opening = connection.slots().open();
        let failed = |error: io::Error| OpenError::Failed(connection.local_failure(&error));
        let (ours, theirs) = pipes().map_err(failed)?;
        let shell = match connection.link() {
            Link::Local(children) => start_local(children, theirs).map_err(failed)?,
            Link::Ssh(master) => match start_remote(connection, master, theirs).await {
                Ok(shell) => shell,
                Err(error) => {
                    opening.on_refused();
                    return Err(error);
                }
            },
        };
        let OurEnds { stdin, stdout, stderr } = ours;
        let process = Process::new(shell, Rc::clone(connection), opening.on_opened());
        Ok(Self { stdin, stdout, stderr, process })
    }

    /// The connection that carries the channel.
    pub fn connection(&self) -> &Rc<Connection> {
        self.process.connection()
    }
}

/// Starts a shell on this machine.
fn start_local(children: &Arc<Children>, [stdin, stdout, stderr]: TheirEnds) -> io::Result<ShellProcess> {
    let mut command = Command::new("sh");
    command.stdin(Stdio::from(stdin)).stdout(Stdio::from(stdout)).stderr(Stdio::from(stderr));
    ChildGuard::start(&mut command, children).map(ShellProcess::Local)
}

/// Has sshd start a shell.
async fn start_remote(
    connection: &Connection,
    master: &Master,
    [stdin, stdout, stderr]: TheirEnds,
) -> Result<ShellProcess, OpenError> {
    let mut command = openssh::Session::to_raw_command(Arc::clone(master.session()), SHELL);
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    // May be cancelled half-way: a master reads on from a client only when the channel is open, and
    // then closes it if the client is gone (openssh mux.c, `mux_pause`; tried with a stopped sshd).
    match timeout(connection.endpoint().connect_timeout(), command.spawn()).await {
        Ok(Ok(shell)) => Ok(ShellProcess::Remote(shell)),
        Ok(Err(error)) => Err(open_error(connection, &error).await),
        Err(_) => Err(OpenError::Failed(diagnosis::because(&table::SILENT, connection.endpoint(), ""))),
    }
}

/// Why the master did not open a channel.
async fn open_error(connection: &Connection, error: &openssh::Error) -> OpenError {
    let why = match error {
        openssh::Error::SshMux(error) => error.to_string(),
        openssh::Error::ChildIo(error) => return OpenError::Failed(connection.local_failure(error)),
        other => other.to_string(),
    };
    let endpoint = connection.endpoint();
    if why.contains("Session open refused by peer") {
        return OpenError::Full;
    }
    if why.contains("os error 24") {
        return OpenError::Failed(diagnosis::because(&table::FILES, endpoint, ""));
    }
    let lost = || diagnosis::because(&table::LOST, endpoint, &format!(": {why}"));
    OpenError::Failed(connection.broken().await.unwrap_or_else(lost))
}
