//! Helpers to scan the bytes of a line.

/// The offset after any spaces and tabs at `at`.
pub fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The end of the token at `at`: the next blank, or the end of `bytes`.
pub fn token_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memchr2(b' ', b'\t', rest).map_or(bytes.len().max(at), |blank| at + blank)
}

/// The end of the digits at `at`; `at` itself if there are none.
pub fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

/// The two digits at `at` as a number.
pub fn two(bytes: &[u8], at: usize) -> Option<u8> {
    match bytes.get(at..at + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

/// One or two digits at `at` as a number, and their end; a leading space replaces the first digit.
pub fn one_or_two(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match bytes.get(at..)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => Some(((tens - b'0') * 10 + (ones - b'0'), at + 2)),
        [b' ', ones @ b'0'..=b'9', ..] => Some((ones - b'0', at + 2)),
        [ones @ b'0'..=b'9', ..] => Some((ones - b'0', at + 1)),
        _ => None,
    }
}

/// The four digits at `at` as a year.
pub fn year(bytes: &[u8], at: usize) -> Option<i16> {
    Some(i16::from(two(bytes, at)?) * 100 + i16::from(two(bytes, at + 2)?))
}

/// The month (1 to 12) whose English three-letter name is at `at`.
pub fn month(bytes: &[u8], at: usize) -> Option<u8> {
    Some(match bytes.get(at..at + 3)? {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// The offset after a source location `name:number` at `at` and a blank; the number may be followed by `:` or `,`.
pub fn after_source(bytes: &[u8], at: usize) -> Option<usize> {
    if !bytes.get(at).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'<' | b'/')) {
        return None;
    }
    let end = token_end(bytes, at);
    let mut number = end;
    if number > at && matches!(bytes[number - 1], b':' | b',') {
        number -= 1;
    }
    let stop = number;
    while number > at && bytes[number - 1].is_ascii_digit() {
        number -= 1;
    }
    (number < stop && number > at + 1 && bytes[number - 1] == b':').then(|| (end + 1).min(bytes.len()))
}

/// The offset after an optional thread and a source location (`81234512 module.py:2210 `, `Thread-1 (worker) module:12
/// `, `module:12 `); `at` if there is none.
pub fn after_origin(bytes: &[u8], at: usize) -> usize {
    if let Some(after) = after_source(bytes, at) {
        return after;
    }
    let mut next = skip_blanks(bytes, token_end(bytes, at));
    if bytes.get(next) == Some(&b'(') {
        next = skip_blanks(bytes, token_end(bytes, next));
    }
    after_source(bytes, next).unwrap_or(at)
}

/// The offset after the next `needle` within `reach` bytes from `at`.
pub fn after(bytes: &[u8], at: usize, needle: &[u8], reach: usize) -> Option<usize> {
    let window = bytes.get(at..(at + reach).min(bytes.len()))?;
    let first = *needle.first()?;
    memchr::memchr_iter(first, window)
        .find(|&found| window[found..].starts_with(needle))
        .map(|found| at + found + needle.len())
}
