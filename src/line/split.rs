//! Splits batches into lines, without copying.

use memchr::memchr;

use crate::batch::{Batch, Ending};

/// One line, or one piece of a long line, in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Without the newline; a carriage return is part of the line.
    pub bytes: &'a [u8],
    /// The offset of the first byte in the file.
    pub offset: u64,
    /// It continues the line with which the previous batch of the stream ended.
    pub continues: bool,
    /// What follows the last byte.
    pub ending: Ending,
}

/// The lines of one batch.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    /// What has not been returned yet.
    rest: &'a [u8],
    /// The offset of `rest` in the file.
    offset: u64,
    /// The next line continues the previous batch.
    continues: bool,
    ending: Ending,
}

/// The lines of `batch`.
pub fn lines(batch: &Batch) -> Lines<'_> {
    Lines::new(&batch.bytes, batch.offset, batch.continues, batch.ending)
}

impl<'a> Lines<'a> {
    /// The lines in `bytes`, which are at `offset` of their file. `continues`: the first continues an earlier line;
    /// `ending`: what follows a last line without a newline.
    pub const fn new(bytes: &'a [u8], offset: u64, continues: bool, ending: Ending) -> Self {
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

/// Whether `matches` holds for a line of which only the start is known: `$` and `\b` must not match where the known
/// part ends.
pub fn before_cut(start: &[u8], matches: impl Fn(&[u8]) -> bool) -> bool {
    matches(start) && matches(&[start, b"x"].concat())
}
