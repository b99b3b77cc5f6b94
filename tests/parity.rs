//! What is written twice is the same: completions and man page, as committed and as the binary prints them.

use std::fs;
use std::process::Command;

/// What the binary prints for these words.
fn printed(words: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_cvmtail")).args(words).output().expect("the binary runs");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
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
