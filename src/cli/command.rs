//! The whole command as clap knows it: every verb and every flag.

use std::path::PathBuf;

use clap::{Command, CommandFactory as _, Parser, Subcommand};

use crate::cli::{CheckFlags, CvmsFlags, FollowFlags, LogsFlags, SnapshotFlags, help, opposites};
use crate::options::Shell;

/// Follow the logs of every Controller VM of a Nutanix cluster over your own ssh, in one stream
///
/// cvmtail connects to each CVM with your own ssh, runs one tail per CVM and log, and merges their output into one
/// stream of lines. A stream that breaks resumes at the exact byte where it stopped; a log that is rotated is
/// followed into its new file. Nothing is installed on a CVM, and nothing is left behind.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "cvmtail",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    override_usage = help::USAGE,
    after_help = help::short(),
    after_long_help = help::long()
)]
pub struct Cli {
    /// `None`: follow.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub follow: FollowFlags,
    /// Append a trace of connections, requests to CVMs and their replies to this file
    ///
    /// For reports of faults: one record per line, with its time in UTC. It has names, paths, counts and durations, but
    /// neither lines of logs nor secrets. The file is created readable by its owner only.
    #[arg(long, value_name = "FILE", global = true, overrides_with = "debug", help_heading = "Output")]
    pub debug: Option<PathBuf>,
}

/// The verbs besides the follow.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Check step by step whether CVMs and logs can be reached, and if not, why
    Check(Box<CheckFlags>),
    /// Report the health of logs: read a time window on all CVMs at once, then exit with a verdict
    #[command(after_long_help = help::SNAPSHOT)]
    Snapshot(Box<SnapshotFlags>),
    /// List the logs known by name, from the catalogue and the config; with -c, the files on those CVMs
    Logs(Box<LogsFlags>),
    /// List the CVMs that the flags, the environment and the config resolve to
    Cvms(Box<CvmsFlags>),
    /// Print a shell completion script
    Completions {
        /// Shell to print it for
        shell: Shell,
    },
    /// Print the man page
    Man,
}

/// The whole command, with the hidden flags that undo switches.
pub fn command() -> Command {
    opposites::with_opposites(Cli::command())
}
