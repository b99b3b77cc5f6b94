//! A remote `sh` and its three pipes; the same type over ssh and on this machine.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::rc::Rc;
use std::sync::Arc;

use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::unix::pipe::{Receiver, Sender};

use crate::failure::Failure;
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::connection::{Connection, Slot};

/// The remote command of every channel, the same for every login shell: what is to be run goes in by stdin.
pub const SHELL: &str = "exec sh";

/// How many descriptors this process asks for: 4 per stream, so enough for 16,000 of them. No more, because
/// some programs walk over all possible descriptors when they start.
const DESCRIPTORS: u64 = 65_536;

/// The size of the pipes that carry little. One page each: the kernel counts the pages that all pipes of a
/// user *may* hold (`fs.pipe-user-pages-soft`, 16384) and makes later pipes tiny.
const SMALL: usize = 4096;

/// A `sh` that waits for its script on `stdin`. Dropping the channel (or its `process`) ends it.
#[derive(Debug)]
pub struct Channel {
    /// The shell's stdin; dropped, the shell sees its end.
    pub stdin: Sender,
    /// The shell's stdout.
    pub stdout: Receiver,
    /// The shell's stderr.
    pub stderr: Receiver,
    /// The shell itself.
    pub process: Process,
}

impl Channel {
    /// The connection that carries the channel.
    pub fn connection(&self) -> &Rc<Connection> {
        &self.process.slot.connection
    }
}

/// How a remote command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exited(u8),
    /// By a signal there.
    Killed,
    /// With its connection.
    Lost(Failure),
}

/// The remote command of a channel, as against its pipes.
#[derive(Debug)]
pub struct Process {
    /// Who runs it.
    child: Child,
    /// Its place on its connection, free again when this is dropped.
    slot: Slot,
}

/// Who runs a remote command.
#[derive(Debug)]
pub enum Child {
    /// sshd.
    Remote(openssh::Child<Arc<openssh::Session>>),
    /// This process.
    Local(ChildGuard),
}

impl Process {
    /// The `child` that holds `slot`.
    pub fn new(child: Child, slot: Slot) -> Self {
        Self { child, slot }
    }

    /// Waits for the end of the command. Read its output to the end first: what is unread then may be lost.
    pub async fn end(self) -> End {
        let Self { child, slot } = self;
        let connection = &slot.connection;
        match child {
            Child::Local(mut shell) => match shell.wait().await {
                Ok(status) => exited(status.code()),
                Err(error) => End::Lost(connection.here(&error)),
            },
            Child::Remote(child) => match child.wait().await {
                Ok(status) => exited(status.code().or_else(|| status.signal())),
                // The crate's word for status 127.
                Err(openssh::Error::Remote(_)) => End::Exited(127),
                // A command that was killed and a connection that broke look the same here.
                Err(_) => connection.ended().await.map_or(End::Killed, End::Lost),
            },
        }
    }
}

/// The end that goes with a status; none is a signal.
fn exited(code: Option<i32>) -> End {
    code.and_then(|code| u8::try_from(code).ok()).map_or(End::Killed, End::Exited)
}

/// Our ends of a channel's pipes.
pub struct Ours {
    /// Writes to the shell's stdin.
    pub stdin: Sender,
    /// Reads its stdout.
    pub stdout: Receiver,
    /// Reads its stderr.
    pub stderr: Receiver,
}

/// The other ends of a channel's pipes, in the order stdin, stdout, stderr.
pub type Theirs = [OwnedFd; 3];

/// The three pipes of a channel. Made here and not by the libraries, so that there is one kind of channel.
///
/// stdout's keeps its 64 KiB until a flood asks for more: the kernel counts those pages too.
pub fn pipes() -> io::Result<(Ours, Theirs)> {
    let (stdin, our_stdin) = pipe_with(PipeFlags::CLOEXEC)?;
    let (our_stdout, stdout) = pipe_with(PipeFlags::CLOEXEC)?;
    let (our_stderr, stderr) = pipe_with(PipeFlags::CLOEXEC)?;
    for pipe in [&our_stdin, &our_stderr] {
        // A pipe that stays larger works as well.
        let _ = fcntl_setpipe_size(pipe, SMALL);
    }
    let ours = Ours {
        stdin: Sender::from_owned_fd(our_stdin)?,
        stdout: Receiver::from_owned_fd(our_stdout)?,
        stderr: Receiver::from_owned_fd(our_stderr)?,
    };
    Ok((ours, [stdin, stdout, stderr]))
}

/// Lets this process open as many files as it may: call it once, before the first connection.
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        // Without it there is an error later, which then names the cause.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    }
}
