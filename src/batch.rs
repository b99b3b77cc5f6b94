//! Lines of a stream: whole ones in batches, which know the place they were read from.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::cluster::target::Target;

/// Lines of up to this many bytes, newline not counted, are always whole: pieces are joined before a line is filtered,
/// counted or printed. A longer line is filtered by its first `LONGEST` bytes; the rest follows in pieces that are kept
/// or dropped with it.
pub const LONGEST: usize = 8 << 20;

/// The most bytes of a line in one NDJSON record, and the size of the pieces that follow the first [`LONGEST`] bytes.
pub const PIECE: usize = 1 << 20;

/// Device and inode of a file on its CVM: its name for as long as it exists, whatever its path.
///
/// Shown as `fd00:131090`, the device in hexadecimal and the inode in decimal, which is how
/// INTERFACE's `file` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// `st_dev`.
    pub device: u64,
    /// `st_ino`.
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
    /// With a newline: every line in it is whole.
    Newline,
    /// In the middle of a line beyond the cap: the stream's next batch goes on with the same line.
    Partial,
    /// At the end of a file that has no final newline.
    EndOfFile,
}

/// Lines of one stream, one after the other as they stand in the file.
///
/// Invariants: `bytes` is not empty. Every line in it ends with `\n`, the last one too unless `ending`
/// says otherwise. A batch whose `ending` is `Partial`, or that `continues`, holds one piece of one line
/// and nothing else; the first piece of a line is [`LONGEST`] bytes long, and the last one is not `Partial`.
/// All lines come from `file`, the first byte from `offset`.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The stream the lines belong to.
    pub target: Arc<Target>,
    /// The file they were read from.
    pub file: FileId,
    /// The place of the first byte in that file.
    pub offset: u64,
    /// When they arrived here.
    pub received: SystemTime,
    /// The bytes as they stand in the file.
    pub bytes: Bytes,
    /// True if the first byte goes on with the line of the stream's batch before (which was `Partial`).
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
