//! Pure: calls of functions, as `sh` reads them.

use std::fmt::Display;
use std::io::Write as _;

use crate::cluster::pattern::{PathPattern, PatternPart};
use crate::cluster::target::RemotePath;

/// A call under construction.
#[must_use = "a call is one line once it is ended"]
pub struct Call<'a> {
    text: &'a mut Vec<u8>,
}

impl<'a> Call<'a> {
    /// A call of `function`, appended to `text`.
    pub fn new(text: &'a mut Vec<u8>, function: &str) -> Self {
        text.extend_from_slice(function.as_bytes());
        Self { text }
    }

    /// Appends an argument that needs no quotes.
    pub fn word(self, word: impl Display) -> Self {
        // Writing to memory cannot fail.
        let _ = write!(self.text, " {word}");
        self
    }

    /// Appends an argument, quoted.
    pub fn quoted(self, word: &[u8]) -> Self {
        self.text.push(b' ');
        quote(word, self.text);
        self
    }

    /// Appends all of them.
    pub fn all(mut self, paths: &[RemotePath], patterns: &[PathPattern]) -> Self {
        for path in paths {
            self = self.quoted(&path.0);
        }
        for pattern in patterns {
            self.text.push(b' ');
            quote_pattern(pattern, self.text);
        }
        self
    }

    /// Ends the line.
    pub fn end(self) {
        self.text.push(b'\n');
    }
}

/// Appends `word`, quoted: within single quotes nothing has a meaning but the quote itself.
fn quote(word: &[u8], text: &mut Vec<u8>) {
    text.push(b'\'');
    for &byte in word {
        if byte == b'\'' {
            text.extend_from_slice(br"'\''");
        } else {
            text.push(byte);
        }
    }
    text.push(b'\'');
}

/// Appends `pattern`, all quoted but what makes it a glob.
fn quote_pattern(pattern: &PathPattern, text: &mut Vec<u8>) {
    for piece in pattern.pieces() {
        match piece {
            PatternPart::Text(bytes) => quote(bytes, text),
            PatternPart::Any => text.push(b'*'),
            PatternPart::One => text.push(b'?'),
            PatternPart::Class { negated, members } => {
                text.extend_from_slice(if negated { b"[!" } else { b"[" });
                let last = members.len() - 1;
                for (at, &member) in members.iter().enumerate() {
                    if member == b'-' && at != 0 && at != last {
                        text.push(b'-');
                    } else {
                        quote(&[member], text);
                    }
                }
                text.push(b']');
            }
        }
    }
}
