//! The search for the first line of a time, as far as it has come.

use jiff::Timestamp;

use crate::agent::file::Sibling;
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::tail::bisect::Bisect;

/// The search for the beginning.
#[derive(Debug)]
pub struct Seek {
    /// The search in the file.
    pub bisect: Bisect,
    /// The instant.
    pub wanted: Timestamp,
    /// The file.
    pub file: Sibling,
    /// It is the live one.
    pub live: bool,
    /// Where the lines begin that are wanted of the live one.
    pub found: u64,
}

impl Seek {
    /// Where the file is.
    pub const fn path(&self) -> &RemotePath {
        &self.file.path
    }

    /// Which file it is.
    pub const fn id(&self) -> FileId {
        self.file.id
    }

    /// Whether the live file is searched.
    pub const fn is_live(&self) -> bool {
        self.live
    }
}
