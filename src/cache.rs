//! Answers worth keeping for a while, one file each in the user's cache folder. Losing one costs a question.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::replace;

/// How long an answer holds.
const HOLDS: Duration = Duration::from_hours(1);

/// The longest name of a file: `NAME_MAX` of Linux.
const LONGEST: usize = 255;

/// The answer that `key` has in `folder`, if it is younger than an hour.
pub fn get(folder: &Path, key: &str) -> Option<String> {
    let file = place(folder, key)?;
    // A file of the future is from a clock that was set back: nobody knows its age.
    let age = fs::metadata(&file).ok()?.modified().ok()?.elapsed().ok()?;
    if age >= HOLDS { None } else { fs::read_to_string(file).ok() }
}

/// Keeps an answer; a folder that cannot be written to keeps none.
pub fn put(folder: &Path, key: &str, answer: &str) {
    let Some(file) = place(folder, key) else { return };
    let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    let _ = replace::replace(&file, answer.as_bytes());
}

/// The file of a key: its bytes, those that are not letters, digits, `.` or `-` as `%XX`; none if that is too long.
fn place(folder: &Path, key: &str) -> Option<PathBuf> {
    let mut name = String::from("svmips-");
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b".-".contains(&byte) {
            name.push(char::from(byte));
        } else {
            name.push('%');
            name.extend(
                [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('?')),
            );
        }
    }
    (name.len() <= LONGEST).then(|| folder.join(name))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::{get, place, put};

    #[test]
    fn an_answer_holds_for_an_hour() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("made/when needed");
        assert_eq!(get(&folder, "a/b"), None);
        put(&folder, "a/b", "one");
        put(&folder, "a/b", "two");
        assert_eq!(get(&folder, "a/b").as_deref(), Some("two"));
        assert_eq!(get(&folder, "a%2fb"), None, "keys are not mixed up");
        let hour = Duration::from_hours(1);
        for moment in [SystemTime::now() - hour, SystemTime::now() + hour] {
            let file =
                File::options().write(true).open(place(&folder, "a/b").expect("a place")).expect("a file");
            file.set_modified(moment).expect("set");
            assert_eq!(get(&folder, "a/b"), None);
        }
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1, "nothing is left over");
    }

    #[test]
    fn what_cannot_be_kept_is_not_kept() {
        put(std::path::Path::new("/dev/null/x"), "a", "one");
        assert_eq!(get(std::path::Path::new("/dev/null/x"), "a"), None);
        let parent = tempfile::tempdir().expect("a folder");
        put(parent.path(), &"x".repeat(300), "one");
        assert_eq!(std::fs::read_dir(parent.path()).expect("a folder").count(), 0);
    }
}
