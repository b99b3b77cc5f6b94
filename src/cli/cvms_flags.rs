//! The flags of `cvmtail cvms`.

use clap::Args;

use crate::cli::config_flag::ConfigFlag;
use crate::cli::{CvmFlags, SshFlags};

#[derive(Clone, Debug, Args)]
pub struct CvmsFlags {
    #[command(flatten)]
    pub cvms: CvmFlags,
    /// How to reach the CVMs that are asked for their cluster.
    #[command(flatten, next_help_heading = "Connecting")]
    pub ssh: SshFlags,
    /// Print one JSON object per CVM
    #[arg(long, help_heading = "Options")]
    pub json: bool,
    #[command(flatten)]
    pub config: ConfigFlag,
}
