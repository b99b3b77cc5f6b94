//! What is kept, held and printed as a whole: a line, or a record with all its lines.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use jiff::Timestamp;

use crate::batch::{Batch, Ending, FileId};
use crate::cluster::target::Target;
use crate::line::level::Level;
use crate::line::split::{Line, Lines};

/// Why a unit is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It matches the filter.
    Match,
    /// It is near a match.
    Context,
    /// Not lines of the log, but a count of suppressed repeats of the previous unit of its stream.
    Repeats(u64),
}

/// Consecutive lines of one stream, as they are in the file.
///
/// Invariants: `bytes` is not empty and holds whole lines including their newlines, except that the first may continue
/// the previous unit of the stream (`continues`) and the last may lack its newline (`ending`).
#[derive(Clone, Debug)]
pub struct Unit {
    pub target: Arc<Target>,
    pub file: FileId,
    /// The offset of the first byte in `file`.
    pub offset: u64,
    /// When the first line arrived.
    pub received: SystemTime,
    pub bytes: Bytes,
    /// The first byte continues the last line of the previous unit.
    pub continues: bool,
    /// How the last line ends.
    pub ending: Ending,
    /// How many lines begin in the unit.
    pub lines: u64,
    /// The timestamp of the line or record.
    pub time: Option<Timestamp>,
    /// What the unit is sorted by; `None` sorts first.
    pub sort_time: Option<Timestamp>,
    pub level: Option<Level>,
    /// The number of the record on this stream.
    pub record: u64,
    /// Where the message starts in the first line.
    pub message: usize,
    pub role: Role,
    /// Lines of its stream were skipped since the last printed unit.
    pub opens_group: bool,
}

impl Unit {
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.bytes, self.offset, self.continues, self.ending)
    }

    /// Copies the bytes, so that the unit does not keep a whole batch in memory.
    pub fn detach(&mut self) {
        self.bytes = Bytes::copy_from_slice(&self.bytes);
    }

    /// The bytes without the last newline, as patterns see them.
    pub fn text(&self) -> &[u8] {
        self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes)
    }
}

/// The range of `line` in the bytes of `batch`, including its newline.
pub fn place(batch: &Batch, line: &Line<'_>) -> std::ops::Range<usize> {
    // Both offsets count in the same file, and the line lies in the batch.
    let start = usize::try_from(line.offset - batch.offset).unwrap_or(usize::MAX);
    start..start + line.bytes.len() + usize::from(line.ending == Ending::Newline)
}

#[cfg(test)]
pub mod tests {
    //! Units for the tests of this room.

    use std::time::SystemTime;

    use bytes::Bytes;

    use super::{Role, Unit};
    use crate::batch::{Ending, FileId};
    use crate::tally::tests::target;

    /// A unit of one line without a timestamp or level.
    pub fn unit(bytes: &'static [u8]) -> Unit {
        Unit {
            target: target(0, "a", "x"),
            file: FileId { device: 1, inode: 2 },
            offset: 0,
            received: SystemTime::UNIX_EPOCH,
            bytes: Bytes::from_static(bytes),
            continues: false,
            ending: Ending::Newline,
            lines: 1,
            time: None,
            sort_time: None,
            level: None,
            record: 1,
            message: 0,
            role: Role::Match,
            opens_group: false,
        }
    }
}
