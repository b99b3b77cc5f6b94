//! `--config`, of every verb that reads the config.

use std::path::PathBuf;

use clap::Args;

#[derive(Clone, Debug, Args)]
pub struct ConfigFlag {
    /// Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none
    #[arg(long = "config", value_name = "FILE")]
    pub file: Option<PathBuf>,
}
