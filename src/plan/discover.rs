//! What a CVM has to be asked before a plan can be made: which CVMs its cluster has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cluster::cvm::{Address, Cvm};
use crate::options::SshOptions;
use crate::usage::Usage;

/// The CVMs of each cluster, by the address of the CVM that was asked.
pub type Discovered = HashMap<Address, Vec<IpAddr>>;

/// CVMs to ask for their cluster.
#[derive(Debug)]
pub struct Ask {
    /// Each once.
    pub seeds: Vec<Arc<Cvm>>,
    pub ssh: SshOptions,
    /// `--refresh`: ignore the answer of the last hour.
    pub refresh: bool,
    /// Where answers are cached; `None`: not at all.
    pub cache: Option<PathBuf>,
}

/// Why there is no plan yet.
#[derive(Debug)]
pub enum Obstacle {
    Usage(Usage),
    /// CVMs have to be asked first; then plan again with their answers.
    Ask(Box<Ask>),
}

impl From<Usage> for Obstacle {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}
