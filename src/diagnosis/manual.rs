//! Every cause, and each as the manual tells it.

use std::borrow::Cow;

use crate::diagnosis::cause::Cause;
use crate::diagnosis::connecting::CONNECTING;
use crate::diagnosis::table::CONNECTED;
use crate::hint::{Hint, Line, Login, Value};

/// Every cause: the order is the one in which a line is held against them.
pub fn causes() -> impl Iterator<Item = &'static Cause> {
    CONNECTING.iter().chain(CONNECTED)
}

/// Each cause once as the manual has it, with its fix: what depends on the case stands in capitals.
pub fn told() -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = Vec::new();
    for cause in causes() {
        // What nobody put into words is told as it is said.
        let (sentence, fix) = (general(cause.sentence), general_fix(cause.fix));
        if !sentence.is_empty() && told.iter().all(|(known, _)| *known != sentence) {
            told.push((sentence, fix));
        }
    }
    told
}

/// A fix with words in capitals for values, its commands as they mostly are.
fn general_fix(fix: &'static str) -> String {
    let login = Login::Ssh(Line::new("ssh USER@HOST"));
    let line = |words| Value::Line(Cow::Owned(Line::new(words)));
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

/// A sentence with words in capitals for values.
fn general(sentence: &str) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, from)) = rest.split_once('{')
        && let Some((place, after)) = from.split_once('}')
    {
        text.push_str(before);
        match place {
            "who" => text.push_str("USER@HOST"),
            // What goes on with a word, or stands for the word before it, is not there in general.
            _ if text.ends_with(char::is_alphanumeric) => {}
            place => text.push_str(&place.to_uppercase()),
        }
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn the_manual_has_each_cause_once_and_without_gaps() {
        let told = told();
        assert!(told.len() > 40, "{}", told.len());
        for (at, (cause, fix)) in told.iter().enumerate() {
            assert!(!cause.contains(['{', '}']) && !fix.contains(['{', '}']), "{cause} {fix}");
            assert!(!fix.is_empty(), "{cause}");
            assert!(told[..at].iter().all(|(other, _)| other != cause), "{cause} twice");
        }
    }
}
