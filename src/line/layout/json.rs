//! One JSON object per line; only its top-level keys are read, and only until time and level are found.

use memchr::memchr;

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::pairs::{PairKey, level_value, quoted, time_value};

/// Parses time and level of the object; a head if it has a time, or a level in words.
///
/// What follows time and level need not be valid or complete JSON.
pub fn head(line: &[u8]) -> Option<Head> {
    if line.first() != Some(&b'{') {
        return None;
    }
    let (mut time, mut level) = (None, None);
    let mut worded = false;
    let mut next = 1;
    // The message starts after the times and levels at the start of the object, if any.
    let (mut message, mut in_front) = (0, true);
    while let Some((key, value_at)) = key(line, next) {
        let Some(end) = value_end(line, value_at) else { break };
        let kind = PairKey::from_key(key);
        if kind != PairKey::Other {
            let value = &line[value_at..end];
            let bare = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
            match kind {
                PairKey::Time if time.is_none() => time = time_value(bare),
                PairKey::Level if level.is_none() => {
                    level = level_value(bare);
                    worded = bare.first().is_some_and(u8::is_ascii_alphabetic);
                }
                _ => {}
            }
        }
        in_front &= kind != PairKey::Other;
        if in_front {
            message = blanks_end(line, end);
            message += usize::from(line.get(message) == Some(&b','));
        }
        if time.is_some() && level.is_some() {
            break;
        }
        next = end;
    }
    (time.is_some() || (worded && level.is_some())).then_some(Head {
        layout: Layout::Json,
        time,
        level,
        message,
    })
}

/// The key at `at`, after a comma and blanks, and the offset of its value.
fn key(line: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let mut at = blanks_end(line, at);
    if line.get(at) == Some(&b',') {
        at = blanks_end(line, at + 1);
    }
    if line.get(at) != Some(&b'"') {
        return None;
    }
    let (key, end) = quoted(line, at)?;
    let colon = blanks_end(line, end);
    (line.get(colon) == Some(&b':')).then(|| (key, blanks_end(line, colon + 1)))
}

/// The end of the value at `at`; `None` if the line ends before it.
fn value_end(line: &[u8], at: usize) -> Option<usize> {
    match line.get(at)? {
        b'"' => quoted(line, at).map(|(_, end)| end),
        b'{' | b'[' => nested_end(line, at),
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t');
            let length = line[at..].iter().position(is_end)?;
            (length > 0).then_some(at + length)
        }
    }
}

/// The end of the object or array at `at`; brackets in strings are ignored.
fn nested_end(line: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut next = at;
    loop {
        match line.get(next)? {
            b'"' => {
                // A string without escapes is skipped in one step.
                let close = next + 1 + memchr(b'"', &line[next + 1..])?;
                next = if line[close - 1] == b'\\' { quoted(line, next)?.1 } else { close + 1 };
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(next + 1);
                }
            }
            _ => {}
        }
        next += 1;
    }
}

/// The end of JSON whitespace at `at`.
fn blanks_end(line: &[u8], mut at: usize) -> usize {
    while matches!(line.get(at), Some(b' ' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}
