//! Lines that start with a bracket: Samba, Apache's error log, fluent-bit, gunicorn, `env_logger`, Tornado.

use memchr::memchr;

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::named::is_weekday;
use crate::line::layout::scan::{after, digits_end, skip_blanks, two};
use crate::line::layout::stamp;
use crate::line::layout::words::{level_after, level_word, skip_separators};
use crate::line::level::Level;
use crate::line::time::Stamp;

/// Parses a line with a time in brackets, or with a level or thread in brackets followed by a time.
pub fn head(line: &[u8]) -> Option<Head> {
    if line.first() != Some(&b'[') {
        return None;
    }
    if let Some((time, end)) = stamp::slashed(line, 1) {
        return Some(samba(line, time, end).unwrap_or_else(|| other(line, time, end)));
    }
    if let Some((time, end)) = time_at(line, 1) {
        return Some(other(line, time, end));
    }
    tornado(line).or_else(|| after_groups(line))
}

/// Any of the times that occur in brackets.
fn time_at(line: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let inside = line.get(at..)?;
    match inside.first()? {
        b'0'..=b'9' => stamp::iso(line, at)
            .or_else(|| stamp::day_month(line, at, b'/', b':'))
            .or_else(|| stamp::day_month(line, at, b'-', b' '))
            .or_else(|| stamp::basic(line, at))
            .or_else(|| stamp::slashed(line, at)),
        _ if is_weekday(inside) => stamp::month_day(line, at + 4),
        _ => stamp::month_day(line, at),
    }
}

/// Parses `,  <n>[, ...]] <file>:<n>(<function>)`. Samba maps its debug levels to syslog's error, warning, notice,
/// info, and from 4 on debug.
fn samba(line: &[u8], time: Stamp, end: usize) -> Option<Head> {
    if line.get(end) != Some(&b',') {
        return None;
    }
    let number = skip_blanks(line, end + 1);
    let number_end = digits_end(line, number);
    let level = match &line[number..number_end] {
        b"" => return None,
        b"0" => Level::Error,
        b"1" => Level::Warning,
        b"2" | b"3" => Level::Info,
        b"10" => Level::Trace,
        _ => Level::Debug,
    };
    let message = after(line, number_end, b"] ", 200).unwrap_or(line.len());
    Some(Head { layout: Layout::Samba, time: Some(time), level: Some(level), message })
}

/// Parses what follows a time in brackets: the rest of the bracket, then a level in any form.
fn other(line: &[u8], time: Stamp, end: usize) -> Head {
    let at = end + usize::from(line.get(end) == Some(&b']'));
    let (mut message, level) = level_after(line, at);
    if line.get(end) != Some(&b']') && level.is_some() {
        // `[2025-06-11T03:12:44Z INFO  module] `: the rest of the bracket names the source.
        message = after(line, message, b"] ", 100).unwrap_or(message);
    }
    Head { layout: Layout::Other, time: Some(time), level, message }
}

/// Parses `[I 250611 03:12:44 module:12] ` (Tornado).
fn tornado(line: &[u8]) -> Option<Head> {
    let [_, letter, b' ', ..] = line else { return None };
    let level = Level::from_letter(*letter)?;
    let (time, end) = match stamp::iso(line, 3) {
        Some(found) => found,
        None if line.get(9) == Some(&b' ') => {
            let day = (two(line, 5)?, two(line, 7)?);
            let stamp = Stamp::new(Some(2000 + i16::from(two(line, 3)?)), day, stamp::clock(line, 10)?)?;
            stamp::finish(line, 18, stamp)?
        }
        None => return None,
    };
    let message = after(line, end, b"] ", 100).unwrap_or_else(|| skip_separators(line, end));
    Some(Head { layout: Layout::Other, time: Some(time), level: Some(level), message })
}

/// Parses one or two groups followed by a time: `[INFO] <time>`, `[INFO][<time>]`, `[<thread>] <time>`.
fn after_groups(line: &[u8]) -> Option<Head> {
    let mut at = 0;
    let mut level = None;
    for _ in 0..3 {
        if line.get(at) != Some(&b'[') {
            break;
        }
        let close = at + memchr(b']', line.get(at..line.len().min(at + 100))?)?;
        let word = skip_blanks(line, at + 1);
        level = level.or_else(|| {
            level_word(line, word).filter(|word| skip_blanks(line, word.end) == close).map(|word| word.level)
        });
        at = skip_separators(line, close + 1);
        let inside = at + usize::from(line.get(at) == Some(&b'['));
        let Some((time, end)) = time_at(line, inside).or_else(|| stamp::slashed(line, inside)) else {
            continue;
        };
        let head = other(line, time, end);
        if level.is_some() {
            let message = skip_separators(line, end + usize::from(line.get(end) == Some(&b']')));
            return Some(Head { level, message, ..head });
        }
        return Some(head);
    }
    None
}
