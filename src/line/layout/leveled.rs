//! Lines that start with the level: log4j (`prism_gateway`), Cassandra, daemons without timestamps.

use memchr::memchr_iter;

use crate::line::layout::head::{Head, Layout};
use crate::line::layout::scan::{after, after_origin, after_source, digits_end, skip_blanks, token_end};
use crate::line::layout::stamp;
use crate::line::layout::words::{Word, level_word, skip_separators};
use crate::line::time::Stamp;

/// The maximum length of the name of a thread.
const REACH: usize = 200;

/// Log4j's `%5p` and `%8s` pad the word with blanks on the left; a line with more of them is indented.
const PADDING: usize = 4;

/// Parses `LEVEL <time>`, `LEVEL [<thread>] <time>`, `LEVEL <thread> <time>`, or `LEVEL [<thread>] <module>:<n> `.
pub fn head(line: &[u8]) -> Option<Head> {
    let padding = line.iter().take(PADDING).take_while(|&&byte| byte == b' ').count();
    let word = level_word(line, padding).filter(|word| word.capitals)?;
    if matches!(line.get(word.end), Some(b'[')) {
        return terminal(line, word);
    }
    if !matches!(line.get(word.end), Some(b' ' | b'\t' | b':' | b'|' | b',')) {
        return None;
    }
    let at = skip_separators(line, word.end);
    if let Some((time, end)) = stamp::iso(line, at) {
        return Some(log4j(line, word, time, end));
    }
    if line.get(at) == Some(&b'[') {
        if let Some((time, end)) = stamp::iso(line, at + 1) {
            let message = skip_separators(line, end + usize::from(line.get(end) == Some(&b']')));
            return Some(Head { layout: Layout::Other, time: Some(time), level: Some(word.level), message });
        }
        if let Some(head) = threaded(line, word, at) {
            return Some(head);
        }
    } else if let Some((time, end)) = stamp::iso(line, skip_separators(line, token_end(line, at))) {
        return Some(log4j(line, word, time, end));
    }
    if padding == 0 { alone(line, word) } else { None }
}

/// Parses what follows the time: `<thread> [<context>] <class.method>:<n> `.
fn log4j(line: &[u8], word: Word, time: Stamp, end: usize) -> Head {
    let at = skip_separators(line, end);
    let message = after(line, at, b"] ", REACH)
        .and_then(|class| after_source(line, class))
        .unwrap_or_else(|| after_origin(line, at));
    Head { layout: Layout::Log4j, time: Some(time), level: Some(word.level), message }
}

/// Parses `[<thread>] <time> <File.java> (line <n>) `, the bracket at `at`; the thread may contain brackets.
fn threaded(line: &[u8], word: Word, at: usize) -> Option<Head> {
    let window = &line[at..line.len().min(at + REACH)];
    let (time, end) = memchr_iter(b']', window)
        .take(4)
        .find_map(|close| stamp::iso(line, skip_blanks(line, at + close + 1)))?;
    let file = skip_blanks(line, end);
    let behind = skip_blanks(line, token_end(line, file));
    let message = if line[behind..].starts_with(b"(line ") {
        after(line, behind, b")", 24).map_or(behind, |close| skip_blanks(line, close))
    } else {
        // Newer Cassandra: `File.java:77 - `.
        after_source(line, file).map_or(file, |dash| skip_separators(line, dash))
    };
    Some(Head { layout: Layout::Cassandra, time: Some(time), level: Some(word.level), message })
}

/// Parses `LEVEL[<seconds or time>] ` (logrus on a terminal), or `LEVEL[<thread>] <time>` without a blank.
fn terminal(line: &[u8], word: Word) -> Option<Head> {
    let inside = word.end + 1;
    if let Some((time, end)) = stamp::iso(line, inside)
        && line.get(end) == Some(&b']')
    {
        let message = skip_separators(line, end + 1);
        return Some(Head { layout: Layout::Logfmt, time: Some(time), level: Some(word.level), message });
    }
    let close = digits_end(line, inside);
    if close >= inside + 4 && line[close..].starts_with(b"] ") {
        return Some(Head {
            layout: Layout::Logfmt,
            time: None,
            level: Some(word.level),
            message: close + 2,
        });
    }
    threaded(line, word, word.end)
}

/// Parses a head without a time: `LEVEL [<thread>] <module>:<n> `, `LEVEL:<name>:` (Python's default), or a level and a
/// blank. `LEVEL: ` alone is not a head: it occurs in reports inside records (`WARN: Disk ...`).
fn alone(line: &[u8], word: Word) -> Option<Head> {
    if !matches!(
        &line[..word.end],
        b"TRACE" | b"DEBUG" | b"INFO" | b"WARN" | b"WARNING" | b"ERROR" | b"CRITICAL" | b"FATAL"
    ) {
        return None;
    }
    let message = match line.get(word.end..)? {
        [b':', name, ..] if name.is_ascii_alphabetic() || *name == b'_' => {
            let colon = after(line, word.end + 1, b":", 64)?;
            line[word.end + 1..colon - 1]
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
                .then_some(colon)?
        }
        [b' ', ..] => {
            let at = skip_blanks(line, word.end);
            // One blank, or as many as pad the word to five or eight columns, and one more.
            if !(at == word.end + 1 || at == 6 || at == 9) {
                return None;
            }
            if !line.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"([_/\"'<".contains(byte)) {
                return None;
            }
            after_origin(line, at)
        }
        _ => return None,
    };
    Some(Head { layout: Layout::Python, time: None, level: Some(word.level), message })
}
