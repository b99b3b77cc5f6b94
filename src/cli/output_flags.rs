//! The flags that shape stdout and stderr of a follow.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::{duration, value};
use crate::options::{Stats, Timestamps};

#[derive(Clone, Debug, Args)]
pub struct OutputFlags {
    /// Output format
    ///
    /// With ndjson, a line of more than 1 MiB is split into several objects, with "partial":true on all but the last.
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORMAT",
        default_value = "text",
        overrides_with = "json"
    )]
    pub format: LineFormat,
    /// Same as --output ndjson
    #[arg(long, overrides_with = "format")]
    pub json: bool,
    /// Print each line as this text with {fields}, such as '{time} {cvm} {log} {level} {line}'
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["format", "json"])]
    pub template: Option<String>,
    /// Print each line's own time in front of it: utc (the default), local, or a strftime format
    #[arg(
        short = 't',
        long,
        value_name = "FORMAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "utc",
        value_parser = value::timestamps
    )]
    pub timestamps: Option<Timestamps>,
    /// Order in which streams are merged
    #[arg(long, value_name = "ORDER", default_value = "arrival")]
    pub order: OrderChoice,
    /// How long --order time waits for lines of other streams; lines that come later are marked
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration::duration)]
    pub order_window: Duration,
    /// Prefix of each line
    #[arg(long, value_name = "PREFIX", default_value = "full")]
    pub prefix: PrefixChoice,
    /// When to use colors; auto honors `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Print a summary on stderr at the end, and every INTERVAL
    ///
    /// SIGUSR1 prints one at any time.
    #[arg(
        long,
        value_name = "INTERVAL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "end",
        value_parser = value::stats
    )]
    pub stats: Option<Stats>,
    /// Suppress status messages
    #[arg(short = 'q', long, overrides_with = "verbose")]
    pub quiet: bool,
    /// Also print ssh's own messages on stderr
    #[arg(long, overrides_with = "quiet")]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderChoice {
    /// As lines arrive
    Arrival,
    /// By each line's own time
    Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LineFormat {
    /// Each line with a prefix
    Text,
    /// One JSON object per line, events included
    Ndjson,
    /// Lines alone, byte for byte
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrefixChoice {
    /// CVM and log
    Full,
    /// CVM
    Cvm,
    /// Log
    Log,
    /// None
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal
    Auto,
    /// Also into pipes and files
    Always,
    /// Not at all
    Never,
}
