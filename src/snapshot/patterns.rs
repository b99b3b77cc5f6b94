//! The patterns of one stream: what its warnings and errors say, each with how often, when and a sample.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::line::level::Level;
use crate::snapshot::mask::mask;

/// So much of a message is masked; what lies behind does not tell patterns apart.
const MESSAGE: usize = 512;

/// A pattern has at most so many characters.
const PATTERN: usize = 160;

/// A sample has at most so many bytes.
const SAMPLE: usize = 320;

/// What stands for a message without words.
const WORDLESS: &str = "(no message)";

/// How often a pattern came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How many lines.
    pub count: u64,
    /// The time of the earliest, if one is known.
    pub first: Option<Timestamp>,
    /// The time of the latest.
    pub last: Option<Timestamp>,
    /// The first line as it stands in the log, shortened.
    pub sample: String,
}

/// The patterns of one stream, at most as many as there is room for.
#[derive(Clone, Debug)]
pub struct Patterns {
    /// Each with what was seen of it.
    seen: HashMap<(Level, String), Seen>,
    /// How many there may be.
    room: usize,
    /// How many lines had patterns for which there was no room.
    other: u64,
}

impl Patterns {
    /// None yet, with room for so many.
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
            self.seen.insert(key, Seen { count: 1, first: time, last: time, sample });
        } else {
            self.other += 1;
        }
    }

    /// The gravest first, of one level the most frequent, then by the alphabet.
    pub fn ranked(&self) -> Vec<(Level, &str, &Seen)> {
        let mut all: Vec<_> =
            self.seen.iter().map(|((level, pattern), seen)| (*level, pattern.as_str(), seen)).collect();
        all.sort_by(|a, b| (b.0, b.2.count, a.1).cmp(&(a.0, a.2.count, b.1)));
        all
    }

    /// How many lines had patterns for which there was no room.
    pub const fn other(&self) -> u64 {
        self.other
    }
}

/// A pattern as it is kept: not empty, not too long.
fn short(masked: &str) -> String {
    match masked.char_indices().nth(PATTERN) {
        _ if masked.is_empty() => WORDLESS.to_owned(),
        None => masked.to_owned(),
        Some((at, _)) => format!("{}…", &masked[..at]),
    }
}
