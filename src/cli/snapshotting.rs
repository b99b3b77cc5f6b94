//! `cvmtail snapshot`: which window, what counts as ill, and the form of the report.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::when::When;
use crate::cli::{ColorWhen, ConfigFlag, CvmFlags, SshFlags, value};
use crate::options::ReportForm;

/// The flags of `cvmtail snapshot`.
#[derive(Clone, Debug, Args)]
pub struct SnapshotFlags {
    /// Logs to look at: a name (`cvmtail logs` lists them), a path on the CVM, or a glob over either
    ///
    /// A glob over paths, such as '*.FATAL', stands for the files that are there; where none is, nothing is ill.
    /// Without any LOG, the `default_logs` of the config are looked at.
    #[arg(value_name = "LOG")]
    pub logs: Vec<OsString>,
    /// Which CVMs.
    #[command(flatten, next_help_heading = "Choosing CVMs")]
    pub choosing: CvmFlags,
    /// How ssh reaches them.
    #[command(flatten, next_help_heading = "Reaching CVMs")]
    pub reaching: SshFlags,
    /// Which lines, and for how long they are read.
    #[command(flatten, next_help_heading = "Looking")]
    pub looking: Looking,
    /// What counts as ill.
    #[command(flatten, next_help_heading = "Thresholds (each for every CVM and log by itself)")]
    pub thresholds: ThresholdFlags,
    /// In what form.
    #[command(flatten, next_help_heading = "Output")]
    pub reporting: Reporting,
    /// Where the config is.
    #[command(flatten, next_help_heading = "Config")]
    pub config: ConfigFlag,
}

/// The flags that say what is looked at.
#[derive(Clone, Debug, Args)]
pub struct Looking {
    /// Look at the lines from this time on
    ///
    /// A duration ago (15m, 2h), a time of day (14:05), or a date and time (2026-11-20, 2026-11-20T12:00:00Z).
    #[arg(short = 's', long, value_name = "WHEN", default_value = "15m", value_parser = value::when)]
    pub since: When,
    /// Look at the lines before this time only, written as for --since
    #[arg(long, value_name = "WHEN", value_parser = value::when)]
    pub until: Option<When>,
    /// Report after this long, whatever is not read by then
    ///
    /// What was not read to its end is reported as such, and the exit status is 2 unless a threshold is breached.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = value::duration)]
    pub timeout: Duration,
}

/// The flags that say what counts as ill; each holds for every CVM×log pair by itself.
#[derive(Clone, Debug, Default, Args)]
pub struct ThresholdFlags {
    /// More errors than this (with what is fatal; a traceback counts once) are a breach
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u64>,
    /// More warnings than this are a breach
    #[arg(long, value_name = "N")]
    pub max_warnings: Option<u64>,
    /// A log that is silent for longer than this is a breach
    #[arg(long, value_name = "DURATION", value_parser = value::duration)]
    pub max_silence: Option<Duration>,
    /// A line that matches this is a breach; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub fail_on: Vec<String>,
}

/// The flags that shape the report.
#[derive(Clone, Debug, Args)]
pub struct Reporting {
    /// Form of the report
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORM",
        default_value = "text",
        overrides_with = "json"
    )]
    pub form: ReportForm,
    /// Short for --output json
    #[arg(long, overrides_with = "form")]
    pub json: bool,
    /// Write the report to this file instead of stdout; it is replaced as a whole, never seen half-written
    #[arg(long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Tell what is new, gone, more or less since this earlier report (of -o json)
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// When to use colours; auto honours `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Say nothing on stderr but errors of the run itself
    #[arg(short = 'q', long, overrides_with = "verbose")]
    pub quiet: bool,
    /// On stderr, also what ssh itself says
    #[arg(long, overrides_with = "quiet")]
    pub verbose: bool,
}
