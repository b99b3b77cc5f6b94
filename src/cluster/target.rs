//! A CVM×log pair: what one stream follows.

use std::fmt;
use std::sync::Arc;

use crate::cluster::cvm::Cvm;

/// A path on a CVM: bytes, as Unix has them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RemotePath(pub Vec<u8>);

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// One log on one CVM.
#[derive(Debug)]
pub struct Target {
    /// A dense number, from 0, by which tables per stream are indexed.
    pub id: usize,
    /// The host.
    pub cvm: Arc<Cvm>,
    /// The log's short name: of the catalogue, the config, or the file's own.
    pub log: String,
    /// Where the log is on the CVM.
    pub path: RemotePath,
}
