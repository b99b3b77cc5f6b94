//! Records: a line with a head, and the lines that continue it.

use jiff::Timestamp;

use crate::line::level::Level;

/// A record ends after this many lines.
pub const MAX_LINES: u32 = 1_000;

/// A record ends once it has this many bytes, including newlines.
pub const MAX_BYTES: u64 = 1 << 20;

/// The open record of one stream, and what its lines inherit.
///
/// If a record is ended by its size or by silence, its remaining lines have a new number but the same time and level:
/// these do not depend on when and in which pieces lines arrive.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The number of the record of the last line; the first is 1.
    number: u64,
    /// Lines so far.
    lines: u32,
    /// Bytes so far.
    bytes: u64,
    /// If not, the next line opens a record even without a head.
    open: bool,
    time: Option<Timestamp>,
    level: Option<Level>,
}

impl Records {
    /// A line with a head: opens the next record with this time and level.
    pub fn head(&mut self, time: Option<Timestamp>, level: Option<Level>) {
        (self.time, self.level) = (time, level);
        self.open_next();
        self.lines = 1;
    }

    /// A line without a head. Returns `true` if it opens a record nevertheless, because none is open or the open one
    /// has reached its maximum size.
    pub fn follow(&mut self) -> bool {
        let opens = !self.open || self.lines >= MAX_LINES || self.bytes >= MAX_BYTES;
        if opens {
            self.open_next();
        }
        self.lines += 1;
        opens
    }

    /// Adds to the size of the open record.
    pub const fn grow(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Sets the level of the open record from its second line (j.u.l.).
    pub const fn set_level(&mut self, level: Level) {
        self.level = Some(level);
    }

    /// Closes the open record. The next line opens one, and inherits time and level if it has no head.
    pub const fn close(&mut self) {
        self.open = false;
    }

    /// Closes the open record and clears its time and level.
    pub const fn forget(&mut self) {
        self.open = false;
        self.time = None;
        self.level = None;
    }

    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// The number of the record of the last line.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The time of the lines of the open record.
    pub const fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The level of the lines of the open record.
    pub const fn level(&self) -> Option<Level> {
        self.level
    }

    /// Opens the next record.
    const fn open_next(&mut self) {
        self.number += 1;
        self.lines = 0;
        self.bytes = 0;
        self.open = true;
    }
}
