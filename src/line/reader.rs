//! Parses the lines of one stream, in order.

use jiff::Timestamp;

use crate::batch::Ending;
use crate::line::layout::{self, Layout, Memory, words};
use crate::line::level::Level;
use crate::line::record::Records;
use crate::line::split::Line;
use crate::line::time::{Clock, ClockContext};

/// What is known of a line, by itself or from the head of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// Its timestamp, or that of its record. Not corrected for the clock of the CVM.
    pub time: Option<Timestamp>,
    /// What to sort by: `time`, or if that is unknown, the last known time of the stream.
    pub sort_time: Option<Timestamp>,
    /// Its level, or that of its record. `None` for layouts without one, and for a j.u.l. header, whose level is on the
    /// next line (`Layout::level_follows`).
    pub level: Option<Level>,
    /// The number of its record on this stream, from 1.
    pub record: u64,
    /// It is the first line of its record.
    pub opens: bool,
    /// `None` for a line without a head.
    pub layout: Option<Layout>,
    /// The offset of the message in its bytes, after timestamp, level, thread and source location.
    pub message: usize,
}

/// Parses the lines of one stream and keeps what the next one needs.
#[derive(Clone, Debug)]
pub struct Reader {
    clock: Clock,
    memory: Memory,
    records: Records,
    /// The last known time.
    sort_time: Option<Timestamp>,
    /// The last line was a j.u.l. header, whose level is on the next line.
    awaits_level: bool,
}

impl Reader {
    pub fn new(context: ClockContext) -> Self {
        Self {
            clock: Clock::new(context),
            memory: Memory::default(),
            records: Records::default(),
            sort_time: None,
            awaits_level: false,
        }
    }

    /// Parses the next line of the stream, or the next piece of a long line.
    pub fn read(&mut self, line: &Line<'_>) -> LineInfo {
        let (opens, layout, message) = if line.continues {
            // A later piece of a line is never a head, whatever it looks like, and no record ends before it.
            (!self.records.is_open() && self.records.follow(), None, 0)
        } else {
            self.place(line.bytes)
        };
        self.records.grow(line.bytes.len() as u64 + u64::from(line.ending == Ending::Newline));
        let time = self.records.time();
        self.sort_time = time.or(self.sort_time);
        LineInfo {
            time,
            sort_time: self.sort_time,
            level: self.records.level(),
            record: self.records.number(),
            opens,
            layout,
            message,
        }
    }

    /// The timestamp of `line`, if it has one of its own; does not affect the records.
    pub fn time_of(&mut self, line: &[u8]) -> Option<Timestamp> {
        let head = layout::recognize(line, &mut self.memory)?;
        self.clock.resolve(&head.time?)
    }

    /// The stream was silent for a while: the open record is complete.
    pub const fn on_silence(&mut self) {
        self.records.close();
    }

    /// What follows does not continue what was read: a new file, a truncation, a gap.
    pub const fn on_discontinuity(&mut self) {
        self.records.forget();
        self.sort_time = None;
        self.awaits_level = false;
    }

    /// Interprets timestamps by `context` from now on.
    pub fn set_clock(&mut self, context: ClockContext) {
        self.clock = Clock::new(context);
    }

    /// Sets the instant by which dates without a year are interpreted; once per batch is enough.
    pub fn set_reference(&mut self, reference: Timestamp) {
        self.clock.set_reference(reference);
    }

    /// Assigns a line to its record. Returns whether it opens it, its layout, and the offset of its message.
    fn place(&mut self, bytes: &[u8]) -> (bool, Option<Layout>, usize) {
        if std::mem::take(&mut self.awaits_level)
            && let Some((level, message)) = words::level_colon(bytes)
        {
            self.records.set_level(level);
            return (self.records.follow(), None, message);
        }
        let Some(head) = layout::recognize(bytes, &mut self.memory) else {
            return (self.records.follow(), None, 0);
        };
        let time = head.time.and_then(|stamp| self.clock.resolve(&stamp));
        self.records.head(time, head.level);
        self.awaits_level = head.layout.level_follows();
        (true, Some(head.layout), head.message)
    }
}
