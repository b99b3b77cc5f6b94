//! The files of logs that are really on a CVM, each with its size, its age and what it links to.

use std::collections::{BTreeMap, HashMap};

use crate::agent::dialogue::Dialogue;
use crate::agent::glob::{self, preamble, write_word};
use crate::agent::hidden::Hidden;
use crate::agent::protocol::quote;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, table};
use crate::failure::Failure;
use crate::ssh::session::Session;

/// A file of a log, or a link that leads nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it is.
    pub path: RemotePath,
    /// Its size in bytes; `None`: there is no file behind the link.
    pub size: Option<u64>,
    /// When it was written last, in seconds since the epoch by the CVM's clock.
    pub modified: Option<f64>,
    /// What the path links to, as the link says it.
    pub target: Option<RemotePath>,
}

/// What a CVM has.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The files, by path.
    pub entries: Vec<Entry>,
    /// What could not be examined.
    pub failures: Vec<Failure>,
    /// What time it is there, in seconds since the epoch.
    pub now: Option<f64>,
}

/// Lists what is at `paths` and what matches `patterns`: files and links, no folders.
pub async fn list(
    session: &Session,
    paths: impl Iterator<Item = &RemotePath>,
    patterns: &[PathPattern],
) -> Result<Listing, Failure> {
    let about = session.endpoint();
    let limit = about.connect_timeout();
    let mut dialogue =
        Dialogue::new(session.open().await?).map_err(|error| diagnosis::local_failure(&error, about))?;
    // What a login script writes comes before the first answer.
    dialogue.ask(b"", limit, about).await?;
    let said = dialogue.ask(&question(paths, patterns), limit, about).await?;
    let (mut listing, hidden) = answer(&said);
    listing.failures = hidden.iter().map(|hidden| glob::explain(hidden, about)).collect();
    // The time comes last.
    if listing.now.is_some() { Ok(listing) } else { Err(diagnosis::because(&table::UNANSWERED, about, "")) }
}

/// The question: `F`, mode, size, time and path of each file; `U` and `D` as for a glob; `L`, path and target of each link;
/// `T` and the time.
fn question<'a>(paths: impl Iterator<Item = &'a RemotePath>, patterns: &[PathPattern]) -> Vec<u8> {
    let mut text = preamble("%f %s %.9Y");
    for directory in patterns.iter().flat_map(PathPattern::directories) {
        text.extend_from_slice(b"listable ");
        write_word(&directory, &mut text);
        text.push(b'\n');
    }
    text.extend_from_slice(b"set --");
    for path in paths {
        text.push(b' ');
        quote(&path.0, &mut text);
    }
    for pattern in patterns {
        text.push(b' ');
        write_word(pattern, &mut text);
    }
    text.extend_from_slice(
        b"
entries \"$@\"
for f; do [ ! -L \"$f\" ] || { printf 'L%s\\000' \"$f\"; readlink -n -- \"$f\"; printf '\\000'; }; done
printf 'T%s\\000' \"$(date +%s.%N)\"",
    );
    text
}

/// Reads an answer; what makes no sense is passed over.
fn answer(said: &[u8]) -> (Listing, Vec<Hidden>) {
    let ended = said.iter().rposition(|&byte| byte == 0).unwrap_or(0);
    let mut fields = said[..ended].split(|&byte| byte == 0);
    let mut files: BTreeMap<RemotePath, Option<(u64, f64)>> = BTreeMap::new();
    let mut links: HashMap<RemotePath, RemotePath> = HashMap::new();
    let (mut now, mut hidden) = (None, Vec::new());
    while let Some(field) = fields.next() {
        let Some((kind, rest)) = field.split_first() else { continue };
        match kind {
            b'F' => {
                if let Some((path, file)) = file(rest) {
                    files.insert(path, file);
                }
            }
            b'L' => {
                let Some(target) = fields.next() else { continue };
                links.insert(RemotePath(rest.to_vec()), RemotePath(target.to_vec()));
            }
            b'U' | b'D' => hidden.extend(glob::hidden(field)),
            b'T' => now = std::str::from_utf8(rest).ok().and_then(|time| time.parse().ok()),
            _ => {}
        }
    }
    for path in links.keys() {
        files.entry(path.clone()).or_insert(Some((0, f64::NAN)));
    }
    let entries = files.into_iter().filter_map(|(path, file)| {
        // A folder, a socket.
        let (size, modified) = file?;
        let is_there = !modified.is_nan();
        let target = links.remove(&path);
        Some(Entry { path, size: is_there.then_some(size), modified: is_there.then_some(modified), target })
    });
    (Listing { entries: entries.collect(), failures: Vec::new(), now }, hidden)
}

/// Reads `mode size time path`, the mode in hexadecimal; `None` inside for what is no file.
fn file(text: &[u8]) -> Option<(RemotePath, Option<(u64, f64)>)> {
    let mut parts = text.splitn(4, |&byte| byte == b' ');
    let mut word = || std::str::from_utf8(parts.next()?).ok();
    let mode = u32::from_str_radix(word()?, 16).ok()?;
    let size = word()?.parse().ok()?;
    let modified: f64 = word()?.parse().ok().filter(|time: &f64| time.is_finite())?;
    let path = RemotePath(parts.next()?.to_vec());
    // inode(7): S_IFMT and S_IFREG.
    let is_file = mode & 0o170_000 == 0o100_000;
    Some((path, is_file.then_some((size, modified))))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::{answer, question};
    use crate::cluster::pattern::PathPattern;
    use crate::cluster::target::RemotePath;

    #[test]
    fn a_folder_of_this_machine_is_listed() {
        let folder = tempfile::Builder::new().prefix("it's ").tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["a b.out", "a\nb.out", "other"] {
            std::fs::write(at(name), b"123").expect("written");
        }
        std::fs::create_dir(at("sub.out")).expect("made");
        std::os::unix::fs::symlink("a b.out", at("link.out")).expect("linked");
        std::os::unix::fs::symlink("gone", at("dangling.out")).expect("linked");
        let pattern = PathPattern::new(at("*.out").display().to_string().as_bytes());
        let path = RemotePath(at("other").display().to_string().into_bytes());
        for shell in ["bash", "dash"] {
            let mut child =
                Command::new(shell).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
            let text = question([&path].into_iter(), std::slice::from_ref(&pattern));
            child.stdin.take().expect("stdin").write_all(&text).expect("written");
            let (listing, _) = answer(&child.wait_with_output().expect("an answer").stdout);
            let shown: Vec<_> = listing
                .entries
                .iter()
                .map(|entry| {
                    let name = entry.path.to_string().rsplit('/').next().unwrap_or_default().to_owned();
                    (name, entry.size, entry.target.as_ref().map(ToString::to_string))
                })
                .collect();
            let wanted = [
                ("a\nb.out", Some(3), None),
                ("a b.out", Some(3), None),
                ("dangling.out", None, Some("gone")),
                ("link.out", Some(3), Some("a b.out")),
                ("other", Some(3), None),
            ];
            let wanted = wanted.map(|(name, size, target): (&str, _, Option<&str>)| {
                (name.to_owned(), size, target.map(str::to_owned))
            });
            assert_eq!(shown, wanted, "{shell}");
            assert!(listing.now.is_some_and(|now| now > 1e9));
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read(said in proptest::collection::vec(prop_oneof![Just(0_u8), Just(b'F'), Just(b'L'), Just(b' '), Just(b'8'), any::<u8>()], 0..60)) {
            answer(&said);
        }
    }
}
