//! The status of CVMs and logs in a report.

use serde::{Serialize, Serializer};

/// Whether a CVM was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CvmStatus {
    Ok,
    Unreachable,
}

impl CvmStatus {
    /// The word in every form of the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Serialize for CvmStatus {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.word())
    }
}

/// Whether a log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStatus {
    Ok,
    Missing,
    Unreadable,
}

impl LogStatus {
    /// The word in every form of the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Serialize for LogStatus {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.word())
    }
}
