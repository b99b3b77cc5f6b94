//! A file descriptor that is only written to.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, retry_on_intr};

/// Writes to a descriptor of this process and waits where that is full, also if someone with whom it is
/// shared (ssh, a shell, a supervisor) has made it non-blocking.
#[derive(Debug)]
pub struct Descriptor(OwnedFd);

impl Descriptor {
    /// A descriptor of its own for what `shared` writes to: `io::stdout()` or `io::stderr()`.
    pub fn of(shared: &impl AsFd) -> io::Result<Self> {
        shared.as_fd().try_clone_to_owned().map(Self)
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Write for Descriptor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(&self.0, bytes) {
                Err(Errno::AGAIN) => {
                    retry_on_intr(|| poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None))?;
                }
                written => return Ok(written?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
