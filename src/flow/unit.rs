//! What is kept, held and printed as one: a line, or a record with all its lines.

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
    /// It is what was asked for.
    Match,
    /// It stands before or after such a one.
    Context,
    /// No lines of the log: so many repeats of the unit before it on its stream were folded.
    Repeats(u64),
}

/// Lines of one stream, one after the other as they stand in the file.
///
/// Invariants: `bytes` is not empty and holds whole lines, newlines included, except that the first may go
/// on with the stream's unit before, and that the last may lack its newline, as `ending` says.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The stream they belong to.
    pub target: Arc<Target>,
    /// The file they were read from.
    pub file: FileId,
    /// The place of the first byte in that file.
    pub offset: u64,
    /// When the first one arrived here.
    pub received: SystemTime,
    /// The bytes as they stand in the file.
    pub bytes: Bytes,
    /// True if the first byte goes on with the line that the unit before ended in.
    pub continues: bool,
    /// How the last line ends.
    pub ending: Ending,
    /// How many lines begin in it.
    pub lines: u64,
    /// Their own time.
    pub time: Option<Timestamp>,
    /// Their place in the order of time; `None`: before all that have one.
    pub near: Option<Timestamp>,
    /// Their level.
    pub level: Option<Level>,
    /// The number of their record on this stream.
    pub record: u64,
    /// Where the message starts in the first line.
    pub message: usize,
    /// Why it is printed.
    pub role: Role,
    /// True if lines of its stream were left out since the last unit that is printed.
    pub opens_group: bool,
}

impl Unit {
    /// The lines, borrowed.
    pub fn lines(&self) -> Lines<'_> {
        Lines::of(&self.bytes, self.offset, self.continues, self.ending)
    }

    /// Gives up its share in the bytes of a whole batch for a copy of its own.
    pub fn detach(&mut self) {
        self.bytes = Bytes::copy_from_slice(&self.bytes);
    }

    /// The bytes in which patterns are looked for: all but the last newline.
    pub fn text(&self) -> &[u8] {
        self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes)
    }
}

/// The place of `line` in the bytes of `batch`, its newline included.
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

    /// A unit of one line of which nothing is known.
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
            near: None,
            level: None,
            record: 1,
            message: 0,
            role: Role::Match,
            opens_group: false,
        }
    }
}
