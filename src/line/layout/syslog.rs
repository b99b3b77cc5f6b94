//! What follows the time in syslog: host, tag and process.

use crate::line::layout::class::Class;
use crate::line::layout::scan::{skip_blanks, token_end};
use crate::line::level::Level;

/// The names of syslog facilities, for `facility.severity` before the tag.
const FACILITIES: [&[u8]; 13] = [
    b"kern",
    b"user",
    b"mail",
    b"daemon",
    b"auth",
    b"syslog",
    b"lpr",
    b"news",
    b"uucp",
    b"cron",
    b"authpriv",
    b"ftp",
    b"local",
];

/// Parses `<host> <tag>[<pid>]: ` at `at`: the offset of the message, and the level if `facility.severity` precedes the
/// tag. Files of syslog contain no level by default, and words of the message do not count as one.
pub fn origin(line: &[u8], at: usize) -> Option<(usize, Option<Level>)> {
    let host_end = token_end(line, at);
    if !is_host(&line[at..host_end]) {
        return None;
    }
    let mut tag = skip_blanks(line, host_end);
    let mut level = None;
    let word = &line[tag..token_end(line, tag)];
    if let Some(severity) = severity(word) {
        level = Some(severity);
        tag = skip_blanks(line, tag + word.len());
    }
    Some((after_tag(line, tag)?, level))
}

/// The offset of the message after a tag at `at`.
pub fn after_tag(line: &[u8], at: usize) -> Option<usize> {
    let mut end = Class::TAG.run(line, at);
    if end == at {
        return None;
    }
    if line.get(end) == Some(&b'[') {
        end += 1;
        while line.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
            end += 1;
        }
        if line.get(end) != Some(&b']') {
            return None;
        }
        end += 1;
    }
    match line.get(end..)? {
        [b':', b' ', ..] => Some(end + 2),
        [b':'] => Some(end + 1),
        _ => None,
    }
}

/// Whether a token can be a host name or address.
pub fn is_host(token: &[u8]) -> bool {
    token.last().is_some_and(|&last| last != b':')
        && token.len() <= 255
        && token.iter().all(|&byte| Class::HOST.has(byte))
}

/// The level in `facility.severity`.
fn severity(token: &[u8]) -> Option<Level> {
    let dot = token.iter().position(|&byte| byte == b'.')?;
    let name = match &token[..dot] {
        [name @ .., b'0'..=b'7'] | name => name,
    };
    FACILITIES.contains(&name).then(|| Level::from_word(&token[dot + 1..]))?
}
