//! Lines with their expected interpretation, written by hand.

mod layouts;
mod other_programs;
mod properties;
mod records;
mod samples;
mod system_layouts;
mod times;
mod traps;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::batch::Ending;
use crate::line::layout::{Head, Layout, Memory, recognize};
use crate::line::level::Level;
use crate::line::reader::Reader;
use crate::line::split::Line;
use crate::line::time::{Clock, ClockContext};

/// A line of a stream: `H` for a head or `-`, instant, level, bytes.
type Expected = (char, &'static str, &'static str, &'static [u8]);

/// A line by itself: layout, instant (empty = none), level, the line, and the start of its message.
type Alone = (Layout, &'static str, &'static str, &'static str, &'static str);

/// The CVM of these tests: seven hours behind UTC, its logs read on 12 June 2025.
fn context() -> ClockContext {
    ClockContext { zone: TimeZone::fixed(Offset::constant(-7)), reference: instant("2025-06-12T00:00:00Z") }
}

fn reader() -> Reader {
    Reader::new(context())
}

/// A whole line.
const fn whole(bytes: &[u8]) -> Line<'_> {
    Line { bytes, offset: 0, continues: false, ending: Ending::Newline }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("the test's own text is a time")
}

/// `None` if the text is empty.
fn time(text: &str) -> Option<Timestamp> {
    (!text.is_empty()).then(|| instant(text))
}

fn level(word: &str) -> Option<Level> {
    (word != "none").then(|| Level::from_name(word).expect("the test's own word is a level"))
}

fn head(line: &[u8]) -> Option<Head> {
    recognize(line, &mut Memory::default())
}

/// Compares every line with what is expected of it.
fn hold(heads: &[Alone]) {
    for &(layout, at, expected_level, line, message) in heads {
        let found = head(line.as_bytes()).unwrap_or_else(|| panic!("no head: {line}"));
        let resolved = found.time.and_then(|stamp| Clock::new(context()).resolve(&stamp));
        assert_eq!(found.layout, layout, "{line}");
        assert_eq!(resolved, time(at), "{line}");
        assert_eq!(found.level, level(expected_level), "{line}");
        let rest = &line[found.message..];
        assert!(
            rest.starts_with(message) && message.is_empty() == rest.is_empty(),
            "{line}\nmessage: {rest}"
        );
    }
}
