//! A mistake in the command line, the config or the environment.

use std::fmt;

/// What is wrong, and how to fix it; exit status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// One sentence without a full stop.
    pub message: String,
    /// How to fix it, if that is known.
    pub hint: Option<String>,
}

impl Usage {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds how to fix it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds where it is: a file with line and column, a flag.
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
