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

/// The level words of up to eight letters, packed, those first that lines write most.
const WORDS: [(u64, Level); 35] = [
    (packed(b"INFO"), Level::Info),
    (packed(b"WARN"), Level::Warning),
    (packed(b"ERROR"), Level::Error),
    (packed(b"DEBUG"), Level::Debug),
    (packed(b"WARNING"), Level::Warning),
    (packed(b"TRACE"), Level::Trace),
    (packed(b"FATAL"), Level::Fatal),
    (packed(b"CRITICAL"), Level::Fatal),
    (packed(b"NOTICE"), Level::Info),
    (packed(b"SEVERE"), Level::Error),
    (packed(b"ERR"), Level::Error),
    (packed(b"FINE"), Level::Debug),
    (packed(b"FINER"), Level::Trace),
    (packed(b"FINEST"), Level::Trace),
    (packed(b"CONFIG"), Level::Info),
    (packed(b"CRIT"), Level::Fatal),
    (packed(b"ALERT"), Level::Fatal),
    (packed(b"EMERG"), Level::Fatal),
    (packed(b"EMER"), Level::Fatal),
    (packed(b"PANIC"), Level::Fatal),
    (packed(b"DPANIC"), Level::Fatal),
    (packed(b"DFATAL"), Level::Fatal),
    (packed(b"QFATAL"), Level::Fatal),
    (packed(b"DBG"), Level::Debug),
    (packed(b"INF"), Level::Info),
    (packed(b"WRN"), Level::Warning),
    (packed(b"TRC"), Level::Trace),
    (packed(b"FTL"), Level::Fatal),
    (packed(b"PNC"), Level::Fatal),
    (packed(b"CRT"), Level::Fatal),
    (packed(b"DBUG"), Level::Debug),
    (packed(b"EROR"), Level::Error),
    (packed(b"VERBOSE"), Level::Debug),
    (packed(b"LOG"), Level::Info),
    (packed(b"SUCCESS"), Level::Info),
];

/// The bytes of a word as one number.
const fn packed(word: &[u8]) -> u64 {
    let mut sum = 0;
    let mut at = 0;
    while at < word.len() {
        sum = sum << 8 | word[at] as u64;
        at += 1;
    }
    sum
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

    /// Whether any level word opens with this letter; most words of prose are refused by it.
    pub const fn may_open(letter: u8) -> bool {
        matches!(
            letter.to_ascii_uppercase(),
            b'I' | b'W' | b'E' | b'D' | b'T' | b'F' | b'C' | b'N' | b'S' | b'A' | b'P' | b'Q' | b'V' | b'L'
        )
    }

    /// The level that `word` means, in whatever case; `None` if it means none.
    ///
    /// Knows the words of glog, Python, log4j, j.u.l., syslog, Go's and Rust's loggers. `NOTICE` is the normal
    /// course wherever it is used; j.u.l.'s `FINE` and `FINER` are what `System.Logger` calls debug and
    /// trace; `CRITICAL`, `ALERT` and what panics are fatal.
    pub fn from_word(word: &[u8]) -> Option<Self> {
        if word.first() == Some(&0) {
            return None;
        }
        if word.len() > 8 {
            let long = [
                (&b"EMERGENCY"[..], Self::Fatal),
                (b"INFORMATION", Self::Info),
                (b"INFORMATIONAL", Self::Info),
            ];
            return long.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|&(_, level)| level);
        }
        // Eight bytes fit one number, and comparing numbers is what makes this cheap on every line.
        let upper = word.iter().fold(0, |packed, byte| packed << 8 | u64::from(byte.to_ascii_uppercase()));
        WORDS.iter().find(|(packed, _)| *packed == upper).map(|&(_, level)| level)
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

#[cfg(test)]
mod tests {
    use super::{Level, WORDS};

    #[test]
    fn every_word_may_open_as_it_does() {
        for (word, level) in WORDS {
            let bytes: Vec<u8> = word.to_be_bytes().into_iter().filter(|&byte| byte != 0).collect();
            assert!(Level::may_open(bytes[0]), "{bytes:?}");
            assert_eq!(Level::from_word(&bytes), Some(level));
            assert_eq!(Level::from_word(&bytes.to_ascii_lowercase()), Some(level));
        }
    }
}
