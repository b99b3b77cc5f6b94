//! Where in the config file something stands.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;

/// A value of the config with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// `FILE:LINE:COLUMN`, as compilers write it.
    pub place: String,
}

/// A config file's text and its name.
pub struct SourceText<'a> {
    /// The name, for messages.
    pub file: &'a Path,
    /// The whole text.
    pub text: &'a str,
}

impl SourceText<'_> {
    /// The value with its place.
    pub fn located<T>(&self, value: Spanned<T>) -> Located<T> {
        let place = self.place(value.span());
        Located { value: value.into_inner(), place }
    }

    /// The place of a range of bytes: line and column, in characters, from 1.
    pub fn place(&self, span: Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        format!("{}:{line}:{column}", self.file.display())
    }
}
