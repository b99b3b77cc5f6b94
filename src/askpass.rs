//! What an ssh gets that asks for a secret although nobody is there to answer: its end.
//!
//! cvmtail's own ssh and those to jump hosts run in batch mode and ask nothing. An ssh that the user's config starts
//! (`ProxyCommand ssh -W ...`) does not, and without a terminal it takes the lack of an answer for an empty password,
//! which it sends, three times: servers count that and lock the account. ssh asks through the program that
//! `SSH_ASKPASS` names, so cvmtail names itself, says what was asked, and ends that ssh before anything is sent.

use std::fs;

use rustix::process::{Pid, Signal, getppid, kill_process};

use crate::exit::Exit;
use crate::report;

/// What stands before the question, for [`crate::diagnosis`] to recognise it.
pub const WORDS: &str = "cvmtail: ssh asks: ";

/// The most of a question that is repeated; a server may have written it.
const LONGEST: usize = 120;

/// Answers an ssh that asks `question`; an empty one is only a notice.
pub fn refuse(question: &str) -> Exit {
    // Something to touch, not to answer.
    if question.is_empty() {
        return Exit::Found;
    }
    // Without its passphrase this key is of no use, but the next one may be.
    if question.starts_with("Enter passphrase for") {
        return Exit::NotFound;
    }
    let shown: String = question.lines().next().unwrap_or_default().chars().take(LONGEST).collect();
    let shown = shown.replace(|c: char| c.is_control(), " ");
    report::say(&format!("{WORDS}{}", shown.trim()));
    if let Some(ssh) = getppid().filter(|parent| is_ssh(*parent)) {
        let _ = kill_process(ssh, Signal::KILL);
    }
    Exit::NotFound
}

/// Whether that process is an ssh: a shell that runs this by hand is not.
fn is_ssh(process: Pid) -> bool {
    let name = fs::read(format!("/proc/{}/comm", process.as_raw_nonzero()));
    name.is_ok_and(|name| name.starts_with(b"ssh"))
}
