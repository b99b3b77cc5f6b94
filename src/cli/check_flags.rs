//! The flags of `cvmtail check`.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use crate::cli::config_flag::ConfigFlag;
use crate::cli::{ColorWhen, CvmFlags, SshFlags};

#[derive(Clone, Debug, Args)]
pub struct CheckFlags {
    /// Logs to check, in the forms of the follow; without any, only the CVMs are checked
    #[arg(value_name = "LOG")]
    pub logs: Vec<OsString>,
    #[command(flatten, next_help_heading = "Choosing CVMs")]
    pub cvms: CvmFlags,
    #[command(flatten, next_help_heading = "Connecting")]
    pub ssh: SshFlags,
    /// Output format
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORMAT",
        default_value = "text",
        overrides_with = "json",
        help_heading = "Output"
    )]
    pub format: CheckFormat,
    /// Same as --output ndjson
    #[arg(long, overrides_with = "format", help_heading = "Output")]
    pub json: bool,
    /// When to use colors; auto honors `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub color: ColorWhen,
    /// Also print ssh's own messages on stderr
    #[arg(long, help_heading = "Output")]
    pub verbose: bool,
    #[command(flatten, next_help_heading = "Config")]
    pub config: ConfigFlag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// A block of lines per CVM
    Text,
    /// One JSON object per step, and a summary
    Ndjson,
}
