//! What a follower is waiting for.

use std::collections::VecDeque;

use crate::agent::file::Sibling;
use crate::tail::follower::seek::Seek;

/// Where the conversation stands.
#[derive(Debug)]
pub enum Phase {
    /// The agent has not replied yet.
    Starting,
    /// The log is being opened for the first time.
    Opening,
    /// The start of the backlog was requested.
    Measuring(Sibling),
    /// The first line of a time is being searched for in an open file.
    Seeking(Box<Seek>),
    /// A listing was requested, to choose the file with the first line of a time.
    ListingByTime(Box<Seek>),
    /// The file with the first line of a time is being opened.
    OpeningByTime(Box<Seek>),
    /// A file is being sent to its end.
    Copying {
        live: bool,
    },
    /// `tail` was started, and it is not known yet whether on the right file.
    Verifying,
    /// `tail` runs.
    Following,
    /// `tail` runs, and a listing was requested.
    Relisting,
    /// The file was read to its end, and a listing was requested to choose the next one.
    Choosing,
    /// `tail` is being stopped, to continue with that file.
    Stopping(Sibling),
    /// The rest of the file is being sent, to continue with that file.
    Draining(Sibling),
    /// That file is being opened, to continue with it if it is still the next one.
    Entering(Sibling),
    /// The next file is open; a new listing shows whether it is still the next one.
    Confirming {
        listed: Sibling,
        opened: Sibling,
    },
    /// A file that is no longer the next one is being sent, and discarded.
    Skipping,
    /// The compressed file to be sent was renamed, and a listing was requested.
    Relocating,
    /// That compressed file is being compared with the file that was just read.
    ComparingCompressed(Sibling),
    /// That file seems to be next; it is being compared with the file that was just read.
    Comparing(Sibling),
    /// `tail` printed a message about the file and is being stopped.
    Suspecting,
    /// The open file is being compared with what was read of it.
    Checking,
    /// The position is being searched for, and a listing was requested.
    Searching(SearchReason),
    /// A candidate for the position is being opened, then compared.
    Trying {
        reason: SearchReason,
        candidate: Sibling,
        rest: VecDeque<Sibling>,
    },
    /// There is nothing to read; the agent reports when there is.
    Waiting,
    /// The file with the position may not be read now; the agent reports when it may.
    Denied(SearchReason),
    Done,
}

/// Why the position is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchReason {
    /// The connection was interrupted.
    Interrupted,
    /// The file was truncated while it was read.
    Truncated,
}
