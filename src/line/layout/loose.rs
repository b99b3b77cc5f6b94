//! Heads with something before the timestamp: access logs, a host or program, sysstats.

use memchr::memchr_iter;

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::scan::{skip_blanks, token_end};
use crate::line::layout::words::{level_after, level_word, skip_separators};
use crate::line::layout::{glog, stamp};
use crate::line::time::Stamp;

/// The maximum offset of a timestamp.
const NEAR: usize = 64;

/// The maximum length of client address and user in an access log.
const CLIENT: usize = 160;

/// Words of prose; a time after one of them is not the timestamp of the line.
const PROSE: [&[u8]; 22] = [
    b"at", b"since", b"on", b"from", b"until", b"till", b"by", b"in", b"to", b"before", b"after", b"and",
    b"or", b"is", b"was", b"time", b"date", b"the", b"of", b"for", b"between", b"than",
];

/// Parses a line of none of the families. The timestamp has to be near its start, and what precedes it must not look
/// like a sentence, a key or source code.
pub fn head(line: &[u8]) -> Option<Head> {
    let first = *line.first()?;
    if first == b'#' {
        return sysstats(line);
    }
    if !(first.is_ascii_alphanumeric() || matches!(first, b'[' | b'(' | b'<' | b':')) {
        return None;
    }
    if first == b'L'
        && let Some(head) = glog::created(line)
    {
        return Some(head);
    }
    near(line).or_else(|| access(line))
}

/// Parses a line with an ISO 8601 time after a short prefix.
fn near(line: &[u8]) -> Option<Head> {
    let window = &line[..line.len().min(NEAR)];
    let dash = memchr_iter(b'-', window).find(|&dash| {
        dash >= 5
            && line.get(dash + 3) == Some(&b'-')
            && line.get(dash + 9) == Some(&b':')
            && !line[dash - 5].is_ascii_alphanumeric()
    })?;
    let at = dash - 4;
    let (time, end) = stamp::iso(line, at)?;
    let prefix = &line[..at];
    if !is_prefix(prefix) {
        return None;
    }
    let closes = matches!(line.get(end), Some(b']' | b')' | b'>'));
    let (message, level) = level_after(line, end + usize::from(closes));
    let level = level.or_else(|| {
        let word_at = prefix.iter().position(u8::is_ascii_alphabetic)?;
        level_word(line, word_at)
            .filter(|word| !line[word.end].is_ascii_alphanumeric())
            .map(|word| word.level)
    });
    Some(Head { layout: Layout::Other, time: Some(time), level, message })
}

/// Whether what precedes a time can be a host, a program, a thread or a level.
fn is_prefix(prefix: &[u8]) -> bool {
    let in_brackets = matches!(prefix.last(), Some(b'[' | b'(' | b'<'));
    let outside = if in_brackets { &prefix[..prefix.len() - 1] } else { prefix };
    let plain = |byte: &u8| {
        byte.is_ascii_graphic() && !b"\"'=;{}?!".contains(byte) || *byte == b' ' || *byte == b'\t'
    };
    if !outside.iter().all(plain) {
        return false;
    }
    let text = outside.trim_ascii_end();
    let mut words = text.split(|&byte| byte == b' ' || byte == b'\t').filter(|word| !word.is_empty());
    let count = words.clone().count();
    let Some(last) = words.next_back() else { return true };
    if in_brackets {
        return count <= 3 && last != b"at" && !text.starts_with(b"at ");
    }
    // `key: <time>` occurs in blocks inside records; `program[12]: <time>` does not.
    if let Some(name) = last.strip_suffix(b":") {
        let is_level = level_word(name, 0).is_some_and(|word| word.end == name.len());
        return count <= 2 && (name.ends_with(b"]") || is_level);
    }
    let lower = last.iter().all(u8::is_ascii_lowercase);
    count <= 3 && !PROSE.contains(&last.to_ascii_lowercase().as_slice()) && (count == 1 || !lower)
}

/// Parses `<client> <ident> <user> [dd/Mon/yyyy:hh:mm:ss +zzzz] `.
fn access(line: &[u8]) -> Option<Head> {
    let window = &line[..line.len().min(CLIENT)];
    let (time, end): (Stamp, usize) = memchr_iter(b'[', window)
        .filter(|&open| open > 0 && line[open - 1] == b' ')
        .take(3)
        .find_map(|open| stamp::day_month(line, open + 1, b'/', b':'))?;
    if line.get(end) != Some(&b']') {
        return None;
    }
    Some(Head { layout: Layout::Access, time: Some(time), level: None, message: skip_blanks(line, end + 1) })
}

/// Parses `#TIMESTAMP <seconds since 1970> : `.
fn sysstats(line: &[u8]) -> Option<Head> {
    const OPENING: &[u8] = b"#TIMESTAMP ";
    if !line.starts_with(OPENING) {
        return None;
    }
    let (time, end) = stamp::epoch(line, OPENING.len())?;
    let message = if token_end(line, OPENING.len()) == end { skip_separators(line, end) } else { 0 };
    Some(Head { layout: Layout::Sysstats, time: Some(time), level: None, message })
}
