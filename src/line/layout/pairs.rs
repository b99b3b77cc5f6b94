//! logfmt: logrus, go-kit, slog, log15.

use memchr::memchr2;

use crate::line::layout::class::Class;
use crate::line::layout::head::{Head, Layout};
use crate::line::layout::stamp;
use crate::line::level::Level;
use crate::line::time::Stamp;

/// The number of pairs read; time and level are at the front.
const PAIRS: usize = 12;

/// The meaning of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PairKey {
    Time,
    Level,
    Other,
}

impl PairKey {
    /// The meaning of a key by its name, case-insensitively.
    pub fn from_key(key: &[u8]) -> Self {
        if !matches!(
            key.first(),
            Some(b't' | b'l' | b's' | b'@' | b'a' | b'd' | b'T' | b'L' | b'S' | b'A' | b'D')
        ) {
            return Self::Other;
        }
        let mut lower = [0_u8; 12];
        let Some(lower) = lower.get_mut(..key.len()) else { return Self::Other };
        lower.copy_from_slice(key);
        lower.make_ascii_lowercase();
        match &*lower {
            b"time" | b"ts" | b"timestamp" | b"@timestamp" | b"t" | b"@t" | b"asctime" | b"datetime" => {
                Self::Time
            }
            b"level" | b"lvl" | b"severity" | b"levelname" | b"loglevel" | b"log.level" | b"@l" => {
                Self::Level
            }
            _ => Self::Other,
        }
    }
}

/// Parses a value (without its quotes) as a time: ISO 8601 with dashes or slashes, or a number since 1970.
pub fn time_value(value: &[u8]) -> Option<Stamp> {
    let (time, end) = stamp::iso(value, 0)
        .or_else(|| stamp::epoch(value, 0))
        .or_else(|| stamp::slashed(value, 0))
        .or_else(|| stamp::basic(value, 0))?;
    // Go's `time.String` and Java's zoned times append the name of a zone; anything longer is not a time.
    (value.len() - end <= 40).then_some(time)
}

/// Parses a value (without its quotes) as a level: a word (also `INFO+2` of slog), or a number: from 10 as in bunyan
/// and pino, below 8 a syslog severity.
pub fn level_value(value: &[u8]) -> Option<Level> {
    if value.first()?.is_ascii_digit() {
        return match value {
            [digit @ b'0'..=b'7'] => Some(Level::from_severity(digit - b'0')),
            [b'1', b'0'..=b'9'] => Some(Level::Trace),
            [b'2', b'0'..=b'9'] => Some(Level::Debug),
            [b'3', b'0'..=b'9'] => Some(Level::Info),
            [b'4', b'0'..=b'9'] => Some(Level::Warning),
            [b'5', b'0'..=b'9'] => Some(Level::Error),
            [b'6', b'0'..=b'9'] => Some(Level::Fatal),
            _ => None,
        };
    }
    if let [letter] = value {
        return Level::from_letter(letter.to_ascii_uppercase());
    }
    let length = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    matches!(value.get(length), None | Some(b'+' | b'-' | b' '))
        .then(|| Level::from_word(&value[..length]))?
}

/// Parses `key=value` pairs from the start of `line`; a head if one of them is a time, or the first is a level and more
/// follow.
pub fn head(line: &[u8]) -> Option<Head> {
    if !line.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'@') {
        return None;
    }
    let (mut time, mut level) = (None, None);
    let mut next = 0;
    // The message starts after the times and levels at the start of the line, if any.
    let mut message = 0;
    let mut level_first = false;
    for index in 0..PAIRS {
        let Some((key, value, end)) = pair(line, next) else { break };
        let kind = PairKey::from_key(key);
        match kind {
            PairKey::Time if time.is_none() => time = time_value(value),
            PairKey::Level if level.is_none() => {
                level = level_value(value);
                level_first = index == 0 && level.is_some();
            }
            _ => {}
        }
        if kind != PairKey::Other && message == next {
            message = end;
        }
        next = end;
        if (time.is_some() && level.is_some()) || end == line.len() {
            break;
        }
    }
    let more_follow = level_first && pair(line, message).is_some();
    (time.is_some() || more_follow).then_some(Head { layout: Layout::Logfmt, time, level, message })
}

/// The pair at `at`: key, value without its quotes, and the offset of the next pair.
fn pair(line: &[u8], at: usize) -> Option<(&[u8], &[u8], usize)> {
    let rest = line.get(at..)?;
    let length = Class::KEY.run(rest, 0);
    if length == 0 || rest.get(length) != Some(&b'=') {
        return None;
    }
    let key = &rest[..length];
    let start = at + length + 1;
    let (value, mut end) = if line.get(start) == Some(&b'"') {
        quoted(line, start)?
    } else {
        let end =
            line[start..].iter().position(|&byte| byte == b' ').map_or(line.len(), |blank| start + blank);
        (&line[start..end], end)
    };
    end += usize::from(line.get(end) == Some(&b' '));
    Some((key, value, end))
}

/// The text between the quote at `at` and the closing one, with escapes unchanged; and the offset after it.
pub fn quoted(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let mut next = at + 1;
    loop {
        let found = next + memchr2(b'"', b'\\', bytes.get(next..)?)?;
        if bytes[found] == b'"' {
            return Some((&bytes[at + 1..found], found + 1));
        }
        next = found + 2;
    }
}
