//! Foreign text on a terminal: what a terminal would obey or hide is shown instead.
//!
//! - escape as `^[` and carriage return as `^M`, as `less` and `git diff` show them;
//! - the other control characters of ASCII as `\x07`; a tab stays a tab;
//! - the C1 controls, marks of direction and whatever else has no shape of its own as `<U+202E>`;
//! - bytes that are not UTF-8 (raw C1 controls among them) as `\x9b`.

use std::io::Write as _;

/// True for each byte that a terminal prints as it is: printable ASCII and tab.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        plain[byte] = true;
        byte += 1;
    }
    plain[b'\t' as usize] = true;
    plain
};

/// Characters beyond ASCII that have no shape of their own, first and last of each range: C1 controls,
/// Unicode's category `Cf` without the marks that enclose a number, and its own separators of lines.
const SHAPELESS: [(char, char); 19] = [
    ('\u{80}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    // Fillers and joiners of other categories which are as invisible.
    ('\u{34f}', '\u{34f}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{ffa0}', '\u{ffa0}'),
];

/// True if a terminal would obey or hide `character` rather than show it; a tab is shown.
pub fn is_shapeless(character: char) -> bool {
    u8::try_from(character).map_or_else(
        |_| SHAPELESS.iter().any(|(first, last)| (*first..=*last).contains(&character)),
        |byte| !PLAIN[usize::from(byte)] && (byte < 0xa0 || byte == 0xad),
    )
}

/// Appends `bytes` as a terminal may have them.
pub fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        let plain = rest.iter().position(|&byte| !PLAIN[usize::from(byte)]).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        if rest.is_empty() {
            return;
        }
        let special = rest.iter().position(|&byte| PLAIN[usize::from(byte)]).unwrap_or(rest.len());
        push_special(out, &rest[..special]);
        rest = &rest[special..];
    }
}

/// Appends bytes none of which is plain. ASCII is never part of a longer character, so cutting there
/// tears none.
fn push_special(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_character(out, character);
        }
        for &byte in chunk.invalid() {
            push_byte(out, byte);
        }
    }
}

/// Appends one character, shown if a terminal would not show it.
fn push_character(out: &mut Vec<u8>, character: char) {
    match character {
        '\x1b' => out.extend_from_slice(b"^["),
        '\r' => out.extend_from_slice(b"^M"),
        '\0'..='\x1f' | '\x7f' => push_byte(out, character as u8),
        _ if is_shapeless(character) => {
            // Writing into a Vec cannot fail.
            let _ = write!(out, "<U+{:04X}>", character as u32);
        }
        _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Appends one byte as `\x07`.
fn push_byte(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&[b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// Text of several lines, fit for a terminal: its newlines stay.
pub fn lines(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        push(&mut out, line.strip_suffix('\n').unwrap_or(line).as_bytes());
        out.extend(line.ends_with('\n').then_some(b'\n'));
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Our own words and names of the user's, fit for a terminal and for one line.
pub fn text(text: &str) -> String {
    bytes(text.as_bytes())
}

/// The same of bytes that may not be UTF-8.
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    push(&mut out, bytes);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use regex::Regex;

    use super::{PLAIN, is_shapeless, lines, push};

    /// `bytes` as a terminal gets them.
    fn shown(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, bytes);
        out
    }

    #[test]
    fn each_kind_has_its_sign() {
        for (bytes, expected) in [
            (&b"plain \t text"[..], "plain \t text"),
            (b"\x1b[31mred\x1b]0;x\x07", "^[[31mred^[]0;x\\x07"),
            (b"a\rb\0\x7f\x08", "a^Mb\\x00\\x7f\\x08"),
            ("\u{85}\u{9b}2J".as_bytes(), "<U+0085><U+009B>2J"),
            (
                "\u{202e}\u{200b}\u{e0041}\u{feff}\u{ad}".as_bytes(),
                "<U+202E><U+200B><U+E0041><U+FEFF><U+00AD>",
            ),
            (b"\x9b2J\xff\xc3(", "\\x9b2J\\xff\\xc3("),
            ("Größe 漢字 ✓\u{a0}".as_bytes(), "Größe 漢字 ✓\u{a0}"),
            (b"\xe2\x80", "\\xe2\\x80"),
        ] {
            assert_eq!(String::from_utf8(shown(bytes)).unwrap(), expected);
        }
    }

    #[test]
    fn newlines_stay_between_lines() {
        for (text, shown) in [("", ""), ("a\n\n\x1bb", "a\n\n^[b"), ("a\r\n", "a^M\n"), ("\n", "\n")] {
            assert_eq!(lines(text), shown);
        }
    }

    #[test]
    fn what_unicode_calls_a_control_or_a_format_is_shown() {
        let controls = Regex::new(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]").unwrap();
        // Signs with a shape, set before or around the digits that follow them.
        let visible = [
            '\u{600}'..='\u{605}',
            '\u{6dd}'..='\u{6dd}',
            '\u{890}'..='\u{891}',
            '\u{8e2}'..='\u{8e2}',
            '\u{110bd}'..='\u{110bd}',
            '\u{110cd}'..='\u{110cd}',
        ];
        let mut buffer = [0; 4];
        for character in (0..=0x0010_ffff).filter_map(char::from_u32) {
            let control = controls.is_match(character.encode_utf8(&mut buffer)) && character != '\t';
            if control && !visible.iter().any(|range| range.contains(&character)) {
                assert!(is_shapeless(character), "{:x}", character as u32);
            }
            if character.is_ascii() {
                assert_eq!(is_shapeless(character), !PLAIN[character as usize]);
            } else if character.is_alphanumeric()
                && !"\u{115f}\u{1160}\u{3164}\u{ffa0}\u{13439}".contains(character)
            {
                assert!(!is_shapeless(character), "{:x}", character as u32);
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_a_terminal_obeys_comes_out(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), 0x7eu8..0xa1, 0u8..0x20], 0..80)) {
            let out = String::from_utf8(shown(&bytes)).unwrap();
            prop_assert!(!out.chars().any(is_shapeless), "{:?}", out);
            if bytes.iter().all(|byte| PLAIN[usize::from(*byte)]) {
                prop_assert_eq!(out.as_bytes(), bytes);
            }
        }

        #[test]
        fn text_of_visible_characters_stays(text in "\\PC*") {
            let visible: String = text.chars().filter(|character| !is_shapeless(*character)).collect();
            prop_assert_eq!(shown(visible.as_bytes()), visible.as_bytes());
        }
    }
}
