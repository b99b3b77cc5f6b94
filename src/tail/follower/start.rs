//! Where a conversation starts.

use crate::options::Backlog;
use crate::tail::follower::reported::Reported;
use crate::tail::position::Position;

/// What to read first, or the position at which the previous conversation stopped.
#[derive(Debug)]
pub struct Start {
    pub backlog: Backlog,
    pub position: Option<Position>,
    pub reported: Reported,
}

impl Start {
    /// The start of a stream's first conversation.
    pub fn new(backlog: Backlog) -> Self {
        Self { backlog, position: None, reported: Reported::default() }
    }
}
