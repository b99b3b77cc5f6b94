//! The thresholds of one stream.

use std::time::Duration;

use regex::bytes::{RegexSet, RegexSetBuilder};
use serde::{Serialize, Serializer};

use crate::usage::Usage;

/// A threshold that is not set is never breached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thresholds {
    /// Errors and fatal errors.
    pub max_errors: Option<u64>,
    pub max_warnings: Option<u64>,
    pub max_silence: Option<Duration>,
    /// Regular expressions that no line may match.
    pub fail_on: Vec<String>,
}

impl Thresholds {
    /// Compiles `fail_on`, for lines without their newline; the error names the invalid pattern.
    pub fn patterns(&self) -> Result<RegexSet, Usage> {
        RegexSetBuilder::new(&self.fail_on).build().map_err(|error| {
            let wrong = self.fail_on.iter().find(|pattern| RegexSet::new([pattern]).is_err());
            let shown = wrong.map(|pattern| pattern.escape_debug().to_string()).unwrap_or_default();
            let why = error.to_string();
            let why = why.lines().last().unwrap_or("syntax error").trim_start_matches("error: ");
            Usage::new(format!("`{shown}` is not a valid regular expression: {why}"))
        })
    }
}

/// The kinds of threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    FailOn,
    MaxErrors,
    MaxWarnings,
    MaxSilence,
}

impl Rule {
    /// The word in every form of the report: the name of the flag.
    pub const fn word(self) -> &'static str {
        match self {
            Self::FailOn => "fail-on",
            Self::MaxErrors => "max-errors",
            Self::MaxWarnings => "max-warnings",
            Self::MaxSilence => "max-silence",
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.word())
    }
}
