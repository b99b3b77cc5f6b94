//! Which lines are kept.

use clap::Args;

/// The flags that filter; all clauses must hold, repeats of one flag are alternatives.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags as typed; the plan has enums")]
pub struct Filtering {
    /// Keep only lines that match; repeats are alternatives
    ///
    /// The syntax is that of Rust's regex crate, which ripgrep has too: no look-around, no back-references.
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
    /// Colour what matches, filter nothing; repeatable
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub highlight: Vec<String>,
}
