//! Counts the lines of one stream within the window, by level and pattern.

use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};
use regex::bytes::RegexSet;

use crate::batch::{Batch, Ending};
use crate::line::layout::Layout;
use crate::line::level::Level;
use crate::line::reader::{LineInfo, Reader};
use crate::line::split::{self, Line, before_cut};
use crate::snapshot::patterns::Patterns;

/// A line this long after the window ends the stream; logs are not sorted to the second.
const SLACK: SignedDuration = SignedDuration::from_secs(10);

/// The maximum length of a sample in bytes.
const SAMPLE: usize = 320;

/// The window by the clock of one CVM.
#[derive(Clone, Copy, Debug)]
pub struct CvmWindow {
    pub since: Timestamp,
    /// `None`: no end.
    pub until: Option<Timestamp>,
    /// Lines without a known time count, because the log was written to within the window.
    pub undated: bool,
}

#[derive(Debug)]
pub struct StreamCounts {
    window: CvmWindow,
    reader: Reader,
    fail_on: RegexSet,
    /// The level of the last head is on the next line.
    awaits_level: bool,
    /// The line that is arriving in pieces counts.
    counts: bool,
    pub lines: u64,
    /// Including newlines.
    pub bytes: u64,
    /// Heads by level, in the order of [`Level`].
    pub levels: [u64; 6],
    /// Lines without a level of their own: continuation lines, and layouts without levels.
    pub unknown: u64,
    /// The earliest timestamp.
    pub first: Option<Timestamp>,
    /// The latest timestamp.
    pub last: Option<Timestamp>,
    /// The patterns of warnings and errors.
    pub patterns: Patterns,
    /// The number of lines that match `--fail-on`.
    pub matches: u64,
    /// The first of these lines, truncated, and the index of the pattern.
    pub matched: Option<(String, usize)>,
}

impl StreamCounts {
    /// `room`: the maximum number of patterns.
    pub fn new(window: CvmWindow, reader: Reader, fail_on: RegexSet, room: usize) -> Self {
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

    /// Counts the lines of a batch. Breaks at the end of the window.
    pub fn batch(&mut self, batch: &Batch) -> ControlFlow<()> {
        split::lines(batch).try_for_each(|line| self.line(&line))
    }

    /// What follows does not continue what came before: a new file, a gap.
    pub const fn forget(&mut self) {
        self.reader.on_discontinuity();
        self.awaits_level = false;
    }

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

    /// Counts a line in the window; `awaited`: it has the level of the previous head.
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

    /// Including fatal errors.
    pub const fn errors(&self) -> u64 {
        self.levels[Level::Error as usize] + self.levels[Level::Fatal as usize]
    }

    pub const fn warnings(&self) -> u64 {
        self.levels[Level::Warning as usize]
    }
}
