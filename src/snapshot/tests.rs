//! From lines to reports, without a CVM.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::batch::{Batch, Ending, FileId};
use crate::line::reader::Reader;
use crate::line::time::ClockContext;
use crate::options::ReportForm;
use crate::options::ReportStyle;
use crate::render::snapshot::headline::headline;
use crate::render::snapshot::render;
use crate::snapshot::assemble::assemble;
use crate::snapshot::compare;
use crate::snapshot::document::{Document, PatternChange};
use crate::snapshot::observation::{CvmObservation, LogObservation, Observation, Trouble};
use crate::snapshot::status::LogStatus;
use crate::snapshot::stream_counts::{CvmWindow, StreamCounts};
use crate::snapshot::thresholds::Thresholds;
use crate::tally::tests::target;

/// A time on the day of these tests.
fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().expect("a time")
}

/// The counts of `text` from 12:00 to 12:15.
fn counts(text: &[u8], thresholds: &Thresholds, room: usize) -> StreamCounts {
    let window = CvmWindow { since: at("12:00:00"), until: Some(at("12:15:00")), undated: false };
    let reader = Reader::new(ClockContext { zone: TimeZone::UTC, reference: at("12:15:00") });
    let mut counts = StreamCounts::new(window, reader, thresholds.patterns().expect("patterns"), room);
    let batch = Batch {
        target: target(0, "a", "genesis"),
        file: FileId { device: 1, inode: 1 },
        offset: 0,
        received: SystemTime::UNIX_EPOCH,
        bytes: Bytes::copy_from_slice(text),
        continues: false,
        ending: Ending::Newline,
    };
    let _ = counts.batch(&batch);
    counts
}

/// Thresholds that `TEXT` breaches, all of them.
fn strict() -> Thresholds {
    Thresholds {
        max_errors: Some(1),
        max_warnings: Some(0),
        max_silence: Some(Duration::from_mins(1)),
        fail_on: vec!["never".into(), "bo+m".into()],
    }
}

const TEXT: &[u8] = b"2026-11-20 11:59:59,000Z ERROR a.py:1 too early\n\
    no time of its own, and too early\n\
    2026-11-20 12:00:00,000Z INFO a.py:1 all fine\n\
    2026-11-20 12:01:00,000Z ERROR a.py:1 Rpc 7 to 10.0.0.1 failed\n\
    Traceback (most recent call last):\n\
    ValueError: boom\n\
    2026-11-20 12:02:00,000Z ERROR a.py:1 Rpc 8 to 10.0.0.2 failed\n\
    2026-11-20 12:03:00,000Z WARNING a.py:1 slow <b>|\"x\"\\ & \x1b[31m\x00\xff\n\
    2026-11-20 12:15:00,000Z ERROR a.py:1 too late\n\
    2026-11-20 12:16:00,000Z ERROR a.py:1 much too late\n\
    2026-11-20 12:14:59,000Z ERROR a.py:1 never read\n";

/// The document of a reachable CVM with these counts, and others.
fn document(counts: &StreamCounts, thresholds: &Thresholds, more: Vec<CvmObservation<'_>>) -> Document {
    let log = LogObservation {
        log: "genesis",
        path: "/g.out".into(),
        thresholds,
        status: LogStatus::Ok,
        trouble: None,
        size: Some(40_211),
        modified: Some(at("12:20:00")),
        counts: Some(counts),
    };
    let first = CvmObservation {
        name: "a",
        trouble: None,
        skew: Some(SignedDuration::from_millis(-1500)),
        logs: vec![log],
        globs: vec![],
    };
    let mut cvms = vec![first];
    cvms.extend(more);
    let observation =
        Observation { from: at("12:00:00"), to: at("12:15:00"), bounded: true, timeout: 60.0, cvms };
    assemble(&observation, None)
}

/// A log of which nothing was read.
fn empty(thresholds: &Thresholds, status: LogStatus, trouble: Option<Trouble>) -> LogObservation<'_> {
    LogObservation {
        log: "genesis",
        path: "/g.out".into(),
        thresholds,
        status,
        trouble,
        size: None,
        modified: None,
        counts: None,
    }
}

/// A trouble with hostile text.
fn trouble() -> Trouble {
    Trouble { message: "gone <&>\" | \u{1b}[2J \u{fffe}]]>".into(), hint: Some("try `x` <y>".into()) }
}

/// A document with something of everything.
fn rich() -> Document {
    let strict = strict();
    let more = vec![
        CvmObservation {
            name: "b\"\\\n<",
            trouble: Some(trouble()),
            skew: None,
            logs: vec![empty(&strict, LogStatus::Ok, None)],
            globs: vec!["*.FATAL".to_owned()],
        },
        CvmObservation {
            name: "c",
            trouble: None,
            skew: Some(SignedDuration::ZERO),
            logs: vec![empty(&strict, LogStatus::Missing, Some(trouble()))],
            globs: vec![],
        },
        CvmObservation { name: "d", trouble: None, skew: None, logs: vec![], globs: vec![] },
    ];
    document(&counts(TEXT, &strict, 100), &strict, more)
}

#[test]
fn lines_of_the_window_count_and_records_count_once() {
    let strict = strict();
    let counts = counts(TEXT, &strict, 100);
    assert_eq!((counts.lines, counts.errors(), counts.warnings(), counts.unknown), (6, 2, 1, 2));
    assert_eq!((counts.first, counts.last), (Some(at("12:00:00")), Some(at("12:03:00"))));
    assert_eq!((counts.matches, counts.matched.expect("a match")), (1, ("ValueError: boom".into(), 1)));
    let ranked = counts.patterns.ranked();
    let patterns: Vec<_> =
        ranked.iter().map(|(level, pattern, seen)| (level.word(), *pattern, seen.count)).collect();
    assert_eq!(patterns[0], ("error", "Rpc <n> to <ip> failed", 2));
    assert_eq!(patterns.len(), 2);
}

#[test]
fn the_end_of_the_window_ends_the_stream() {
    let lines: Vec<&[u8]> = TEXT.split_inclusive(|byte| *byte == b'\n').collect();
    let much_too_late = lines[..10].concat();
    assert_eq!(counts(&much_too_late, &strict(), 9).lines, counts(TEXT, &strict(), 9).lines);
}

#[test]
fn lines_of_patterns_not_kept_are_counted_as_other() {
    let mut text = Vec::new();
    for word in ["one", "two", "three", "one", "two", "three"] {
        text.extend_from_slice(format!("2026-11-20 12:01:00,000Z ERROR a.py:1 {word}\n").as_bytes());
    }
    let counts = counts(&text, &Thresholds::default(), 2);
    assert_eq!((counts.patterns.ranked().len(), counts.patterns.other(), counts.errors()), (2, 2, 6));
}

#[test]
fn each_rule_is_breached_above_its_limit_and_not_at_it() {
    let rules =
        |document: &Document| -> Vec<&str> { document.breaches.iter().map(|it| it.rule.word()).collect() };
    let strict = strict();
    let all = document(&counts(TEXT, &strict, 9), &strict, Vec::new());
    assert_eq!(rules(&all), ["fail-on", "max-errors", "max-warnings", "max-silence"]);
    assert!(!all.healthy && all.looked_everywhere);
    // 12:15 by this machine's clock is 12:14:58.5 there, and the last line is of 12:03.
    assert_eq!(all.cvms[0].logs[0].age_s, Some(718.5));
    let lax = Thresholds {
        max_errors: Some(2),
        max_warnings: Some(1),
        max_silence: Some(Duration::from_millis(718_500)),
        fail_on: vec!["BOOM".into()],
    };
    let none = document(&counts(TEXT, &lax, 9), &lax, Vec::new());
    assert_eq!((rules(&none), none.healthy), (Vec::new(), true));
    assert_eq!(headline(&none), "healthy");
}

#[test]
fn what_was_not_read_is_stated_besides_the_breaches() {
    let rich = rich();
    assert!(!rich.healthy && !rich.looked_everywhere);
    assert_eq!(headline(&rich), "4 breaches; 1 of 4 CVMs not reached; 1 log missing");
    assert!(rich.cvms[1].logs.is_empty(), "a CVM that is unreachable has no logs");
}

#[test]
fn a_log_is_stalled_if_it_is_written_to_elsewhere() {
    let lax = Thresholds::default();
    let moving = counts(TEXT, &lax, 9);
    let old = counts(b"", &lax, 9);
    let quiet = LogObservation {
        counts: Some(&old),
        modified: Some(at("09:15:00")),
        ..empty(&lax, LogStatus::Ok, None)
    };
    let cvm = CvmObservation { name: "b", trouble: None, skew: None, logs: vec![quiet], globs: vec![] };
    let document = document(&moving, &lax, vec![cvm]);
    let [still] = &document.standing_still[..] else { panic!("{:?}", document.standing_still) };
    assert_eq!(
        (still.cvm.as_str(), still.age_s, still.elsewhere_s, still.moves_on),
        ("b", 10_800.0, 718.5, 1)
    );
}

#[test]
fn the_same_pattern_of_several_cvms_is_one_finding() {
    let lax = Thresholds::default();
    let counts = counts(TEXT, &lax, 9);
    let log = || LogObservation { counts: Some(&counts), ..empty(&lax, LogStatus::Ok, None) };
    let cvm = |name| CvmObservation { name, trouble: None, skew: None, logs: vec![log()], globs: vec![] };
    let document = document(&counts, &lax, vec![cvm("b"), cvm("c")]);
    let top = &document.findings[0];
    assert_eq!((top.top.pattern.as_str(), top.top.count), ("Rpc <n> to <ip> failed", 6));
    assert_eq!(top.cvms.iter().map(|share| share.cvm.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn the_json_has_the_documented_fields_in_order() {
    let text = String::from_utf8(render(ReportForm::Json, &rich(), ReportStyle::default())).expect("UTF-8");
    let mut from = 0;
    let keys = "type version from to healthy breaches rule cvm log limit found message cvms cvm status message \
                hint clock_skew_ms logs log path status size modified age_s lines bytes first last levels trace \
                debug info warning error fatal unknown top pattern level count first last sample";
    for key in keys.split(' ') {
        let key = format!("\"{key}\":");
        from += text[from..].find(&key).unwrap_or_else(|| panic!("{key} does not follow {}", &text[..from]))
            + key.len();
    }
    assert!(
        text.starts_with("{\"type\":\"snapshot\",\"version\":1,\"from\":\"2026-11-20T12:00:00.000000Z\",")
    );
    assert!(text.contains("\"limit\":1,\"found\":2,"));
    assert_eq!(text.matches('\n').count(), 1);
}

#[test]
fn no_form_lets_hostile_text_through() {
    let rich = rich();
    let terminal = ReportStyle { terminal: true, unicode: true, color: false };
    for form in [
        ReportForm::Text,
        ReportForm::Json,
        ReportForm::Ndjson,
        ReportForm::Prometheus,
        ReportForm::Junit,
        ReportForm::Markdown,
    ] {
        let text = String::from_utf8(render(form, &rich, terminal)).expect("UTF-8");
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{form:?}: {text}");
        assert!(text.ends_with('\n'), "{form:?}");
    }
    let text = |form| String::from_utf8(render(form, &rich, ReportStyle::default())).expect("UTF-8");
    let metrics = text(ReportForm::Prometheus);
    assert!(metrics.contains("cvmtail_cvm_up{cvm=\"b\\\"\\\\\\n<\"} 0\n"), "{metrics}");
    assert!(metrics.contains("cvmtail_cvm_clock_skew_seconds{cvm=\"a\"} -1.500\n"), "{metrics}");
    assert!(metrics.contains("cvmtail_log_window_lines{cvm=\"a\",log=\"genesis\",level=\"error\"} 2\n"));
    let junit = text(ReportForm::Junit);
    assert!(junit.contains("tests=\"4\" failures=\"1\" errors=\"3\""), "{junit}");
    assert!(
        junit.contains("name=\"*.FATAL\""),
        "what a glob matches on a CVM that is down is not known: {junit}"
    );
    assert!(junit.contains("gone &lt;&amp;&gt;&quot; | ^[[2J \u{fffd}]]&gt;"), "{junit}");
    let table = text(ReportForm::Markdown);
    assert!(table.contains("| d |  | no file |"), "{table}");
    let row = table.lines().find(|line| line.contains("slow")).expect("a finding");
    assert!(row.contains("slow &lt;b&gt;\\|&lt;str&gt;\\\\ &amp; \\["), "{row}");
}

#[test]
fn bars_are_for_terminals_and_colors_are_optional() {
    let rich = rich();
    let text = |style| String::from_utf8(render(ReportForm::Text, &rich, style)).expect("UTF-8");
    let plain = text(ReportStyle::default());
    assert!(!plain.contains("##") && !plain.contains('█'), "{plain}");
    assert!(text(ReportStyle { terminal: true, ..ReportStyle::default() }).contains("########"));
    assert!(text(ReportStyle { terminal: true, unicode: true, color: false }).contains("████████"));
    assert!(text(ReportStyle { color: true, ..ReportStyle::default() }).contains("\u{1b}[31m"));
}

#[test]
fn a_comparison_covers_what_both_have_read() {
    let lax = Thresholds::default();
    let earlier_counts = counts(TEXT, &lax, 9);
    let cvm = |name, trouble| CvmObservation {
        name,
        trouble,
        skew: None,
        logs: vec![empty(&lax, LogStatus::Ok, None)],
        globs: vec![],
    };
    let earlier = document(&earlier_counts, &lax, vec![cvm("lost", None)]);
    let earlier =
        compare::read(&render(ReportForm::Json, &earlier, ReportStyle::default())).expect("a report");
    let text = b"2026-11-20 12:01:00,000Z ERROR a.py:1 Rpc 7 to 10.0.0.1 failed\n2026-11-20 12:01:00,000Z ERROR a.py:1 anew\n";
    let counts = counts(text, &lax, 9);
    let others = LogObservation { counts: Some(&counts), ..empty(&lax, LogStatus::Ok, None) };
    let gained =
        CvmObservation { name: "gained", trouble: None, skew: None, logs: vec![others], globs: vec![] };
    let now = document(&counts, &lax, vec![cvm("lost", Some(trouble())), gained]);
    let comparison = compare::compare(&earlier, &now);
    assert_eq!(
        (comparison.cvms_lost, comparison.cvms_gained),
        (vec!["lost".to_owned()], vec!["gained".to_owned()])
    );
    let summary = |changes: &[PatternChange]| -> Vec<String> {
        changes.iter().map(|it| format!("{} {} {}", it.pattern, it.before, it.after)).collect()
    };
    // What the gained CVM says was never compared.
    assert_eq!(summary(&comparison.new), ["anew 0 1"]);
    assert_eq!(summary(&comparison.down), ["Rpc <n> to <ip> failed 2 1"]);
    assert!(comparison.gone.len() == 1 && comparison.gone[0].level == "warning" && comparison.up.is_empty());
    assert!(comparison.complete);
}

#[test]
fn what_is_not_an_earlier_report_is_refused() {
    for (text, why) in [
        ("", "EOF"),
        ("{}", "type"),
        (r#"{"type":"check","version":1,"from":"","to":"","cvms":[]}"#, "not `snapshot`"),
        (r#"{"type":"snapshot","version":2,"from":"","to":"","cvms":[]}"#, "version 2"),
    ] {
        let error = compare::read(text.as_bytes()).expect_err(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_makes_reports_that_readers_can_read(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12)
    ) {
        let mut text = Vec::new();
        for line in lines {
            text.extend_from_slice(b"2026-11-20 12:01:00,000Z ERROR a.py:1 ");
            text.extend(line);
            text.push(b'\n');
        }
        let strict = strict();
        let document = document(&counts(&text, &strict, 5), &strict, Vec::new());
        let json = render(ReportForm::Json, &document, ReportStyle { terminal: true, ..ReportStyle::default() });
        let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        prop_assert_eq!(&value["type"], "snapshot");
        for line in render(ReportForm::Ndjson, &document, ReportStyle::default()).split_inclusive(|byte| *byte == b'\n') {
            serde_json::from_slice::<serde_json::Value>(line).expect("JSON");
        }
        let xml = String::from_utf8(render(ReportForm::Junit, &document, ReportStyle::default())).expect("UTF-8");
        let is_character = |c: char| (c >= ' ' || c == '\n') && !matches!(c, '\u{fffe}' | '\u{ffff}');
        let all = xml.chars().all(is_character);
        prop_assert!(all, "not XML");
        let table = String::from_utf8(render(ReportForm::Markdown, &document, ReportStyle::default())).expect("UTF-8");
        for row in table.lines().filter(|line| line.starts_with("| ") && line.contains(" error ")) {
            let bars = row.replace("\\\\", "").replace("\\|", "").matches('|').count();
            prop_assert_eq!(bars, 6, "{}", row);
        }
    }
}
