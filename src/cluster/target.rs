//! A target: one log on one CVM, followed by one stream.

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

#[derive(Debug)]
pub struct Target {
    /// Index of the stream in tables, from 0 without holes.
    pub id: usize,
    pub cvm: Arc<Cvm>,
    /// The name: of the catalogue, of the config, or the file's own.
    pub log: String,
    pub path: RemotePath,
}
