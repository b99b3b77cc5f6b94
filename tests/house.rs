//! The house keeps its order: who may name what, which way imports point, how large a room may be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file.
const LARGEST: usize = 400;

/// Every file of `src` with its text up to its tests, by its path below `src`.
fn rooms() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).expect("a text");
                rooms.insert(name, text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned());
            }
        }
    }
    assert!(rooms.len() > 50, "src is there");
    rooms.retain(|name, _| {
        !name.ends_with("tests.rs") && !name.contains("/tests/") && !name.ends_with("model.rs")
    });
    rooms
}

/// The rooms outside of `allowed` whose text has one of `words`.
fn trespassers(words: &[&str], allowed: &[&str]) -> Vec<String> {
    let names = |text: &str| words.iter().any(|word| text.contains(word));
    let rooms = rooms().into_iter();
    let named =
        rooms.filter(|(name, text)| !allowed.iter().any(|room| name.starts_with(room)) && names(text));
    named.map(|(name, _)| name).collect()
}

#[test]
fn only_remote_knows_ssh_and_the_channels() {
    assert_eq!(trespassers(&["openssh::"], &["remote/"]), Vec::<String>::new());
}

#[test]
fn only_the_environment_reads_the_surroundings() {
    let words = ["std::env", "env::var", "is_terminal()", "Timestamp::now()", "TimeZone::system()"];
    let clocks = ["environment.rs", "remote/", "modes/"];
    assert_eq!(trespassers(&words[..3], &["environment.rs"]), Vec::<String>::new());
    assert_eq!(trespassers(&words[3..], &clocks), Vec::<String>::new());
}

#[test]
fn only_the_renderer_knows_colours() {
    assert_eq!(trespassers(&["owo_colors", "\\x1b["], &["render/", "line/layout/"]), Vec::<String>::new());
}

#[test]
fn pure_rooms_do_no_io_and_import_only_pure_rooms() {
    let io = [
        "tokio::",
        "std::fs",
        "std::process::Command",
        "std::net::Tcp",
        "std::net::Udp",
        "ToSocketAddrs",
        "std::thread",
        "crate::remote",
        "crate::modes",
        "crate::output",
        "crate::report",
        "crate::descriptor",
        "Instant::now()",
        "SystemTime::now()",
    ];
    let pure =
        ["cluster/", "line/", "flow/", "render/", "plan/", "plan.rs", "tally.rs", "exit.rs", "failure.rs"];
    let offenders: Vec<String> = rooms()
        .into_iter()
        .filter(|(name, _)| pure.iter().any(|room| name.starts_with(room)))
        .flat_map(|(name, text)| {
            let found = io.into_iter().filter(move |word| text.contains(word));
            found.map(move |word| format!("{name}: {word}")).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(offenders, Vec::<String>::new());
}

#[test]
fn rooms_with_io_do_not_know_each_other_nor_the_verbs() {
    let with_io = ["remote", "output", "report", "environment", "config"];
    let mut offenders = Vec::new();
    for (name, text) in rooms() {
        let Some(own) = with_io
            .into_iter()
            .find(|room| name == format!("{room}.rs") || name.starts_with(&format!("{room}/")))
        else {
            continue;
        };
        let others = with_io.into_iter().filter(|room| *room != own).chain(["modes", "cli"]);
        offenders.extend(
            others
                .filter(|room| text.contains(&format!("use crate::{room}")))
                .map(|room| format!("{name}: {room}")),
        );
    }
    assert_eq!(offenders, Vec::<String>::new());
}

#[test]
fn no_room_is_larger_than_one_noun() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests")];
    let mut large = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let lines = fs::read_to_string(&path).expect("a text").lines().count();
                if lines > LARGEST {
                    large.push(format!("{}: {lines} lines", path.display()));
                }
            }
        }
    }
    assert_eq!(large, Vec::<String>::new());
}
