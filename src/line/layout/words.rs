//! Level words in a line, and the separators around them.

use memchr::memchr;

use crate::line::layout::class::Class;
use crate::line::layout::scan::{digits_end, token_end};
use crate::line::level::Level;

/// The longest level word.
const LONGEST: usize = 13;

/// How far a group in brackets may reach.
const GROUP: usize = 64;

/// A level word found in a line.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// What it means.
    pub level: Level,
    /// Where it ends.
    pub end: usize,
    /// Whether it is written in capitals, as no prose is.
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

/// A line that opens with a level word and `: `, as the second line of a j.u.l. record does, and where its
/// message starts.
pub fn level_colon(line: &[u8]) -> Option<(Level, usize)> {
    let word = level_word(line, 0)?;
    match line.get(word.end..)? {
        [b':'] => Some((word.level, word.end + 1)),
        [b':', b' ', ..] => Some((word.level, word.end + 2)),
        _ => None,
    }
}

/// Where `bytes` goes on after any colour sequences (`ESC [ ... m`) at `at`.
pub fn skip_colour(bytes: &[u8], mut at: usize) -> usize {
    while let Some([0x1b, b'[', rest @ ..]) = bytes.get(at..) {
        let length = rest.iter().take_while(|&&byte| byte.is_ascii_digit() || byte == b';').count();
        if rest.get(length) != Some(&b'm') {
            break;
        }
        at += length + 3;
    }
    at
}

/// Where the text goes on after blanks and the marks that loggers put between fields.
pub fn skip_separators(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'|' | b':' | b',' => at += 1,
            // A dash between blanks is a separator, before a word it is a sign or an option.
            b'-' if matches!(bytes.get(at + 1), Some(b' ' | b'-')) => at += 1,
            0x1b => match skip_colour(bytes, at) {
                same if same == at => break,
                after => at = after,
            },
            _ => break,
        }
    }
    at
}

/// Looks for a level behind the time: a word by itself or in brackets, past a few groups in brackets, numbers
/// and one name. Gives where the message starts, and the level if there is one.
///
/// A word in lower case counts in brackets, or with a mark or tab behind it: `error` by itself is prose.
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

/// The group in brackets at `at`: what is inside, and where the text goes on.
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

/// The level that a group in brackets is: `INFO `, ` warn`, `core:error` (Apache), `W`.
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

/// The level word at `at` if what follows shows that it is one, and where it ends.
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

/// Whether a token before a level can be a logger's or thread's name, or a place in the source, and not a word of
/// prose.
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
