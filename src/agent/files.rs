//! The files of logs that are really on a CVM, and how each of them is.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::agent::client::Client;
use crate::agent::file::{Modified, Sibling};
use crate::agent::glob;
use crate::agent::hidden::Hidden;
use crate::agent::protocol::{Reply, Request};
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, table};
use crate::failure::Failure;
use crate::failure::Refusal;

/// A file of a log, or a link that leads nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it is.
    pub path: RemotePath,
    /// Its size in bytes; `None`: the link is dangling.
    pub size: Option<u64>,
    /// When it was written last, in seconds since the epoch by the CVM's clock.
    pub modified: Option<f64>,
    /// What the path links to, as the link says it.
    pub target: Option<RemotePath>,
}

/// What a CVM has.
#[derive(Clone, Debug, PartialEq)]
pub struct CvmListing {
    /// The files, by path.
    pub entries: Vec<Entry>,
    /// What could not be examined.
    pub failures: Vec<Failure>,
    /// What time it is there, in seconds since the epoch.
    pub now: Option<f64>,
}

/// Lists what is at `paths` and what matches `patterns`: files and links, no directories.
pub async fn list(
    client: &mut Client<'_>,
    paths: impl Iterator<Item = &RemotePath>,
    patterns: &[PathPattern],
) -> Result<CvmListing, Failure> {
    let replies = client.ask(&requests(paths, patterns)).await?;
    let (mut listing, hidden) = collect(replies);
    let about = client.endpoint();
    listing.failures = hidden.iter().map(|hidden| glob::explain(hidden, about)).collect();
    // The time comes last.
    if listing.now.is_some() { Ok(listing) } else { Err(diagnosis::because(&table::UNANSWERED, about, "")) }
}

/// What a listing asks.
fn requests<'a>(paths: impl Iterator<Item = &'a RemotePath>, patterns: &[PathPattern]) -> [Request; 4] {
    let directories = patterns.iter().flat_map(PathPattern::directories).collect();
    let paths: Vec<_> = paths.cloned().collect();
    [
        Request::ListDirectories { patterns: directories },
        Request::FindFiles { paths: paths.clone(), patterns: patterns.to_vec() },
        Request::ReadLinks { paths, patterns: patterns.to_vec() },
        Request::Clock,
    ]
}

/// Puts the replies together.
fn collect(replies: Vec<Reply>) -> (CvmListing, Vec<Hidden>) {
    let mut files: BTreeMap<RemotePath, Option<Sibling>> = BTreeMap::new();
    let mut links: HashMap<RemotePath, RemotePath> = HashMap::new();
    let (mut now, mut hidden, mut link) = (None, Vec::new(), None);
    for reply in replies {
        match reply {
            Reply::File(file) => {
                files.insert(file.path.clone(), Some(file));
            }
            Reply::Link(path) => link = Some(path),
            Reply::Target(target) => {
                links.extend(link.take().map(|path| (path, target)));
            }
            Reply::Hidden(what) => hidden.push(what),
            Reply::Clock(clock) => now = clock.map(|clock| Modified::of(clock.now).seconds()),
            _ => {}
        }
    }
    for path in links.keys() {
        files.entry(path.clone()).or_insert(None);
    }
    let entries = files.into_iter().map(|(path, file)| Entry {
        size: file.as_ref().map(|file| file.size),
        modified: file.map(|file| file.modified.seconds()),
        target: links.remove(&path),
        path,
    });
    (CvmListing { entries: entries.collect(), failures: Vec::new(), now }, hidden)
}

/// How the file or the directory at a path is.
#[derive(Clone, Debug, Default)]
pub struct PathState {
    /// Its length in bytes; `None` if that could not be found out.
    pub size: Option<u64>,
    /// When it was last written to, by the CVM's clock.
    pub modified: Option<Timestamp>,
    /// Why it cannot be read.
    pub refused: Option<(Refusal, Failure)>,
}

/// Examines what is at `paths`, in that order.
pub async fn examine(client: &mut Client<'_>, paths: &[RemotePath]) -> Result<Vec<PathState>, Failure> {
    let about = client.endpoint();
    let requests = paths.iter().cloned().enumerate();
    let requests: Vec<_> = requests.map(|(number, path)| Request::Examine { number, path }).collect();
    let mut states: Vec<Option<PathState>> = paths.iter().map(|_| None).collect();
    for reply in client.ask(&requests).await? {
        let Reply::Examined { number, refusal, file } = reply else { continue };
        let Some((state, path)) = states.get_mut(number).zip(paths.get(number)) else { continue };
        let failure = |refusal| diagnosis::log_failure(table::refused(refusal, &table::NOWHERE), path, about);
        *state = Some(PathState {
            size: file.as_ref().map(|file| file.size),
            modified: file.and_then(|file| file.modified.timestamp()),
            refused: refusal.map(|refusal| (refusal, failure(refusal))),
        });
    }
    let states: Option<Vec<_>> = states.into_iter().collect();
    states.ok_or_else(|| diagnosis::because(&table::UNANSWERED, about, ""))
}

#[cfg(test)]
mod tests {
    use super::{collect, requests};
    use crate::agent::client::tests::{answers, shells};
    use crate::agent::protocol::{Reply, Request};
    use crate::cluster::pattern::PathPattern;
    use crate::cluster::target::RemotePath;
    use crate::failure::Refusal;

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
        for shell in shells() {
            let requests = requests([&path].into_iter(), std::slice::from_ref(&pattern));
            let (listing, _) = collect(answers(shell, &requests));
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

    #[test]
    fn what_is_at_paths_is_examined() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| RemotePath(folder.path().join(name).into_os_string().into_encoded_bytes());
        let hostile = "it's $(touch x)\n-rf";
        std::fs::write(folder.path().join(hostile), "12345").expect("a file");
        let paths =
            [path(hostile), path("none"), path("none/deeper"), path("."), RemotePath(b"/dev/null".to_vec())];
        let requests: Vec<_> =
            paths.into_iter().enumerate().map(|(number, path)| Request::Examine { number, path }).collect();
        for shell in shells() {
            let replies = answers(shell, &requests);
            let refusals: Vec<_> = replies
                .iter()
                .filter_map(|reply| match reply {
                    Reply::Examined { number, refusal, .. } => Some((*number, *refusal)),
                    _ => None,
                })
                .collect();
            let wanted = [
                (0, None),
                (1, Some(Refusal::Missing)),
                (2, Some(Refusal::Missing)),
                (3, Some(Refusal::Directory)),
                (4, Some(Refusal::Special)),
            ];
            assert_eq!(refusals, wanted, "{shell}");
            let Reply::Examined { file: Some(file), .. } = &replies[0] else { panic!("{replies:?}") };
            assert_eq!(file.size, 5);
            let age = jiff::Timestamp::now().duration_since(file.modified.timestamp().expect("a time"));
            assert!(age.as_secs() < 60, "{age:?}");
        }
        assert!(!std::path::Path::new("x").exists());
    }
}
