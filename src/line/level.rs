//! How grave a line is.

/// The levels of all layouts, in the order of gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Finer than debug.
    Trace,
    /// For the developer.
    Debug,
    /// The normal course.
    Info,
    /// Something to look at.
    Warning,
    /// Something failed.
    Error,
    /// The process cannot go on.
    Fatal,
}

impl Level {
    /// The word in NDJSON, in templates and for `--level`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}
