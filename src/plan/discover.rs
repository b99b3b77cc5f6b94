//! What has to be asked of a CVM before a plan can be made: who its cluster is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cluster::cvm::{Address, Cvm};
use crate::options::SshOptions;
use crate::usage::Usage;

/// The CVMs of the clusters that were asked, by the address of the CVM that answered.
pub type Discovered = HashMap<Address, Vec<IpAddr>>;

/// CVMs that are to be asked who their cluster is.
#[derive(Debug)]
pub struct Ask {
    /// Each once.
    pub seeds: Vec<Arc<Cvm>>,
    /// How ssh reaches them.
    pub ssh: SshOptions,
    /// `--refresh`: an answer of the last hour does not count.
    pub refresh: bool,
    /// Where answers are kept; `None`: nowhere.
    pub cache: Option<PathBuf>,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum Obstacle {
    /// The user asked for what cannot be done.
    Usage(Usage),
    /// CVMs have to be asked first; with their answers in [`Discovered`] the plan can be made.
    Ask(Box<Ask>),
}

impl From<Usage> for Obstacle {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}
