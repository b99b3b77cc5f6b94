//! What a conversation reports to its stream.

use bytes::Bytes;

use crate::batch::{Ending, FileId};
use crate::failure::Failure;
use crate::item::CvmClock;
use crate::tail::follower::effect::Notice;

pub enum Report {
    /// A shell replied, with its clock (ours and UTC if it has none).
    Greeted(CvmClock),
    /// The agent runs.
    Started,
    /// Lines of the log.
    Lines {
        /// The file that they are in.
        file: FileId,
        /// The place of the first byte.
        offset: u64,
        bytes: Bytes,
        /// How the last line ends. After a `Partial` one, the bytes that follow in the file continue that line.
        ending: Ending,
    },
    /// Something happened to the log.
    Notice(Notice),
    /// Lines from here on are new, or have a timestamp.
    Fresh,
    /// Everything requested was read.
    Finished,
    /// The log cannot be read, and no new connection would change that.
    Refused(Failure),
    /// Reading failed on the CVM; a new conversation may go on.
    Failed(Failure),
    /// The conversation is over; a new one may go on.
    Broken(Failure),
}
