//! What a stream has reported, so that its next conversation does not report it again.

use crate::agent::hidden::Hidden;
use crate::batch::FileId;
use crate::failure::Refusal;

/// What was reported as unreadable, and is not reported again by the next conversation.
#[derive(Debug, Default)]
pub struct Reported {
    /// Why the log cannot be read.
    pub absent: Option<Refusal>,
    /// Files that were passed over.
    pub files: Vec<FileId>,
    /// What could not be examined.
    pub hidden: Vec<Hidden>,
}

impl Reported {
    /// The log is being followed: what is rotated from now on in a directory that cannot be listed is a new loss.
    pub fn forget_directories(&mut self) {
        self.hidden.retain(|hidden| matches!(hidden, Hidden::File(_)));
    }
}
