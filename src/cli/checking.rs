//! What is checked, and how it is told.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use crate::cli::{ColorWhen, ConfigFlag, CvmFlags, SshFlags};

/// `cvmtail check`
#[derive(Clone, Debug, Args)]
pub struct CheckFlags {
    /// Logs to look at, as for following; none: only the way to the CVMs
    #[arg(value_name = "LOG")]
    pub logs: Vec<OsString>,
    /// Which CVMs.
    #[command(flatten, next_help_heading = "Choosing CVMs")]
    pub choosing: CvmFlags,
    /// How ssh reaches them.
    #[command(flatten, next_help_heading = "Reaching CVMs")]
    pub reaching: SshFlags,
    /// Form of the output
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORM",
        default_value = "text",
        overrides_with = "json",
        help_heading = "Output"
    )]
    pub form: CheckFormat,
    /// Short for --output ndjson
    #[arg(long, overrides_with = "form", help_heading = "Output")]
    pub json: bool,
    /// When to use colours; auto honours `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub color: ColorWhen,
    /// On stderr, also what ssh itself says
    #[arg(long, help_heading = "Output")]
    pub verbose: bool,
    /// Where the config is.
    #[command(flatten, next_help_heading = "Config")]
    pub config: ConfigFlag,
}

/// The form in which a check is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// A block of lines per CVM
    Text,
    /// One JSON object per step, and a summary
    Ndjson,
}
