//! What the conversation wants done and told.

use crate::agent::hidden::Hidden;
use crate::agent::protocol::{Flaw, Request};
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;

/// What the stream is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Ask the script.
    Send(Request),
    /// Tell the user.
    Tell(Notice),
    /// The half line held so far has no other half: hand it on as it is.
    Flush,
    /// Forget what was received and not delivered: it will be read again.
    Forget,
    /// From here on, received bytes wait for a verdict.
    Hold,
    /// The waiting bytes are good.
    Accept,
    /// The waiting bytes are of another file.
    Reject,
    /// From here on, received bytes are of no use.
    Discard,
    /// Received bytes count again.
    Pass,
    /// What comes from here on is new, or tells its time.
    Fresh,
    /// Everything that was asked for was read.
    Finish,
    /// The stream cannot go on: no file, or nothing that can be followed.
    Refuse(Refusal),
    /// Lines were asked for by their time, no line tells it, and none is to come.
    Undated,
    /// The script does not keep to the protocol: begin a new conversation.
    Break(String),
    /// Reading failed on the CVM: only a follow tries again.
    Fail(String),
}

/// What happened to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Reading begins there.
    Started(FileId, u64),
    /// The log goes on in another file (second), the one before was read up to there: to its end, if that is true.
    Rotated((FileId, u64), FileId, bool),
    /// The file became shorter than that.
    Truncated(FileId, u64),
    /// From there on bytes are lost; how many, if that can be known; why.
    Gap(FileId, u64, Option<u64>, &'static str),
    /// Files of the log may be missing: what could not be examined.
    Hidden(Hidden),
    /// The file at that path was not read, or not from that place on, where there is one.
    Unread(RemotePath, Option<(FileId, u64)>, Flaw),
    /// The file was deleted when it had been read up to there, and the log goes on in another. Whether
    /// there were more in between, nobody can tell.
    Deleted(FileId, u64),
    /// Lines were asked for by their time, and none of so many bytes tells it.
    Undated(u64),
    /// The log's file is not there, or may not be read.
    Absent(Refusal),
    /// An older file of the log, of so many bytes, may not be read: reading goes on without it.
    Unreadable(RemotePath, u64),
    /// It is there again.
    Appeared,
    /// What was written during an interruption has been read.
    CaughtUp,
}
