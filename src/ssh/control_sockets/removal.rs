//! Removes a directory of control sockets, and nothing else: no path is followed, nothing is removed recursively.
//!
//! A directory qualifies by its exact name, its owner and its mode, and only if all it holds are sockets under the
//! names that ssh gives them here. With anything else in it, it stays as it is.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, flock, openat, statat, unlinkat,
};
use rustix::process::geteuid;

use crate::ssh::control_sockets::name;

/// How often a directory is emptied that a dying ssh still binds sockets in.
const TRIES: usize = 3;

/// A directory of sockets that may be removed.
pub struct SocketDirectory<'a> {
    directory: &'a File,
    sockets: Vec<CString>,
}

impl<'a> SocketDirectory<'a> {
    /// The sockets in `directory`; fails if it is not ours alone, or holds anything else.
    pub fn check(directory: &'a File) -> io::Result<Self> {
        let own = directory.metadata()?;
        let foreign = || Err(io::ErrorKind::InvalidData.into());
        if own.uid() != geteuid().as_raw() || own.mode() & 0o7777 != 0o700 {
            return foreign();
        }
        let mut sockets = Vec::new();
        for entry in Dir::read_from(directory)? {
            let entry = entry?.file_name().to_owned();
            if [c".", c".."].contains(&entry.as_c_str()) {
                continue;
            }
            if !name::is_socket(entry.to_bytes()) {
                return foreign();
            }
            match is_socket(directory, &entry) {
                Ok(true) => sockets.push(entry),
                Ok(false) => return foreign(),
                // Gone meanwhile: its ssh has ended.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { directory, sockets })
    }

    /// Removes the sockets and the directory, which is at `path`; what cannot be removed stays.
    pub fn remove(self, path: &Path) {
        let Self { directory, mut sockets } = self;
        for _ in 0..TRIES {
            for name in &sockets {
                let _ = unlinkat(directory, name, AtFlags::empty());
            }
            // The path may lead elsewhere by now; `AT_REMOVEDIR` takes neither a link nor what is not empty.
            let is_still_there = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|found| {
                directory.metadata().is_ok_and(|own| own.dev() == found.st_dev && own.ino() == found.st_ino)
            });
            if !is_still_there || unlinkat(CWD, path, AtFlags::REMOVEDIR).is_ok() {
                return;
            }
            let Ok(again) = SocketDirectory::check(directory) else { return };
            sockets = again.sockets;
        }
    }
}

/// Removes what dead runs of this user left in `parent`; whatever cannot be removed stays.
pub fn sweep(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        if !name::is_directory(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        let path = entry.path();
        let Ok(directory) = open(&path) else { continue };
        if flock(&directory, FlockOperation::NonBlockingLockExclusive).is_ok()
            && let Ok(found) = SocketDirectory::check(&directory)
        {
            found.remove(&path);
        }
    }
}

/// Opens a directory to lock it, but no link to one.
pub fn open(directory: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(CWD, directory, flags, Mode::empty())?.into())
}

/// Whether `name` in `directory` is a socket, not a link to one.
fn is_socket(directory: &File, name: &CStr) -> io::Result<bool> {
    let found = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(found.st_mode) == FileType::Socket)
}
