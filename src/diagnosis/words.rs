//! Whose words they are: what of a text is ssh's own, and what it only repeats.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnosis::About;

/// What of the log of one `ssh` is its own: up to the line in which it begins to repeat what the server said. That may
/// go on for several lines, and ssh has little to say behind it.
pub(super) fn of_one(log: &[u8]) -> String {
    let mut own = String::new();
    for line in String::from_utf8_lossy(log).split_inclusive('\n') {
        own.push_str(line);
        if repeats_server(line) {
            break;
        }
    }
    own
}

/// What several wrote, one `ssh` per jump host, without the lines in which a server's reason goes on.
///
/// Here a banner may have any words, so none ends the text: the last words are those of an `ssh`.
pub(super) fn of_several(rest: &[u8]) -> String {
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

/// What ssh says of the user's keys while it reads its command line, before it has a log and before any server speaks.
pub(super) fn before_the_log(rest: &[u8], about: &About) -> String {
    let words = String::from_utf8_lossy(rest);
    let key = about.public_key.trim_end_matches(".pub");
    let is_own = |line: &&str| {
        let file = line.strip_prefix("Warning: Identity file ").and_then(|rest| rest.strip_prefix(key));
        file.is_some_and(|rest| rest.starts_with(" not accessible: "))
    };
    words.lines().take_while(is_own).map(|line| line.to_owned() + "\n").collect()
}

/// True if the end of this line of ssh's log is the server's, which may go on in the lines below.
pub fn repeats_server(line: &str) -> bool {
    SERVERS.is_match(line.trim())
}

/// How a line begins whose end is the server's.
static SERVERS: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"^Received disconnect from |^Unable to negotiate with |^([^@ ]+@\S+: )?Permission denied \(";
    Regex::new(words).expect("a constant expression")
});
