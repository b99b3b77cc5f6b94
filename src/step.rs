//! The steps of a check, and their results.

use std::time::Duration;

use crate::hint::Hint;

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// The host name resolves.
    Resolve,
    /// The port answers, through the jump hosts if there are any.
    Connect,
    /// The host key matches the user's `known_hosts`.
    HostKey,
    /// The login succeeds.
    Auth,
    /// A shell runs commands and has the required tools.
    Shell,
    /// sshd allows as many sessions as the logs need.
    Sessions,
    /// The clocks agree.
    Clock,
    /// The log exists.
    LogExists,
    /// The log is readable.
    LogReadable,
    /// The log is being written.
    LogFresh,
}

impl Name {
    /// The steps of a CVM.
    pub const OF_CVM: [Self; 7] =
        [Self::Resolve, Self::Connect, Self::HostKey, Self::Auth, Self::Shell, Self::Sessions, Self::Clock];

    /// The steps of a log.
    pub const OF_LOG: [Self; 3] = [Self::LogExists, Self::LogReadable, Self::LogFresh];

    /// The word in NDJSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::HostKey => "host_key",
            Self::Auth => "auth",
            Self::Shell => "shell",
            Self::Sessions => "sessions",
            Self::Clock => "clock",
            Self::LogExists => "log_exists",
            Self::LogReadable => "log_readable",
            Self::LogFresh => "log_fresh",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStatus {
    Passed,
    /// It works, with a caveat.
    Warned,
    Failed,
    /// Not tried: an earlier step failed, or it does not apply.
    Skipped,
}

impl StepStatus {
    /// The word in NDJSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One step of the check of one CVM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub name: Name,
    /// The log it is about; `None`: the CVM.
    pub log: Option<String>,
    pub status: StepStatus,
    /// `None` if it was not tried, or if that is not known.
    pub took: Option<Duration>,
    /// The result in one sentence without a full stop.
    pub message: String,
    /// How to fix it.
    pub hint: Option<Hint>,
}

/// Number of steps by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: usize,
    pub warned: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Count {
    pub fn add(&mut self, status: StepStatus) {
        *match status {
            StepStatus::Passed => &mut self.passed,
            StepStatus::Warned => &mut self.warned,
            StepStatus::Failed => &mut self.failed,
            StepStatus::Skipped => &mut self.skipped,
        } += 1;
    }
}
