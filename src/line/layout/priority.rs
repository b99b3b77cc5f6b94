//! Lines that start with a syslog `<priority>`, as sent between hosts and written by some daemons.

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::scan::{digits_end, skip_blanks, token_end};
use crate::line::layout::{stamp, syslog};
use crate::line::level::Level;

/// Parses `<n>1 <RFC 3339> <host> <app> <pid> <id> ` (RFC 5424), or `<n>` before either of syslog's file layouts. The
/// severity in the priority is the level.
pub fn head(line: &[u8]) -> Option<Head> {
    let close = digits_end(line, 1);
    if !(2..=4).contains(&close) || line.first() != Some(&b'<') || line.get(close) != Some(&b'>') {
        return None;
    }
    let priority = line[1..close].iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    if priority > 191 {
        return None;
    }
    let level = Some(Level::from_severity((priority % 8) as u8));
    let versioned = line[close + 1..].starts_with(b"1 ");
    let at = close + 1 + if versioned { 2 } else { 0 };
    let (time, end) = stamp::iso(line, at).or_else(|| stamp::month_day(line, at))?;
    let host = skip_blanks(line, end);
    let message = if versioned {
        // Host, application, process and message id: four tokens.
        (0..4).fold(host, |next, _| skip_blanks(line, token_end(line, next)))
    } else {
        syslog::origin(line, host).map_or(host, |(message, _)| message)
    };
    Some(Head { layout: Layout::Syslog, time: Some(time), level, message })
}
