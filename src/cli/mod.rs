//! The command line as typed: flags grouped by concern, merged with the config's defaults, not yet decided upon.

mod checking;
mod choosing;
pub mod complete;
mod defaults;
mod filtering;
mod following;
mod help;
mod output;
mod pages;
mod reaching;
mod snapshotting;
#[cfg(test)]
mod tests;
pub mod value;
pub mod when;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand};

use crate::config::Config;
use crate::options::Shell;
use crate::render::sanitize;
use crate::usage::Usage;
pub use checking::{CheckFlags, CheckFormat};
pub use choosing::CvmFlags;
pub use filtering::FilterFlags;
pub use following::ReadFlags;
pub use output::{ColorWhen, Form, OrderWord, OutputFlags, PrefixWord, StatsFlag};
pub use pages::{completions, man};
pub use reaching::SshFlags;
pub use snapshotting::{SnapshotFlags, ThresholdFlags};

/// Follow the logs of every Controller VM of a Nutanix cluster over your own ssh, in one stream
///
/// cvmtail opens your own ssh to each CVM, runs one tail per CVM and log, and merges what they say into one
/// stream of lines. A stream that breaks resumes at the exact byte where it stopped; a log that is rotated is
/// followed into its new file. Nothing is installed on a CVM, and nothing is left there.
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
    /// Which verb; none is to follow.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The flags of the follow.
    #[command(flatten)]
    pub follow: FollowFlags,
}

/// The verbs besides the follow.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Find out, step by step, whether CVMs and logs can be reached, and if not, why
    Check(Box<CheckFlags>),
    /// Report how the chosen logs are: a bounded look at all CVMs at once, and an exit status that says it
    #[command(after_long_help = help::SNAPSHOT)]
    Snapshot(Box<SnapshotFlags>),
    /// List the known logs: the catalogue and the logs of the config; with -c: what is there
    Logs(Box<LogsFlags>),
    /// List the CVMs that the flags, the environment and the config resolve to
    Cvms(Box<CvmsFlags>),
    /// Print a completion script
    Completions {
        /// Which shell it is for
        shell: Shell,
    },
    /// Print the man page
    Man,
}

/// The flags of the follow, grouped by concern.
#[derive(Clone, Debug, Args)]
pub struct FollowFlags {
    /// Logs to follow: a name (`cvmtail logs` lists them), a path on the CVM, or a glob over either
    ///
    /// A name is one of the catalogue or of the config. What has a `/` in it is a path on the CVM. A glob with a `.`
    /// or a `/` in it is over paths: '*.FATAL' (in the log folder), '/home/nutanix/data/logs/stargate*.out'; any
    /// other is over names: 'insights_*'. Quote globs, so that your shell leaves them alone. Without any LOG, the
    /// `default_logs` of the config are followed.
    #[arg(value_name = "LOG")]
    pub logs: Vec<OsString>,
    /// Which CVMs.
    #[command(flatten, next_help_heading = "Choosing CVMs")]
    pub choosing: CvmFlags,
    /// How ssh reaches them.
    #[command(flatten, next_help_heading = "Reaching CVMs")]
    pub reaching: SshFlags,
    /// From where, until when.
    #[command(flatten, next_help_heading = "Following")]
    pub following: ReadFlags,
    /// Which lines.
    #[command(flatten, next_help_heading = "Filtering")]
    pub filtering: FilterFlags,
    /// In what form.
    #[command(flatten, next_help_heading = "Output")]
    pub output: OutputFlags,
    /// Where the config is.
    #[command(flatten, next_help_heading = "Config")]
    pub config: ConfigFlag,
}

/// Where the config is.
#[derive(Clone, Debug, Args)]
pub struct ConfigFlag {
    /// Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none
    #[arg(long = "config", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// `cvmtail logs`
#[derive(Clone, Debug, Args)]
pub struct LogsFlags {
    /// Only these: names, paths, globs over either; none: all
    #[arg(value_name = "NAME")]
    pub names: Vec<OsString>,
    /// Which CVMs.
    #[command(flatten, next_help_heading = "Looking on CVMs")]
    pub choosing: CvmFlags,
    /// How ssh reaches them.
    #[command(flatten, next_help_heading = "Reaching CVMs")]
    pub reaching: SshFlags,
    /// Print one JSON object per log
    #[arg(long, help_heading = "Options")]
    pub json: bool,
    /// Where the config is.
    #[command(flatten)]
    pub config: ConfigFlag,
}

/// `cvmtail cvms`
#[derive(Clone, Debug, Args)]
pub struct CvmsFlags {
    /// Which CVMs.
    #[command(flatten)]
    pub choosing: CvmFlags,
    /// How ssh reaches those that are asked for their cluster.
    #[command(flatten, next_help_heading = "Reaching CVMs")]
    pub reaching: SshFlags,
    /// Print one JSON object per CVM
    #[arg(long, help_heading = "Options")]
    pub json: bool,
    /// Where the config is.
    #[command(flatten)]
    pub config: ConfigFlag,
}

/// A command line that clap accepts, before the config is known.
pub struct Typed {
    /// The words, the program's own name first.
    arguments: Vec<OsString>,
    /// What clap made of them.
    matches: ArgMatches,
    /// The same, as flags.
    pub flags: Cli,
}

/// Reads the command line; help and version are "errors" that clap prints and exits 0 with.
pub fn parse(arguments: Vec<OsString>) -> Result<Typed, clap::Error> {
    let matches = command().try_get_matches_from(&arguments)?;
    let flags = Cli::from_arg_matches(&matches)?;
    Ok(Typed { arguments, matches, flags })
}

/// The same error about the arguments as a terminal may have them: clap repeats them as they are, between colours of
/// its own.
pub fn harmless(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let shown: Vec<OsString> =
        arguments.iter().map(|argument| sanitize::bytes(argument.as_bytes()).into()).collect();
    if !error.use_stderr() || shown == arguments {
        return error;
    }
    match parse(shown) {
        Err(told) if told.use_stderr() => told,
        // What is shown instead is right where the original is not: then it is told without colours.
        _ => command()
            .error(error.kind(), sanitize::lines(error.render().to_string().trim_start_matches("error: "))),
    }
}

/// The whole command as clap knows it, the opposites of the switches included.
pub fn command() -> Command {
    defaults::with_opposites(<Cli as clap::CommandFactory>::command())
}

impl Typed {
    /// `--config`, of whichever verb.
    pub fn config_file(&self) -> Option<&PathBuf> {
        match &self.flags.verb {
            None => self.flags.follow.config.file.as_ref(),
            Some(Verb::Check(check)) => check.config.file.as_ref(),
            Some(Verb::Snapshot(snapshot)) => snapshot.config.file.as_ref(),
            Some(Verb::Logs(logs)) => logs.config.file.as_ref(),
            Some(Verb::Cvms(cvms)) => cvms.config.file.as_ref(),
            Some(Verb::Completions { .. } | Verb::Man) => None,
        }
    }

    /// True if the verb has no use for a config.
    pub const fn is_for_packagers(&self) -> bool {
        matches!(self.flags.verb, Some(Verb::Completions { .. } | Verb::Man))
    }

    /// The flags as if the defaults of the config had been typed, wherever the command line is silent.
    ///
    /// Fails on a default that names no flag or that the flag does not take, with its place in the config.
    pub fn with_defaults(&self, config: &Config) -> Result<Cli, Usage> {
        defaults::merge(&self.arguments, &self.matches, config)
    }
}
