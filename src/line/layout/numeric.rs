//! Lines that start with a date in another order than ISO 8601: ganesha, Tomcat, nginx, Go, `RocksDB`.

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::scan::{after, skip_blanks, token_end};
use crate::line::layout::stamp;
use crate::line::layout::words::{level_after, level_word};
use crate::line::level::Level;

/// The maximum length of a field before the message.
const REACH: usize = 256;

/// Parses a line by the position of its separators.
pub fn head(line: &[u8]) -> Option<Head> {
    match line.first_chunk::<11>()? {
        [_, _, _, _, b'/', _, _, b'/', _, _, b' ' | b'T'] => {
            let (time, end) = stamp::slashed(line, 0)?;
            let (message, level) = level_after(line, end);
            Some(Head { layout: Layout::Other, time: Some(time), level, message })
        }
        [_, _, _, _, b'/', _, _, b'/', _, _, b'-'] => rocksdb(line),
        [_, _, b'/', _, _, b'/', ..] => ganesha(line),
        [_, _, b'-', _, _, _, b'-', ..] => tomcat(line),
        _ => None,
    }
}

/// Parses `yyyy/mm/dd-hh:mm:ss.uuuuuu <thread, hexadecimal> `. The same time followed by a duration (`2.908341`) is a
/// line inside an activity trace, not a head.
fn rocksdb(line: &[u8]) -> Option<Head> {
    let (time, end) = stamp::slashed_dash(line, 0)?;
    let thread = line.get(end + 1..token_end(line, end + 1))?;
    if thread.len() < 4 || !thread.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let (message, level) = level_after(line, end + 1 + thread.len());
    Some(Head { layout: Layout::Other, time: Some(time), level, message })
}

/// Parses `dd/mm/yyyy hh:mm:ss : epoch <hex> : <host> : <program>[<thread>] <function> :<COMPONENT> :<LEVEL> :`.
fn ganesha(line: &[u8]) -> Option<Head> {
    let (time, end) = stamp::day_first(line, 0)?;
    if !line[end..].starts_with(b" : ") {
        return None;
    }
    let mut next = end + 3;
    while let Some(field) = after(line, next, b" :", REACH) {
        let close = after(line, field, b" :", 24);
        if let Some(close) = close
            && let Some(level) = ganesha_level(&line[field..close - 2])
        {
            let message = skip_blanks(line, close);
            return Some(Head { layout: Layout::Ganesha, time: Some(time), level: Some(level), message });
        }
        next = field;
    }
    Some(Head { layout: Layout::Ganesha, time: Some(time), level: None, message: end + 3 })
}

/// The level of a ganesha word; there `MAJ` is above `CRIT`.
fn ganesha_level(word: &[u8]) -> Option<Level> {
    Some(match word {
        b"FATAL" | b"MAJ" | b"CRIT" => Level::Fatal,
        b"WARN" => Level::Warning,
        b"EVENT" | b"INFO" => Level::Info,
        b"DEBUG" | b"M_DBG" | b"MID_DEBUG" => Level::Debug,
        b"F_DBG" | b"FULL_DEBUG" => Level::Trace,
        _ => return None,
    })
}

/// Parses `dd-Mon-yyyy hh:mm:ss.mmm LEVEL [<thread>] <class.method> `.
fn tomcat(line: &[u8]) -> Option<Head> {
    let (time, end) = stamp::day_month(line, 0, b'-', b' ')?;
    let at = skip_blanks(line, end);
    let Some(word) = level_word(line, at) else {
        return Some(Head { layout: Layout::Tomcat, time: Some(time), level: None, message: at });
    };
    let thread = skip_blanks(line, word.end);
    let message = match line.get(thread) {
        Some(b'[') => after(line, thread, b"] ", REACH)
            .map_or(thread, |class| skip_blanks(line, token_end(line, class))),
        _ => thread,
    };
    Some(Head { layout: Layout::Tomcat, time: Some(time), level: Some(word.level), message })
}
