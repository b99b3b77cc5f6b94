//! The severity level of a line.

/// The severity levels, from lowest to highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warning,
    Error,
    /// The process terminates; also critical, alert and emergency.
    Fatal,
}

/// The level words of up to eight letters as numbers, the most frequent first.
const WORDS: [(u64, Level); 35] = [
    (as_number(b"INFO"), Level::Info),
    (as_number(b"WARN"), Level::Warning),
    (as_number(b"ERROR"), Level::Error),
    (as_number(b"DEBUG"), Level::Debug),
    (as_number(b"WARNING"), Level::Warning),
    (as_number(b"TRACE"), Level::Trace),
    (as_number(b"FATAL"), Level::Fatal),
    (as_number(b"CRITICAL"), Level::Fatal),
    (as_number(b"NOTICE"), Level::Info),
    (as_number(b"SEVERE"), Level::Error),
    (as_number(b"ERR"), Level::Error),
    (as_number(b"FINE"), Level::Debug),
    (as_number(b"FINER"), Level::Trace),
    (as_number(b"FINEST"), Level::Trace),
    (as_number(b"CONFIG"), Level::Info),
    (as_number(b"CRIT"), Level::Fatal),
    (as_number(b"ALERT"), Level::Fatal),
    (as_number(b"EMERG"), Level::Fatal),
    (as_number(b"EMER"), Level::Fatal),
    (as_number(b"PANIC"), Level::Fatal),
    (as_number(b"DPANIC"), Level::Fatal),
    (as_number(b"DFATAL"), Level::Fatal),
    (as_number(b"QFATAL"), Level::Fatal),
    (as_number(b"DBG"), Level::Debug),
    (as_number(b"INF"), Level::Info),
    (as_number(b"WRN"), Level::Warning),
    (as_number(b"TRC"), Level::Trace),
    (as_number(b"FTL"), Level::Fatal),
    (as_number(b"PNC"), Level::Fatal),
    (as_number(b"CRT"), Level::Fatal),
    (as_number(b"DBUG"), Level::Debug),
    (as_number(b"EROR"), Level::Error),
    (as_number(b"VERBOSE"), Level::Debug),
    (as_number(b"LOG"), Level::Info),
    (as_number(b"SUCCESS"), Level::Info),
];

/// The bytes of a word as one number.
const fn as_number(word: &[u8]) -> u64 {
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

    /// Whether any level word starts with this letter; this rejects most words of prose early.
    pub const fn may_open(letter: u8) -> bool {
        matches!(
            letter.to_ascii_uppercase(),
            b'I' | b'W' | b'E' | b'D' | b'T' | b'F' | b'C' | b'N' | b'S' | b'A' | b'P' | b'Q' | b'V' | b'L'
        )
    }

    /// The level that `word` means, in whatever case; `None` if it means none.
    ///
    /// Knows the words of glog, Python, log4j, j.u.l., syslog, Go's and Rust's loggers. `NOTICE` is info; j.u.l.'s
    /// `FINE` and `FINER` are what `System.Logger` calls debug and trace; `CRITICAL`, `ALERT` and what panics are
    /// fatal.
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
        let upper =
            word.iter().fold(0, |as_number, byte| as_number << 8 | u64::from(byte.to_ascii_uppercase()));
        WORDS.iter().find(|(as_number, _)| *as_number == upper).map(|&(_, level)| level)
    }

    /// The level as typed for `--level`: any word that logs use, in any case, or its first letter.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.as_bytes() {
            [letter] => Self::from_letter(letter.to_ascii_uppercase()),
            word => Self::from_word(word),
        }
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
