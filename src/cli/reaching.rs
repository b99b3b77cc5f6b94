//! How ssh reaches the CVMs.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::value;

/// The flags that are handed to ssh, or that pace it; everything else is in the user's own ssh config.
#[derive(Clone, Debug, Args)]
pub struct SshFlags {
    /// Private key for ssh, as ssh -i; repeatable
    #[arg(long, value_name = "FILE")]
    pub identity: Vec<PathBuf>,
    /// ssh config file, as ssh -F
    #[arg(short = 'F', long, value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// Go through this host, as ssh -J
    #[arg(short = 'J', long, value_name = "HOST")]
    pub jump: Option<String>,
    /// Any option of ssh, as ssh -o; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::ssh_option)]
    pub ssh_option: Vec<String>,
    /// Give up on a connection that is not set up within this time
    ///
    /// A duration is a number with a unit: 500ms, 10s, 2m, 1h30m, 1d; a bare number counts seconds, as in sleep(1).
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = value::connect_timeout)]
    pub connect_timeout: Duration,
    /// How many connections are set up at once (sshd by default drops some beyond 10)
    #[arg(long, value_name = "N", default_value = "8", value_parser = value::parallel)]
    pub parallel: usize,
    /// Take a CVM for dead after this long without an answer, and reconnect
    ///
    /// From 3s to 1h. A CVM that is slow but answers is not taken for dead.
    #[arg(long, value_name = "DURATION", default_value = "18s", value_parser = value::dead_after)]
    pub dead_after: Duration,
}
