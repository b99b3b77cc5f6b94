//! From where a log is read, and until when.

use std::time::Duration;

use clap::Args;

use crate::cli::value;
use crate::cli::when::When;
use crate::options::Backlog;

/// The flags that say where streams start and end.
#[derive(Clone, Debug, Args)]
pub struct ReadFlags {
    /// Begin with the last N lines of each log; +N: from line N on
    ///
    /// 0 begins with what is appended from now on; +1 reads the whole file.
    #[arg(short = 'n', long, value_name = "N", default_value = "10", allow_hyphen_values = true, value_parser = value::backlog)]
    pub lines: Backlog,
    /// Begin with the first line at or after this time
    ///
    /// A duration ago (10m, 2h), a time of day (14:05, the last one there was), or a date and time
    /// (2026-11-20, '2026-11-20 12:00', 2026-11-20T12:00:00Z); without Z or an offset it is this machine's time.
    /// The place is found without reading the log from its head, in a rotated file if need be. Of a log whose lines
    /// tell no time only what comes is printed, and it is told.
    #[arg(short = 's', long, value_name = "WHEN", conflicts_with = "lines", value_parser = value::when)]
    pub since: Option<When>,
    /// End with the last line before this time, written as for --since
    #[arg(long, value_name = "WHEN", value_parser = value::when)]
    pub until: Option<When>,
    /// End at the end of each log instead of waiting for more
    #[arg(long)]
    pub no_follow: bool,
    /// End after this long
    ///
    /// A duration is a number with a unit: 500ms, 10s, 2m, 1h30m, 1d; a bare number counts seconds, as in sleep(1).
    #[arg(long = "for", value_name = "DURATION", value_parser = value::duration)]
    pub stop_after: Option<Duration>,
    /// End after N printed lines
    #[arg(short = 'm', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_count: Option<u64>,
    /// Do not reconnect: a stream that breaks has failed
    #[arg(long)]
    pub no_reconnect: bool,
    /// Reconnect at most N times in a row
    ///
    /// Without it a broken stream tries again for ever, waiting 0.5 s at first and at most 30 s.
    #[arg(long, value_name = "N", conflicts_with = "no_reconnect")]
    pub retry_limit: Option<u32>,
}
