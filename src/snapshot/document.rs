//! The report as data: INTERFACE's document, field by field in its order, what goes beyond it behind.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::human::rfc3339;
use crate::snapshot::thresholds::Rule;

/// The version of the document.
pub const VERSION: u32 = 1;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Always `snapshot`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// [`VERSION`].
    pub version: u32,
    /// The begin of the window, by this machine's clock.
    #[serde(serialize_with = "instant")]
    pub from: Timestamp,
    /// Its end: `--until`, or when the last log was read.
    #[serde(serialize_with = "instant")]
    pub to: Timestamp,
    /// Nothing is breached and everything was looked at: the exit status is 0.
    pub healthy: bool,
    /// What is breached, by CVM and log in the order asked for.
    pub breaches: Vec<Breach>,
    /// The CVMs in the order named.
    pub cvms: Vec<Cvm>,
    /// Every log of every CVM was read to its end.
    pub looked_everywhere: bool,
    /// How many seconds the look was allowed to take.
    pub timeout_s: f64,
    /// The patterns of all streams, the same one of several CVMs folded; the gravest and most frequent first.
    pub findings: Vec<Finding>,
    /// How many findings there are beyond those listed.
    pub findings_omitted: usize,
    /// Logs that are silent on one CVM while they move on another.
    pub standing_still: Vec<Still>,
    /// What changed since the earlier report; `null` without `--compare`.
    pub comparison: Option<Comparison>,
}

/// A threshold that is breached.
#[derive(Clone, Debug, Serialize)]
pub struct Breach {
    /// Which one.
    #[serde(serialize_with = "rule")]
    pub rule: Rule,
    /// On which CVM.
    pub cvm: String,
    /// By which log.
    pub log: String,
    /// What is allowed.
    pub limit: Amount,
    /// What is.
    pub found: Amount,
    /// Both in one sentence without a full stop.
    pub message: String,
}

/// A number of lines or of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// Lines.
    Lines(u64),
    /// Seconds.
    Seconds(f64),
}

/// A CVM.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the contract")]
pub struct Cvm {
    /// Its name.
    pub cvm: String,
    /// `ok` or `unreachable`.
    pub status: &'static str,
    /// Why it is unreachable.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// How far its clock is ahead of this machine's, in milliseconds.
    pub clock_skew_ms: Option<i64>,
    /// Its logs; none of a CVM that is unreachable.
    pub logs: Vec<Log>,
    /// The logs that were asked for, by name; of an unreachable CVM also the globs.
    #[serde(skip)]
    pub asked: Vec<String>,
}

/// A log of a CVM.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the contract")]
pub struct Log {
    /// Its name.
    pub log: String,
    /// Its path.
    pub path: String,
    /// `ok`, `missing` or `unreadable`.
    pub status: &'static str,
    /// The length of the file.
    pub size: Option<u64>,
    /// When the file was last written to, by the CVM's clock.
    #[serde(serialize_with = "instant_or_null")]
    pub modified: Option<Timestamp>,
    /// How long before the end of the window the last line or write was; at least so long where none is known.
    pub age_s: Option<f64>,
    /// Lines within the window.
    pub lines: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The time of the first one, as the log writes it.
    #[serde(serialize_with = "instant_or_null")]
    pub first: Option<Timestamp>,
    /// The time of the last one.
    #[serde(serialize_with = "instant_or_null")]
    pub last: Option<Timestamp>,
    /// Lines per level.
    pub levels: Levels,
    /// The gravest and most frequent patterns.
    pub top: Vec<Top>,
    /// Lines per second, over the whole window.
    pub lines_per_s: f64,
    /// Warnings and errors whose patterns found no room.
    pub other: u64,
    /// What could not be had of it, and why.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Lines per level. A record (a traceback) counts once, at its head; its other lines are of unknown level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Levels {
    /// Finer than debug.
    pub trace: u64,
    /// For the developer.
    pub debug: u64,
    /// The normal course.
    pub info: u64,
    /// Something to look at.
    pub warning: u64,
    /// Something failed.
    pub error: u64,
    /// The process cannot go on.
    pub fatal: u64,
    /// Without a level of their own.
    pub unknown: u64,
}

impl Levels {
    /// The numbers with their names, in order.
    pub const fn named(&self) -> [(&'static str, u64); 7] {
        [
            ("trace", self.trace),
            ("debug", self.debug),
            ("info", self.info),
            ("warning", self.warning),
            ("error", self.error),
            ("fatal", self.fatal),
            ("unknown", self.unknown),
        ]
    }
}

/// A pattern of one stream.
#[derive(Clone, Debug, Serialize)]
pub struct Top {
    /// The message, masked.
    pub pattern: String,
    /// Its level.
    pub level: &'static str,
    /// How many lines.
    pub count: u64,
    /// The time of the first.
    #[serde(serialize_with = "instant_or_null")]
    pub first: Option<Timestamp>,
    /// The time of the last.
    #[serde(serialize_with = "instant_or_null")]
    pub last: Option<Timestamp>,
    /// The first line, shortened.
    pub sample: String,
}

/// A pattern of one log on one CVM or more.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The log.
    pub log: String,
    /// The pattern, with all CVMs together.
    #[serde(flatten)]
    pub top: Top,
    /// The CVMs that have it.
    pub cvms: Vec<Share>,
}

/// How often a CVM has a finding.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub struct Share {
    /// The CVM.
    pub cvm: String,
    /// How many lines.
    pub count: u64,
}

/// A log that is silent on one CVM and not on another.
#[derive(Clone, Debug, Serialize)]
pub struct Still {
    /// The CVM.
    pub cvm: String,
    /// The log.
    pub log: String,
    /// For how long it is silent.
    pub age_s: f64,
    /// For how long it is on the CVM where it moved last.
    pub elsewhere_s: f64,
    /// In how many CVMs it moves.
    pub moves_on: usize,
}

/// What changed since an earlier report, on the streams that both have looked at.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The begin of the earlier window.
    pub from: String,
    /// Its end.
    pub to: String,
    /// Neither report leaves out findings: what is called new or gone is.
    pub complete: bool,
    /// CVMs that were reached then and are not now.
    pub cvms_lost: Vec<String>,
    /// CVMs that are reached now and were not then.
    pub cvms_gained: Vec<String>,
    /// Logs that were read then and are not now, on CVMs that were reached both times.
    pub logs_lost: Vec<Stream>,
    /// Logs that are read now and were not then, on such CVMs.
    pub logs_gained: Vec<Stream>,
    /// Patterns that were not there then.
    pub new: Vec<Change>,
    /// Patterns that are not there now.
    pub gone: Vec<Change>,
    /// Patterns that come more often than then, those first that rose most.
    pub up: Vec<Change>,
    /// Patterns that come less often, those first that fell most.
    pub down: Vec<Change>,
}

/// A log of a CVM, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stream {
    /// The CVM.
    pub cvm: String,
    /// The log.
    pub log: String,
}

/// A pattern then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The log.
    pub log: String,
    /// The level.
    pub level: String,
    /// The pattern.
    pub pattern: String,
    /// How many lines then.
    pub before: u64,
    /// How many lines now.
    pub after: u64,
}

impl Comparison {
    /// True if nothing changed.
    pub fn is_nothing(&self) -> bool {
        let cvms = self.cvms_lost.is_empty() && self.cvms_gained.is_empty();
        let logs = self.logs_lost.is_empty() && self.logs_gained.is_empty();
        cvms && logs && [&self.new, &self.gone, &self.up, &self.down].iter().all(|changes| changes.is_empty())
    }
}

impl Document {
    /// The CVMs that could not be reached.
    pub fn unreachable(&self) -> impl Iterator<Item = &Cvm> {
        self.cvms.iter().filter(|cvm| cvm.status != "ok")
    }

    /// The logs that could not be read to their end, with their CVMs.
    pub fn unread(&self) -> impl Iterator<Item = (&Cvm, &Log)> {
        self.cvms
            .iter()
            .flat_map(|cvm| cvm.logs.iter().filter(|log| log.message.is_some()).map(move |log| (cvm, log)))
    }
}

/// Writes an instant.
fn instant<S: Serializer>(instant: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*instant))
}

/// Writes an instant, or `null`.
#[expect(clippy::ref_option, reason = "serde asks for it so")]
fn instant_or_null<S: Serializer>(instant: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    instant.map(rfc3339).serialize(to)
}

/// Writes the word of a rule.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn rule<S: Serializer>(rule: &Rule, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(rule.word())
}
