//! Everything decided: what the run will do, with nothing "auto" left. Plain data, no handles.

mod check;
mod choose;
pub mod discover;
mod follow;
pub mod name;
pub mod resolve;
pub mod snapshot;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cluster::catalogue;
use crate::cluster::cvm::Cvm;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::{RemotePath, Target};
use crate::line::level::Level;

/// What the run is for: one variant per verb.
#[derive(Debug)]
pub enum Plan {
    /// `cvmtail LOG...`
    Follow(Box<Follow>),
    /// `cvmtail snapshot LOG...`
    Snapshot(Box<snapshot::Snapshot>),
    /// `cvmtail check`
    Check(Box<Check>),
    /// `cvmtail logs`
    Logs(Logs),
    /// `cvmtail logs -c CVM`
    Listing(Box<Listing>),
    /// `cvmtail cvms`
    Cvms(Cvms),
    /// `cvmtail completions SHELL`
    Completions(Shell),
    /// `cvmtail man`
    Man,
}

/// What `cvmtail check` looks at.
#[derive(Debug)]
pub struct Check {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// The logs, each once; none: the CVMs alone.
    pub logs: Vec<(String, RemotePath)>,
    /// Globs over paths, each once.
    pub patterns: Vec<PathPattern>,
    /// Names what the globs match.
    pub naming: Naming,
    /// How ssh is called.
    pub ssh: Ssh,
    /// The form of what is found.
    pub verdict: Verdict,
}

/// The form in which a check says what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
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

/// What `cvmtail logs -c CVM` shows.
#[derive(Debug)]
pub struct Listing {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// What is looked for.
    pub wanted: name::Named,
    /// Names what is found.
    pub naming: Naming,
    /// How ssh is called.
    pub ssh: Ssh,
    /// The form of the list.
    pub form: ListForm,
}

impl Listing {
    /// Where logs are: everything in the log folder, packed files included, and what syslog writes.
    fn everywhere() -> Vec<PathPattern> {
        let system = ["/home/log/messages*", "/home/log/user_info*", "/var/log/messages*"];
        let folder = format!("{}*", catalogue::FOLDER);
        std::iter::once(folder.as_str()).chain(system).map(|glob| PathPattern::new(glob.as_bytes())).collect()
    }
}

/// What `cvmtail logs` shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Logs {
    /// Each log once: its name and its path.
    pub logs: Vec<(String, RemotePath)>,
    /// The form of the list.
    pub form: ListForm,
}

/// What `cvmtail cvms` shows.
#[derive(Debug)]
pub struct Cvms {
    /// The CVMs, each once; `--user` and `--port` are part of their addresses.
    pub cvms: Vec<Arc<Cvm>>,
    /// The form of the list.
    pub form: ListForm,
}

/// The shells whose completions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// Into ~/.local/share/bash-completion/completions/cvmtail
    Bash,
    /// Into a file `_cvmtail` in a folder of $fpath
    Zsh,
    /// Into ~/.config/fish/completions/cvmtail.fish
    Fish,
}

/// What to do with lines and events of a follow.
#[derive(Debug)]
pub struct Follow {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// Every CVM×log pair, ordered by CVM, then as the logs were named; `targets[i].id == i`.
    pub targets: Vec<Arc<Target>>,
    /// Globs over paths, each once, beside the targets: every CVM is to be asked what they match.
    pub patterns: Vec<PathPattern>,
    /// Names what the globs match.
    pub naming: Naming,
    /// How ssh is called.
    pub ssh: Ssh,
    /// How each stream is read.
    pub reading: Reading,
    /// Which lines are kept.
    pub filter: Filter,
    /// How lines flow from the streams to the output.
    pub flow: Flow,
    /// How kept lines look.
    pub output: Output,
    /// What is said on stderr.
    pub report: Report,
    /// End after this many printed lines.
    pub max_count: Option<u64>,
    /// End after this long.
    pub stop_after: Option<Duration>,
}

/// How the user's ssh is called.
#[derive(Clone, Debug, Default)]
pub struct Ssh {
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
pub struct Filter {
    /// Keep lines that match one of these (`-g`); none: all.
    pub keep: Vec<String>,
    /// Drop lines that match one of these (`-v`).
    pub drop: Vec<String>,
    /// Colour what matches one of these, on top of what `keep` matches.
    pub highlight: Vec<String>,
    /// How patterns are read.
    pub patterns: Patterns,
}

/// How lines flow from the streams to the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
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
pub struct Patterns {
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
pub struct Output {
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
pub struct Report {
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
