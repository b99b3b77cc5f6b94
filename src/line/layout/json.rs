//! One JSON object on a line; only its own keys are looked at, and only until time and level are found.

use memchr::memchr;

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::pairs::{PairKey, level_value, quoted, time_value};

/// Reads the object's time and level; a head if it has a time, or a level in words.
///
/// A line that is cut short, or is no JSON further on, counts by what stands before that.
pub fn head(line: &[u8]) -> Option<Head> {
    if line.first() != Some(&b'{') {
        return None;
    }
    let (mut time, mut level) = (None, None);
    let mut worded = false;
    let mut next = 1;
    // The message starts behind the run of times and levels that opens the object, if one does.
    let (mut message, mut in_front) = (0, true);
    while let Some((key, value_at)) = key(line, next) {
        let Some(end) = value_end(line, value_at) else { break };
        let kind = PairKey::of(key);
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

/// The key at `at`, past a comma and blanks, and where its value starts.
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

/// Where the value at `at` ends; `None` if the line ends before it.
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

/// Where the object or array at `at` ends, brackets inside strings not counted.
fn nested_end(line: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut next = at;
    loop {
        match line.get(next)? {
            b'"' => {
                // A string without escapes is passed in one step.
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

/// Where the line goes on after JSON's blanks at `at`.
fn blanks_end(line: &[u8], mut at: usize) -> usize {
    while matches!(line.get(at), Some(b' ' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}
