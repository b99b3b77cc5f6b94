//! Classes of bytes, as lookup tables.

/// A set of bytes.
pub struct Class([bool; 256]);

impl Class {
    /// Host names and addresses.
    pub const HOST: Self = Self::letters_digits_and(b"._-:%");
    /// Syslog tags.
    pub const TAG: Self = Self::letters_digits_and(b"_-./()@+\\");
    /// Keys of logfmt.
    pub const KEY: Self = Self::letters_digits_and(b"_.-@/");
    /// Names of loggers and threads, and source locations.
    pub const NAME: Self = Self::letters_digits_and(b"._-:/@$#*~");

    /// ASCII letters, digits, and `others`.
    const fn letters_digits_and(others: &[u8]) -> Self {
        let mut set = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            set[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        let mut at = 0;
        while at < others.len() {
            set[others[at] as usize] = true;
            at += 1;
        }
        Self(set)
    }

    pub const fn has(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    /// The end of the run of such bytes at `at`; `at` itself if there is none.
    pub fn run(&self, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| !self.has(byte)).unwrap_or(rest.len())
    }
}
