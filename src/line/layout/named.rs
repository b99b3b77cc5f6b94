//! Lines that start with the English name of a month or weekday: classic syslog, j.u.l., ctime.

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::scan::skip_blanks;
use crate::line::layout::words::level_after;
use crate::line::layout::{stamp, syslog};

/// Parses `Mon dd hh:mm:ss <host> <tag>: `, `Mon dd, yyyy h:mm:ss AM <class> <method>`, or `Www Mon dd hh:mm:ss yyyy`.
pub fn head(line: &[u8]) -> Option<Head> {
    if is_weekday(line) {
        let (time, end) = stamp::month_day(line, 4)?;
        let (message, level) = level_after(line, end);
        return Some(Head { layout: Layout::Other, time: Some(time), level, message });
    }
    if let Some((time, end)) = stamp::month_day(line, 0) {
        let at = skip_blanks(line, end);
        let (message, level) = syslog::origin(line, at).unwrap_or((at, None));
        return Some(Head { layout: Layout::Syslog, time: Some(time), level, message });
    }
    let (time, end) = stamp::java_util(line, 0)?;
    Some(Head { layout: Layout::JavaUtil, time: Some(time), level: None, message: skip_blanks(line, end) })
}

/// Whether `line` starts with the three-letter name of a weekday and a space.
pub fn is_weekday(line: &[u8]) -> bool {
    matches!(
        line.first_chunk::<4>(),
        Some(b"Mon " | b"Tue " | b"Wed " | b"Thu " | b"Fri " | b"Sat " | b"Sun ")
    )
}
