//! Records: which lines continue which, and where a record ends.

use crate::batch::Ending;
use crate::line::layout::Layout;
use crate::line::record::{MAX_BYTES, MAX_LINES};
use crate::line::split::Line;
use crate::line::tests::{instant, level, reader, time, whole};

#[test]
fn a_stream_that_starts_inside_a_record_opens_one_without_time_and_level() {
    let mut reader = reader();
    let first = reader.read(&whole(b"\tat a.B.c(B.java:1)"));
    assert_eq!((first.record, first.opens, first.time, first.level), (1, true, None, None));
    let second = reader.read(&whole(b"\tat a.B.d(B.java:2)"));
    assert_eq!((second.record, second.opens), (1, false));
}

#[test]
fn the_line_after_a_java_util_header_has_its_level() {
    let mut reader = reader();
    let header = reader.read(&whole(b"Jun 11, 2025 3:12:44 AM org.apache.catalina.startup.Catalina start"));
    assert_eq!((header.level, header.layout), (None, Some(Layout::JavaUtil)));
    assert!(header.layout.is_some_and(Layout::level_follows));
    let message = reader.read(&whole(b"SEVERE: Servlet threw"));
    assert_eq!((message.level, message.time, message.record), (level("error"), header.time, 1));
    assert_eq!((message.opens, message.message), (false, 8));
    let stack = reader.read(&whole(b"\tat a.B.c(B.java:1)"));
    assert_eq!((stack.level, stack.record), (level("error"), 1));
    let word = reader.read(&whole(b"INFO: only the line after the header counts"));
    assert_eq!((word.level, word.record), (level("error"), 1));
    let next = reader.read(&whole(b"Jun 11, 2025 3:12:45 PM org.apache.catalina.startup.Catalina start"));
    assert_eq!((next.level, next.record), (None, 2));
    let head = reader.read(&whole(b"2025-06-11 03:12:46,000Z INFO a.py:1 x"));
    assert_eq!((head.level, head.record), (level("info"), 3));
}

#[test]
fn a_head_without_a_time_is_sorted_by_the_previous_one() {
    let mut reader = reader();
    reader.read(&whole(b"2025-06-11 03:12:46,000Z INFO a.py:1 x"));
    let head = reader.read(&whole(b"WARNING daemon.py:88 no pid file"));
    assert_eq!((head.time, head.sort_time), (None, time("2025-06-11T03:12:46Z")));
    assert_eq!((head.level, head.record, head.opens), (level("warning"), 2, true));
}

#[test]
fn silence_closes_a_record_but_late_lines_still_inherit() {
    let mut reader = reader();
    reader.read(&whole(b"2025-06-11 03:12:46,000Z ERROR a.py:1 x"));
    reader.on_silence();
    let late = reader.read(&whole(b"Traceback (most recent call last):"));
    assert_eq!((late.record, late.opens, late.layout), (2, true, None));
    assert_eq!((late.time, late.level), (time("2025-06-11T03:12:46Z"), level("error")));
    assert!(!reader.read(&whole(b"  File \"x\"")).opens);
}

#[test]
fn a_new_file_inherits_nothing() {
    let mut reader = reader();
    reader.read(&whole(b"2025-06-11 03:12:46,000Z ERROR a.py:1 x"));
    reader.on_discontinuity();
    let first = reader.read(&whole(b"  File \"x\""));
    assert_eq!(
        (first.record, first.opens, first.time, first.sort_time, first.level),
        (2, true, None, None, None)
    );
}

#[test]
fn a_record_ends_after_a_thousand_lines() {
    let mut reader = reader();
    reader.read(&whole(b"2025-06-11 03:12:46,000Z ERROR a.py:1 x"));
    for _ in 1..MAX_LINES {
        assert_eq!(reader.read(&whole(b"more")).record, 1);
    }
    let cut = reader.read(&whole(b"more"));
    assert_eq!((cut.record, cut.opens, cut.level), (2, true, level("error")));
    assert_eq!(reader.read(&whole(b"more")).record, 2);
}

#[test]
fn a_record_ends_after_a_mebibyte() {
    let line = vec![b'x'; 1023];
    let mut reader = reader();
    let lines = MAX_BYTES / 1024;
    // Lines so large that the bytes and not the lines end the record.
    let wide = vec![b'x'; 4095];
    for _ in 0..lines / 4 {
        assert_eq!(reader.read(&whole(&wide)).record, 1);
    }
    assert_eq!(reader.read(&whole(&line)).record, 2);
}

#[test]
fn the_pieces_of_one_line_stay_in_its_record() {
    let mut reader = reader();
    let mut line = b"2025-06-11 03:12:46,000Z ERROR a.py:1 ".to_vec();
    line.resize(1 << 20, b'x');
    let first = Line { ending: Ending::Partial, ..whole(&line) };
    assert_eq!(reader.read(&first).record, 1);
    // Looks like a head, but is not at the start of a line.
    let piece = b"2025-06-11 03:12:47,000Z INFO a.py:1 ";
    let rest = reader.read(&Line { continues: true, ..whole(piece) });
    assert_eq!((rest.record, rest.opens, rest.layout), (1, false, None));
    assert_eq!((rest.time, rest.level), (time("2025-06-11T03:12:46Z"), level("error")));
    assert_eq!(reader.read(&whole(b"more")).record, 2);
    reader.on_silence();
    let late = reader.read(&Line { continues: true, ..whole(piece) });
    assert_eq!((late.record, late.opens, late.layout), (3, true, None));
}

#[test]
fn the_time_of_a_line_does_not_affect_records() {
    let mut reader = reader();
    assert_eq!(
        reader.time_of(b"2025-06-11 03:12:46,000Z ERROR a.py:1 x"),
        Some(instant("2025-06-11T03:12:46Z"))
    );
    assert_eq!(reader.time_of(b"\tat a.B.c"), None);
    assert_eq!(reader.read(&whole(b"x")).record, 1);
}
