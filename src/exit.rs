//! The exit status, and how the results of a run determine it.

use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Something was found; healthy; no step failed.
    Found,
    /// Nothing matched; a threshold is breached; a step failed.
    NotFound,
    /// A stream failed; not everything could be read; the command line is wrong.
    Failed,
    /// Ended by this signal: 128 + its number, as in shells.
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

    /// The status of a snapshot: a breach stands, whatever else could not be read.
    pub const fn for_snapshot(breached: bool, looked_everywhere: bool) -> Self {
        match (breached, looked_everywhere) {
            (true, _) => Self::NotFound,
            (false, false) => Self::Failed,
            (false, true) => Self::Found,
        }
    }

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
