//! JSON strings, equal byte for byte to `serde_json`'s, by whole words of memory where nothing needs an escape.

use std::io::Write as _;

use crate::sanitize;

/// Appends `text` as a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape(out, text.as_bytes());
    out.push(b'"');
}

/// Appends `text` as a JSON string, or `null`.
pub fn string_or_null(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends a number, or `null`.
pub fn number_or_null(out: &mut Vec<u8>, number: Option<u64>) {
    match number {
        Some(number) => self::number(out, number),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends a number.
pub fn number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends UTF-8 as the inside of a JSON string.
pub fn escape(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = first_special(rest) {
        out.extend_from_slice(&rest[..at]);
        push_escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Replaces what a terminal would obey or hide in `out`, from `start` on, by JSON escapes; `out` holds
/// finished JSON there, in which such characters stand nowhere but in strings.
pub fn make_harmless(out: &mut Vec<u8>, start: usize) {
    let written = out.split_off(start);
    for chunk in written.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find(|character| character != '\n' && sanitize::is_shapeless(character)) {
            out.extend_from_slice(&rest.as_bytes()[..at]);
            let behind = at + rest[at..].chars().next().map_or(0, char::len_utf8);
            for unit in rest[at..behind].encode_utf16() {
                // Writing into a Vec cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
            rest = &rest[behind..];
        }
        out.extend_from_slice(rest.as_bytes());
    }
}

/// The place of the first byte that JSON wants escaped: `"`, `\` or below space.
fn first_special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // A byte below N underflows into its high bit when N is taken from it. What a borrow spoils lies
        // above the first true hit, and only the first one counts.
        let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word & HIGHS;
        let hits = below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1);
        if hits != 0 {
            return Some(index * 8 + hits.trailing_zeros() as usize / 8);
        }
    }
    let at = tail.iter().position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'))?;
    Some(words.len() * 8 + at)
}

/// Appends the escape of a byte that needs one.
fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let (high, low) = (DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};

    use super::{make_harmless, string};
    use crate::sanitize;

    /// `text` as a JSON string.
    fn ours(text: &str) -> String {
        let mut out = Vec::new();
        string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_character_below_300_at_every_place_of_a_word() {
        for character in (0..0x300).filter_map(char::from_u32) {
            for before in 0..20 {
                let text = format!("{}{character}{character}\"", "x".repeat(before));
                assert_eq!(ours(&text), serde_json::to_string(&text).unwrap());
            }
        }
    }

    proptest! {
        #[test]
        fn equal_to_serde_json(text in proptest::collection::vec(prop_oneof![9 => any::<char>(), 1 => proptest::char::range('\0', '\x7f')], 0..60)) {
            let text: String = text.into_iter().collect();
            prop_assert_eq!(ours(&text), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn on_a_terminal_harmless_and_still_the_same_text(text in proptest::collection::vec(prop_oneof![any::<char>(), proptest::char::range('\0', '\u{a0}'), proptest::char::range('\u{2000}', '\u{2070}'), proptest::char::range('\u{e0000}', '\u{e0010}')], 0..60)) {
            let text: String = text.into_iter().collect();
            let mut out = b"kept\x7f".to_vec();
            string(&mut out, &text);
            make_harmless(&mut out, 5);
            let out = out.split_off(5);
            let out = String::from_utf8(out).unwrap();
            prop_assert!(!out.chars().any(sanitize::is_shapeless), "{:?}", out);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
