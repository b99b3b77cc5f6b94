//! Decisions of the command line: flags parse into these, plans carry them, and all rooms use them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::line::level::Level;

#[derive(Clone, Debug, Default)]
pub struct SshOptions {
    /// `-F`.
    pub config: Option<PathBuf>,
    /// `--user`, for CVMs without one.
    pub user: Option<String>,
    /// `--port`, for CVMs without one.
    pub port: Option<u16>,
    /// `--identity`, in the order given.
    pub identities: Vec<PathBuf>,
    /// `-J`.
    pub jump: Option<String>,
    /// `--ssh-option`, each `Key=Value`.
    pub options: Vec<String>,
    /// Limit for one connection until it is authenticated.
    pub connect_timeout: Duration,
    /// The most handshakes in flight.
    pub parallel: usize,
    /// A CVM is considered dead after this long without an answer.
    pub dead_after: Duration,
    /// Where control sockets go: a short, private directory on a local disk.
    pub socket_folder: PathBuf,
    /// The variables by which ssh asks this program, and nobody else, for a secret.
    pub askpass: Vec<(&'static str, OsString)>,
    /// `--verbose`: print ssh's own messages.
    pub verbose: bool,
    /// Have ssh log each step of a connection (`LogLevel=DEBUG1`), for a check.
    pub diagnose: bool,
}

/// Where a stream starts and when it ends.
#[derive(Clone, Debug)]
pub struct Reading {
    pub backlog: Backlog,
    /// Wait for more at the end of the log.
    pub follow: bool,
    pub reconnect: Reconnect,
}

/// Where in the existing part of the log to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// With the last N lines; 0: at the end.
    Lines(u64),
    /// With line N, counted from 1: `+1` is the whole file.
    FromLine(u64),
    /// With the first line at or after this instant, in a rotated file if necessary.
    Since(Timestamp),
    /// The same, but only in the file at the path: rotated files are read separately.
    SinceHere(Timestamp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// A stream that breaks has failed.
    Never,
    /// Retry at most this many times in a row; `None`: forever.
    Try(Option<u32>),
}

#[derive(Clone, Debug, Default)]
pub struct FilterOptions {
    /// Keep lines that match one of these (`-g`); none: all.
    pub keep: Vec<String>,
    /// Drop lines that match one of these (`-v`).
    pub drop: Vec<String>,
    /// Highlight what matches one of these, in addition to what `keep` matches.
    pub highlight: Vec<String>,
    pub patterns: PatternSyntax,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowOptions {
    /// Lines from before this instant are dropped (`--since`).
    pub since: Option<Timestamp>,
    /// Lines at or after this instant are dropped, and end their stream (`--until`).
    pub until: Option<Timestamp>,
    /// Lines below this level are dropped.
    pub level: Option<Level>,
    /// Match, count and print whole records.
    pub records: bool,
    /// Lines (records) of context before a match.
    pub before: usize,
    /// Lines (records) of context after a match.
    pub after: usize,
    /// Collapse repeats within a stream.
    pub dedup: bool,
    /// The most lines per second of each stream.
    pub rate_limit: Option<u64>,
    /// The window of `--order time`; `None`: in order of arrival.
    pub order_window: Option<Duration>,
}

/// How patterns are interpreted, as in ripgrep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatternSyntax {
    pub case: Case,
    /// `-w`: only whole words.
    pub word: bool,
    /// `--fixed-strings`: no regex syntax.
    pub fixed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    #[default]
    Sensitive,
    /// `-i`.
    Ignore,
    /// `-S`: case-insensitive unless the pattern has an uppercase letter.
    Smart,
}

#[derive(Clone, Debug)]
pub struct OutputOptions {
    pub format: Format,
    pub color: bool,
    /// stdout is a terminal: pad prefixes, escape control characters.
    pub terminal: bool,
    /// Print each line's own time in front of it.
    pub timestamps: Option<Timestamps>,
    /// The zone of this machine, for `local` and strftime.
    pub zone: TimeZone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timestamps {
    /// RFC 3339, milliseconds, `Z`.
    Utc,
    /// RFC 3339, milliseconds, with the local offset.
    Local,
    /// strftime, in local time.
    Format(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `CVM LOG | line`.
    Text(Prefix),
    /// One JSON object per line or event.
    Ndjson,
    /// The line alone, byte for byte.
    Raw,
    Template(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefix {
    /// `CVM LOG | `
    #[default]
    Full,
    /// `CVM | `
    Cvm,
    /// `LOG | `
    Log,
    None,
}

#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// Print events as text: off with `-q` and with NDJSON.
    pub events: bool,
    pub color: bool,
    /// stderr is a terminal: draw progress, escape control characters.
    pub terminal: bool,
    /// Print summaries.
    pub stats: Option<Stats>,
}

/// `--stats[=INTERVAL]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// `None`: only at the end (and on SIGUSR1).
    pub every: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStyle {
    /// A block of lines per CVM.
    Text {
        color: bool,
        /// The locale can show more than ASCII.
        unicode: bool,
    },
    /// One JSON object per step.
    Ndjson {
        /// stdout is a terminal.
        terminal: bool,
    },
}

/// The form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// A table.
    Table,
    /// One JSON object per entry.
    Json {
        /// stdout is a terminal.
        terminal: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// For ~/.local/share/bash-completion/completions/cvmtail
    Bash,
    /// For a file `_cvmtail` in a directory of $fpath
    Zsh,
    /// For ~/.config/fish/completions/cvmtail.fish
    Fish,
}

/// What the output of a report can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportStyle {
    pub color: bool,
    /// It is a terminal: draw bars, escape control characters.
    pub terminal: bool,
    /// It can show more than ASCII.
    pub unicode: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// A table, and the findings
    Text,
    /// One JSON object
    Json,
    /// One JSON object per breach, CVM, log and finding, and a summary
    Ndjson,
    /// Metrics for Prometheus's textfile collector
    Prometheus,
    /// Test results as XML (junit), one test case per CVM and log
    Junit,
    /// Markdown, for the summary of a CI job
    Markdown,
}
