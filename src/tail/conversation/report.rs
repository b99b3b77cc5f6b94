//! What came of listening to a script.

use bytes::Bytes;

use crate::batch::{Ending, FileId};
use crate::failure::Failure;
use crate::item::CvmClock;
use crate::tail::follower::act::Notice;

/// What came of listening.
pub enum Report {
    /// There is a shell at the other end, and what its clock says (ours and UTC, if it cannot tell).
    Shell(CvmClock),
    /// The agent serves the log.
    Started,
    /// Lines of the log.
    Lines(Lines),
    /// Something happened to the log.
    Notice(Notice),
    /// What comes from here on is new, or tells its time.
    Fresh,
    /// All that was asked for was read.
    Finished,
    /// The log cannot be read, and no new connection would change that.
    Refused(Failure),
    /// Reading failed on the CVM; a new conversation may go on.
    Failed(Failure),
    /// The conversation is over; a new one may go on.
    Broken(Failure),
}

/// Lines that came, before they are anybody's.
pub struct Lines {
    /// The file they stand in.
    pub file: FileId,
    /// The place of the first byte.
    pub offset: u64,
    /// The bytes.
    pub bytes: Bytes,
    /// How the last line ends. After a `Partial` one, the bytes that follow in the file continue that line.
    pub ending: Ending,
}
