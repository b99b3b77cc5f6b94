//! The lines of a batch, one after the other, none of them copied.

use memchr::memchr;

use crate::batch::{Batch, Ending};

/// One line, or one piece of a line beyond the cap, as it stands in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its bytes without the newline; a carriage return is the log's own and stays.
    pub bytes: &'a [u8],
    /// The place of its first byte in the file.
    pub offset: u64,
    /// True if it goes on with the piece of a line that the stream's batch before ended with.
    pub continues: bool,
    /// What follows it: a newline, more of the same line, or the end of the file.
    pub ending: Ending,
}

#[cfg(test)]
impl<'a> Line<'a> {
    /// A whole line that ends with a newline, for callers that hold nothing but its bytes.
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0, continues: false, ending: Ending::Newline }
    }
}

/// The lines of one batch, in the order of the file.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    /// What is not yet given out.
    rest: &'a [u8],
    /// The place of the first byte of `rest` in the file.
    offset: u64,
    /// Whether the next line goes on with the batch before.
    continues: bool,
    /// What follows a last line without a newline.
    ending: Ending,
}

/// Gives the lines of `batch`, borrowed from it.
pub fn lines(batch: &Batch) -> Lines<'_> {
    Lines::of(&batch.bytes, batch.offset, batch.continues, batch.ending)
}

impl<'a> Lines<'a> {
    /// Gives the lines in `bytes`, which begin at `offset` of their file, whether or not the first goes on with
    /// a line before; `ending` says what follows a last line without a newline.
    pub const fn of(bytes: &'a [u8], offset: u64, continues: bool, ending: Ending) -> Self {
        Self { rest: bytes, offset, continues, ending }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (bytes, rest, ending) = match memchr(b'\n', self.rest) {
            Some(at) => (&self.rest[..at], &self.rest[at + 1..], Ending::Newline),
            None => (self.rest, &self.rest[..0], self.ending),
        };
        let line = Line { bytes, offset: self.offset, continues: self.continues, ending };
        self.offset += (self.rest.len() - rest.len()) as u64;
        self.rest = rest;
        self.continues = false;
        Some(line)
    }
}

/// Whether `matches` holds for a line of which only the `start` is known: `$` and `\b` must not match just because the
/// known part ends there.
pub fn before_cut(start: &[u8], matches: impl Fn(&[u8]) -> bool) -> bool {
    matches(start) && matches(&[start, b"x"].concat())
}
