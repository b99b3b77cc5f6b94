//! What a follower has its conversation do and report.

use crate::agent::hidden::Hidden;
use crate::agent::protocol::{Flaw, Request};
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;

/// What to do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this request to the agent.
    Send(Request),
    /// Report this to the user.
    Report(Notice),
    /// The incomplete line will not be completed: deliver it as it is.
    Flush,
    /// Drop what was received and not delivered: it will be read again.
    Forget,
    /// Withhold what is received from here on until it is accepted or rejected.
    Quarantine,
    /// Deliver the withheld bytes.
    Accept,
    /// Drop the withheld bytes: they are from another file.
    Reject,
    /// Drop what is received from here on.
    Discard,
    /// Deliver again what is received from here on.
    StopDiscarding,
    /// Lines from here on are new, or have a timestamp.
    Fresh,
    /// Everything requested was read: end the stream.
    Finish,
    /// The stream cannot go on: no file, or nothing that can be followed.
    Refuse(Refusal),
    /// End the stream: lines were requested by time, and none has a timestamp.
    Undated,
    /// The agent violates the protocol: start a new conversation.
    Break(String),
    /// Reading failed on the CVM: retry if following.
    Fail(String),
}

/// What happened to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Reading starts there.
    Started { file: FileId, offset: u64 },
    /// The log continues in file `to`; the one before was read up to `read`, which is its end if `whole`.
    Rotated { read: u64, to: FileId, whole: bool },
    /// The file became shorter than what was read.
    Truncated { file: FileId, offset: u64 },
    /// From `offset` on bytes are lost: how many, if that can be known.
    Gap { file: FileId, offset: u64, bytes: Option<u64>, cause: LossCause },
    /// Something could not be examined that may be a file of the log.
    Hidden(Hidden),
    /// A file was not read, or not beyond `place`.
    Unread { path: RemotePath, place: Option<(FileId, u64)>, flaw: Flaw },
    /// The file was deleted after it was read up to there, and the log continues in another. There may have been more in
    /// between.
    Deleted { file: FileId, offset: u64 },
    /// Lines were requested by time, and none in so many bytes has a timestamp.
    Undated { bytes: u64 },
    /// The log does not exist, or may not be read.
    Absent(Refusal),
    /// A rotated file of the log, of so many bytes, may not be read and is skipped.
    Unreadable { path: RemotePath, bytes: u64 },
    /// The log can be read now.
    Appeared,
    /// What was written during an interruption has been read.
    CaughtUp,
}

/// Why bytes of a log are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// The file was truncated before its bytes were read.
    TruncatedBeforeRead,
    /// The file was truncated, and grew past the place before that could be noticed.
    TruncatedAndRegrown,
    /// Permission to read the file was taken away.
    PermissionLost,
    /// During an interruption: the file, or a copy of it, may be one that cannot be read.
    PossiblyUnreadable,
    /// During an interruption: the file was overwritten.
    Overwritten,
    /// During an interruption: the file was deleted or compressed.
    DeletedOrCompressed,
}
