//! Why a verb ends without a result of its own.

use crate::exit::Exit;
use crate::output::Closed;
use crate::usage::Usage;

#[derive(Debug)]
pub enum Stop {
    /// A signal of that number ended the run.
    Signal(u8),
    /// What clap has to say instead of a command line: an error, help, the version.
    CommandLine(Box<clap::Error>),
    /// The command line, the config or the environment is wrong.
    Usage(Usage),
    /// This machine lacks what the run needs, or a file or stdout cannot be used; only ever shown.
    Failed(anyhow::Error),
}

impl Stop {
    /// What it means that stdout cannot be written: a reader that went away has read enough.
    pub fn for_stdout(closed: Closed) -> Result<Exit, Self> {
        match closed {
            Closed::Gone => Ok(Exit::Found),
            Closed::Failed(_) => Err(Self::Failed(closed.into())),
        }
    }
}

impl From<Usage> for Stop {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}

impl From<clap::Error> for Stop {
    fn from(error: clap::Error) -> Self {
        Self::CommandLine(Box::new(error))
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}
