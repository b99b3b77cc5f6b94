//! Which part of an output is ssh's own, and which it only repeats.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnosis::Endpoint;

/// The part of the log of one `ssh` that is its own: up to the line in which it begins to repeat the server's text. That
/// may go on for several lines, and ssh logs little after it.
pub(super) fn own_log(log: &[u8]) -> String {
    let mut own = String::new();
    for line in String::from_utf8_lossy(log).split_inclusive('\n') {
        own.push_str(line);
        if repeats_server(line) {
            break;
        }
    }
    own
}

/// What one `ssh` per jump host wrote, without the lines in which a server's reason continues.
///
/// A banner may contain anything, so no line of it ends the text: the last lines are those of an `ssh`.
pub(super) fn other_output(rest: &[u8]) -> String {
    let text = String::from_utf8_lossy(rest);
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begin = lines.iter().position(|line| line.starts_with("Received disconnect from "));
    let end = lines.iter().rposition(|line| line.starts_with("Disconnected from "));
    if let (Some(begin), Some(end)) = (begin, end)
        && begin < end
    {
        lines.drain(begin + 1..end);
    }
    lines.join("\n")
}

/// What ssh writes about the user's keys while it reads its command line, before it has a log and before any server is
/// connected to.
pub(super) fn before_log(rest: &[u8], endpoint: &Endpoint) -> String {
    let words = String::from_utf8_lossy(rest);
    let key = endpoint.public_key.trim_end_matches(".pub");
    let is_own = |line: &&str| {
        let file = line.strip_prefix("Warning: Identity file ").and_then(|rest| rest.strip_prefix(key));
        file.is_some_and(|rest| rest.starts_with(" not accessible: "))
    };
    words.lines().take_while(is_own).map(|line| line.to_owned() + "\n").collect()
}

/// Whether the end of this line of ssh's log is the server's text, which may continue in the lines below.
pub fn repeats_server(line: &str) -> bool {
    SERVER_TEXT.is_match(line.trim())
}

/// How lines begin that end with the server's text.
static SERVER_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"^Received disconnect from |^Unable to negotiate with |^([^@ ]+@\S+: )?Permission denied \(";
    Regex::new(words).expect("a constant expression")
});
