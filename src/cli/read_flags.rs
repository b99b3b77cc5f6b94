//! The flags that say where streams start and end.

use std::time::Duration;

use clap::Args;

use crate::cli::{When, duration, value};
use crate::options::Backlog;

#[derive(Clone, Debug, Args)]
pub struct ReadFlags {
    /// Start with the last N lines of each log; +N: with line N
    ///
    /// 0 prints only what is appended from now on; +1 prints the whole file.
    #[arg(short = 'n', long, value_name = "N", default_value = "10", allow_hyphen_values = true, value_parser = value::backlog)]
    pub lines: Backlog,
    /// Start with the first line at or after this time
    ///
    /// A duration ago (10m, 2h), a time of day (14:05, the most recent one), or a date and time
    /// (2026-11-20, '2026-11-20 12:00', 2026-11-20T12:00:00Z); without Z or an offset it is local time of this machine.
    /// The position is found without reading the log from its start, in a rotated file if necessary. Of a log without
    /// timestamps only new lines are printed, with a message.
    #[arg(short = 's', long, value_name = "WHEN", conflicts_with = "lines")]
    pub since: Option<When>,
    /// Stop at the last line before this time, in the forms of --since
    #[arg(long, value_name = "WHEN")]
    pub until: Option<When>,
    /// Stop at the end of each log instead of waiting for more
    #[arg(long)]
    pub no_follow: bool,
    /// Stop after this long
    ///
    /// A duration is a number with a unit: 500ms, 10s, 2m, 1h30m, 1d; a bare number is in seconds, as for sleep(1).
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::duration)]
    pub stop_after: Option<Duration>,
    /// Stop after N printed lines
    #[arg(short = 'm', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_count: Option<u64>,
    /// Do not reconnect: a stream that breaks has failed
    #[arg(long)]
    pub no_reconnect: bool,
    /// Retry at most N times in a row
    ///
    /// By default a broken stream is retried forever, with a delay of 0.5 s at first and 30 s at most.
    #[arg(long, value_name = "N", conflicts_with = "no_reconnect")]
    pub retry_limit: Option<u32>,
}
