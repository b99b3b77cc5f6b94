//! `cvmtail completions` and `cvmtail man`: what packagers install.

use std::io::{self, Write};

use crate::cli;
use crate::diagnosis::manual;
use crate::options::Shell;

/// Writes the completion script of `shell`.
pub fn completions(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&cli::completions(shell))
}

/// Writes the man page as troff.
pub fn man(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&cli::man(&manual::entries())?)
}
