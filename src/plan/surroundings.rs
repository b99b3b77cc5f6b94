//! What the process finds around itself, as far as a plan depends on it. `surroundings` fills it in.

use std::ffi::OsString;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Variables, terminals, clock and zone, read once at the start.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// `CVMTAIL_CVMS`, if it is set and not empty.
    pub cvms: Option<OsString>,
    pub color: ColorVariables,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
    /// Where control sockets of ssh go: short, private, on a local disk.
    pub socket_folder: PathBuf,
    /// The variables by which ssh asks this program, and nobody else, for a secret.
    pub askpass: Vec<(&'static str, OsString)>,
    /// Where answers are cached; `None` without a home directory.
    pub cache_folder: Option<PathBuf>,
    /// Whether the locale can show more than ASCII.
    pub unicode: bool,
    pub now: Timestamp,
    pub zone: TimeZone,
}

/// What `NO_COLOR`, `CLICOLOR_FORCE` and `TERM` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorVariables {
    /// `NO_COLOR`, or a terminal without colors.
    Never,
    /// `CLICOLOR_FORCE`.
    Always,
    /// Nothing: colors on a terminal only.
    OnTerminal,
}
