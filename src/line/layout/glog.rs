//! glog, old and new: C++ services, Go's glog and klog, abseil.

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::scan::{after, digits_end, skip_blanks, two};
use crate::line::layout::stamp;
use crate::line::level::Level;
use crate::line::time::Stamp;

/// The maximum length of thread and source location after the time.
const REACH: usize = 160;

/// Parses `<L><yyyymmdd> <hh:mm:ss.uuuuuu>Z <tid> <file>:<n>] `, or the older `<L><mmdd> <hh:mm:ss.uuuuuu> ...`.
pub fn head(line: &[u8]) -> Option<Head> {
    let letter @ (b'I' | b'W' | b'E' | b'F') = *line.first()? else { return None };
    let level = Level::from_letter(letter);
    let (time, end) = match line.get(5)? {
        b' ' => old(line)?,
        _ => new(line)?,
    };
    Some(Head { layout: Layout::Glog, time: Some(time), level, message: message(line, end) })
}

/// The time of a line with a year.
fn new(line: &[u8]) -> Option<(Stamp, usize)> {
    if line.get(9) != Some(&b' ') {
        return None;
    }
    let (year, day) = stamp::day(line, 1)?;
    let stamp = Stamp::new(Some(year), day, stamp::clock(line, 10)?)?;
    stamp::finish(line, 18, stamp)
}

/// The time of a line without a year. Before abseil has loaded the zone, it writes `0000 00:00:` and seconds since
/// 1970.
fn old(line: &[u8]) -> Option<(Stamp, usize)> {
    if line[1..].starts_with(b"0000 00:00:") {
        return stamp::epoch(line, 12);
    }
    let stamp = Stamp::new(None, (two(line, 1)?, two(line, 3)?), stamp::clock(line, 6)?)?;
    stamp::finish(line, 14, stamp)
}

/// The offset of the message: after `<tid> <file>:<n>] `, or after the time if that is missing.
fn message(line: &[u8], end: usize) -> usize {
    let start = skip_blanks(line, end);
    let source = skip_blanks(line, digits_end(line, start));
    after(line, source, b"] ", REACH)
        .or_else(|| (line.last() == Some(&b']') && line.len() - source < REACH).then_some(line.len()))
        .unwrap_or(start)
}

/// Parses the first line of a glog file, `Log file created at: <yyyy/mm/dd> <hh:mm:ss>`.
pub fn created(line: &[u8]) -> Option<Head> {
    const OPENING: &[u8] = b"Log file created at: ";
    if !line.starts_with(OPENING) {
        return None;
    }
    let (time, _) = stamp::slashed(line, OPENING.len()).or_else(|| stamp::iso(line, OPENING.len()))?;
    Some(Head { layout: Layout::Glog, time: Some(time), level: None, message: 0 })
}
