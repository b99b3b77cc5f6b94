//! The flags of the follow, grouped by concern.

use std::ffi::OsString;

use clap::Args;

use crate::cli::config_flag::ConfigFlag;
use crate::cli::{CvmFlags, FilterFlags, OutputFlags, ReadFlags, SshFlags};

#[derive(Clone, Debug, Args)]
pub struct FollowFlags {
    /// Logs to follow: a name (see `cvmtail logs`), a path on the CVM, or a glob over names or paths
    ///
    /// A name is one of the catalogue or of the config. Anything with a `/` is a path on the CVM. A glob with a `.` or a
    /// `/` matches paths: '*.FATAL' (in the log directory), '/home/nutanix/data/logs/stargate*.out'; any other glob
    /// matches names: 'insights_*'. Quote globs to keep your shell from expanding them. Without LOG, the `default_logs`
    /// of the config are followed.
    #[arg(value_name = "LOG")]
    pub logs: Vec<OsString>,
    #[command(flatten, next_help_heading = "Choosing CVMs")]
    pub cvms: CvmFlags,
    #[command(flatten, next_help_heading = "Connecting")]
    pub ssh: SshFlags,
    #[command(flatten, next_help_heading = "Following")]
    pub read: ReadFlags,
    #[command(flatten, next_help_heading = "Filtering")]
    pub filter: FilterFlags,
    #[command(flatten, next_help_heading = "Output")]
    pub output: OutputFlags,
    #[command(flatten, next_help_heading = "Config")]
    pub config: ConfigFlag,
}
