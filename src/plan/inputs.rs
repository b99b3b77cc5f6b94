//! What a plan is made of.

use std::path::Path;

use crate::cli::Cli;
use crate::config::Config;
use crate::plan::discover::Discovered;
use crate::plan::surroundings::Surroundings;
use crate::usage::Usage;

pub struct Inputs<'a> {
    /// The flags of the command line alone: what is typed outranks a cluster's settings and `CVMTAIL_CVMS`.
    pub typed: &'a Cli,
    /// The flags with the defaults of the config.
    pub flags: &'a Cli,
    pub config: &'a Config,
    pub surroundings: &'a Surroundings,
    /// Returns the text of a `--cvm-file`, `-` being stdin; called only for files that are needed.
    pub cvm_file: &'a dyn Fn(&Path) -> Result<String, Usage>,
    /// The answers of CVMs so far.
    pub discovered: &'a Discovered,
}
