//! Values of the config with their place in the file.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    pub value: T,
    /// `FILE:LINE:COLUMN`, as compilers write it.
    pub place: String,
}

pub struct SourceText<'a> {
    /// Its name, for messages.
    pub file: &'a Path,
    pub text: &'a str,
}

impl SourceText<'_> {
    pub fn located<T>(&self, value: Spanned<T>) -> Located<T> {
        let place = self.place(value.span());
        Located { value: value.into_inner(), place }
    }

    /// The place of a range of bytes; line and column count from 1, in characters.
    pub fn place(&self, span: Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        format!("{}:{line}:{column}", self.file.display())
    }
}
