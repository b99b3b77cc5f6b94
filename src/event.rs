//! Events: what happens to a stream or a CVM, as opposed to the lines of a log.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::batch::FileId;
use crate::cluster::cvm::Cvm;
use crate::cluster::target::Target;
use crate::hint::Hint;
use crate::human;

/// The kinds of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The first connection to a CVM is being opened.
    Connecting,
    /// The connection to a CVM is established.
    Connected,
    /// A stream has started to read its log.
    Started,
    /// A stream broke and is being retried.
    Reconnecting,
    /// A broken stream has resumed where it stopped.
    Resumed,
    /// The log continues in a new file.
    Rotated,
    /// The file became shorter than the position of the stream.
    Truncated,
    /// Bytes of the log that cannot be recovered.
    Gap,
    /// The file does not exist.
    Missing,
    /// The file exists now.
    Appeared,
    /// Lines were suppressed by `--rate-limit` or `--dedup`.
    Suppressed,
    Stopped,
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

/// The CVM or stream that an event is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A CVM with all its streams.
    Cvm(Arc<Cvm>),
    Stream(Arc<Target>),
}

impl Subject {
    pub fn cvm(&self) -> &Arc<Cvm> {
        match self {
            Self::Cvm(cvm) => cvm,
            Self::Stream(target) => &target.cvm,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Event {
    pub status: Status,
    pub subject: Subject,
    /// By the clock of this machine.
    pub time: SystemTime,
    /// What happened, in one sentence without a full stop.
    pub message: String,
    /// How to fix it, if that is known.
    pub hint: Option<Hint>,
    /// The number of the attempt, of a `reconnecting`.
    pub attempt: Option<u32>,
    /// File and offset, of `started`, `resumed`, `rotated`, `truncated` and `gap`.
    pub place: Option<(FileId, u64)>,
    /// Bytes lost by a `gap`, or behind at a `resumed`; `None`: unknown.
    pub bytes: Option<u64>,
    /// How long the stream was broken, of a `resumed`.
    pub away: Option<Duration>,
    /// Something was not read though it may be there: whatever comes, not everything was looked at.
    pub unread: bool,
}

impl Event {
    /// An event that happens now, with nothing but a message.
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
            unread: false,
        }
    }

    /// A stream resumes after it was broken for `away`, with so many bytes to catch up.
    pub fn resumed(subject: Subject, away: Duration, bytes: u64) -> Self {
        let message =
            format!("resumed after {}, {} behind", human::duration(away), human::count(bytes, "byte"));
        Self { bytes: Some(bytes), away: Some(away), ..Self::new(Status::Resumed, subject, message) }
    }
}
