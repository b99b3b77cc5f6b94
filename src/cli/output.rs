//! What kept lines look like and what is said beside them.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::value;
use crate::options::Timestamps;

/// The flags that shape stdout and stderr.
#[derive(Clone, Debug, Args)]
pub struct OutputFlags {
    /// Form of the output
    ///
    /// With ndjson, a line of more than 1 MiB is split into several objects, with "partial":true on all but the last.
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORM",
        default_value = "text",
        overrides_with = "json"
    )]
    pub form: Form,
    /// Short for --output ndjson
    #[arg(long, overrides_with = "form")]
    pub json: bool,
    /// Print each line as this text with {fields}, such as '{time} {cvm} {log} {level} {line}'
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["form", "json"])]
    pub template: Option<String>,
    /// Put each line's own time in front of it: utc (the default), local, or a strftime format
    #[arg(
        short = 't',
        long,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "utc",
        value_parser = value::timestamps
    )]
    pub timestamps: Option<Timestamps>,
    /// Merge the streams as lines arrive, or by the lines' own time
    #[arg(long, value_name = "ORDER", default_value = "arrival")]
    pub order: OrderWord,
    /// How long --order time waits for lines of other streams; what comes later is marked
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = value::duration)]
    pub order_window: Duration,
    /// What stands before each line of text
    #[arg(long, value_name = "WHAT", default_value = "full")]
    pub prefix: PrefixWord,
    /// When to use colours; auto honours `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Print a summary on stderr at the end, and every INTERVAL
    ///
    /// A SIGUSR1 prints one at any time.
    #[arg(
        long,
        value_name = "INTERVAL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "end",
        value_parser = value::stats
    )]
    pub stats: Option<StatsFlag>,
    /// No events on stderr
    #[arg(short = 'q', long, overrides_with = "verbose")]
    pub quiet: bool,
    /// On stderr, also what ssh itself says
    #[arg(long, overrides_with = "quiet")]
    pub verbose: bool,
}

/// How the streams are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderWord {
    /// As lines arrive
    Arrival,
    /// By the lines' own time
    Time,
}

/// When a summary is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsFlag {
    /// At the end.
    AtEnd,
    /// Every so often, and at the end.
    Every(Duration),
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A prefix, then the line
    Text,
    /// One JSON object per line, events included
    Ndjson,
    /// The line alone, byte for byte
    Raw,
}

/// What stands before a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrefixWord {
    /// CVM and log
    Full,
    /// The CVM
    Cvm,
    /// The log
    Log,
    /// Nothing
    None,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal
    Auto,
    /// Into pipes and files too
    Always,
    /// Not at all
    Never,
}
