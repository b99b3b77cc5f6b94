//! The reader of one stream: give it each line, in order, and it says what the line is.

use jiff::Timestamp;

use crate::batch::Ending;
use crate::line::layout::{self, Layout, Memory, words};
use crate::line::level::Level;
use crate::line::record::Records;
use crate::line::split::Line;
use crate::line::time::{Clock, ClockContext};

/// What a line says about itself, or inherits from the head it continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Understood {
    /// Its instant: its own if it is a head, else its record's. Not yet corrected for the CVM's clock.
    pub time: Option<Timestamp>,
    /// The same as `time`, or where that is unknown the last known time on the stream: the place to sort by.
    pub near: Option<Timestamp>,
    /// Its level: its own if it is a head, else its record's. `None` for layouts that tell none; for a
    /// j.u.l. header also because the level stands on the next line (`Layout::level_follows`).
    pub level: Option<Level>,
    /// The number of its record on this stream, from 1 up.
    pub record: u64,
    /// Whether it is the first line of that record.
    pub opens: bool,
    /// How its head is written; `None` for a line that is no head.
    pub layout: Option<Layout>,
    /// Where the message starts in its bytes, after time, level, thread and place in the source.
    pub message: usize,
}

/// Reads the lines of one stream and remembers what the next one needs.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Turns stamps into instants.
    clock: Clock,
    /// The layout to try first.
    memory: Memory,
    /// The open record.
    records: Records,
    /// The last time known on the stream.
    near: Option<Timestamp>,
    /// True right after a j.u.l. header, whose level stands on the next line.
    awaits_level: bool,
}

impl Reader {
    /// A reader at the start of a stream of the CVM that `context` tells of.
    pub fn new(context: ClockContext) -> Self {
        Self {
            clock: Clock::new(context),
            memory: Memory::default(),
            records: Records::default(),
            near: None,
            awaits_level: false,
        }
    }

    /// Reads the stream's next line, or its next piece of a line beyond the cap.
    pub fn read(&mut self, line: &Line<'_>) -> Understood {
        let (opens, layout, message) = if line.continues {
            // A piece of a line is no line: it is no head whatever it looks like, and no record is cut before it.
            (!self.records.is_open() && self.records.follow(), None, 0)
        } else {
            self.place(line.bytes)
        };
        self.records.grow(line.bytes.len() as u64 + u64::from(line.ending == Ending::Newline));
        let time = self.records.time();
        self.near = time.or(self.near);
        Understood {
            time,
            near: self.near,
            level: self.records.level(),
            record: self.records.number(),
            opens,
            layout,
            message,
        }
    }

    /// Reads the stream's next line, a whole one.
    #[cfg(test)]
    pub fn read_whole(&mut self, line: &[u8]) -> Understood {
        self.read(&Line::whole(line))
    }

    /// The instant that `line` itself tells, if it is a head that tells one; leaves the records alone.
    pub fn time_of(&mut self, line: &[u8]) -> Option<Timestamp> {
        let head = layout::recognise(line, &mut self.memory)?;
        self.clock.resolve(&head.time?)
    }

    /// Tells that the stream was silent for 500 ms: the open record is closed.
    pub const fn silence(&mut self) {
        self.records.close();
    }

    /// Tells that what follows does not follow on what was read: a new file, a truncation, a gap.
    pub const fn forget(&mut self) {
        self.records.forget();
        self.near = None;
        self.awaits_level = false;
    }

    /// Reads stamps as `context` says from now on; what was read before stands.
    pub fn tell(&mut self, context: ClockContext) {
        self.clock = Clock::new(context);
    }

    /// Moves the instant that dates without a year are read by; once a batch is enough.
    pub fn refer(&mut self, reference: Timestamp) {
        self.clock.refer(reference);
    }

    /// Puts a line that starts here into its record: whether it opens it, its layout, its message.
    fn place(&mut self, bytes: &[u8]) -> (bool, Option<Layout>, usize) {
        if std::mem::take(&mut self.awaits_level)
            && let Some((level, message)) = words::level_colon(bytes)
        {
            self.records.set_level(level);
            return (self.records.follow(), None, message);
        }
        let Some(head) = layout::recognise(bytes, &mut self.memory) else {
            return (self.records.follow(), None, 0);
        };
        let time = head.time.and_then(|stamp| self.clock.resolve(&stamp));
        self.records.head(time, head.level);
        self.awaits_level = head.layout.level_follows();
        (true, Some(head.layout), head.message)
    }
}
