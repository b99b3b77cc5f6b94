//! Lines that start with an ISO 8601 date: Python, `ZooKeeper` (Java and C), Open vSwitch, syslog, plain.

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::scan::{after, after_origin, after_source, digits_end, skip_blanks};
use crate::line::layout::words::{Word, level_after, level_word, skip_separators};
use crate::line::layout::{stamp, syslog};
use crate::line::level::Level;
use crate::line::time::Stamp;

/// The maximum length of a thread in brackets.
const REACH: usize = 256;

/// Parses a line that starts with `yyyy-mm-dd hh:mm:ss` or `yyyymmddThhmmss`.
pub fn head(line: &[u8]) -> Option<Head> {
    let (time, end) = match line.get(4)? {
        b'-' => stamp::iso(line, 0)?,
        _ => stamp::basic(line, 0)?,
    };
    let special = match line.get(end) {
        Some(b' ') => spaced(line, time, end),
        Some(b'|') => open_vswitch(line, time, end),
        Some(b':') => client(line, time, end),
        _ => None,
    };
    // Loggers write a space between date and time; tools that ship lines write `T`.
    let layout = if line[10] == b' ' { Layout::Plain } else { Layout::Other };
    Some(special.unwrap_or_else(|| other(line, time, end, layout)))
}

/// Parses what follows a time and a space, if it is one of the named layouts.
fn spaced(line: &[u8], time: Stamp, end: usize) -> Option<Head> {
    let at = skip_blanks(line, end);
    if let Some(word) = level_word(line, at).filter(|word| word.capitals) {
        return python(line, time, word);
    }
    match line.get(at)? {
        b'-' => zookeeper(line, time, at),
        b'[' if line[at..].starts_with(b"[myid:") => zookeeper(line, time, after(line, at, b"] ", REACH)?),
        _ if line[10] != b' ' => {
            let (message, level) = syslog::origin(line, at)?;
            Some(Head { layout: Layout::Syslog, time: Some(time), level, message })
        }
        _ => None,
    }
}

/// Parses `LEVEL [<thread>] <module>:<n> `.
fn python(line: &[u8], time: Stamp, word: Word) -> Option<Head> {
    if line.get(word.end).is_some_and(|&byte| byte != b' ') {
        return None;
    }
    let origin = skip_blanks(line, word.end);
    let mut message = after_origin(line, origin);
    let layout = match line[10] {
        _ if message > origin => Layout::Python,
        b' ' => Layout::Plain,
        _ => Layout::Other,
    };
    let process = digits_end(line, origin);
    if line[process..].starts_with(b" --- [") {
        // Spring: `INFO 1234 --- [thread] class : `.
        message = after(line, process, b" : ", REACH).unwrap_or(message);
    }
    Some(Head { layout, time: Some(time), level: Some(word.level), message })
}

/// Parses `- LEVEL  [<thread>:<Class>@<n>] - `, the dash at `at`.
fn zookeeper(line: &[u8], time: Stamp, at: usize) -> Option<Head> {
    let word = match line.get(at..)? {
        [b'-', b' ', ..] => level_word(line, at + 2)?,
        _ => return None,
    };
    let thread = skip_blanks(line, word.end);
    if line.get(thread) != Some(&b'[') {
        return None;
    }
    let message =
        after(line, thread, b"] - ", REACH).or_else(|| line.ends_with(b"] -").then_some(line.len()))?;
    Some(Head { layout: Layout::ZooKeeper, time: Some(time), level: Some(word.level), message })
}

/// Parses `:<pid>(0x<hex>):ZOO_<LEVEL>@<function>@<n>: `.
fn client(line: &[u8], time: Stamp, end: usize) -> Option<Head> {
    let open = digits_end(line, end + 1);
    if open == end + 1 || !line[open..].starts_with(b"(0x") {
        return None;
    }
    let level_at = after(line, open, b"):ZOO_", 32)?;
    let word = level_word(line, level_at)?;
    let message = after(line, word.end, b": ", REACH).unwrap_or(line.len());
    Some(Head { layout: Layout::ZooKeeperClient, time: Some(time), level: Some(word.level), message })
}

/// Parses `|<seq>|<module>|<LEVEL>|`.
fn open_vswitch(line: &[u8], time: Stamp, end: usize) -> Option<Head> {
    let module = digits_end(line, end + 1);
    if module == end + 1 || line.get(module) != Some(&b'|') {
        return None;
    }
    let level_at = after(line, module + 1, b"|", 64)?;
    let level_end = after(line, level_at, b"|", 8)?;
    let level = Level::from_word(line[level_at..level_end - 1].trim_ascii());
    Some(Head { layout: Layout::OpenVSwitch, time: Some(time), level, message: level_end })
}

/// Any other line that starts with a time, with a level if one follows.
fn other(line: &[u8], time: Stamp, end: usize, layout: Layout) -> Head {
    let (mut message, mut level) = level_after(line, end);
    if level.is_none()
        && let [letter @ (b'I' | b'W' | b'E' | b'F'), b' ', ..] = line[message..]
        && let Some(behind) = after(line, message, b"] ", REACH)
        && after_source(&line[..behind - 2], message + 2).is_some()
    {
        // TensorFlow and similar: `2025-06-11 03:12:44.123456: W file.cc:12] `.
        (message, level) = (behind, Level::from_letter(letter));
    } else if level.is_some() {
        message = after_source(line, message).map_or(message, |behind| skip_separators(line, behind));
    }
    Head { layout, time: Some(time), level, message }
}
