//! Every cause, and each as the manual tells it.

use super::cause::Cause;
use super::connecting::CONNECTING;
use super::table::CONNECTED;

/// Every cause: the order is the one in which a line is held against them.
pub fn causes() -> impl Iterator<Item = &'static Cause> {
    CONNECTING.iter().chain(CONNECTED)
}

/// Each cause once as the manual has it, with its fix: what depends on the case stands in capitals.
pub fn told() -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = Vec::new();
    for cause in causes() {
        // What nobody put into words is told as it is said.
        let (sentence, fix) = (general(cause.sentence), general(cause.fix));
        if !sentence.is_empty() && told.iter().all(|(known, _)| *known != sentence) {
            told.push((sentence, fix));
        }
    }
    told
}

/// A sentence with its places for values as words in capitals, and its commands as they mostly are.
fn general(sentence: &str) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, from)) = rest.split_once('{')
        && let Some((place, after)) = from.split_once('}')
    {
        text.push_str(before);
        match place {
            "login" => text.push_str("ssh USER@HOST"),
            "reach" => text.push_str("-c CVM"),
            "who" => text.push_str("USER@HOST"),
            "keyscan" => text.push_str("ssh-keyscan HOST >> ~/.ssh/known_hosts"),
            "forget" => text.push_str("ssh-keygen -R HOST"),
            "public_key" => text.push_str("~/.ssh/id_*.pub"),
            // What goes on with a word, or stands for the word before it, is not there in general.
            _ if text.ends_with(char::is_alphanumeric) => {}
            place => text.push_str(&place.to_uppercase()),
        }
        rest = after;
    }
    text + rest
}
