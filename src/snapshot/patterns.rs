//! The patterns of one stream: its warnings and errors by masked message.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::line::level::Level;
use crate::snapshot::mask::mask;

/// Only this many bytes of a message are masked; the rest does not distinguish patterns.
const MESSAGE: usize = 512;

/// The maximum length of a pattern in characters.
const PATTERN: usize = 160;

/// The maximum length of a sample in bytes.
const SAMPLE: usize = 320;

/// The pattern of an empty message.
const WORDLESS: &str = "(no message)";

/// The lines of one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternStats {
    /// The number of lines.
    pub count: u64,
    /// The earliest timestamp.
    pub first: Option<Timestamp>,
    /// The latest timestamp.
    pub last: Option<Timestamp>,
    /// The first line, truncated.
    pub sample: String,
}

/// The patterns of one stream, up to a maximum number.
#[derive(Clone, Debug)]
pub struct Patterns {
    seen: HashMap<(Level, String), PatternStats>,
    /// The maximum number of patterns.
    room: usize,
    /// The number of lines whose patterns were not kept.
    other: u64,
}

impl Patterns {
    /// `room`: the maximum number of patterns.
    pub fn new(room: usize) -> Self {
        Self { seen: HashMap::new(), room, other: 0 }
    }

    /// Counts a line whose message starts at `message`.
    pub fn count(&mut self, level: Level, line: &[u8], message: usize, time: Option<Timestamp>) {
        let said = line.get(message..).unwrap_or_default();
        let said = String::from_utf8_lossy(&said[..said.len().min(MESSAGE)]);
        let key = (level, short(&mask(&said)));
        if let Some(seen) = self.seen.get_mut(&key) {
            seen.count += 1;
            seen.first = [seen.first, time].into_iter().flatten().min();
            seen.last = seen.last.max(time);
        } else if self.seen.len() < self.room {
            let sample = String::from_utf8_lossy(&line[..line.len().min(SAMPLE)]).into_owned();
            self.seen.insert(key, PatternStats { count: 1, first: time, last: time, sample });
        } else {
            self.other += 1;
        }
    }

    /// Highest level first, then most frequent, then alphabetically.
    pub fn ranked(&self) -> Vec<(Level, &str, &PatternStats)> {
        let mut all: Vec<_> =
            self.seen.iter().map(|((level, pattern), seen)| (*level, pattern.as_str(), seen)).collect();
        all.sort_by(|a, b| (b.0, b.2.count, a.1).cmp(&(a.0, a.2.count, b.1)));
        all
    }

    /// The number of lines whose patterns were not kept.
    pub const fn other(&self) -> u64 {
        self.other
    }
}

/// A masked message, truncated and not empty.
fn short(masked: &str) -> String {
    match masked.char_indices().nth(PATTERN) {
        _ if masked.is_empty() => WORDLESS.to_owned(),
        None => masked.to_owned(),
        Some((at, _)) => format!("{}…", &masked[..at]),
    }
}
