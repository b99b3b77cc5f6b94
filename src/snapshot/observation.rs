//! What a snapshot has observed: the input of a report.

use jiff::{SignedDuration, Timestamp};

use crate::hint::Hint;
use crate::snapshot::status::LogStatus;
use crate::snapshot::stream_counts::StreamCounts;
use crate::snapshot::thresholds::Thresholds;

/// What was observed on all CVMs.
pub struct Observation<'a> {
    /// Start of the window, by the clock of this machine.
    pub from: Timestamp,
    /// End of the window.
    pub to: Timestamp,
    /// The end is in the past: later lines and writes do not count.
    pub bounded: bool,
    /// `--timeout` in seconds.
    pub timeout: f64,
    /// In the order in which they were named.
    pub cvms: Vec<CvmObservation<'a>>,
}

pub struct CvmObservation<'a> {
    pub name: &'a str,
    /// Why it was not reached.
    pub trouble: Option<Trouble>,
    /// How far its clock is ahead, if known.
    pub skew: Option<SignedDuration>,
    /// In the order in which they were named, then what globs match.
    pub logs: Vec<LogObservation<'a>>,
    /// If the CVM was not reached: the globs, whose matches are unknown.
    pub globs: Vec<String>,
}

pub struct LogObservation<'a> {
    pub log: &'a str,
    pub path: String,
    pub thresholds: &'a Thresholds,
    pub status: LogStatus,
    /// Why it was not read completely.
    pub trouble: Option<Trouble>,
    /// The size of the file.
    pub size: Option<u64>,
    /// When it was last written to, by the clock of the CVM.
    pub modified: Option<Timestamp>,
    /// `None`: nothing could be read.
    pub counts: Option<&'a StreamCounts>,
}

/// Why a CVM was not reached or a log not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The cause in one sentence without a full stop.
    pub message: String,
    /// How to fix it.
    pub hint: Option<Hint>,
}
