//! What a stream says about itself, as against a line of its log.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::batch::FileId;
use crate::cluster::cvm::Cvm;
use crate::cluster::target::Target;
use crate::hint::Hint;
use crate::human;

/// The kinds of event; INTERFACE's `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The first connection to a CVM is being opened.
    Connecting,
    /// A CVM is reached.
    Connected,
    /// A stream reads its log.
    Started,
    /// A stream is broken and tries again.
    Reconnecting,
    /// A broken stream goes on where it stopped.
    Resumed,
    /// The log goes on in a new file.
    Rotated,
    /// The log's file became shorter than what was read of it.
    Truncated,
    /// Bytes of the log that cannot be had.
    Gap,
    /// The log's file is not there.
    Missing,
    /// The log's file has come.
    Appeared,
    /// Lines held back by a limit the user set.
    Suppressed,
    /// A stream has ended.
    Stopped,
    /// A stream or a CVM failed.
    Error,
}

impl Status {
    /// The word in NDJSON and on stderr.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Started => "started",
            Self::Reconnecting => "reconnecting",
            Self::Resumed => "resumed",
            Self::Rotated => "rotated",
            Self::Truncated => "truncated",
            Self::Gap => "gap",
            Self::Missing => "missing",
            Self::Appeared => "appeared",
            Self::Suppressed => "suppressed",
            Self::Stopped => "stopped",
            Self::Error => "error",
        }
    }
}

/// Who an event is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// One CVM, all its streams.
    Cvm(Arc<Cvm>),
    /// One stream.
    Stream(Arc<Target>),
}

impl Subject {
    /// The CVM, or that of the stream.
    pub fn cvm(&self) -> &Arc<Cvm> {
        match self {
            Self::Cvm(cvm) => cvm,
            Self::Stream(target) => &target.cvm,
        }
    }
}

/// One thing a stream or a CVM says about itself.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub status: Status,
    /// To whom.
    pub subject: Subject,
    /// When, by this machine's clock.
    pub time: SystemTime,
    /// What happened, in one sentence without a full stop.
    pub message: String,
    /// What to do about it, where something can be done.
    pub hint: Option<Hint>,
    /// Which try this is, of a `reconnecting`.
    pub attempt: Option<u32>,
    /// The place in a file it is about, of `started`, `resumed`, `rotated`, `truncated` and `gap`.
    pub place: Option<(FileId, u64)>,
    /// How many bytes it is about: lost by a `gap`, caught up by a `resumed`. `None` = cannot be known.
    pub bytes: Option<u64>,
    /// How long a stream that is `resumed` was broken.
    pub away: Option<Duration>,
}

impl Event {
    /// An event that happens now and carries nothing but its message.
    pub fn new(status: Status, subject: Subject, message: impl Into<String>) -> Self {
        Self {
            status,
            subject,
            time: SystemTime::now(),
            message: message.into(),
            hint: None,
            attempt: None,
            place: None,
            bytes: None,
            away: None,
        }
    }

    /// The event that a broken stream goes on after it was `away`, with so many bytes caught up.
    pub fn resumed(subject: Subject, away: Duration, bytes: u64) -> Self {
        let message =
            format!("resumed after {}, {} behind", human::duration(away), human::count(bytes, "byte"));
        Self { bytes: Some(bytes), away: Some(away), ..Self::new(Status::Resumed, subject, message) }
    }
}
