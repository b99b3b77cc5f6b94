//! Pure: what a CVM has and cannot examine.

use crate::cluster::target::RemotePath;

/// What a CVM has and cannot examine: nobody knows what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// A directory that cannot be listed.
    Directory(RemotePath),
    /// A name whose file cannot be examined.
    File(RemotePath),
}

impl Hidden {
    /// Where it is.
    pub const fn path(&self) -> &RemotePath {
        match self {
            Self::Directory(path) | Self::File(path) => path,
        }
    }
}
