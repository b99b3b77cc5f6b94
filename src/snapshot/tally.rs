//! What one stream says within the window: lines, levels, patterns, matches.

use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};
use regex::bytes::RegexSet;

use crate::batch::{Batch, Ending};
use crate::line::layout::Layout;
use crate::line::level::Level;
use crate::line::reader::{LineInfo, Reader};
use crate::line::split::{self, Line, before_cut};
use crate::snapshot::patterns::Patterns;

/// A line this long after the window ends its stream: what is written at the same time is not in order to the
/// second.
const SLACK: SignedDuration = SignedDuration::from_secs(10);

/// A sample of a match has at most so many bytes.
const SAMPLE: usize = 320;

/// The window as the clock of one CVM shows it.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Lines from then on count.
    pub since: Timestamp,
    /// Lines before then count; `None`: all.
    pub until: Option<Timestamp>,
    /// Lines without any time count: the log was written to within the window.
    pub undated: bool,
}

/// The counts of one stream.
#[derive(Debug)]
pub struct Tally {
    /// Which lines count.
    window: Window,
    /// Understands them.
    reader: Reader,
    /// Lines that are breaches.
    fail_on: RegexSet,
    /// The level of the last head stands on the line after it.
    awaits_level: bool,
    /// The line whose pieces are coming in counts.
    counts: bool,
    /// Lines.
    pub lines: u64,
    /// Bytes of them, newlines included.
    pub bytes: u64,
    /// Heads per level, in the order of [`Level`].
    pub levels: [u64; 6],
    /// Lines without a level of their own: continuations, and layouts that have none.
    pub unknown: u64,
    /// The earliest time of a line that counts.
    pub first: Option<Timestamp>,
    /// The latest.
    pub last: Option<Timestamp>,
    /// What is warned of and what fails.
    pub patterns: Patterns,
    /// How many lines match what is a breach.
    pub matches: u64,
    /// The first of them, shortened, and which pattern it matches.
    pub matched: Option<(String, usize)>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(window: Window, reader: Reader, fail_on: RegexSet, room: usize) -> Self {
        Self {
            window,
            reader,
            fail_on,
            awaits_level: false,
            counts: false,
            lines: 0,
            bytes: 0,
            levels: [0; 6],
            unknown: 0,
            first: None,
            last: None,
            patterns: Patterns::new(room),
            matches: 0,
            matched: None,
        }
    }

    /// Counts the lines of a batch. Breaks when the window is over.
    pub fn batch(&mut self, batch: &Batch) -> ControlFlow<()> {
        split::lines(batch).try_for_each(|line| self.line(&line))
    }

    /// What comes next does not follow on what came.
    pub const fn forget(&mut self) {
        self.reader.on_discontinuity();
        self.awaits_level = false;
    }

    /// Counts a line, or a piece of one.
    fn line(&mut self, line: &Line<'_>) -> ControlFlow<()> {
        let info = self.reader.read(line);
        let bytes = line.bytes.len() as u64 + u64::from(line.ending == Ending::Newline);
        if line.continues {
            self.bytes += if self.counts { bytes } else { 0 };
            return ControlFlow::Continue(());
        }
        let (since, until) = (self.window.since, self.window.until);
        let sort_time = info.sort_time;
        self.counts = sort_time.map_or(self.window.undated, |sort_time| {
            sort_time >= since && until.is_none_or(|until| sort_time < until)
        });
        let awaited = std::mem::take(&mut self.awaits_level);
        self.awaits_level = info.layout.is_some_and(Layout::level_follows);
        if self.counts {
            self.bytes += bytes;
            self.count(line, &info, awaited);
        }
        let is_over =
            |until: Timestamp| sort_time.is_some_and(|sort_time| sort_time.duration_since(until) > SLACK);
        if until.is_some_and(is_over) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Counts a line that counts; `awaited`: the level of the head before stands in it.
    fn count(&mut self, line: &Line<'_>, info: &LineInfo, awaited: bool) {
        let (partial, line) = (line.ending == Ending::Partial, line.bytes);
        self.lines += 1;
        if info.time.is_some() {
            self.first = [self.first, info.time].into_iter().flatten().min();
            self.last = self.last.max(info.time);
        }
        let own = if info.layout.is_some() || awaited { info.level } else { None };
        match own {
            Some(level) => {
                self.levels[level as usize] += 1;
                if level >= Level::Warning {
                    self.patterns.count(level, line, info.message, info.time);
                }
            }
            None => self.unknown += 1,
        }
        let fails = |line: &[u8]| self.fail_on.is_match(line);
        if !self.fail_on.is_empty() && if partial { before_cut(line, fails) } else { fails(line) } {
            self.matches += 1;
            if self.matched.is_none() {
                let which = self.fail_on.matches(line).iter().next().unwrap_or(0);
                let sample = String::from_utf8_lossy(&line[..line.len().min(SAMPLE)]).into_owned();
                self.matched = Some((sample, which));
            }
        }
    }

    /// Errors, the fatal ones among them.
    pub const fn errors(&self) -> u64 {
        self.levels[Level::Error as usize] + self.levels[Level::Fatal as usize]
    }

    /// Warnings.
    pub const fn warnings(&self) -> u64 {
        self.levels[Level::Warning as usize]
    }
}
