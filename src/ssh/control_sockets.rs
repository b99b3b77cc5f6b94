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

use crate::random;

mod removal;

use removal::Found;

/// How long a socket's path may be. The name in `sockaddr_un` has 108 bytes with its NUL (unix(7)), and ssh
/// binds to the path with `.` and 16 random characters behind it before it renames.
const LONGEST: usize = 90;

/// What the names of our directories begin with; the process number, `-` and [`RANDOM`] hexadecimal digits
/// follow. No other program uses it, and a directory of any other name is never touched.
const PREFIX: &str = "cvmtail-sockets-";

/// How many random hexadecimal digits such a name ends with.
const RANDOM: usize = 16;

/// Removes the directory named by its first argument, which is also its working directory, when its stdin
/// ends without a word.
const KEEPER: &str = include_str!("control_sockets/keeper.sh");

/// Where the control sockets of this run live. Nothing is made before the first socket is wanted.
#[derive(Debug)]
pub struct Sockets {
    /// The directory in which the run's own one is made.
    parent: PathBuf,
    /// The run's directory, and how many sockets were named in it.
    own: Mutex<Option<(Folder, u64)>>,
}

impl Sockets {
    /// Sockets below `parent`, which need not be there yet.
    pub fn new(parent: impl Into<PathBuf>) -> Self {
        Self { parent: parent.into(), own: Mutex::new(None) }
    }

    /// The path for one more socket. Errs with `InvalidFilename` if ssh could not use it.
    pub fn name(&self) -> io::Result<PathBuf> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let (folder, count) = match own.take() {
            Some((folder, count)) => (folder, count + 1),
            None => (Folder::make(&self.parent)?, 0),
        };
        let path = folder.path.join(count.to_string());
        *own = Some((folder, count));
        let text = path.as_os_str().as_encoded_bytes();
        // ssh would look for a variable of that name; `%` is escaped where the path is handed over.
        if text.len() > LONGEST || text.windows(2).any(|pair| pair == b"${") {
            let reason = format!("{} has {} bytes, {LONGEST} are possible", path.display(), text.len());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, reason));
        }
        Ok(path)
    }
}

/// The run's own directory and those who see to its end.
#[derive(Debug)]
struct Folder {
    /// Where it is.
    path: PathBuf,
    /// Locked as long as this process lives: who can lock it may remove it.
    lock: File,
    /// A shell that removes the directory if this process is killed; its stdin is held by nobody else.
    keeper: Child,
}

impl Folder {
    /// Makes a directory in `parent`, once those of dead runs are out of the way.
    fn make(parent: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        removal::sweep(parent);
        loop {
            let path = parent.join(name()?);
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            // Between the two steps another run's sweep may have removed it as a dead one's.
            let Ok(lock) = removal::open(&path) else { continue };
            if take(&lock) && lock.metadata().is_ok_and(|folder| folder.nlink() > 0) {
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

impl Drop for Folder {
    fn drop(&mut self) {
        if let Ok(found) = Found::of(&self.lock) {
            found.remove(&self.path);
        }
        if let Some(mut stdin) = self.keeper.stdin.take() {
            let _ = stdin.write_all(b"gone\n");
        }
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// A name that nobody else has.
fn name() -> io::Result<String> {
    let random = random::bytes()?;
    Ok(format!("{PREFIX}{}-{:0RANDOM$x}", std::process::id(), u64::from_ne_bytes(random)))
}

/// Starts the shell that removes `folder` should this process be killed.
///
/// Its working directory is the folder itself: what it removes is there, whatever the path leads to by then. A
/// group of its own keeps a terminal's Ctrl-C from it; with our stdout or stderr in hand it would keep the
/// reader of a pipe waiting.
fn keep(folder: &Path) -> io::Result<Child> {
    let folder = std::path::absolute(folder)?;
    Command::new("sh")
        .args(["-c", KEEPER, "cvmtail-keeper"])
        .arg(&folder)
        .current_dir(&folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// Locks our own directory; false if another run's sweep holds it. Where a file system has no locks nobody
/// sweeps.
fn take(folder: &File) -> bool {
    flock(folder, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}

#[cfg(test)]
mod tests;
