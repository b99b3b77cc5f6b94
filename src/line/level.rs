//! How grave a line is.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

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

    /// The level that `word` means, in whatever case; `None` if it means none.
    ///
    /// Knows the words of glog, Python, log4j, j.u.l., syslog, Go's and Rust's loggers. `NOTICE` is the normal
    /// course wherever it is used; j.u.l.'s `FINE` and `FINER` are what `System.Logger` calls debug and
    /// trace; `CRITICAL`, `ALERT` and what panics are fatal.
    pub fn from_word(word: &[u8]) -> Option<Self> {
        let mut upper = [0_u8; 13];
        let upper = upper.get_mut(..word.len())?;
        upper.copy_from_slice(word);
        upper.make_ascii_uppercase();
        Some(match &*upper {
            b"INFO" | b"INF" | b"NOTICE" | b"CONFIG" | b"LOG" | b"SUCCESS" | b"INFORMATION"
            | b"INFORMATIONAL" => Self::Info,
            b"WARN" | b"WARNING" | b"WRN" => Self::Warning,
            b"ERROR" | b"ERR" | b"SEVERE" | b"EROR" => Self::Error,
            b"DEBUG" | b"DBG" | b"DBUG" | b"FINE" | b"VERBOSE" => Self::Debug,
            b"TRACE" | b"TRC" | b"FINER" | b"FINEST" => Self::Trace,
            b"FATAL" | b"FTL" | b"CRITICAL" | b"CRIT" | b"CRT" | b"PANIC" | b"PNC" | b"DPANIC"
            | b"DFATAL" | b"QFATAL" | b"ALERT" | b"EMERG" | b"EMER" | b"EMERGENCY" => Self::Fatal,
            _ => return None,
        })
    }

    /// The level of one letter as glog, capnslog and Tornado write it; `None` for any other letter.
    pub const fn from_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'T' => Self::Trace,
            b'D' => Self::Debug,
            b'I' | b'N' => Self::Info,
            b'W' => Self::Warning,
            b'E' => Self::Error,
            b'F' | b'C' => Self::Fatal,
            _ => return None,
        })
    }

    /// The level of a syslog severity (RFC 5424, 6.2.1): 0 is an emergency, 7 is debug.
    pub const fn from_severity(severity: u8) -> Self {
        match severity {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warning,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// A word given for a level that means none; holds the word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel(String);

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown level '{}': one of trace, debug, info, warning, error, fatal", self.0)
    }
}

impl Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Reads a level as a person types it for `--level`: any word a log may write, in any case, or a first letter.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        let word = text.as_bytes();
        match word {
            [letter] => Self::from_letter(letter.to_ascii_uppercase()),
            _ => Self::from_word(word),
        }
        .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}
