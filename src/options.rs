//! What the flags decide, with nothing left open: the command line reads these, plans carry them, all rooms use them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::line::level::Level;

/// How the user's ssh is called.
#[derive(Clone, Debug, Default)]
pub struct SshOptions {
    /// `-F`.
    pub config: Option<PathBuf>,
    /// `--user`, for CVMs that do not name one.
    pub user: Option<String>,
    /// `--port`, for CVMs that do not name one.
    pub port: Option<u16>,
    /// `--identity`, in order.
    pub identities: Vec<PathBuf>,
    /// `-J`.
    pub jump: Option<String>,
    /// `--ssh-option`, each `Key=Value`.
    pub options: Vec<String>,
    /// How long one connection may take until it is authenticated.
    pub connect_timeout: Duration,
    /// How many handshakes may be in flight at once.
    pub parallel: usize,
    /// After how long without an answer a CVM is taken for dead.
    pub dead_after: Duration,
    /// Where control sockets may live: short, private, on a local disk.
    pub socket_folder: PathBuf,
    /// The variables that keep an ssh from asking anybody.
    pub askpass: Vec<(&'static str, OsString)>,
    /// Hand on what ssh itself says (`--verbose`).
    pub verbose: bool,
    /// Have ssh tell each step of a connection (`LogLevel=DEBUG1`), for a check.
    pub diagnose: bool,
}

/// Where a stream starts and when it ends.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What of the log is read before what is appended.
    pub backlog: Backlog,
    /// Go on when the end of the log is reached.
    pub follow: bool,
    /// What to do when a stream breaks.
    pub reconnect: Reconnect,
}

/// How much of the log that is already there is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// The last N lines; 0: none.
    Lines(u64),
    /// From line N on, counted from 1: `+1` is the whole file.
    FromLine(u64),
    /// From the first line at or after this instant, be it in an older file of the log.
    Since(Timestamp),
    /// The same in the file at the path alone: the older ones are read by themselves.
    SinceHere(Timestamp),
}

/// What is done about a broken stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Nothing: the stream has failed.
    Never,
    /// Try again, at most this many times in a row; `None`: for ever.
    Try(Option<u32>),
}

/// Which lines are kept.
#[derive(Clone, Debug, Default)]
pub struct FilterOptions {
    /// Keep lines that match one of these (`-g`); none: all.
    pub keep: Vec<String>,
    /// Drop lines that match one of these (`-v`).
    pub drop: Vec<String>,
    /// Colour what matches one of these, on top of what `keep` matches.
    pub highlight: Vec<String>,
    /// How patterns are read.
    pub patterns: PatternSyntax,
}

/// How lines flow from the streams to the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowOptions {
    /// Lines from before this instant are dropped (`--since`).
    pub since: Option<Timestamp>,
    /// Lines from this instant on are dropped, and end their stream (`--until`).
    pub until: Option<Timestamp>,
    /// Lines below this level are dropped.
    pub level: Option<Level>,
    /// Whole records are matched, counted and printed.
    pub records: bool,
    /// How many lines (records) are printed before a match.
    pub before: usize,
    /// How many lines (records) are printed after a match.
    pub after: usize,
    /// Repeats within a stream are folded.
    pub dedup: bool,
    /// At most so many lines a second of each stream.
    pub rate_limit: Option<u64>,
    /// `--order time` with its window; `None`: as they arrive.
    pub order_window: Option<Duration>,
}

/// How patterns are read, as ripgrep does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatternSyntax {
    /// What `-i` and `-S` say.
    pub case: Case,
    /// `-w`: only whole words.
    pub word: bool,
    /// `--fixed-strings`: no regex syntax.
    pub fixed: bool,
}

/// How letter case counts in patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    /// As written.
    #[default]
    Sensitive,
    /// `-i`.
    Ignore,
    /// `-S`: ignored if the pattern is all lowercase.
    Smart,
}

/// How kept lines and events become bytes.
#[derive(Clone, Debug)]
pub struct OutputOptions {
    /// The form of a line.
    pub format: Format,
    /// Use colours in text.
    pub color: bool,
    /// stdout is a terminal: pad prefixes, make control characters harmless.
    pub terminal: bool,
    /// Put each line's own time before a line of text, in this form.
    pub timestamps: Option<Timestamps>,
    /// The zone of this machine, for `local` and strftime.
    pub zone: TimeZone,
}

/// The form of a line's own time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timestamps {
    /// RFC 3339, milliseconds, `Z`.
    Utc,
    /// RFC 3339, milliseconds, with the offset of this machine.
    Local,
    /// strftime, in this machine's zone.
    Format(String),
}

/// The form of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `CVM LOG | line`.
    Text(Prefix),
    /// One JSON object per line, lines and events alike.
    Ndjson,
    /// The line alone, byte for byte.
    Raw,
    /// `--template`, checked.
    Template(String),
}

/// What stands before a line of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefix {
    /// `CVM LOG | `
    #[default]
    Full,
    /// `CVM | `
    Cvm,
    /// `LOG | `
    Log,
    /// Nothing.
    None,
}

/// What is said on stderr.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// Events as text on stderr: off with `-q` and with NDJSON.
    pub events: bool,
    /// Use colours.
    pub color: bool,
    /// stderr is a terminal: progress may be drawn, control characters are made harmless.
    pub terminal: bool,
    /// A summary at the end, and every so often.
    pub stats: Option<Stats>,
}

/// `--stats[=INTERVAL]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// `None`: only at the end (and on SIGUSR1).
    pub every: Option<Duration>,
}

/// The form in which a check says what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStyle {
    /// A block of lines per CVM.
    Text {
        /// Use colours.
        color: bool,
        /// The reader's locale has more than ASCII.
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

/// The shells whose completions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Into ~/.local/share/bash-completion/completions/cvmtail
    Bash,
    /// Into a file `_cvmtail` in a folder of $fpath
    Zsh,
    /// Into ~/.config/fish/completions/cvmtail.fish
    Fish,
}

/// What the place can show that the report goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportStyle {
    /// Use colours in text.
    pub color: bool,
    /// It is a terminal: bars are drawn, control characters are made harmless.
    pub terminal: bool,
    /// It can show more than ASCII.
    pub unicode: bool,
}

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// A table, and what stands out
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
