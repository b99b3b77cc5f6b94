//! What is printed of batches, through all stages.

mod bench;
mod pieces;

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{prop, prop_assert_eq, proptest};

use crate::batch::Ending;
use crate::event::{Event, Status, Subject};
use crate::flow::merge::Demand;
use crate::item::CvmClock;
use crate::line::level::Level;
use crate::options::{FlowOptions, Format, Prefix, Timestamps};
use bench::{Bench, plan, target};

/// Lines as they are in a file.
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
    assert_eq!(bench.pipeline.printed(), 4);
}

#[test]
fn a_header_waits_for_the_line_with_its_level() {
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
    // What follows the silence is a new record.
    let _ = bench.take(0, "  File two\n  no\n2026-11-20 03:12:46,002Z ERROR a.py:1 no\n");
    assert_eq!(bench.printed(), "a |   File two\na |   no\n");
    assert_eq!((bench.pipeline.printed(), bench.end()), (3, String::new()));
}

#[test]
fn records_are_counted_and_numbered() {
    let mut plan = plan(FlowOptions { records: true, ..FlowOptions::default() }, Format::Ndjson, &[]);
    plan.max_count = Some(2);
    let mut bench = Bench::new(&plan, false);
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
fn a_long_line_is_treated_like_its_first_piece() {
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
        assert_eq!(bench.pipeline.printed(), 1);
    }
}

#[test]
fn groups_of_all_streams_are_separated_as_in_grep() {
    let mut bench = Bench::text(FlowOptions { before: 1, after: 1, ..FlowOptions::default() }, &["yes"]);
    let _ = bench.take(0, "1\n2\nyes 3\n");
    let _ = bench.take(1, "1\nyes 2\nyes 3\n4\n5\n");
    let _ = bench.take(0, "4\n5\n6\nyes 7\n");
    assert_eq!(
        bench.end(),
        "a | 2\na | yes 3\n--\nb | 1\nb | yes 2\nb | yes 3\nb | 4\na | 4\n--\na | 6\na | yes 7\n"
    );
    assert_eq!(bench.pipeline.printed(), 4);
}

#[test]
fn the_window_begins_and_ends_by_the_timestamps_of_lines() {
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
        assert_eq!(bench.events(), [(Status::Stopped, "--until is reached".to_owned())]);
        let mut demand = bench.pipeline.demands(bench.now());
        assert_eq!([demand(0), demand(1)], [Demand::Drop, Demand::Read]);
    }
}

#[test]
fn timestamps_follow_the_prefix() {
    let mut plan = plan(FlowOptions::default(), Format::Text(Prefix::Cvm), &[]);
    plan.output.timestamps = Some(Timestamps::Utc);
    let mut bench = Bench::new(&plan, true);
    let clock = CvmClock { skew: SignedDuration::ZERO, zone: TimeZone::get("Asia/Seoul").unwrap() };
    bench.pipeline.on_clock(&target(0), &clock);
    let _ = bench.take(0, "stray\nI1120 12:12:44.123456 7 a.cc:1] x\nmore\n");
    assert_eq!(
        bench.printed(),
        "a | -                        stray\n\
         a | 2026-11-20T03:12:44.123Z I1120 12:12:44.123456 7 a.cc:1] x\n\
         a | 2026-11-20T03:12:44.123Z more\n"
    );
}

#[test]
fn clock_skew_is_corrected_for_the_order_and_a_wrong_zone_delays_no_stream() {
    let mut bench = Bench::text(
        FlowOptions { order_window: Some(Duration::from_secs(1)), ..FlowOptions::default() },
        &[],
    );
    let clock = |secs| CvmClock { skew: SignedDuration::from_secs(secs), zone: TimeZone::UTC };
    bench.pipeline.on_clock(&target(0), &clock(30));
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
fn repeats_are_counted_at_their_position() {
    let line = |second| format!("2026-11-20 03:00:0{second},000Z INFO 123 a.py:7 same\n");
    let lines = format!("{}{}{}other\n", line(1), line(2), line(3));
    let flow = FlowOptions { dedup: true, ..FlowOptions::default() };
    let mut bench = Bench::text(flow.clone(), &[]);
    let _ = bench.take(0, &lines);
    let _ = bench.take(0, "other\n");
    let shown = format!("a | {}a | (repeated 2 times)\na | other\n", line(1));
    assert_eq!(bench.printed(), shown);
    bench.wait(2000);
    assert_eq!((bench.printed(), bench.events()), ("a | (repeated once)\n".to_owned(), vec![]));

    let mut bench = Bench::new(&plan(flow, Format::Raw, &[]), false);
    let _ = bench.take(0, &lines);
    assert_eq!(bench.end(), format!("{}other\n", line(1)));
    assert_eq!(bench.events(), [(Status::Suppressed, "repeated 2 times".to_owned())]);
}

#[test]
fn what_the_rate_limit_suppresses_is_reported() {
    let mut bench = Bench::text(FlowOptions { rate_limit: Some(2), ..FlowOptions::default() }, &[]);
    let _ = bench.take(0, "1\n2\n3\n4\n");
    let _ = bench.take(1, "1\n");
    assert_eq!((bench.printed(), bench.events()), ("a | 1\na | 2\nb | 1\n".to_owned(), vec![]));
    bench.wait(1000);
    let expected = (Status::Suppressed, "2 lines over the limit of 2 per second".to_owned());
    assert_eq!(bench.events(), [expected]);
    let _ = bench.take(0, "5\n");
    assert_eq!((bench.end(), bench.events()), ("a | 5\n".to_owned(), vec![]));
    assert_eq!(bench.pipeline.printer.tally.total().suppressed, 2);
}

#[test]
fn a_new_file_closes_the_record() {
    let mut bench = Bench::text(FlowOptions { records: true, ..FlowOptions::default() }, &[]);
    let _ = bench.take(0, "2026-11-20 03:12:44,001Z INFO a.py:1 x\n");
    let rotated = Event::new(Status::Rotated, Subject::Stream(target(0)), "");
    let now = bench.now();
    let _ = bench.pipeline.on_event(&mut bench.out, &rotated, now);
    assert_eq!(bench.printed(), "a | 2026-11-20 03:12:44,001Z INFO a.py:1 x\n");
}

proptest! {
    #[test]
    fn every_granularity_prints_the_same_lines_however_they_are_cut(lines in prop::collection::vec("(2026-11-20 03:0[0-9]:00,000Z (INFO|ERROR) a[.]py:1 |I1120 03:0[0-9]:00[.]000000 7 a[.]cc:1\\] |  )[ab]{0,4}", 0..30), cuts in prop::collection::vec(0usize..30, 0..6), pattern in "[ab]") {
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
            // A line without a timestamp, before the first one with one, is before every window.
            let timed = lines.first().is_none_or(|line| !line.starts_with("  "));
            if timed || flow.since.is_none() {
                prop_assert_eq!(cut(&mut Bench::text(flow, &[&pattern])), whole.clone());
            }
        }
        // Records, and their order, compared with one batch.
        for order_window in [None, window] {
            let flow = FlowOptions { records: true, order_window, ..FlowOptions::default() };
            let mut once = Bench::new(&plan(flow.clone(), Format::Text(Prefix::Cvm), &[&pattern]), false);
            let _ = once.take(0, &all);
            let expected = once.end();
            let mut parts = Bench::new(&plan(flow, Format::Text(Prefix::Cvm), &[&pattern]), false);
            prop_assert_eq!(cut(&mut parts), expected);
        }
    }
}
