//! The three pipes of a channel.

use std::io;
use std::os::fd::OwnedFd;

use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use tokio::net::unix::pipe::{Receiver, Sender};

/// The size of the pipes that carry little. One page each: the kernel counts the pages that all pipes of a
/// user *may* hold (`fs.pipe-user-pages-soft`, 16384) and makes later pipes tiny.
const SMALL: usize = 4096;

/// Our ends of a channel's pipes.
pub struct OurEnds {
    pub stdin: Sender,
    pub stdout: Receiver,
    pub stderr: Receiver,
}

/// The shell's ends of a channel's pipes, in the order stdin, stdout, stderr.
pub type TheirEnds = [OwnedFd; 3];

/// Makes the three pipes of a channel. Made here and not by the libraries, so that there is one kind of channel.
///
/// The one for stdout keeps its 64 KiB until a flood asks for more: the kernel counts those pages too.
pub fn pipes() -> io::Result<(OurEnds, TheirEnds)> {
    let (stdin, our_stdin) = pipe_with(PipeFlags::CLOEXEC)?;
    let (our_stdout, stdout) = pipe_with(PipeFlags::CLOEXEC)?;
    let (our_stderr, stderr) = pipe_with(PipeFlags::CLOEXEC)?;
    for pipe in [&our_stdin, &our_stderr] {
        // A pipe that stays larger works as well.
        let _ = fcntl_setpipe_size(pipe, SMALL);
    }
    let ours = OurEnds {
        stdin: Sender::from_owned_fd(our_stdin)?,
        stdout: Receiver::from_owned_fd(our_stdout)?,
        stderr: Receiver::from_owned_fd(our_stderr)?,
    };
    Ok((ours, [stdin, stdout, stderr]))
}
