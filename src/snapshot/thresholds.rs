//! What counts as ill in one stream.

use std::time::Duration;

use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::usage::Usage;

/// The rules for one stream; a rule that is not set is never breached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thresholds {
    /// At most so many errors and fatal errors.
    pub max_errors: Option<u64>,
    /// At most so many warnings.
    pub max_warnings: Option<u64>,
    /// Silent for at most so long.
    pub max_silence: Option<Duration>,
    /// No line that matches one of these.
    pub fail_on: Vec<String>,
}

impl Thresholds {
    /// `fail_on`, compiled, each pattern on lines without their newline; an error names the pattern.
    pub fn patterns(&self) -> Result<RegexSet, Usage> {
        RegexSetBuilder::new(&self.fail_on).build().map_err(|error| {
            let wrong = self.fail_on.iter().find(|pattern| RegexSet::new([pattern]).is_err());
            let shown = wrong.map(|pattern| pattern.escape_debug().to_string()).unwrap_or_default();
            let why = error.to_string();
            let why = why.lines().last().unwrap_or("it is none").trim_start_matches("error: ");
            Usage::new(format!("`{shown}` is no regular expression: {why}"))
        })
    }
}

/// Which rule was breached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// `--fail-on`
    FailOn,
    /// `--max-errors`
    MaxErrors,
    /// `--max-warnings`
    MaxWarnings,
    /// `--max-silence`
    MaxSilence,
}

impl Rule {
    /// The word in every form of the report: the flag's name without dashes in front.
    pub const fn word(self) -> &'static str {
        match self {
            Self::FailOn => "fail-on",
            Self::MaxErrors => "max-errors",
            Self::MaxWarnings => "max-warnings",
            Self::MaxSilence => "max-silence",
        }
    }
}
