//! What the user asked for cannot be done as asked: a command line, a config or a variable is wrong.

use std::fmt;

/// One mistake of the user: what is wrong and what to write instead; exit status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What is wrong and why, in one sentence without a full stop.
    pub message: String,
    /// What to write instead, where that can be said.
    pub hint: Option<String>,
}

impl Usage {
    /// A mistake that is told without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same mistake with what to write instead.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same mistake, found at `place` (a file with line and column, a flag).
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Usage {}
