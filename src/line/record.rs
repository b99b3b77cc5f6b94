//! Which lines of a stream belong together: a head and what continues it.

use jiff::Timestamp;

use crate::line::level::Level;

/// A record is cut after this many lines.
pub const MAX_LINES: u32 = 1_000;

/// A record is cut once it holds this many bytes, newlines counted.
pub const MAX_BYTES: u64 = 1 << 20;

/// The records of one stream: the one that is open, and what its lines inherit.
///
/// What is cut (by size, by silence) goes on under a new number but keeps its time and level: those are true of the
/// lines whenever and in whatever pieces they arrive.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The number of the record that the last line belongs to; the first is 1.
    number: u64,
    /// The lines in it so far.
    lines: u32,
    /// The bytes in it so far.
    bytes: u64,
    /// False if the next line opens a record whether or not it is a head.
    open: bool,
    /// The time of the head, for the lines that continue it.
    time: Option<Timestamp>,
    /// The level of the head.
    level: Option<Level>,
}

impl Records {
    /// Takes a head: closes the record before and opens the next with this time and level.
    pub fn head(&mut self, time: Option<Timestamp>, level: Option<Level>) {
        (self.time, self.level) = (time, level);
        self.open_next();
        self.lines = 1;
    }

    /// Takes a line that is no head; gives true if it opens a record all the same, because none is open
    /// or the one that is has run away.
    pub fn follow(&mut self) -> bool {
        let opens = !self.open || self.lines >= MAX_LINES || self.bytes >= MAX_BYTES;
        if opens {
            self.open_next();
        }
        self.lines += 1;
        opens
    }

    /// Adds to the open record's size; the pieces of one line come here one by one.
    pub const fn grow(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Gives the open record the level that its second line told (j.u.l.).
    pub const fn set_level(&mut self, level: Level) {
        self.level = Some(level);
    }

    /// Closes the open record; the next line opens one, and inherits if it is no head.
    pub const fn close(&mut self) {
        self.open = false;
    }

    /// Closes the open record and forgets its time and level: what comes next is not its continuation.
    pub const fn forget(&mut self) {
        self.open = false;
        self.time = None;
        self.level = None;
    }

    /// Whether a record is open, which silence or the next head will close.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// The number of the record that the last line belongs to.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The time that the open record's lines have.
    pub const fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The level that the open record's lines have.
    pub const fn level(&self) -> Option<Level> {
        self.level
    }

    /// Starts counting anew under the next number.
    const fn open_next(&mut self) {
        self.number += 1;
        self.lines = 0;
        self.bytes = 0;
        self.open = true;
    }
}
