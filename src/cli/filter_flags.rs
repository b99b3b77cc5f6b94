//! The flags that filter: all of them must hold, and repeats of one flag are alternatives.

use clap::Args;

use crate::cli::value;
use crate::line::level::Level;

#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags as typed; the plan has enums")]
pub struct FilterFlags {
    /// Keep lines that match; repeats are alternatives
    ///
    /// The syntax is that of Rust's regex crate, as in ripgrep: no look-around, no backreferences.
    /// A line is matched, counted and printed as a whole up to 8 MiB. A longer line is judged by its first 8 MiB, where
    /// `$` does not match at the cut; as context before a match, only that part of it is printed.
    #[arg(short = 'g', long, value_name = "REGEX", allow_hyphen_values = true)]
    pub grep: Vec<String>,
    /// Drop lines that match, as grep -v; repeatable
    #[arg(short = 'v', long, value_name = "REGEX", allow_hyphen_values = true)]
    pub exclude: Vec<String>,
    /// Match case-insensitively
    #[arg(short = 'i', long, overrides_with = "smart_case")]
    pub ignore_case: bool,
    /// Match case-insensitively unless the pattern has an uppercase letter
    #[arg(short = 'S', long, overrides_with = "ignore_case")]
    pub smart_case: bool,
    /// Match whole words only
    #[arg(short = 'w', long)]
    pub word_regexp: bool,
    /// Treat patterns as literal strings, not as regexes
    #[arg(long)]
    pub fixed_strings: bool,
    /// Print N lines of context after each match, per stream
    #[arg(short = 'A', long, value_name = "N")]
    pub after_context: Option<usize>,
    /// Print N lines of context before each match, per stream
    #[arg(short = 'B', long, value_name = "N")]
    pub before_context: Option<usize>,
    /// Print N lines of context before and after each match, per stream
    #[arg(short = 'C', long, value_name = "N")]
    pub context: Option<usize>,
    /// Keep lines of this severity or higher: trace, debug, info, warning, error, fatal
    ///
    /// A continuation line, such as one of a traceback, has the level of its record. Lines of logs without levels are
    /// dropped.
    #[arg(long, value_name = "LEVEL", value_parser = value::level)]
    pub level: Option<Level>,
    /// Match, count and print whole records: a traceback together with its first line
    #[arg(short = 'M', long)]
    pub records: bool,
    /// Print at most N lines per second of each stream, and report how many were suppressed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub rate_limit: Option<u64>,
    /// Collapse repeats of a line within a stream, ignoring times and thread numbers
    #[arg(long)]
    pub dedup: bool,
    /// Highlight what matches without filtering; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub highlight: Vec<String>,
}
