//! What is printed of batches, through all stages.

mod pieces;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{prop, prop_assert_eq, proptest};

use super::Press;
use crate::batch::{Batch, Ending, FileId};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::target::{RemotePath, Target};
use crate::event::{Event, Status, Subject};
use crate::flow::filter::Filter;
use crate::flow::merge::Wish;
use crate::item::CvmClock;
use crate::line::level::Level;
use crate::options;
use crate::options::{
    Backlog, FlowOptions, Format, OutputOptions, Prefix, Reading, Reconnect, ReportOptions, SshOptions,
    Timestamps,
};
use crate::plan::FollowPlan;
use crate::render::Renderer;

/// A press, what it has printed, and the clock it is told.
struct Bench {
    /// The press.
    press: Press,
    /// What it has printed.
    out: Vec<u8>,
    /// When the test began.
    start: Instant,
    /// How many milliseconds have passed since.
    milli: u64,
    /// Where each stream stands in its file.
    offsets: [u64; 2],
}

/// Log `x` on CVM `a` or `b`.
fn target(id: usize) -> Arc<Target> {
    let address = Address::Ssh { host: String::new(), port: None, user: None, jump: None };
    let cvm = Cvm { name: ["a", "b"][id].into(), address, source: String::new() };
    Arc::new(Target { id, cvm: Arc::new(cvm), log: "x".into(), path: RemotePath(b"/x".to_vec()) })
}

/// The plan of a run with a flow, a form and patterns to keep.
fn plan(flow: FlowOptions, format: Format, keep: &[&str]) -> FollowPlan {
    FollowPlan {
        cvms: Vec::new(),
        targets: vec![target(0), target(1)],
        patterns: Vec::new(),
        naming: crate::cluster::naming::Naming::default(),
        ssh: SshOptions::default(),
        reading: Reading { backlog: Backlog::Lines(10), follow: true, reconnect: Reconnect::Never },
        filter: options::FilterOptions {
            keep: keep.iter().map(ToString::to_string).collect(),
            ..Default::default()
        },
        flow,
        output: OutputOptions {
            format,
            color: false,
            terminal: false,
            timestamps: None,
            zone: TimeZone::UTC,
        },
        report: ReportOptions { events: true, color: false, terminal: false, stats: None },
        max_count: None,
        stop_after: None,
    }
}

impl Bench {
    /// A press for a plan, of logs that are followed or read once.
    fn of(plan: &FollowPlan, live: bool) -> Self {
        let renderer = Renderer::new(&plan.output, &plan.targets).unwrap();
        let press = Press::new(Filter::new(&plan.filter).unwrap(), renderer, plan, live);
        Self { press, out: Vec::new(), start: Instant::now(), milli: 0, offsets: [0; 2] }
    }

    /// A press that prints `CVM | line`.
    fn text(flow: FlowOptions, keep: &[&str]) -> Self {
        Self::of(&plan(flow, Format::Text(Prefix::Cvm), keep), true)
    }

    /// The moment at hand.
    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.milli)
    }

    /// A batch of a stream comes.
    fn take(&mut self, id: usize, bytes: &str) -> ControlFlow<()> {
        self.piece(id, bytes.as_bytes(), false, Ending::Newline)
    }

    /// A batch of a stream comes that may be a piece of a line.
    fn piece(&mut self, id: usize, bytes: &[u8], continues: bool, ending: Ending) -> ControlFlow<()> {
        let batch = Batch {
            target: target(id),
            file: FileId { device: 1, inode: id as u64 },
            offset: self.offsets[id],
            received: time("2026-11-20T12:00:00Z").unwrap().into(),
            bytes: Bytes::copy_from_slice(bytes),
            continues,
            ending,
        };
        self.offsets[id] += bytes.len() as u64;
        let now = self.now();
        self.press.lines(&mut self.out, &batch, now)
    }

    /// Time passes, and what is due then is done.
    fn wait(&mut self, millis: u64) {
        let end = self.milli + millis;
        while let Some(due) = self.press.due() {
            let due = u64::try_from(due.saturating_duration_since(self.start).as_millis()).unwrap();
            if due > end {
                break;
            }
            self.milli = self.milli.max(due);
            let now = self.now();
            assert!(self.press.wake(&mut self.out, now).is_continue());
            assert!(self.press.due().is_none_or(|next| next > now), "what is due is done");
        }
        self.milli = end;
    }

    /// What was printed since it was asked last.
    fn printed(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.out)).unwrap()
    }

    /// What is printed at the end.
    fn end(&mut self) -> String {
        let now = self.now();
        self.press.flush(&mut self.out, now);
        self.press.finish(&mut self.out);
        self.printed()
    }

    /// What the press has to tell.
    fn told(&mut self) -> Vec<(Status, String)> {
        self.press.told().into_iter().map(|event| (event.status, event.message)).collect()
    }
}

/// Lines as they stand in a file.
fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

/// The instant as written.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[test]
fn continuation_lines_have_the_level_of_their_head() {
    let mut bench = Bench::text(FlowOptions { level: Some(Level::Warning), ..FlowOptions::default() }, &[]);
    let lines = "stray\n\
        2026-11-20 03:12:44,001Z INFO a.py:1 calm\n  still calm\n\
        2026-11-20 03:12:44,002Z ERROR a.py:1 trouble\nTraceback\n  File\n\
        2026-11-20 03:12:44,003Z WARNING a.py:1 hm\n";
    let _ = bench.take(0, lines);
    assert_eq!(
        bench.printed(),
        "a | 2026-11-20 03:12:44,002Z ERROR a.py:1 trouble\na | Traceback\na |   File\n\
         a | 2026-11-20 03:12:44,003Z WARNING a.py:1 hm\n"
    );
    assert_eq!(bench.press.printed(), 4);
}

#[test]
fn a_header_waits_for_the_line_that_tells_its_level() {
    let mut bench = Bench::text(FlowOptions { level: Some(Level::Error), ..FlowOptions::default() }, &[]);
    let header = "Jun 11, 2025 3:12:44 AM org.apache.A start\n";
    let _ = bench.take(0, header);
    assert_eq!(bench.printed(), "");
    let _ = bench.take(0, "SEVERE: broken\n");
    assert_eq!(bench.printed(), format!("a | {header}a | SEVERE: broken\n"));
    let _ = bench.take(0, &format!("{header}INFO: fine\n{header}"));
    bench.wait(600);
    assert_eq!(bench.printed(), "");
}

#[test]
fn a_record_is_matched_and_printed_whole_and_unbroken() {
    let flow = FlowOptions { records: true, ..FlowOptions::default() };
    let mut bench = Bench::text(flow, &["File"]);
    let _ = bench.take(
        0,
        "2026-11-20 03:12:44,001Z INFO a.py:1 no\nmore\n2026-11-20 03:12:44,002Z ERROR a.py:1 yes\n",
    );
    let _ =
        bench.take(1, "2026-11-20 03:12:44,001Z INFO a.py:1 File of b\n2026-11-20 03:12:45,001Z INFO x\n");
    assert_eq!(bench.printed(), "b | 2026-11-20 03:12:44,001Z INFO a.py:1 File of b\n");
    bench.wait(400);
    let _ = bench.take(0, "Traceback\n  File one\n");
    bench.wait(499);
    assert_eq!(bench.printed(), "");
    bench.wait(1);
    assert_eq!(
        bench.printed(),
        "a | 2026-11-20 03:12:44,002Z ERROR a.py:1 yes\na | Traceback\na |   File one\n"
    );
    // What comes after the silence is a record of its own.
    let _ = bench.take(0, "  File two\n  no\n2026-11-20 03:12:46,002Z ERROR a.py:1 no\n");
    assert_eq!(bench.printed(), "a |   File two\na |   no\n");
    assert_eq!((bench.press.printed(), bench.end()), (3, String::new()));
}

#[test]
fn records_are_counted_and_numbered() {
    let mut plan = plan(FlowOptions { records: true, ..FlowOptions::default() }, Format::Ndjson, &[]);
    plan.max_count = Some(2);
    let mut bench = Bench::of(&plan, false);
    let line = "2026-11-20 03:12:44,001Z INFO a.py:1 x\n";
    assert!(bench.take(0, &format!("{line}more\n{line}")).is_continue());
    assert!(bench.take(0, &format!("more\n{line}{line}")).is_break());
    let numbers: Vec<u64> = bench
        .printed()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["record"].as_u64().unwrap())
        .collect();
    assert_eq!((numbers, bench.end()), (vec![1, 1, 2, 2], String::new()));
}

#[test]
fn a_line_beyond_the_cap_shares_the_fate_of_its_first_piece() {
    for flow in [
        FlowOptions { records: true, ..FlowOptions::default() },
        FlowOptions { after: 1, ..FlowOptions::default() },
        FlowOptions { order_window: Some(Duration::ZERO), ..FlowOptions::default() },
        FlowOptions { dedup: true, ..FlowOptions::default() },
    ] {
        let mut bench = Bench::text(flow.clone(), &["yes"]);
        for word in ["yes", "no"] {
            let first = format!("2026-11-20 03:12:44,001Z INFO {word}");
            let _ = bench.piece(0, first.as_bytes(), false, Ending::Partial);
            let _ = bench.piece(0, b" yes, ", true, Ending::Partial);
            let _ = bench.piece(0, b"rest\n", true, Ending::Newline);
        }
        let _ = bench.take(0, "no\n");
        let printed = bench.end();
        let head = "a | 2026-11-20 03:12:44,001Z INFO";
        let after = if flow.after == 1 { format!("{head} no yes, rest\n") } else { String::new() };
        let expected = format!("{head} yes yes, rest\n{after}");
        assert_eq!(printed, expected, "{flow:?}");
        assert_eq!(bench.press.printed(), 1);
    }
}

#[test]
fn groups_of_all_streams_are_separated_as_grep_does_it() {
    let mut bench = Bench::text(FlowOptions { before: 1, after: 1, ..FlowOptions::default() }, &["yes"]);
    let _ = bench.take(0, "1\n2\nyes 3\n");
    let _ = bench.take(1, "1\nyes 2\nyes 3\n4\n5\n");
    let _ = bench.take(0, "4\n5\n6\nyes 7\n");
    assert_eq!(
        bench.end(),
        "a | 2\na | yes 3\n--\nb | 1\nb | yes 2\nb | yes 3\nb | 4\na | 4\n--\na | 6\na | yes 7\n"
    );
    assert_eq!(bench.press.printed(), 4);
}

#[test]
fn the_window_begins_and_ends_by_the_lines_own_time() {
    let flow = FlowOptions {
        since: time("2026-11-20T03:00:01Z"),
        until: time("2026-11-20T03:00:03Z"),
        ..FlowOptions::default()
    };
    let lines = "stray\n2026-11-20 03:00:00,999Z INFO a\nmore\n2026-11-20 03:00:01,000Z INFO b\nmore\n\
        2026-11-20 03:00:02,999Z INFO c\nmore\n2026-11-20 03:00:03,000Z INFO d\nmore\n2026-11-20 03:00:01,000Z INFO e\n";
    for records in [false, true] {
        let mut bench = Bench::text(FlowOptions { records, ..flow.clone() }, &[]);
        let _ = bench.take(0, lines);
        let expected =
            "a | 2026-11-20 03:00:01,000Z INFO b\na | more\na | 2026-11-20 03:00:02,999Z INFO c\na | more\n";
        assert_eq!(bench.printed(), expected);
        assert_eq!(bench.told(), [(Status::Stopped, "--until is reached".to_owned())]);
        let mut wish = bench.press.wishes(bench.now());
        assert_eq!([wish(0), wish(1)], [Wish::Drop, Wish::Read]);
    }
}

#[test]
fn own_times_stand_behind_the_prefix() {
    let mut plan = plan(FlowOptions::default(), Format::Text(Prefix::Cvm), &[]);
    plan.output.timestamps = Some(Timestamps::Utc);
    let mut bench = Bench::of(&plan, true);
    let clock = CvmClock { skew: SignedDuration::ZERO, zone: TimeZone::get("Asia/Seoul").unwrap() };
    bench.press.clock(&target(0), &clock);
    let _ = bench.take(0, "stray\nI1120 12:12:44.123456 7 a.cc:1] x\nmore\n");
    assert_eq!(
        bench.printed(),
        "a | -                        stray\n\
         a | 2026-11-20T03:12:44.123Z I1120 12:12:44.123456 7 a.cc:1] x\n\
         a | 2026-11-20T03:12:44.123Z more\n"
    );
}

#[test]
fn a_clock_that_is_off_is_set_right_for_the_order_and_a_zone_that_is_wrong_delays_nobody() {
    let mut bench = Bench::text(
        FlowOptions { order_window: Some(Duration::from_secs(1)), ..FlowOptions::default() },
        &[],
    );
    let clock = |secs| CvmClock { skew: SignedDuration::from_secs(secs), zone: TimeZone::UTC };
    bench.press.clock(&target(0), &clock(30));
    let _ = bench.take(0, "2026-11-20 11:59:30,000Z INFO a is 30 s ahead\n");
    let _ = bench.take(1, "2026-11-20 11:59:01,000Z INFO b\n");
    bench.wait(1000);
    let expected = "a | 2026-11-20 11:59:30,000Z INFO a is 30 s ahead\nb | 2026-11-20 11:59:01,000Z INFO b\n";
    assert_eq!(bench.printed(), expected);
    let _ = bench.take(0, "2026-11-20 21:00:00,000Z INFO nine hours in the future\n");
    bench.wait(1000);
    let _ = bench.take(1, "2026-11-20 12:00:01,000Z INFO b\n");
    bench.wait(1000);
    let _ = bench.take(1, "2026-11-20 11:59:59,000Z INFO late\n");
    assert!(
        bench
            .printed()
            .ends_with("b | 2026-11-20 12:00:01,000Z INFO b\nb ~ 2026-11-20 11:59:59,000Z INFO late\n")
    );
}

#[test]
fn repeats_are_counted_where_they_stand() {
    let line = |second| format!("2026-11-20 03:00:0{second},000Z INFO 123 a.py:7 same\n");
    let lines = format!("{}{}{}other\n", line(1), line(2), line(3));
    let flow = FlowOptions { dedup: true, ..FlowOptions::default() };
    let mut bench = Bench::text(flow.clone(), &[]);
    let _ = bench.take(0, &lines);
    let _ = bench.take(0, "other\n");
    let shown = format!("a | {}a | (repeated 2 times)\na | other\n", line(1));
    assert_eq!(bench.printed(), shown);
    bench.wait(2000);
    assert_eq!((bench.printed(), bench.told()), ("a | (repeated once)\n".to_owned(), vec![]));

    let mut bench = Bench::of(&plan(flow, Format::Raw, &[]), false);
    let _ = bench.take(0, &lines);
    assert_eq!(bench.end(), format!("{}other\n", line(1)));
    assert_eq!(bench.told(), [(Status::Suppressed, "repeated 2 times".to_owned())]);
}

#[test]
fn what_the_limit_holds_back_is_told() {
    let mut bench = Bench::text(FlowOptions { rate_limit: Some(2), ..FlowOptions::default() }, &[]);
    let _ = bench.take(0, "1\n2\n3\n4\n");
    let _ = bench.take(1, "1\n");
    assert_eq!((bench.printed(), bench.told()), ("a | 1\na | 2\nb | 1\n".to_owned(), vec![]));
    bench.wait(1000);
    let expected = (Status::Suppressed, "2 lines held back: more than 2 a second".to_owned());
    assert_eq!(bench.told(), [expected]);
    let _ = bench.take(0, "5\n");
    assert_eq!((bench.end(), bench.told()), ("a | 5\n".to_owned(), vec![]));
    assert_eq!(bench.press.printer.tally.total().suppressed, 2);
}

#[test]
fn a_new_file_closes_the_record() {
    let mut bench = Bench::text(FlowOptions { records: true, ..FlowOptions::default() }, &[]);
    let _ = bench.take(0, "2026-11-20 03:12:44,001Z INFO a.py:1 x\n");
    let rotated = Event::new(Status::Rotated, Subject::Stream(target(0)), "");
    let now = bench.now();
    let _ = bench.press.event(&mut bench.out, &rotated, now);
    assert_eq!(bench.printed(), "a | 2026-11-20 03:12:44,001Z INFO a.py:1 x\n");
}

proptest! {
    #[test]
    fn every_way_prints_the_same_lines_however_they_are_cut(lines in prop::collection::vec("(2026-11-20 03:0[0-9]:00,000Z (INFO|ERROR) a[.]py:1 |I1120 03:0[0-9]:00[.]000000 7 a[.]cc:1\\] |  )[ab]{0,4}", 0..30), cuts in prop::collection::vec(0usize..30, 0..6), pattern in "[ab]") {
        let all = joined(&lines);
        let cut = |bench: &mut Bench| {
            let mut cuts = cuts.clone();
            cuts.sort_unstable();
            let mut from = 0;
            for to in cuts.into_iter().chain([lines.len()]) {
                let to = to.min(lines.len());
                if from < to {
                    let part = joined(&lines[from..to]);
                    let _ = bench.take(0, &part);
                }
                from = from.max(to);
            }
            bench.end()
        };
        let whole = cut(&mut Bench::text(FlowOptions::default(), &[&pattern]));
        let window = Some(Duration::from_mins(1));
        for flow in [
            FlowOptions { since: Some(Timestamp::MIN), until: Some(Timestamp::MAX), ..FlowOptions::default() },
            FlowOptions { rate_limit: Some(1000), ..FlowOptions::default() },
        ] {
            // A line without a time before the first time is before every window.
            let timed = lines.first().is_none_or(|line| !line.starts_with("  "));
            if timed || flow.since.is_none() {
                prop_assert_eq!(cut(&mut Bench::text(flow, &[&pattern])), whole.clone());
            }
        }
        // Records, and their order, against the model of one batch.
        for order_window in [None, window] {
            let flow = FlowOptions { records: true, order_window, ..FlowOptions::default() };
            let mut once = Bench::of(&plan(flow.clone(), Format::Text(Prefix::Cvm), &[&pattern]), false);
            let _ = once.take(0, &all);
            let expected = once.end();
            let mut parts = Bench::of(&plan(flow, Format::Text(Prefix::Cvm), &[&pattern]), false);
            prop_assert_eq!(cut(&mut parts), expected);
        }
    }
}
