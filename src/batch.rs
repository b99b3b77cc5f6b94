//! Batches: consecutive whole lines of a stream, with the position they were read from.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::cluster::target::Target;

/// Lines of up to this many bytes, without the newline, are always whole: they are joined before they are filtered,
/// counted or printed. A longer line is filtered by its first `LONGEST` bytes; the rest follows in pieces that are
/// kept or dropped with it.
pub const LONGEST: usize = 8 << 20;

/// The maximum number of bytes of a line in one NDJSON record, and the size of the pieces after the first [`LONGEST`]
/// bytes.
pub const PIECE: usize = 1 << 20;

/// Device and inode of a file on its CVM, which identify it for as long as it exists, whatever its path.
///
/// Displayed as `fd00:131090`, the device in hexadecimal and the inode in decimal, as in NDJSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    pub device: u64,
    pub inode: u64,
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}:{}", self.device, self.inode)
    }
}

/// How a batch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a newline.
    Newline,
    /// Inside a line longer than [`LONGEST`], which the next batch of the stream continues.
    Partial,
    /// At the end of a file that has no final newline.
    EndOfFile,
}

/// Consecutive lines of one stream, as they are in the file.
///
/// Invariants: `bytes` is not empty. Every line ends with `\n`; the last one may lack it, as `ending` says. A batch
/// whose `ending` is `Partial`, or that `continues`, holds exactly one piece of one line; the first piece of a line is
/// [`LONGEST`] bytes long, and the last one is not `Partial`.
#[derive(Clone, Debug)]
pub struct Batch {
    pub target: Arc<Target>,
    pub file: FileId,
    /// The offset of the first byte in `file`.
    pub offset: u64,
    /// When the lines arrived.
    pub received: SystemTime,
    pub bytes: Bytes,
    /// The first byte continues the line of the previous batch, which was `Partial`.
    pub continues: bool,
    /// How the last line ends.
    pub ending: Ending,
}

impl Batch {
    /// Splits off the first `length` bytes; they must end in a newline unless they are the whole batch.
    pub fn split_to(&mut self, length: usize) -> Self {
        let mut head = self.clone();
        head.bytes = self.bytes.split_to(length);
        if !self.bytes.is_empty() {
            head.ending = Ending::Newline;
        }
        self.offset += length as u64;
        self.continues = false;
        head
    }
}
