use std::os::unix::ffi::OsStrExt as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use proptest::prelude::*;

use crate::agent::client::tests::{answers, shells};
use crate::agent::fleet::Host;
use crate::agent::glob::{FoundFile, Match, SeenFiles, Sighting, collect, requests, watch_every};
use crate::agent::heartbeat::Heartbeat;
use crate::batch::FileId;
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::glob;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::options::SshOptions;
use crate::ssh::session::{Resources, Session};

/// What a shell of this machine answers to the question, as names of files.
fn asked(shell: &str, folder: &std::path::Path, pattern: &str) -> Vec<String> {
    let pattern = PathPattern::new(format!("{}/{pattern}", folder.display()).as_bytes());
    let there = collect(answers(shell, &requests(&pattern)), &pattern).0;
    let prefix = folder.as_os_str().as_bytes().len() + 1;
    SeenFiles::default()
        .news(there)
        .iter()
        .map(|path| String::from_utf8_lossy(&path.0[prefix..]).into_owned())
        .collect()
}

/// A folder with files of these names.
fn folder(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("it's $HOME ").tempdir().expect("a folder");
    for name in names {
        std::fs::write(folder.path().join(name), b"").expect("written");
    }
    folder
}

#[test]
fn names_of_every_kind_come_back_as_they_are() {
    let names = [
        "a b.FATAL",
        "a\nb.FATAL",
        "$(id).FATAL",
        "'q'.FATAL",
        "-x.FATAL",
        "é.FATAL",
        "a*.FATAL",
        "z.INFO",
        "p.FATAL.gz",
    ];
    let folder = folder(&names);
    std::fs::create_dir(folder.path().join("folder.FATAL")).expect("made");
    for shell in shells() {
        let found = asked(shell, folder.path(), "*.FATAL");
        assert_eq!(found.len(), 7, "{shell}: {found:?}");
        assert!(names[..7].iter().all(|name| found.contains(&(*name).to_owned())), "{shell}: {found:?}");
        assert_eq!(asked(shell, folder.path(), "a[*]*"), ["a*.FATAL"], "{shell}");
        assert_eq!(asked(shell, folder.path(), "[$'-]*.FATAL").len(), 3, "{shell}");
        assert_eq!(asked(shell, folder.path(), "*.gz"), ["p.FATAL.gz"], "{shell}");
        assert!(asked(shell, folder.path(), "nothing*").is_empty(), "{shell}");
    }
}

/// An answer: names, links with a `@` before them, each with the number of its file.
fn there(names: &[(&str, u64)]) -> Vec<Match> {
    let found = |(name, inode): &(&str, u64)| Match {
        path: RemotePath(name.trim_start_matches('@').into()),
        is_link: name.starts_with('@'),
        file: FileId { device: 1, inode: *inode },
    };
    names.iter().map(found).collect()
}

#[test]
fn each_file_is_new_once_whatever_its_names() {
    let mut seen = SeenFiles::default();
    let mut news = |answer: Vec<Match>| {
        let news = seen.news(answer);
        news.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    // A link and its series; a log that is rotated by renaming; a hard link.
    assert_eq!(news(there(&[("a.1", 1), ("@a", 1), ("b", 2), ("z", 3), ("y", 3)])), "a b y");
    assert_eq!(news(there(&[("a.1", 1), ("a.2", 4), ("@a", 4), ("b", 5), ("b.1", 2), ("y", 3)])), "");
    assert_eq!(news(there(&[("a.2", 4), ("a.3", 6), ("c", 7), ("@d", 7)])), "d", "a link that is gone");
    assert_eq!(news(there(&[("a.4", 8), ("@a", 9), ("a.5", 9), ("b", 10), ("b.1", 11), ("@e", 9)])), "");
    assert_eq!(news(Vec::new()), "");
    assert_eq!(
        news(there(&[("b", 7), ("f", 1)])),
        "f",
        "the number of a file that is gone names another one"
    );
}

#[test]
fn the_files_of_a_series_without_a_present_name_are_all_new() {
    let mut seen = SeenFiles::default();
    for (answer, wanted) in [
        (vec![("a.20260101", 1), ("a.20260102", 2)], 2),
        (vec![("a.20260102", 2), ("a.20260103", 3)], 1),
        (vec![("@a", 3), ("a.20260102", 2), ("a.20260103", 3)], 0),
        (vec![("@a", 4), ("a.20260103", 3), ("a.20260104", 4)], 1),
        (vec![("@a", 6), ("a.20260104", 4), ("a.20260105", 5), ("a.20260106", 6)], 0),
        // It came and was rotated since: the stream of the new name will not read what was before it.
        (vec![("c", 8), ("c.1", 7)], 2),
    ] {
        assert_eq!(seen.news(there(&answer)).len(), wanted, "{answer:?}");
    }
}

#[test]
fn a_pattern_is_watched_on_this_machines_own_shell() {
    let folder = folder(&["a.FATAL", "other"]);
    let at = |name: &str| folder.path().join(name);
    let path = |name: &str| RemotePath(at(name).into_os_string().into_encoded_bytes());
    let cvm = Arc::new(Cvm { name: "local".into(), address: Address::Local, source: String::new() });
    let ssh = Arc::new(SshOptions {
        connect_timeout: Duration::from_secs(20),
        parallel: 1,
        socket_folder: at("sockets"),
        ..SshOptions::default()
    });
    let resources = Resources::new(&ssh);
    let session = Session::new(cvm, ssh, resources);
    let host = Host::new(session, Rc::new(Heartbeat::default())).expect("a host");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pattern = PathPattern::new(&path("*.FATAL").0);
        let watch = |pause| Box::pin(watch_every(pause, Rc::clone(&host), pattern.clone()));
        let mut sightings = watch(Some(Duration::from_millis(5)));
        assert_eq!(
            sightings.next().await,
            Some(Sighting::Found(FoundFile { path: path("a.FATAL"), is_new: false, is_alone: false }))
        );
        std::fs::write(at("b.FATAL"), b"").expect("written");
        assert_eq!(
            sightings.next().await,
            Some(Sighting::Found(FoundFile { path: path("b.FATAL"), is_new: true, is_alone: false }))
        );
        for name in ["a.FATAL", "b.FATAL"] {
            std::fs::remove_file(at(name)).expect("removed");
        }
        let once: Vec<Sighting> = watch(None).collect().await;
        assert_eq!(once, [Sighting::Nothing]);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_shell_understands_a_pattern_as_it_is_meant(pattern in "([a-c$' \\]\\[!^*?-]|\\[[!^]?[a-c$' -]{1,3}\\]){1,6}") {
        let names = ["a", "b", "c", "ab", "bc", "a b", "$a", "'", "-", "a-c", "!", "^", "[", "]", "[a]", "cab"];
        let folder = folder(&names);
        let mut wanted: Vec<&str> = names.iter().copied().filter(|name| glob::matches(&pattern, name)).collect();
        wanted.sort_unstable();
        for shell in ["bash", "dash"] {
            prop_assert_eq!(&asked(shell, folder.path(), &pattern), &wanted, "{}", shell);
        }
    }
}
