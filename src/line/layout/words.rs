//! Level words, and the separators around them.

use memchr::memchr;

use crate::line::layout::class::Class;
use crate::line::layout::scan::{digits_end, token_end};
use crate::line::level::Level;

/// The longest level word.
const LONGEST: usize = 13;

/// The maximum length of a group in brackets.
const GROUP: usize = 64;

/// A level word found in a line.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub level: Level,
    pub end: usize,
    /// It is written in capitals, unlike prose.
    pub capitals: bool,
}

/// The run of letters at `at`, if it is a level word.
pub fn level_word(bytes: &[u8], at: usize) -> Option<Word> {
    let rest = bytes.get(at..)?;
    if !Level::may_open(*rest.first()?) {
        return None;
    }
    let length = rest.iter().take(LONGEST + 1).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if length < 3 {
        return None;
    }
    let level = Level::from_word(&rest[..length])?;
    Some(Word { level, end: at + length, capitals: rest[..length].iter().all(u8::is_ascii_uppercase) })
}

/// Parses a line that starts with a level word and `: `, like the second line of a j.u.l. record: the level, and the
/// offset of the message.
pub fn level_colon(line: &[u8]) -> Option<(Level, usize)> {
    let word = level_word(line, 0)?;
    match line.get(word.end..)? {
        [b':'] => Some((word.level, word.end + 1)),
        [b':', b' ', ..] => Some((word.level, word.end + 2)),
        _ => None,
    }
}

/// The offset after any color sequences (`ESC [ ... m`) at `at`.
pub fn skip_color(bytes: &[u8], mut at: usize) -> usize {
    while let Some([0x1b, b'[', rest @ ..]) = bytes.get(at..) {
        let length = rest.iter().take_while(|&&byte| byte.is_ascii_digit() || byte == b';').count();
        if rest.get(length) != Some(&b'm') {
            break;
        }
        at += length + 3;
    }
    at
}

/// The offset after blanks and other separators between fields.
pub fn skip_separators(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'|' | b':' | b',' => at += 1,
            // A dash between blanks is a separator; before a word it is a sign or an option.
            b'-' if matches!(bytes.get(at + 1), Some(b' ' | b'-')) => at += 1,
            0x1b => match skip_color(bytes, at) {
                same if same == at => break,
                after => at = after,
            },
            _ => break,
        }
    }
    at
}

/// Searches for a level after the time: a word, alone or in brackets, after at most a few groups in brackets, numbers,
/// and one name. Returns the offset of the message, and the level if there is one.
///
/// A lower-case word counts only in brackets, or before a separator or tab: `error` alone is prose.
pub fn level_after(bytes: &[u8], at: usize) -> (usize, Option<Level>) {
    let message = skip_separators(bytes, at);
    let mut next = message;
    let mut named = false;
    for _ in 0..5 {
        let Some(&byte) = bytes.get(next) else { break };
        match byte {
            b'[' | b'(' | b'{' | b'<' => {
                let Some((inside, end)) = group(bytes, next) else { break };
                if let Some(level) = group_level(inside) {
                    return (skip_separators(bytes, end), Some(level));
                }
                next = skip_separators(bytes, end);
            }
            b'0'..=b'9' if digits_end(bytes, next) == token_end(bytes, next) => {
                next = skip_separators(bytes, token_end(bytes, next));
            }
            _ => {
                if let Some((level, end)) = bare_level(bytes, next) {
                    return (skip_separators(bytes, end), Some(level));
                }
                let end = token_end(bytes, next);
                if named || !is_name(&bytes[next..end]) {
                    break;
                }
                named = true;
                next = skip_separators(bytes, end);
            }
        }
    }
    (message, None)
}

/// The group in brackets at `at`: its inside, and the offset after it.
fn group(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let close = match bytes.get(at)? {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        _ => b'>',
    };
    let window = &bytes[at + 1..(at + 1 + GROUP).min(bytes.len())];
    let length = memchr(close, window)?;
    Some((&window[..length], at + length + 2))
}

/// Parses the inside of a group in brackets as a level: `INFO `, ` warn`, `core:error` (Apache), `W`.
fn group_level(inside: &[u8]) -> Option<Level> {
    let inside = inside.trim_ascii();
    match inside {
        [letter] => Level::from_letter(*letter),
        _ => Level::from_word(inside).or_else(|| {
            let colon = inside.iter().position(|&byte| byte == b':')?;
            Level::from_word(&inside[colon + 1..])
        }),
    }
}

/// The level word at `at`, if what follows shows that it is one, and its end.
fn bare_level(bytes: &[u8], at: usize) -> Option<(Level, usize)> {
    if let [letter @ b'A'..=b'Z', b' ', b'|', ..] = bytes.get(at..)? {
        // capnslog (etcd): `I | etcdserver: `.
        return Some((Level::from_letter(*letter)?, at + 3));
    }
    let word = level_word(bytes, at)?;
    let stands_alone = match bytes.get(word.end) {
        None | Some(b' ') => word.capitals || before(bytes, at) == Some(b'\t'),
        Some(b':' | b'\t' | b'|' | 0x1b) => true,
        Some(b',' | b'[' | b'(' | b'/' | b']' | b'-' | b'+') => word.capitals,
        Some(_) => false,
    };
    stands_alone.then_some((word.level, word.end))
}

/// The byte before `at`.
fn before(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at.checked_sub(1)?).copied()
}

/// Whether a token before a level can be the name of a logger or thread, or a source location, rather than prose.
fn is_name(token: &[u8]) -> bool {
    if matches!(token, b"main" | b"root" | b"stdout" | b"stderr") {
        return true;
    }
    let plain = token.iter().all(|&byte| Class::NAME.has(byte));
    plain
        && token.len() > 1
        && token[1..].iter().any(|byte| !byte.is_ascii_lowercase())
        && token[0].is_ascii_alphabetic()
        && (token[token.len() - 1] != b':' || token.iter().any(u8::is_ascii_digit))
}
