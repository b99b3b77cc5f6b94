//! The directory of the control sockets: private, of this run, and removed on every way out.

use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

mod name;
mod removal;

use removal::SocketDirectory;

/// How long a socket's path may be. The name in `sockaddr_un` has 108 bytes with its NUL (unix(7)), and ssh
/// binds to the path with `.` and 16 random characters behind it before it renames.
const LONGEST: usize = 90;

/// Removes the directory named by its first argument, which is also its working directory, when its stdin
/// ends without a word.
const KEEPER: &str = include_str!("control_sockets/keeper.sh");

/// Where the control sockets of this run live. Nothing is made before the first socket is wanted.
#[derive(Debug)]
pub struct ControlSockets {
    /// Where the run's own directory is made.
    parent: PathBuf,
    /// The run's directory, and the number of the last socket in it.
    own: Mutex<Option<(OwnDirectory, u64)>>,
}

impl ControlSockets {
    /// Sockets below `parent`, which need not be there yet.
    pub fn new(parent: impl Into<PathBuf>) -> Self {
        Self { parent: parent.into(), own: Mutex::new(None) }
    }

    /// The path for one more socket. Errs with `InvalidFilename` if ssh could not use it.
    pub fn next_path(&self) -> io::Result<PathBuf> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let (directory, count) = match own.take() {
            Some((directory, count)) => (directory, count + 1),
            None => (OwnDirectory::make(&self.parent)?, 0),
        };
        let path = directory.path.join(count.to_string());
        *own = Some((directory, count));
        let text = path.as_os_str().as_encoded_bytes();
        // ssh would look for a variable of that name; `%` is escaped where the path is handed over.
        if text.len() > LONGEST || text.windows(2).any(|pair| pair == b"${") {
            let reason = format!("{} has {} bytes, {LONGEST} are possible", path.display(), text.len());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, reason));
        }
        Ok(path)
    }
}

/// The run's own directory, removed with this.
#[derive(Debug)]
struct OwnDirectory {
    path: PathBuf,
    /// Locked as long as this process lives: whoever can lock it may remove it.
    lock: File,
    /// A shell that removes the directory if this process is killed; its stdin is held by nobody else.
    keeper: Child,
}

impl OwnDirectory {
    /// Makes a directory in `parent`, once those of dead runs are out of the way.
    fn make(parent: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        removal::sweep(parent);
        loop {
            let path = parent.join(name::new_directory()?);
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            // Between the two steps another run's sweep may have removed it as a dead one's.
            let Ok(lock) = removal::open(&path) else { continue };
            if take(&lock) && lock.metadata().is_ok_and(|directory| directory.nlink() > 0) {
                return match keep(&path) {
                    Ok(keeper) => Ok(Self { path, lock, keeper }),
                    Err(error) => {
                        let _ = std::fs::remove_dir(&path);
                        Err(error)
                    }
                };
            }
        }
    }
}

impl Drop for OwnDirectory {
    fn drop(&mut self) {
        if let Ok(directory) = SocketDirectory::check(&self.lock) {
            directory.remove(&self.path);
        }
        if let Some(mut stdin) = self.keeper.stdin.take() {
            let _ = stdin.write_all(b"gone\n");
        }
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// Starts the shell that removes `directory` should this process be killed.
///
/// Its working directory is the directory itself: what it removes is there, whatever the path leads to by then. A
/// group of its own keeps a terminal's Ctrl-C from it; with our stdout or stderr in hand it would keep the
/// reader of a pipe waiting.
fn keep(directory: &Path) -> io::Result<Child> {
    let directory = std::path::absolute(directory)?;
    Command::new("sh")
        .args(["-c", KEEPER, "cvmtail-keeper"])
        .arg(&directory)
        .current_dir(&directory)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// Locks our own directory; false if another run's sweep holds it. Where a file system has no locks nobody
/// sweeps.
fn take(directory: &File) -> bool {
    flock(directory, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}

#[cfg(test)]
mod tests;
