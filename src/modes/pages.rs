//! `cvmtail completions` and `cvmtail man`: what packagers install.

use anyhow::Context as _;

use crate::cli;
use crate::diagnosis::manual;
use crate::exit::Exit;
use crate::modes::print::print;
use crate::modes::stop::Stop;
use crate::options::Shell;

/// Prints the completion script of `shell`.
pub fn completions(shell: Shell) -> Result<Exit, Stop> {
    print(&cli::completions(shell))
}

/// Prints the man page as troff.
pub fn man() -> Result<Exit, Stop> {
    print(&cli::man(&manual::entries()).context("the man page cannot be made")?)
}
