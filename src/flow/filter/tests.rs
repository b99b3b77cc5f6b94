//! The filter against a table, and against itself line by line.

use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use proptest::prelude::{any, prop, prop_assert_eq, prop_oneof, proptest};

use super::Filter;
use crate::batch::{Batch, Ending, FileId};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::target::{RemotePath, Target};
use crate::options;
use crate::options::{Case, PatternSyntax};

/// A filter with these patterns and no highlights.
fn filter(keep: &[&str], drop: &[&str], patterns: PatternSyntax) -> Result<Filter, String> {
    let own = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    Filter::new(&options::FilterOptions { keep: own(keep), drop: own(drop), highlight: vec![], patterns })
}

/// A filter of `-g` alone.
fn grep(pattern: &str, patterns: PatternSyntax) -> Filter {
    filter(&[pattern], &[], patterns).unwrap()
}

/// A batch of stream 0.
fn batch(bytes: &[u8], continues: bool, ending: Ending) -> Batch {
    let cvm = Cvm { name: "a".into(), address: Address::Local, source: String::new() };
    let path = RemotePath(b"/l".to_vec());
    Batch {
        target: Arc::new(Target { id: 0, cvm: Arc::new(cvm), log: "l".into(), path }),
        file: FileId { device: 1, inode: 2 },
        offset: 0,
        received: SystemTime::UNIX_EPOCH,
        bytes: Bytes::copy_from_slice(bytes),
        continues,
        ending,
    }
}

/// What is kept of `bytes`, concatenated.
fn kept(filter: &mut Filter, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut last = None;
    filter.for_each_kept(&batch(bytes, false, Ending::Newline), |range: Range<usize>| {
        assert!(!range.is_empty() && last.is_none_or(|end| end < range.start), "runs touch: {range:?}");
        last = Some(range.end);
        out.extend_from_slice(&bytes[range]);
    });
    out
}

#[test]
fn all_clauses_must_hold_and_repeats_are_alternatives() {
    let mut both = filter(&["a", "b"], &["x", "y"], PatternSyntax::default()).unwrap();
    assert_eq!(kept(&mut both, b"a\nbx\nc\nb\nya\n"), b"a\nb\n");
}

#[test]
fn case_is_treated_as_in_ripgrep() {
    let with = |case| PatternSyntax { case, ..PatternSyntax::default() };
    for (pattern, case, line, expected) in [
        ("error", Case::Sensitive, "ERROR", false),
        ("error", Case::Ignore, "ERROR", true),
        ("ERROR", Case::Ignore, "error", true),
        ("error", Case::Smart, "ERROR", true),
        ("Error", Case::Smart, "ERROR", false),
        (r"err\W", Case::Smart, "ERR ", true),
        (r"\Serr", Case::Smart, "xERR", true),
        (r"\pLerr", Case::Smart, "xERR", true),
    ] {
        assert_eq!(grep(pattern, with(case)).keeps(line.as_bytes()), expected, "{pattern} {case:?} {line}");
    }
}

#[test]
fn words_are_whole_and_fixed_strings_are_plain() {
    let word = PatternSyntax { word: true, ..PatternSyntax::default() };
    assert!(grep("disk", word).keeps(b"a disk!"));
    assert!(!grep("disk", word).keeps(b"disks"));
    assert!(grep("-2", word).keeps(b"abc -2 foo"));
    assert!(grep("a|b", word).keeps(b"ab a"));
    let fixed = PatternSyntax { fixed: true, ..PatternSyntax::default() };
    assert!(grep("a.b(", fixed).keeps(b"xa.b(x"));
    assert!(!grep("a.b", fixed).keeps(b"axb"));
}

#[test]
fn an_invalid_pattern_is_named_with_its_flag() {
    let error = filter(&["fine"], &["a(b"], PatternSyntax::default()).unwrap_err();
    assert!(error.starts_with("--exclude \"a(b\": ") && error.contains("unclosed group"), "{error}");
    let error = filter(&["a\\nb"], &[], PatternSyntax::default()).unwrap_err();
    assert!(error.starts_with("--grep ") && error.contains("not allowed"), "{error}");
}

#[test]
fn nothing_matches_across_lines() {
    for pattern in [r"a\sb", "a[^x]b", "(?s)a.b", r"a\Wb", "(?-u)a[^x]b", r"a\W*b", r"a[\s\S]b"] {
        assert_eq!(kept(&mut grep(pattern, PatternSyntax::default()), b"a\nb\n"), b"", "{pattern}");
        assert_eq!(
            kept(&mut grep(pattern, PatternSyntax::default()), b"a b\na\tb\n"),
            b"a b\na\tb\n",
            "{pattern}"
        );
    }
}

#[test]
fn anchors_mean_the_line() {
    for pattern in ["^b$", r"\Ab\z", r"(?-m)^b$", r"^b\b"] {
        assert_eq!(
            kept(&mut grep(pattern, PatternSyntax::default()), b"ab\nb\nbc\nb\n"),
            b"b\nb\n",
            "{pattern}"
        );
    }
    assert_eq!(kept(&mut grep("^$", PatternSyntax::default()), b"a\n\nb\n"), b"\n");
    assert_eq!(kept(&mut grep("^$", PatternSyntax::default()), b"a\n"), b"");
}

#[test]
fn a_line_that_starts_inside_a_character_is_matched_alone() {
    let mut word = grep("a", PatternSyntax { word: true, ..PatternSyntax::default() });
    assert!(!word.keeps(b"\xa9a"));
    assert_eq!(kept(&mut word, b"\n\xa9a\na\n"), b"a\n");
}

#[test]
fn the_first_piece_decides_for_the_line() {
    let mut filter = grep("head", PatternSyntax::default());
    let mut seen = Vec::new();
    for (bytes, continues, ending) in [
        ("a head", false, Ending::Partial),
        ("tail", true, Ending::Partial),
        ("end\n", true, Ending::Newline),
        ("other", false, Ending::Partial),
        ("head\n", true, Ending::Newline),
        ("head", false, Ending::EndOfFile),
    ] {
        let batch = batch(bytes.as_bytes(), continues, ending);
        let mut count = 0;
        filter.for_each_kept(&batch, |range| {
            assert_eq!(range, 0..bytes.len());
            count += 1;
        });
        seen.push(count);
    }
    assert_eq!(seen, [1, 1, 1, 0, 0, 1]);
}

#[test]
fn highlights_of_both_flags_are_merged() {
    let plan = options::FilterOptions {
        keep: vec!["abc".into(), "z*".into()],
        highlight: vec!["cd".into()],
        ..options::FilterOptions::default()
    };
    let mut found = Vec::new();
    found.push(7..9);
    Filter::new(&plan).unwrap().highlights(b"xabcdx abc", &mut found);
    assert_eq!(found, [1..5, 7..10]);
}

/// Patterns that are tricky at the edges of lines.
const PATTERNS: &[&str] = &[
    "a",
    "ab",
    "a|b",
    "^",
    "$",
    "^$",
    "^a",
    "b$",
    r"\s",
    r"\S",
    r"a\s",
    r"\sb",
    r"\s+$",
    r"^\s",
    "[^a]",
    "[^a]b",
    "a[^a]",
    "(?s).",
    "(?s)a.",
    "(?s).b",
    ".",
    ".*",
    "a*",
    "a?$",
    r"\W",
    r"\w",
    r"\b",
    r"\B",
    r"a\b",
    r"\Bb",
    r"\Aa",
    r"b\z",
    r"(?-m)^a",
    r"(?-m)b$",
    r"\W*b",
    "(?-u).",
    r"(?-u)\W",
    r"(?-u)\xff",
    "é",
    "[^é]",
    r"\pL",
    "b\\r",
    r"\r$",
    "(?R)a$",
    "(a|$)",
    "(^|b)a",
    "a{2}",
    "b+a",
    r"\x00",
    "[[:space:]]",
    r"(?-u:\b)a",
    r"\b{start}a",
    r"a\b{end}",
    r"\<a",
    r"a\>",
    r"a[\s\S]*b",
];

proptest! {
    #[test]
    fn a_chunk_gives_what_its_lines_give(
        keep in prop::collection::vec(prop::sample::select(PATTERNS), 0..3),
        drop in prop::collection::vec(prop::sample::select(PATTERNS), 0..3),
        case in prop::sample::select(vec![Case::Sensitive, Case::Ignore, Case::Smart]),
        word in any::<bool>(),
        fixed in prop::bool::weighted(0.2),
        bytes in prop::collection::vec(
            prop_oneof![
                9 => prop::sample::select(b"aab\n\n \rA\xc3\xa9\xff\0-".to_vec()),
                1 => any::<u8>(),
            ],
            1..60,
        ),
    ) {
        let mut filter = filter(&keep, &drop, PatternSyntax { case, word, fixed }).unwrap();
        let slow: Vec<u8> = bytes
            .split_inclusive(|&byte| byte == b'\n')
            .filter(|line| filter.keeps(line.strip_suffix(b"\n").unwrap_or(line)))
            .flatten()
            .copied()
            .collect();
        prop_assert_eq!(kept(&mut filter, &bytes), slow);
    }
}
