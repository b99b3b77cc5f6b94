//! Everything decided: what the run will do, with nothing "auto" left. Plain data, no handles.

mod check;
mod choose;
pub mod discover;
mod follow;
pub mod inputs;
pub mod name;
pub mod snapshot;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::catalogue;
use crate::cluster::cvm::Cvm;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::{RemotePath, Target};
use crate::options::{
    CheckStyle, FilterOptions, FlowOptions, ListForm, OutputOptions, Reading, ReportOptions, Shell,
    SshOptions,
};

/// What the run is for: one variant per verb.
#[derive(Debug)]
pub enum Plan {
    /// `cvmtail LOG...`
    Follow(Box<FollowPlan>),
    /// `cvmtail snapshot LOG...`
    Snapshot(Box<snapshot::SnapshotPlan>),
    /// `cvmtail check`
    Check(Box<CheckPlan>),
    /// `cvmtail logs`
    Logs(LogsPlan),
    /// `cvmtail logs -c CVM`
    Listing(Box<ListingPlan>),
    /// `cvmtail cvms`
    Cvms(CvmsPlan),
    /// `cvmtail completions SHELL`
    Completions(Shell),
    /// `cvmtail man`
    Man,
}

/// What `cvmtail check` looks at.
#[derive(Debug)]
pub struct CheckPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// The logs, each once; none: the CVMs alone.
    pub logs: Vec<(String, RemotePath)>,
    /// Globs over paths, each once.
    pub patterns: Vec<PathPattern>,
    /// Names what the globs match.
    pub naming: Naming,
    /// How ssh is called.
    pub ssh: SshOptions,
    /// The form of what is found.
    pub verdict: CheckStyle,
}

/// What `cvmtail logs -c CVM` shows.
#[derive(Debug)]
pub struct ListingPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// What is looked for.
    pub wanted: name::Named,
    /// Names what is found.
    pub naming: Naming,
    /// How ssh is called.
    pub ssh: SshOptions,
    /// The form of the list.
    pub form: ListForm,
}

impl ListingPlan {
    /// Where logs are: everything in the log folder, packed files included, and what syslog writes.
    fn everywhere() -> Vec<PathPattern> {
        let system = ["/home/log/messages*", "/home/log/user_info*", "/var/log/messages*"];
        let folder = format!("{}*", catalogue::FOLDER);
        std::iter::once(folder.as_str()).chain(system).map(|glob| PathPattern::new(glob.as_bytes())).collect()
    }
}

/// What `cvmtail logs` shows.
#[derive(Debug, PartialEq, Eq)]
pub struct LogsPlan {
    /// Each log once: its name and its path.
    pub logs: Vec<(String, RemotePath)>,
    /// The form of the list.
    pub form: ListForm,
}

/// What `cvmtail cvms` shows.
#[derive(Debug)]
pub struct CvmsPlan {
    /// The CVMs, each once; `--user` and `--port` are part of their addresses.
    pub cvms: Vec<Arc<Cvm>>,
    /// The form of the list.
    pub form: ListForm,
}

/// What to do with lines and events of a follow.
#[derive(Debug)]
pub struct FollowPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// Every CVM×log pair, ordered by CVM, then as the logs were named; `targets[i].id == i`.
    pub targets: Vec<Arc<Target>>,
    /// Globs over paths, each once, beside the targets: every CVM is to be asked what they match.
    pub patterns: Vec<PathPattern>,
    /// Names what the globs match.
    pub naming: Naming,
    /// How ssh is called.
    pub ssh: SshOptions,
    /// How each stream is read.
    pub reading: Reading,
    /// Which lines are kept.
    pub filter: FilterOptions,
    /// How lines flow from the streams to the output.
    pub flow: FlowOptions,
    /// How kept lines look.
    pub output: OutputOptions,
    /// What is said on stderr.
    pub report: ReportOptions,
    /// End after this many printed lines.
    pub max_count: Option<u64>,
    /// End after this long.
    pub stop_after: Option<Duration>,
}
