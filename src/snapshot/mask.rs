//! Masks the variable parts of a message: `Rpc <n> to <ip> timed out after <n> msecs`.
//!
//! Quoted texts, URLs, paths, UUIDs, addresses (with or without a port), hexadecimal and mixed ids, and numbers are
//! masked. No digits remain, so masking is idempotent.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Masks a message of one line; each run of whitespace and control characters becomes one space.
pub fn mask(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = quoted(rest, out.chars().next_back()) {
            out.push_str("<str>");
            rest = &rest[length..];
        } else if is_word_char(first) {
            let mut length = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
            if is_url(&rest[..length]) {
                // The query of a URL may contain characters that words do not.
                length = rest.find(ends_url).unwrap_or(rest.len());
            }
            push_word(&mut out, &rest[..length]);
            rest = &rest[length..];
        } else {
            let is_space = first.is_whitespace() || first.is_control();
            if !is_space {
                out.push(first);
            } else if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// Whether a character is part of a word, which may be a path, an address or an id.
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || "/_.:-+@%~?&#*".contains(c)
}

/// Whether a URL ends before this character.
fn ends_url(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`<>()[]{},;".contains(c)
}

/// Whether a quote next to this character is an apostrophe. A mask counts as a word.
fn adjoins_word(c: char) -> bool {
    c.is_alphanumeric() || c == '<' || c == '>'
}

/// The length of the quoted text at the start of `text`, including both quotes; `before` is the previous character.
fn quoted(text: &str, before: Option<char>) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    if before.is_some_and(adjoins_word) {
        return None;
    }
    let inner = &text[1..];
    let closes = |at: &usize| !inner[at + 1..].chars().next().is_some_and(adjoins_word);
    inner.match_indices(quote).map(|(at, _)| at).find(closes).map(|at| at + 2)
}

/// Appends a word, masked.
fn push_word(out: &mut String, word: &str) {
    // Punctuation at the end is not part of a path or an address.
    let core = word.trim_end_matches(['.', ':', '?', '-']);
    let tail = &word[core.len()..];
    let after_mask = out.ends_with('>');
    if let Some(mask) = whole_mask(core, after_mask) {
        out.push_str(mask);
        out.push_str(tail);
    } else if word.bytes().any(|byte| byte.is_ascii_digit()) {
        push_parts(out, word);
    } else {
        out.push_str(word);
    }
}

/// The mask of a word that is a URL, a path, an address or an id as a whole.
fn whole_mask(core: &str, after_mask: bool) -> Option<&'static str> {
    if is_url(core) {
        return Some("<url>");
    }
    if !after_mask && is_path(core) {
        return Some("<path>");
    }
    if !core.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if is_address(core) {
        return Some("<ip>");
    }
    let groups = |length: &[usize], mark: char| {
        core.split(mark).count() == length.len()
            && core.split(mark).zip(length).all(|(group, length)| group.len() == *length && is_hex(group))
    };
    if groups(&[8, 4, 4, 4, 12], '-') {
        return Some("<uuid>");
    }
    (groups(&[2; 6], ':')).then_some("<mac>")
}

/// `scheme://…`
fn is_url(core: &str) -> bool {
    core.find("://").is_some_and(|at| {
        core[..at].ends_with(|c: char| c.is_ascii_alphabetic()) && core.len() > at + "://".len()
    })
}

/// An absolute path, or one in a home directory.
fn is_path(core: &str) -> bool {
    let path = core.strip_prefix('~').unwrap_or(core);
    path.starts_with('/') && path[1..].contains(|c: char| c.is_alphanumeric())
}

/// An IPv6 address, or an IPv4 address with or without a port.
fn is_address(core: &str) -> bool {
    let host = match core.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => core,
    };
    let bare = core.split('%').next().unwrap_or(core);
    host.parse::<Ipv4Addr>().is_ok()
        || (bare.contains("::") || bare.matches(':').count() == 7) && bare.parse::<Ipv6Addr>().is_ok()
}

/// One or more hexadecimal digits.
fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Appends a word with its ids and numbers masked.
fn push_parts(out: &mut String, word: &str) {
    let mut rest = word;
    // A sign is part of its number.
    if let [b'+' | b'-', digit, ..] = rest.as_bytes()
        && digit.is_ascii_digit()
    {
        rest = &rest[1..];
    }
    while !rest.is_empty() {
        let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let segment = &rest[..length];
        if let Some(mask) = id_mask(segment) {
            out.push_str(mask);
            rest = &rest[length..];
            continue;
        }
        rest = push_numbers(out, rest, length);
        let mark = rest.chars().next().filter(|c| !c.is_alphanumeric());
        if let Some(mark) = mark {
            out.push(mark);
            rest = &rest[mark.len_utf8()..];
        }
    }
}

/// The mask of a run of letters and digits that is an id: hexadecimal, or alternating letters and digits.
fn id_mask(segment: &str) -> Option<&'static str> {
    let bytes = segment.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits == bytes.len() {
        return None;
    }
    let turns = bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let mixed = bytes.len() >= 6 || (bytes.len() >= 4 && turns >= 2);
    if segment.strip_prefix("0x").is_some_and(is_hex) || (mixed && is_hex(segment)) {
        return Some("<hex>");
    }
    (bytes.len() >= 8 && turns >= 3).then_some("<id>")
}

/// Appends the first `length` bytes of `text` with each number masked; decimals may extend beyond them. Returns the
/// rest.
fn push_numbers<'a>(out: &mut String, text: &'a str, length: usize) -> &'a str {
    let bytes = text.as_bytes();
    let mut at = 0;
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    while at < length {
        let letters = bytes[at..length].iter().take_while(|byte| !byte.is_ascii_digit()).count();
        out.push_str(&text[at..at + letters]);
        at += letters;
        if at == length {
            break;
        }
        out.push_str("<n>");
        at += digits(at);
        while matches!(bytes.get(at), Some(b'.')) && digits(at + 1) > 0 {
            at += 1 + digits(at + 1);
        }
    }
    &text[at..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::mask;

    #[test]
    fn what_changes_is_masked_and_words_stay() {
        for (message, wanted) in [
            ("Rpc 4711 to 10.0.0.1 timed out after 3000 msecs", "Rpc <n> to <ip> timed out after <n> msecs"),
            ("connect to 10.0.0.1:2009 failed: 111", "connect to <ip> failed: <n>"),
            ("peer fe80::1%eth0, [2001:db8::7]:2009.", "peer <ip>, [<ip>]:<n>."),
            ("no such file /home/nutanix/data/x.log: gone", "no such file <path>: gone"),
            ("GET https://10.0.0.1:9440/api?x=1 gave 502", "GET <url> gave <n>"),
            ("task 1b4e28ba-2fa1-11d2-883f-0016d3cca427 failed", "task <uuid> failed"),
            ("mac 02:00:0a:14:1e:29 at 0x7f3a2b", "mac <mac> at <hex>"),
            ("commit deadbeef12 of aGVs1bG8x23Kd9", "commit <hex> of <id>"),
            ("extent 1af00d, 3b7e in fe80", "extent <hex>, <hex> in fe<n>"),
            ("vdisk12 took 1.5s (-3, +4, 99%)", "vdisk<n> took <n>s (<n>, <n>, <n>%)"),
            ("version 5.20.4 at 03:12:44", "version <n> at <n>:<n>:<n>"),
            ("Can't open 'the file' or \"it's\" `x`", "Can't open <str> or <str> <str>"),
            ("read/write and/or I/O on n", "read/write and/or I/O on n"),
            ("  two \t words\u{1b}[0m ", "two words [<n>m"),
            ("Größe 12 bei 漢字", "Größe <n> bei 漢字"),
            ("", ""),
        ] {
            assert_eq!(mask(message), wanted, "{message}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn masking_twice_is_masking_once_and_no_digit_is_left(
            message in "([a-c0-3/.:<>'\"` ~@%+-]|n|é|http://|::|fe80|[0-9a-f]{8}-|\\PC|\\x1b){0,30}"
        ) {
            let once = mask(&message);
            prop_assert!(!once.bytes().any(|byte| byte.is_ascii_digit()), "{:?}", once);
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(mask(&once), once);
        }
    }
}
