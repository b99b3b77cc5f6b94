//! A line with everything known about it, as renderers take it.

use std::ops::Range;
use std::time::SystemTime;

use jiff::Timestamp;
use memchr::memchr;

use crate::batch::{Batch, Ending, FileId};
use crate::cluster::target::Target;
use crate::line::level::Level;

/// One line, or one piece of a longer line, with everything known about it.
#[derive(Clone, Copy, Debug)]
pub struct AnnotatedLine<'a> {
    pub target: &'a Target,
    pub file: FileId,
    /// The offset of the first byte in `file`.
    pub offset: u64,
    /// When it arrived.
    pub received: SystemTime,
    /// Without the newline.
    pub bytes: &'a [u8],
    /// It continues the previous piece of its stream.
    pub continues: bool,
    /// What follows the last byte.
    pub ending: Ending,
    /// Its timestamp, own or inherited from its record.
    pub time: Option<Timestamp>,
    pub level: Option<Level>,
    /// The number of its record, with `-M`.
    pub record: Option<u64>,
    /// It arrived too late to be sorted.
    pub late: bool,
    /// The ranges of `bytes` to highlight: not empty, in order, without overlap.
    pub matches: &'a [Range<usize>],
}

/// The lines in `range` of a batch, which consists of whole lines, as
/// [`Filter::for_each_kept`](crate::flow::filter::Filter::for_each_kept) returns it.
pub fn lines(batch: &Batch, range: Range<usize>) -> impl Iterator<Item = AnnotatedLine<'_>> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        if at >= range.end {
            return None;
        }
        let start = at;
        let (end, ending) = match memchr(b'\n', &batch.bytes[start..range.end]) {
            Some(length) => (start + length, Ending::Newline),
            None => (range.end, batch.ending),
        };
        at = end + 1;
        Some(AnnotatedLine {
            target: &batch.target,
            file: batch.file,
            offset: batch.offset + start as u64,
            received: batch.received,
            bytes: &batch.bytes[start..end],
            continues: batch.continues,
            ending,
            time: None,
            level: None,
            record: None,
            late: false,
            matches: &[],
        })
    })
}
