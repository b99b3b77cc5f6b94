//! A file that is replaced as a whole: who reads it sees the old text or the new one, never a part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;

/// Refuses a place where no file can be written, before there is anything to write.
pub fn check(path: &Path) -> io::Result<()> {
    let folder = folder(path);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Ok(()),
        _ if fs::metadata(&folder)?.is_dir() => {
            Ok(rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?)
        }
        _ => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// Writes `bytes` beside the file at `path` and puts them in its place. What is no file (a terminal, a pipe,
/// `/dev/null`) is written to as it is; of a link, the file behind it is replaced.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (mut file, beside) = create_beside(&path)?;
    let written = file
        .write_all(bytes)
        // After a crash the name must not stand for a file whose text never reached the disk.
        .and_then(|()| file.sync_all())
        .and_then(|()| keep_mode(&path, &file))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A new file in the same folder with a name of its own: two runs at once do not meet. Readers that take all
/// files of a folder with some ending (Prometheus's `*.prom`) do not take it for one.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
    let mut number = 0;
    loop {
        let beside = folder(path).join(format!(".{name}.{}.{number}.tmp", process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((file, beside)),
            // Left by a run that was killed and had our number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Gives `file` the mode of the file that it replaces, if there is one.
fn keep_mode(path: &Path, file: &File) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(old) => file.set_permissions(old.permissions()),
        Err(_) => Ok(()),
    }
}

/// The folder a file is in.
fn folder(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::{check, replace};

    #[test]
    fn a_file_is_replaced_behind_its_link_and_keeps_its_mode_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("x.prom"), folder.path().join("link"));
        replace(&file, b"one").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("chmod");
        symlink("x.prom", &link).expect("a link");
        replace(&link, b"two").expect("written");
        assert_eq!(fs::read(&file).expect("a file"), b"two");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
        replace("/dev/null".as_ref(), b"three").expect("written");
        assert!(!fs::metadata("/dev/null").expect("a device").is_file());
        assert!(check(folder.path()).is_err());
        assert!(check(&folder.path().join("none/x")).is_err());
        assert!(check(&file.join("x")).is_err());
        assert!(check(&folder.path().join("new")).is_ok() && check("/dev/null".as_ref()).is_ok());
    }
}
