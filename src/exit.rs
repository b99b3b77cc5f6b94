//! The exit status and how the parts of a run add up to it.

use std::process::ExitCode;

/// How the run ended, told to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for was found.
    Found,
    /// Nothing matched, a threshold was breached, a step failed.
    NotFound,
    /// A stream failed, or the command line was wrong.
    Failed,
    /// A signal ended the run: 128 + its number, as shells say it.
    Signal(u8),
}

impl Exit {
    /// The status of a follow that ended by itself.
    pub const fn for_follow(printed: u64, failed: bool) -> Self {
        match (failed, printed) {
            (true, _) => Self::Failed,
            (false, 0) => Self::NotFound,
            (false, _) => Self::Found,
        }
    }

    /// The status of a snapshot: a breach is certain whatever was not looked at.
    pub const fn for_snapshot(breached: bool, looked_everywhere: bool) -> Self {
        match (breached, looked_everywhere) {
            (true, _) => Self::NotFound,
            (false, false) => Self::Failed,
            (false, true) => Self::Found,
        }
    }

    /// The number the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Found => 0,
            Self::NotFound => 1,
            Self::Failed => 2,
            Self::Signal(number) => 128 + number,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn a_failed_stream_outranks_printed_lines_and_silence() {
        assert_eq!(Exit::for_follow(3, false).code(), 0);
        assert_eq!(Exit::for_follow(0, false).code(), 1);
        assert_eq!(Exit::for_follow(3, true).code(), 2);
        assert_eq!(Exit::for_follow(0, true).code(), 2);
    }

    #[test]
    fn a_breach_outranks_what_was_not_looked_at() {
        assert_eq!(Exit::for_snapshot(false, true).code(), 0);
        assert_eq!(Exit::for_snapshot(true, true).code(), 1);
        assert_eq!(Exit::for_snapshot(true, false).code(), 1);
        assert_eq!(Exit::for_snapshot(false, false).code(), 2);
    }

    #[test]
    fn a_signal_is_128_and_its_number() {
        assert_eq!(Exit::Signal(2).code(), 130);
        assert_eq!(Exit::Signal(15).code(), 143);
    }
}
