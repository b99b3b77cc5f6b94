//! What is written twice is the same: completions and man page, as committed and as the binary prints them.

use std::fs;
use std::process::Command;

use crate::told::LONG;
use crate::world::World;

/// What the binary prints for these words.
fn printed(words: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_cvmtail")).args(words).output().expect("the binary runs");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn the_man_page_is_dated_and_mandoc_finds_nothing_wrong_with_it() {
    let world = World::new();
    let page = format!("{}/man/cvmtail.1", env!("CARGO_MANIFEST_DIR"));
    let done = world.run("mandoc", &["-Tlint", "-W", "warning", &page]).finish(LONG);
    assert_eq!((done.code(), done.out().as_str(), done.err().as_str()), (0, "", ""));
    let shown = world.run("mandoc", &["-Tascii", &page]).finish(LONG).expect(0).out();
    let version = format!("cvmtail {}", env!("CARGO_PKG_VERSION"));
    let footer = shown.lines().last().unwrap_or_default();
    assert!(footer.starts_with(&version), "{footer}");
    let heading = format!("## [{}] - ", env!("CARGO_PKG_VERSION"));
    let date = include_str!("../CHANGELOG.md").lines().find_map(|line| line.strip_prefix(&heading));
    assert!(footer.contains(date.expect("the changelog dates this version")), "{footer}");
    let text = fs::read_to_string(&page).expect("the man page");
    let mut sections: Vec<&str> = text.lines().filter(|line| line.starts_with(".SH ")).collect();
    let count = sections.len();
    sections.sort_unstable();
    sections.dedup();
    assert_eq!(sections.len(), count, "each section once: {sections:?}");
}

#[test]
fn completions_and_man_page_are_committed_as_the_binary_prints_them() {
    for (words, file) in [
        (&["completions", "bash"][..], "completions/cvmtail.bash"),
        (&["completions", "zsh"], "completions/_cvmtail"),
        (&["completions", "fish"], "completions/cvmtail.fish"),
        (&["man"], "man/cvmtail.1"),
    ] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let committed = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let command = words.join(" ");
        assert!(
            printed(words) == committed,
            "{file} is stale: run `cargo run -- {command} > {file}` and commit it"
        );
    }
}
