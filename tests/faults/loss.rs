//! A loss of which nothing told yet.

use std::time::{Duration, Instant};

/// How long it takes at most until a file that grows is compared with what was read of it.
const COMPARED: Duration = Duration::from_secs(35);

/// Lines that did not come, of which nothing told yet. A cut after which the file was longer than before when it
/// was looked at again is told behind the lines, and the first line after it may be torn.
#[derive(Debug)]
pub struct Loss {
    /// The file of the line after it, and where that begins.
    pub place: (String, u64),
    /// The number of the first line that did not come.
    pub first: u64,
    /// How many lines.
    pub count: u64,
    /// How many torn lines came in their place.
    pub torn: u64,
    /// Until when a second cut hides it; `None`: reading did not go on at the old place, so it is no unseen cut.
    pub hidden_until: Option<Instant>,
    /// What is wrong, in words.
    pub what: String,
}

impl Loss {
    /// True if it may be of an unseen cut that was not compared yet.
    pub fn can_be_hidden(&self) -> bool {
        self.hidden_until.is_some_and(|until| Instant::now() < until)
    }
}

/// Until when a second cut hides a loss that is seen now; `went_on`: reading went on at the old place or behind it.
pub fn hidden_until(went_on: bool) -> Option<Instant> {
    went_on.then(|| Instant::now() + COMPARED)
}
