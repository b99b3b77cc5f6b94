//! The flags of `cvmtail snapshot`: which window, which thresholds, and the format of the report.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::config_flag::ConfigFlag;
use crate::cli::{ColorWhen, CvmFlags, SshFlags, When, duration};
use crate::options::ReportForm;

#[derive(Clone, Debug, Args)]
pub struct SnapshotFlags {
    /// Logs to report on: a name (see `cvmtail logs`), a path on the CVM, or a glob over names or paths
    ///
    /// A glob over paths, such as '*.FATAL', stands for the files that exist; if none does, that is healthy.
    /// Without LOG, the `default_logs` of the config are read.
    #[arg(value_name = "LOG")]
    pub logs: Vec<OsString>,
    #[command(flatten, next_help_heading = "Choosing CVMs")]
    pub cvms: CvmFlags,
    #[command(flatten, next_help_heading = "Connecting")]
    pub ssh: SshFlags,
    #[command(flatten, next_help_heading = "Window")]
    pub window: WindowFlags,
    #[command(flatten, next_help_heading = "Thresholds (for each CVM and log separately)")]
    pub thresholds: ThresholdFlags,
    #[command(flatten, next_help_heading = "Output")]
    pub report: ReportFlags,
    #[command(flatten, next_help_heading = "Config")]
    pub config: ConfigFlag,
}

/// The flags that say which lines are read, and for how long.
#[derive(Clone, Debug, Args)]
pub struct WindowFlags {
    /// Start of the window
    ///
    /// A duration ago (15m, 2h), a time of day (14:05), or a date and time (2026-11-20, 2026-11-20T12:00:00Z).
    #[arg(short = 's', long, value_name = "WHEN", default_value = "15m")]
    pub since: When,
    /// End of the window, in the forms of --since; by default the end of each log
    #[arg(long, value_name = "WHEN")]
    pub until: Option<When>,
    /// Report after this long, even if not everything has been read
    ///
    /// What was not read to its end is reported as such, and the exit status is 2 unless a threshold is breached.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::duration)]
    pub timeout: Duration,
}

/// The flags that say what counts as unhealthy; each applies to every CVM×log pair separately.
#[derive(Clone, Debug, Default, Args)]
pub struct ThresholdFlags {
    /// Breach if there are more errors than this (fatal ones included; a traceback counts once)
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u64>,
    /// Breach if there are more warnings than this
    #[arg(long, value_name = "N")]
    pub max_warnings: Option<u64>,
    /// Breach if a log has been silent for longer than this
    #[arg(long, value_name = "DURATION", value_parser = duration::duration)]
    pub max_silence: Option<Duration>,
    /// Breach if a line matches; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub fail_on: Vec<String>,
}

/// The flags that shape the report.
#[derive(Clone, Debug, Args)]
pub struct ReportFlags {
    /// Report format
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORMAT",
        default_value = "text",
        overrides_with = "json"
    )]
    pub format: ReportForm,
    /// Same as --output json
    #[arg(long, overrides_with = "format")]
    pub json: bool,
    /// Write the report to this file instead of stdout, replacing it atomically
    #[arg(long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Show what is new, gone, or changed in number since this earlier report (written with -o json)
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// When to use colors; auto honors `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Suppress status messages
    #[arg(short = 'q', long, overrides_with = "verbose")]
    pub quiet: bool,
    /// Also print ssh's own messages on stderr
    #[arg(long, overrides_with = "quiet")]
    pub verbose: bool,
}
