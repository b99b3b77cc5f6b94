//! The flags of `cvmtail logs`.

use std::ffi::OsString;

use clap::Args;

use crate::cli::config_flag::ConfigFlag;
use crate::cli::{CvmFlags, SshFlags};

#[derive(Clone, Debug, Args)]
pub struct LogsFlags {
    /// List only these logs: names, paths, or globs over either
    #[arg(value_name = "NAME")]
    pub names: Vec<OsString>,
    #[command(flatten, next_help_heading = "Listing the files on CVMs")]
    pub cvms: CvmFlags,
    #[command(flatten, next_help_heading = "Connecting")]
    pub ssh: SshFlags,
    /// Print one JSON object per log
    #[arg(long, help_heading = "Options")]
    pub json: bool,
    #[command(flatten)]
    pub config: ConfigFlag,
}
