//! The report as data: the JSON document, field by field in its order. The documented fields are first.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::human::rfc3339;
use crate::line::level::Level;
use crate::snapshot::status::{CvmStatus, LogStatus};
use crate::snapshot::thresholds::Rule;

/// The version of the format.
pub const VERSION: u32 = 1;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Document {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub version: u32,
    /// Start of the window, by the clock of this machine.
    #[serde(serialize_with = "instant")]
    pub from: Timestamp,
    /// End of the window: `--until`, or when the last log was read.
    #[serde(serialize_with = "instant")]
    pub to: Timestamp,
    /// No threshold is breached and every log was read: the exit status is 0.
    pub healthy: bool,
    /// By CVM and log, in the order in which they were named.
    pub breaches: Vec<Breach>,
    /// In the order in which they were named.
    pub cvms: Vec<CvmReport>,
    /// Every log of every CVM was read completely.
    pub looked_everywhere: bool,
    /// `--timeout` in seconds.
    pub timeout_s: f64,
    /// The patterns of all streams, each once for all CVMs; highest level first, then most frequent.
    pub findings: Vec<Finding>,
    /// How many findings are not listed.
    pub findings_omitted: usize,
    /// Logs that are silent on one CVM while the same log is written to on another.
    pub standing_still: Vec<StalledLog>,
    /// `None` without `--compare`.
    pub comparison: Option<Comparison>,
}

/// A breached threshold.
#[derive(Clone, Debug, Serialize)]
pub struct Breach {
    pub rule: Rule,
    pub cvm: String,
    pub log: String,
    /// The threshold.
    pub limit: Amount,
    pub found: Amount,
    /// One sentence without a full stop.
    pub message: String,
}

/// A number in units that depend on the rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    Lines(u64),
    Seconds(f64),
}

#[derive(Debug, Serialize)]
pub struct CvmReport {
    pub cvm: String,
    pub status: CvmStatus,
    pub message: Option<String>,
    /// How to fix it.
    pub hint: Option<String>,
    /// How far its clock is ahead of that of this machine, in milliseconds.
    pub clock_skew_ms: Option<i64>,
    /// Empty for an unreachable CVM.
    pub logs: Vec<LogReport>,
    /// The names of the requested logs; for an unreachable CVM also the globs.
    #[serde(skip)]
    pub asked: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct LogReport {
    pub log: String,
    pub path: String,
    pub status: LogStatus,
    /// The size of the file.
    pub size: Option<u64>,
    /// When the file was last written to, by the clock of the CVM.
    #[serde(serialize_with = "instant_or_null")]
    pub modified: Option<Timestamp>,
    /// The time from the last line or write to the end of the window; a lower bound if the last write is not known.
    pub age_s: Option<f64>,
    /// Lines in the window.
    pub lines: u64,
    pub bytes: u64,
    /// The earliest timestamp of these lines.
    #[serde(serialize_with = "instant_or_null")]
    pub first: Option<Timestamp>,
    /// The latest timestamp of these lines.
    #[serde(serialize_with = "instant_or_null")]
    pub last: Option<Timestamp>,
    pub levels: Levels,
    /// Highest level first, then most frequent.
    pub top: Vec<TopPattern>,
    /// Average over the window.
    pub lines_per_s: f64,
    /// Warnings and errors whose patterns were not kept.
    pub other: u64,
    /// Why it could not be read completely.
    pub message: Option<String>,
    /// How to fix it.
    pub hint: Option<String>,
}

/// Lines by level. A record (such as a traceback) counts once, with its head; its other lines have no level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Levels {
    pub trace: u64,
    pub debug: u64,
    pub info: u64,
    pub warning: u64,
    pub error: u64,
    pub fatal: u64,
    /// Lines without a level of their own.
    pub unknown: u64,
}

impl Levels {
    /// The counts with the names of the levels, in order.
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
pub struct TopPattern {
    /// The masked message.
    pub pattern: String,
    #[serde(serialize_with = "level")]
    pub level: Level,
    /// The number of lines.
    pub count: u64,
    /// The earliest timestamp.
    #[serde(serialize_with = "instant_or_null")]
    pub first: Option<Timestamp>,
    /// The latest timestamp.
    #[serde(serialize_with = "instant_or_null")]
    pub last: Option<Timestamp>,
    /// The first line, truncated.
    pub sample: String,
}

/// A pattern of a log, on one or more CVMs.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub log: String,
    /// The counts of all CVMs together.
    #[serde(flatten)]
    pub top: TopPattern,
    /// The counts of each CVM that has it.
    pub cvms: Vec<CvmCount>,
}

/// The number of lines of a finding on one CVM.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub struct CvmCount {
    pub cvm: String,
    pub count: u64,
}

/// A log that is silent on one CVM while the same log is written to on others.
#[derive(Clone, Debug, Serialize)]
pub struct StalledLog {
    pub cvm: String,
    pub log: String,
    /// How long it has been silent.
    pub age_s: f64,
    /// The same on the CVM where it was written to last.
    pub elsewhere_s: f64,
    /// On how many other CVMs it is written to.
    pub moves_on: usize,
}

/// What changed since an earlier report, on the streams that both have read.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// Start of the earlier window.
    pub from: String,
    /// End of the earlier window.
    pub to: String,
    /// Neither report omits findings; otherwise what seems new or gone may have been omitted.
    pub complete: bool,
    /// CVMs reached then but not now.
    pub cvms_lost: Vec<String>,
    /// CVMs reached now but not then.
    pub cvms_gained: Vec<String>,
    /// Logs read then but not now, on CVMs reached both times.
    pub logs_lost: Vec<StreamName>,
    /// Logs read now but not then, on CVMs reached both times.
    pub logs_gained: Vec<StreamName>,
    pub new: Vec<PatternChange>,
    pub gone: Vec<PatternChange>,
    /// Patterns that are more frequent now, by the size of the change.
    pub up: Vec<PatternChange>,
    /// Patterns that are less frequent now, by the size of the change.
    pub down: Vec<PatternChange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamName {
    pub cvm: String,
    pub log: String,
}

/// The number of lines of a pattern, then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatternChange {
    pub log: String,
    pub level: String,
    pub pattern: String,
    pub before: u64,
    pub after: u64,
}

impl Comparison {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let cvms = self.cvms_lost.is_empty() && self.cvms_gained.is_empty();
        let logs = self.logs_lost.is_empty() && self.logs_gained.is_empty();
        cvms && logs && [&self.new, &self.gone, &self.up, &self.down].iter().all(|changes| changes.is_empty())
    }
}

impl Document {
    pub fn unreachable(&self) -> impl Iterator<Item = &CvmReport> {
        self.cvms.iter().filter(|cvm| cvm.status != CvmStatus::Ok)
    }

    /// The logs that could not be read completely, with their CVMs.
    pub fn unread(&self) -> impl Iterator<Item = (&CvmReport, &LogReport)> {
        self.cvms
            .iter()
            .flat_map(|cvm| cvm.logs.iter().filter(|log| log.message.is_some()).map(move |log| (cvm, log)))
    }
}

fn instant<S: Serializer>(instant: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*instant))
}

#[expect(clippy::ref_option, reason = "serde passes a reference")]
fn instant_or_null<S: Serializer>(instant: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    instant.map(rfc3339).serialize(to)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn level<S: Serializer>(level: &Level, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(level.word())
}
