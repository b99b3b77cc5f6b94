//! Lines that arrive in pieces, however they are cut, compared with a reference that has the whole lines.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use proptest::prelude::*;
use regex::bytes::RegexSet;

use super::bench::{Bench, plan, received, target};
use crate::batch::{Batch, Ending, FileId};
use crate::line::level::Level;
use crate::options::{FlowOptions, Format, Prefix};
use crate::plan::FollowPlan;
use crate::tail::long_line::LongLine;

/// The bytes of a line that are filtered.
const LONGEST: usize = 64;

/// The size of the pieces after that.
const PIECE: usize = 16;

/// Patterns for which the border of a piece matters.
const PATTERNS: &[&str] = &["ab", "^a", "b$", "^b+$", r"a\b", r"b\B", "ba.*ab", "x", r"\z"];

/// The options of a case.
#[derive(Clone, Debug)]
struct Asked {
    keep: Vec<&'static str>,
    drop: Vec<&'static str>,
    level: Option<Level>,
    before: usize,
    after: usize,
    most: Option<u64>,
    order: bool,
}

/// A printed line: whether it begins another group, its offset, its bytes.
type Printed = (bool, usize, Vec<u8>);

impl Asked {
    fn plan(&self, format: Format) -> FollowPlan {
        let window = self.order.then_some(std::time::Duration::from_secs(1));
        let flow = FlowOptions {
            level: self.level,
            before: self.before,
            after: self.after,
            order_window: window,
            ..FlowOptions::default()
        };
        let mut plan = plan(flow, format, &self.keep);
        plan.filter.drop = self.drop.iter().map(ToString::to_string).collect();
        plan.max_count = self.most;
        plan
    }

    /// What should be printed of a log.
    fn printed(&self, log: &[u8]) -> Vec<Printed> {
        let (keep, drop) = (RegexSet::new(&self.keep).unwrap(), RegexSet::new(&self.drop).unwrap());
        let keeps = |line: &[u8]| (keep.is_empty() || matches(&keep, line)) && !matches(&drop, line);
        let (mut lines, mut level, mut place) = (Vec::new(), None, 0);
        for line in log.split_inclusive(|&byte| byte == b'\n') {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            if text.starts_with(b"2026-") {
                level = Some(if text[25..].starts_with(b"ERROR") { Level::Error } else { Level::Info });
            }
            let passes = self.level.is_none_or(|least| level.is_some_and(|level| level >= least));
            lines.push((place, text.to_vec(), passes && keeps(text)));
            place += line.len();
        }
        let mut printed: Vec<Printed> = Vec::new();
        let (mut left, mut last) = (self.most.unwrap_or(u64::MAX), None);
        for (n, (place, text, matches)) in lines.iter().enumerate() {
            let from = n.saturating_sub(self.after);
            let to = (n + self.before).min(lines.len() - 1);
            let ahead = |(_, _, matches): &(usize, Vec<u8>, bool)| *matches;
            let is_after = lines[from..n].iter().any(ahead);
            if left == 0 || !matches && !is_after && !lines[n..=to].iter().any(ahead) {
                continue;
            }
            // Only the start of leading context is kept.
            let shown = if *matches || is_after { text.len() } else { text.len().min(LONGEST) };
            printed.push((last.is_some_and(|last| last + 1 != n), *place, text[..shown].to_vec()));
            last = Some(n);
            left -= u64::from(*matches);
        }
        printed
    }
}

/// Whether a line matches; of a longer line, whether its start matches whatever follows.
fn matches(set: &RegexSet, line: &[u8]) -> bool {
    if line.len() <= LONGEST {
        return set.is_match(line);
    }
    let start = &line[..LONGEST];
    set.is_match(start) && set.is_match(&[start, b"x"].concat())
}

/// What the pipeline prints of a log cut like this.
fn printed_in_pieces(plan: &FollowPlan, log: &[u8], cuts: &[usize]) -> (Vec<u8>, u64) {
    let mut bench = Bench::new(plan, false);
    let mut long = LongLine::with_limits(LONGEST, PIECE);
    let (mut at, mut cuts, mut flow) = (0, cuts.iter().cycle(), ControlFlow::Continue(()));
    while at < log.len() && flow.is_continue() {
        let to = log.len().min(at + cuts.next().unwrap());
        let ending = match log[to - 1] {
            b'\n' => Ending::Newline,
            _ if to == log.len() => Ending::EndOfFile,
            _ => Ending::Partial,
        };
        let batch = Batch {
            target: target(0),
            file: FileId { device: 1, inode: 7 },
            offset: at as u64,
            received: received(),
            bytes: Bytes::copy_from_slice(&log[at..to]),
            continues: false,
            ending,
        };
        let now = bench.now();
        long.take(batch, |batch| {
            if flow.is_continue() {
                flow = bench.pipeline.on_batch(&mut bench.out, &batch, now);
            }
        });
        at = to;
    }
    if flow.is_continue() {
        let now = bench.now();
        bench.pipeline.flush(&mut bench.out, now);
    }
    bench.pipeline.finish(&mut bench.out);
    (bench.out, bench.pipeline.printed())
}

/// The offset and bytes of the lines in NDJSON, their pieces joined.
fn joined(ndjson: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut all: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut goes_on = false;
    for object in ndjson.split_inclusive(|&byte| byte == b'\n') {
        let object: serde_json::Value = serde_json::from_slice(object).unwrap();
        let bytes = match object["line_base64"].as_str() {
            Some(text) => BASE64_STANDARD.decode(text).unwrap(),
            None => object["line"].as_str().unwrap().as_bytes().to_vec(),
        };
        let place = usize::try_from(object["offset"].as_u64().unwrap()).unwrap();
        match all.last_mut().filter(|_| goes_on) {
            Some((start, line)) => {
                assert_eq!(*start + line.len(), place);
                line.extend_from_slice(&bytes);
            }
            None => all.push((place, bytes)),
        }
        goes_on = object["partial"] == true;
    }
    assert!(!goes_on, "the last piece of a line is not partial");
    all
}

fn asked() -> impl Strategy<Value = Asked> {
    let patterns = || prop::collection::vec(prop::sample::select(PATTERNS), 0..3);
    let context = || prop_oneof![3 => Just(0), 1 => 1usize..4];
    let level = prop_oneof![2 => Just(None), 1 => Just(Some(Level::Error)), 1 => Just(Some(Level::Info))];
    let most = prop_oneof![2 => Just(None), 1 => (1u64..6).prop_map(Some)];
    (patterns(), patterns(), level, context(), context(), most, any::<bool>()).prop_map(
        |(keep, drop, level, before, after, most, order)| Asked {
            keep,
            drop,
            level,
            before,
            after,
            most,
            order,
        },
    )
}

fn log() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        2 => Just(""),
        1 => Just("2026-11-20 03:12:44,001Z ERROR a.py:1 "),
        1 => Just("2026-11-20 03:12:44,001Z INFO a.py:1 ")
    ];
    let length = prop_oneof![
        4 => 0usize..8,
        2 => LONGEST - 2..LONGEST + 3,
        1 => LONGEST + PIECE - 2..LONGEST + PIECE + 3,
        1 => 0usize..300,
    ];
    let unit = prop::sample::select(vec!["ab", "b", "a", "bx", "ba ", "é", "\u{0}a"]);
    let line = (head, unit, length, prop::sample::select(vec!["", "ab", "x", " a", "b"])).prop_map(
        |(head, unit, length, end)| {
            let mut line = [head, &unit.repeat(length)].concat().into_bytes();
            line.truncate(length.max(head.len()));
            line.extend_from_slice(end.as_bytes());
            line
        },
    );
    (prop::collection::vec(line, 1..12), any::<bool>()).prop_map(|(lines, ends)| {
        let mut log = lines.join(&b'\n');
        if ends || log.is_empty() {
            log.push(b'\n');
        }
        log
    })
}

proptest! {
    #[test]
    fn lines_in_pieces_are_printed_as_whole_ones(
        asked in asked(),
        log in log(),
        cuts in prop::collection::vec(1..=LONGEST, 1..20),
    ) {
        let expected = asked.printed(&log);
        let around = asked.before + asked.after > 0;
        let text: Vec<u8> = expected
            .iter()
            .flat_map(|(group, _, line)| {
                [if *group && around { &b"--\n"[..] } else { b"" }, b"a | ", line, b"\n"].concat()
            })
            .collect();
        let (out, printed) = printed_in_pieces(&asked.plan(Format::Text(Prefix::Cvm)), &log, &cuts);
        prop_assert_eq!(out.escape_ascii().to_string(), text.escape_ascii().to_string());
        let alone = Asked { before: 0, after: 0, most: None, ..asked.clone() }.printed(&log);
        let is_match = |place: usize| alone.iter().any(|(_, other, _)| *other == place);
        prop_assert_eq!(printed, expected.iter().filter(|line| is_match(line.1)).count() as u64);

        let template = Format::Template("<{line}> {log}".into());
        let text: Vec<u8> = expected
            .iter()
            .flat_map(|(group, _, line)| {
                [if *group && around { &b"--\n"[..] } else { b"" }, b"<", line, b"> x\n"].concat()
            })
            .collect();
        let (out, _) = printed_in_pieces(&asked.plan(template), &log, &cuts);
        prop_assert_eq!(out.escape_ascii().to_string(), text.escape_ascii().to_string());

        let (out, _) = printed_in_pieces(&asked.plan(Format::Ndjson), &log, &cuts);
        let lines: Vec<_> = expected.into_iter().map(|(_, place, line)| (place, line)).collect();
        prop_assert_eq!(joined(&out), lines);
    }

    #[test]
    fn the_cuts_do_not_show_whatever_is_asked(
        asked in asked(),
        (records, dedup, rate_limit) in (any::<bool>(), any::<bool>(), prop::option::of(1u64..4)),
        (since, until) in (any::<bool>(), any::<bool>()),
        log in log(),
        one in prop::collection::vec(1..=LONGEST, 1..20),
        other in prop::collection::vec(1..=LONGEST, 1..20),
    ) {
        for format in [Format::Text(Prefix::Cvm), Format::Raw, Format::Ndjson, Format::Template("{line}{offset}".into())] {
            let mut plan = asked.plan(format);
            plan.flow = FlowOptions { records, dedup, rate_limit, ..plan.flow };
            plan.flow.since = super::time("2026-11-20T03:12:44Z").filter(|_| since);
            plan.flow.until = super::time("2026-11-20T03:12:44.001Z").filter(|_| until);
            let (one, other) = (printed_in_pieces(&plan, &log, &one), printed_in_pieces(&plan, &log, &other));
            prop_assert_eq!(one.0.escape_ascii().to_string(), other.0.escape_ascii().to_string());
            prop_assert_eq!(one.1, other.1);
        }
    }
}
