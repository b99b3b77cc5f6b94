//! Where a conversation can stand.

use std::collections::VecDeque;

use crate::remote::follower::since::Seek;
use crate::remote::position::Sibling;

/// Where the conversation stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// The script was not heard yet.
    Greeting,
    /// The log is being opened for the first time.
    Opening,
    /// The beginning of the backlog was asked for.
    Measuring(Sibling),
    /// The beginning of a time is being searched for.
    Seeking(Box<Seek>),
    /// The file where a time begins is being chosen, a listing was asked for.
    Dating(Box<Seek>),
    /// The file where a time begins is being opened.
    Turning(Box<Seek>),
    /// A file is being sent to its end; true: it was the live one.
    Copying(bool),
    /// `tail` was started; is it on the right file?
    Verifying,
    /// `tail` runs.
    Following,
    /// `tail` runs, a listing was asked for.
    Looking,
    /// Nothing runs, the file was read to its end, a listing was asked for.
    Choosing,
    /// `tail` is being ended, to go on to that file.
    Leaving(Sibling),
    /// The rest of the file is being sent, to go on to that file.
    Draining(Sibling),
    /// That file is being opened.
    Entering(Sibling),
    /// Is that packed file the one that was just read?
    Weighing(Sibling),
    /// That file (as listed, as opened) seems to come next, or is it a copy of the one that was just read?
    Comparing(Sibling, Sibling),
    /// `tail` said something about the file and is being ended.
    Suspecting,
    /// Is the file still the one that was read?
    Checking,
    /// The place is being looked for, a listing was asked for.
    Finding(Search),
    /// A candidate is being opened, then summed; the others are still to be tried.
    Trying(Search, Sibling, VecDeque<Sibling>),
    /// There is nothing to read now; the script tells when there is.
    Waiting,
    /// Over.
    Done,
}

/// Why the place is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// The connection was interrupted.
    Interrupted,
    /// The file was cut while it was read.
    Cut,
}
