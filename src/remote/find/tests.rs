use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use proptest::prelude::*;

use super::{Sighting, answer, compare, question, watch_every};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::glob;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::plan::Ssh;
use crate::remote::pulse::Pulse;
use crate::remote::session::{Gate, Session, Sockets};
use crate::remote::tail::Host;

/// What a shell of this machine answers to the question, as names of files.
fn asked(shell: &str, folder: &std::path::Path, pattern: &str) -> Vec<String> {
    let pattern = PathPattern::new(format!("{}/{pattern}", folder.display()).as_bytes());
    let mut child =
        Command::new(shell).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
    child.stdin.take().expect("stdin").write_all(&question(&pattern)).expect("written");
    let said = child.wait_with_output().expect("an answer").stdout;
    let prefix = folder.as_os_str().as_bytes().len() + 1;
    answer(&said, &pattern)
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
    for shell in ["sh", "bash", "dash"] {
        let found = asked(shell, folder.path(), "*.FATAL");
        assert_eq!(found.len(), 7, "{shell}: {found:?}");
        assert!(names[..7].iter().all(|name| found.contains(&(*name).to_owned())), "{shell}: {found:?}");
        assert_eq!(asked(shell, folder.path(), "a[*]*"), ["a*.FATAL"], "{shell}");
        assert_eq!(asked(shell, folder.path(), "[$'-]*.FATAL").len(), 3, "{shell}");
        assert_eq!(asked(shell, folder.path(), "*.gz"), ["p.FATAL.gz"], "{shell}");
        assert!(asked(shell, folder.path(), "nothing*").is_empty(), "{shell}");
    }
}

#[test]
fn what_comes_and_what_goes_is_seen_once() {
    let at = |name: &str| RemotePath(name.as_bytes().to_vec());
    let mut seen = BTreeSet::new();
    assert_eq!(
        compare(&mut seen, vec![at("a"), at("b")]),
        [Sighting::Found(at("a")), Sighting::Found(at("b"))]
    );
    assert_eq!(
        compare(&mut seen, vec![at("b"), at("c")]),
        [Sighting::Vanished(at("a")), Sighting::Found(at("c"))]
    );
    assert!(compare(&mut seen, vec![at("b"), at("c")]).is_empty());
}

#[test]
fn a_pattern_is_watched_on_this_machines_own_shell() {
    let folder = folder(&["a.FATAL", "other"]);
    let at = |name: &str| folder.path().join(name);
    let path = |name: &str| RemotePath(at(name).into_os_string().into_encoded_bytes());
    let cvm = Arc::new(Cvm { name: "local".into(), address: Address::Local, source: String::new() });
    let ssh = Arc::new(Ssh { connect_timeout: Duration::from_secs(20), ..Ssh::default() });
    let sockets = Arc::new(Sockets::new(at("sockets")));
    let session = Session::new(cvm, ssh, Arc::new(Gate::new(1)), sockets);
    let host = Host::new(session, Rc::new(Pulse::default())).expect("a host");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pattern = PathPattern::new(&path("*.FATAL").0);
        let mut sightings = Box::pin(watch_every(Duration::from_millis(5), host, pattern));
        assert_eq!(sightings.next().await, Some(Sighting::Found(path("a.FATAL"))));
        std::fs::write(at("b.FATAL"), b"").expect("written");
        assert_eq!(sightings.next().await, Some(Sighting::Found(path("b.FATAL"))));
        std::fs::remove_file(at("a.FATAL")).expect("removed");
        assert_eq!(sightings.next().await, Some(Sighting::Vanished(path("a.FATAL"))));
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

    #[test]
    fn any_answer_is_read(said in proptest::collection::vec(any::<u8>(), 0..60)) {
        answer(&said, &PathPattern::new(b"/*"));
    }
}
