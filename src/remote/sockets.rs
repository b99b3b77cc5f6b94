//! The folder of the control sockets: private, of this run, and removed on every way out.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::process::geteuid;

/// How long a socket's path may be. The name in `sockaddr_un` has 108 bytes with its NUL (unix(7)), and ssh
/// binds to the path with `.` and 16 random characters behind it before it renames.
const LONGEST: usize = 90;

/// What the names of our folders begin with; the process number follows.
const PREFIX: &str = "cvmtail-";

/// Removes the folder named by its first argument when its stdin ends without a word.
///
/// The masters are being killed at that moment and may still write, hence the second try.
const KEEPER: &str =
    r#"trap '' HUP INT QUIT TERM PIPE; read -r word || rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }"#;

/// Where the control sockets of this run live. Nothing is made before the first socket is wanted.
#[derive(Debug)]
pub struct Sockets {
    /// The folder in which the run's own folder is made.
    parent: PathBuf,
    /// The run's folder, and how many sockets were named in it.
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

/// The run's own folder and those who see to its end.
#[derive(Debug)]
struct Folder {
    /// Where it is.
    path: PathBuf,
    /// Locked as long as this process lives: who can lock it may remove it.
    _lock: File,
    /// A shell that removes the folder if this process is killed; its stdin is held by nobody else.
    keeper: Child,
}

impl Folder {
    /// Makes a folder in `parent`, once the folders of dead runs are out of the way.
    fn make(parent: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        sweep(parent);
        let pid = std::process::id();
        // Another process may have the same number in another process namespace that shares this folder.
        for turn in 0..100 {
            let path = match turn {
                0 => parent.join(format!("{PREFIX}{pid}")),
                _ => parent.join(format!("{PREFIX}{pid}-{turn}")),
            };
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            // Between the two steps a sweeper may have taken it for a dead one.
            let Ok(lock) = open(&path) else { continue };
            if take(&lock) && lock.metadata().is_ok_and(|folder| folder.nlink() > 0) {
                let keeper = keep(&path).inspect_err(|_| {
                    let _ = fs::remove_dir(&path);
                })?;
                return Ok(Self { path, _lock: lock, keeper });
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        if let Some(mut stdin) = self.keeper.stdin.take() {
            let _ = stdin.write_all(b"gone\n");
        }
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// Starts the shell that removes `folder` should this process be killed.
///
/// A group of its own keeps a terminal's Ctrl-C from it; with our stdout or stderr in hand it would keep
/// the reader of a pipe waiting; with our working directory it could keep a disk from being unmounted.
fn keep(folder: &Path) -> io::Result<Child> {
    let folder = std::path::absolute(folder)?;
    Command::new("sh")
        .args(["-c", KEEPER, "cvmtail-keeper"])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// Removes what dead runs of this user left in `parent`; whatever cannot be removed stays.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let Ok(folder) = open(&entry.path()) else { continue };
        let ours = folder.metadata().is_ok_and(|folder| folder.uid() == geteuid().as_raw());
        if ours && flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Opens a folder to lock it, but no link to one.
fn open(folder: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(folder)
}

/// Locks our own folder; false if a sweeper holds it. Where a file system has no locks nobody sweeps.
fn take(folder: &File) -> bool {
    flock(folder, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::{KEEPER, LONGEST, Sockets};

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("readable");
        entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_folder_is_private_and_goes_with_its_owner() {
        let parent = tempfile::tempdir().expect("a folder");
        let sockets = Sockets::new(parent.path().join("run"));
        assert!(names(parent.path()).is_empty(), "nothing before it is wanted");
        let first = sockets.name().expect("a name");
        let second = sockets.name().expect("a name");
        assert_ne!(first, second);
        let folder = first.parent().expect("a folder");
        assert_eq!(fs::metadata(folder).expect("there").permissions().mode() & 0o777, 0o700);
        fs::write(&first, b"").expect("writable");
        drop(sockets);
        assert!(names(&parent.path().join("run")).is_empty());
    }

    #[test]
    fn what_the_dead_left_is_swept_and_what_the_living_hold_is_not() {
        let parent = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(parent.path().join("cvmtail-1/sub")).expect("made");
        fs::create_dir(parent.path().join("other")).expect("made");
        let living = Sockets::new(parent.path());
        let held = living.name().expect("a name");
        let second = Sockets::new(parent.path());
        let other = second.name().expect("a name");
        assert!(held.parent().is_some_and(Path::exists), "the living keeps its folder");
        assert_ne!(held.parent(), other.parent());
        assert!(parent.path().join("other").exists());
        assert!(!parent.path().join("cvmtail-1").exists());
    }

    #[test]
    fn a_link_is_not_followed() {
        let parent = tempfile::tempdir().expect("a folder");
        let elsewhere = tempfile::tempdir().expect("a folder");
        fs::write(elsewhere.path().join("precious"), b"").expect("written");
        std::os::unix::fs::symlink(elsewhere.path(), parent.path().join("cvmtail-7")).expect("linked");
        Sockets::new(parent.path()).name().expect("a name");
        assert!(elsewhere.path().join("precious").exists());
    }

    #[test]
    fn a_path_that_ssh_cannot_use_is_an_error_here() {
        let parent = tempfile::tempdir().expect("a folder");
        let long = parent.path().join("x".repeat(LONGEST));
        assert_eq!(Sockets::new(long).name().expect_err("too long").kind(), io::ErrorKind::InvalidFilename);
        let variable = parent.path().join("${HOME}");
        assert_eq!(
            Sockets::new(variable).name().expect_err("a variable").kind(),
            io::ErrorKind::InvalidFilename
        );
    }

    #[test]
    fn the_keeper_removes_when_its_owner_dies_and_only_then() {
        let parent = tempfile::tempdir().expect("a folder");
        for (word, there) in [("", false), ("gone\n", true)] {
            let folder = parent.path().join("a 'quoted' name");
            fs::create_dir_all(folder.join("sub")).expect("made");
            let script = format!("printf '{word}' | sh -c \"$0\" keeper \"$1\"");
            let run = std::process::Command::new("sh").args(["-c", &script, KEEPER]).arg(&folder).status();
            assert!(run.is_ok_and(|status| status.success() || !there));
            assert_eq!(folder.exists(), there);
        }
    }
}
