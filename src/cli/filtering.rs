//! Which lines are kept.

use clap::Args;

use crate::cli::value;
use crate::line::level::Level;

/// The flags that filter; all clauses must hold, repeats of one flag are alternatives.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags as typed; the plan has enums")]
pub struct FilterFlags {
    /// Keep only lines that match; repeats are alternatives
    ///
    /// The syntax is that of Rust's regex crate, which ripgrep has too: no look-around, no back-references.
    /// A line is matched, counted and printed as a whole up to 8 MiB. A longer line is judged by its first 8 MiB, where
    /// `$` does not match at the cut; as context before a match, only that part of it is printed.
    #[arg(short = 'g', long, value_name = "REGEX", allow_hyphen_values = true)]
    pub grep: Vec<String>,
    /// Drop lines that match, as grep -v; repeatable
    #[arg(short = 'v', long, value_name = "REGEX", allow_hyphen_values = true)]
    pub exclude: Vec<String>,
    /// Letter case does not count in patterns
    #[arg(short = 'i', long, overrides_with = "smart_case")]
    pub ignore_case: bool,
    /// Letter case counts only in patterns with a capital letter
    #[arg(short = 'S', long, overrides_with = "ignore_case")]
    pub smart_case: bool,
    /// Patterns match whole words only
    #[arg(short = 'w', long)]
    pub word_regexp: bool,
    /// Patterns are plain text, not regexes
    #[arg(long)]
    pub fixed_strings: bool,
    /// Print N lines after each match, per stream
    #[arg(short = 'A', long, value_name = "N")]
    pub after_context: Option<usize>,
    /// Print N lines before each match, per stream
    #[arg(short = 'B', long, value_name = "N")]
    pub before_context: Option<usize>,
    /// Print N lines around each match, per stream
    #[arg(short = 'C', long, value_name = "N")]
    pub context: Option<usize>,
    /// Keep only lines of this level or a graver one: trace, debug, info, warning, error, fatal
    ///
    /// A line without a head of its own, such as one of a traceback, has the level of its record. Lines of
    /// layouts that tell no level are dropped.
    #[arg(long, value_name = "LEVEL", value_parser = value::level)]
    pub level: Option<Level>,
    /// Match, count and print whole records: a traceback comes with its head line
    #[arg(short = 'M', long)]
    pub records: bool,
    /// Print at most N lines a second of each stream, and tell how many were held back
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub rate_limit: Option<u64>,
    /// Fold repeats of a line within a stream; times and numbers of threads do not count
    #[arg(long)]
    pub dedup: bool,
    /// Colour what matches, filter nothing; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub highlight: Vec<String>,
}
