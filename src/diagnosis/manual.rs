//! All causes, and how the manual page describes each.

use std::borrow::Cow;

use crate::diagnosis::cause::Cause;
use crate::diagnosis::connecting::CONNECTING;
use crate::diagnosis::table::CONNECTED;
use crate::hint::{Hint, Login, ShellCommand, Value};

/// All causes, in the order in which a line is matched against them.
pub fn causes() -> impl Iterator<Item = &'static Cause> {
    CONNECTING.iter().chain(CONNECTED)
}

/// Each cause once, with its fix: what depends on the case is in capitals.
pub fn entries() -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for cause in causes() {
        // A cause that only quotes ssh has no sentence of its own.
        let (sentence, fix) = (general(cause.sentence), general_fix(cause.fix));
        if !sentence.is_empty() && entries.iter().all(|(known, _)| *known != sentence) {
            entries.push((sentence, fix));
        }
    }
    entries
}

/// A fix with names in capitals for values.
fn general_fix(fix: &'static str) -> String {
    let login = Login::Ssh(ShellCommand::new("ssh USER@HOST"));
    let line = |words| Value::Command(Cow::Owned(ShellCommand::new(words)));
    let fix = Hint::fill(fix, |place| match place {
        "login" => Value::Login(&login),
        "reach" => line("-c CVM"),
        "who" => Value::word("USER@HOST"),
        "keyscan" => line("ssh-keyscan HOST >> ~/.ssh/known_hosts"),
        "forget" => line("ssh-keygen -R HOST"),
        "public_key" => Value::word("~/.ssh/id_*.pub"),
        place => Value::word(place.to_uppercase()),
    });
    fix.map(String::from).unwrap_or_default()
}

/// A sentence with names in capitals for values.
fn general(sentence: &str) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, from)) = rest.split_once('{')
        && let Some((place, after)) = from.split_once('}')
    {
        text.push_str(before);
        match place {
            "who" => text.push_str("USER@HOST"),
            // A value that continues the word before it is left out.
            _ if text.ends_with(char::is_alphanumeric) => {}
            place => text.push_str(&place.to_uppercase()),
        }
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn the_manual_has_each_cause_once_and_without_gaps() {
        let entries = entries();
        assert!(entries.len() > 40, "{}", entries.len());
        for (at, (cause, fix)) in entries.iter().enumerate() {
            assert!(!cause.contains(['{', '}']) && !fix.contains(['{', '}']), "{cause} {fix}");
            assert!(!fix.is_empty(), "{cause}");
            assert!(entries[..at].iter().all(|(other, _)| other != cause), "{cause} twice");
        }
    }
}
