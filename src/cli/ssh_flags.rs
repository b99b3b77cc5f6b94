//! The flags that are passed to ssh, or that limit it; everything else is in the user's own ssh config.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::{duration, value};

#[derive(Clone, Debug, Args)]
pub struct SshFlags {
    /// Private key, as for ssh -i; repeatable
    #[arg(long, value_name = "FILE")]
    pub identity: Vec<PathBuf>,
    /// ssh config file, as for ssh -F
    #[arg(short = 'F', long, value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// Connect through this jump host, as for ssh -J
    #[arg(short = 'J', long, value_name = "HOST")]
    pub jump: Option<String>,
    /// Any ssh option, as for ssh -o; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::ssh_option)]
    pub ssh_option: Vec<String>,
    /// Give up on a connection that is not established within this time
    ///
    /// A duration is a number with a unit: 500ms, 10s, 2m, 1h30m, 1d; a bare number is in seconds, as for sleep(1).
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::connect_timeout)]
    pub connect_timeout: Duration,
    /// Number of connections to establish at the same time (sshd drops some beyond 10 by default)
    #[arg(long, value_name = "N", default_value = "8", value_parser = value::parallel)]
    pub parallel: usize,
    /// Consider a CVM dead after this long without an answer, and reconnect
    ///
    /// From 3s to 1h. A CVM that is slow but answers is not considered dead.
    #[arg(long, value_name = "DURATION", default_value = "18s", value_parser = duration::dead_after)]
    pub dead_after: Duration,
}
