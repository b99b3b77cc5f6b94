//! The vocabulary of a check: steps, each with how it went.

use std::time::Duration;

use crate::hint::Hint;

/// The steps, in their order; INTERFACE's `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// The name has an address.
    Resolve,
    /// The port answers, through the jump hosts if there are any.
    Connect,
    /// The server is who the user's `known_hosts` says.
    HostKey,
    /// The user is let in.
    Auth,
    /// A shell runs commands, and has the tools that are needed.
    Shell,
    /// sshd opens as many channels as the logs need.
    Sessions,
    /// The clocks agree.
    Clock,
    /// The log's file is there.
    LogExists,
    /// It may be read.
    LogReadable,
    /// It is written.
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

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// As it should.
    Passed,
    /// It works, but something is to be known.
    Warned,
    /// It does not work.
    Failed,
    /// It was not tried, because one before it failed or it does not apply.
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
    /// Which step.
    pub name: Name,
    /// The log it is about; `None`: the CVM.
    pub log: Option<String>,
    /// How it went.
    pub status: StepStatus,
    /// How long it took; `None` where it was not tried or that is not known.
    pub took: Option<Duration>,
    /// What was found, in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<Hint>,
}

/// How many steps went how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// As they should.
    pub passed: usize,
    /// With something to be known.
    pub warned: usize,
    /// Not.
    pub failed: usize,
    /// Not tried.
    pub skipped: usize,
}

impl Count {
    /// Counts one more.
    pub fn add(&mut self, status: StepStatus) {
        *match status {
            StepStatus::Passed => &mut self.passed,
            StepStatus::Warned => &mut self.warned,
            StepStatus::Failed => &mut self.failed,
            StepStatus::Skipped => &mut self.skipped,
        } += 1;
    }
}
