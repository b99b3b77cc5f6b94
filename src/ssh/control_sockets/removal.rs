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

use crate::ssh::control_sockets::{PREFIX, RANDOM};

/// How many random characters ssh puts behind a socket's name while it binds it (openssh `mux.c`,
/// `muxserver_listen`).
const BINDING: usize = 16;

/// How often a directory is emptied that a dying ssh still writes to.
const TRIES: usize = 3;

/// A directory of sockets that may be removed.
pub struct Found<'a> {
    /// The directory.
    folder: &'a File,
    /// The sockets in it.
    sockets: Vec<CString>,
}

impl<'a> Found<'a> {
    /// The sockets in `folder`; fails if it is not ours alone, or holds anything else.
    pub fn of(folder: &'a File) -> io::Result<Self> {
        let own = folder.metadata()?;
        let foreign = || Err(io::ErrorKind::InvalidData.into());
        if own.uid() != geteuid().as_raw() || own.mode() & 0o7777 != 0o700 {
            return foreign();
        }
        let mut sockets = Vec::new();
        for entry in Dir::read_from(folder)? {
            let name = entry?.file_name().to_owned();
            if [c".", c".."].contains(&name.as_c_str()) {
                continue;
            }
            if !is_socket_name(name.to_bytes()) {
                return foreign();
            }
            match is_socket(folder, &name) {
                Ok(true) => sockets.push(name),
                Ok(false) => return foreign(),
                // Gone meanwhile: its ssh has ended.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { folder, sockets })
    }

    /// Removes the sockets and the directory, which is at `path`; what cannot be removed stays.
    pub fn remove(self, path: &Path) {
        let Self { folder, mut sockets } = self;
        for _ in 0..TRIES {
            for name in &sockets {
                let _ = unlinkat(folder, name, AtFlags::empty());
            }
            // The path may lead elsewhere by now; `AT_REMOVEDIR` takes neither a link nor what is not empty.
            let is_still_there = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|found| {
                folder.metadata().is_ok_and(|own| own.dev() == found.st_dev && own.ino() == found.st_ino)
            });
            if !is_still_there || unlinkat(CWD, path, AtFlags::REMOVEDIR).is_ok() {
                return;
            }
            let Ok(again) = Found::of(folder) else { return };
            sockets = again.sockets;
        }
    }
}

/// Removes what dead runs of this user left in `parent`; whatever cannot be removed stays.
pub fn sweep(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        if !is_folder_name(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        let path = entry.path();
        let Ok(folder) = open(&path) else { continue };
        if flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok()
            && let Ok(found) = Found::of(&folder)
        {
            found.remove(&path);
        }
    }
}

/// Opens a directory to lock it, but no link to one.
pub fn open(folder: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(CWD, folder, flags, Mode::empty())?.into())
}

/// Whether `name` in `folder` is a socket, not a link to one.
fn is_socket(folder: &File, name: &CStr) -> io::Result<bool> {
    let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(found.st_mode) == FileType::Socket)
}

/// Whether a run of this program gives that name to its directory: `cvmtail-sockets-<pid>-<random>`.
fn is_folder_name(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX.as_bytes()) else { return false };
    let Some(at) = rest.iter().position(|byte| *byte == b'-') else { return false };
    let (pid, random) = (&rest[..at], &rest[at + 1..]);
    is_number(pid)
        && random.len() == RANDOM
        && random.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a socket here may have that name: `<number>`, and while ssh binds it `<number>.<random>`.
fn is_socket_name(name: &[u8]) -> bool {
    match name.iter().position(|byte| *byte == b'.') {
        None => is_number(name),
        Some(at) => {
            let random = &name[at + 1..];
            is_number(&name[..at]) && random.len() == BINDING && random.iter().all(u8::is_ascii_alphanumeric)
        }
    }
}

/// Whether that is one or more digits.
fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}
