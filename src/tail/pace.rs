//! Pure: limits how often a request is repeated without progress.
//!
//! Between two bytes of the log the same request is sent once a second at most, whatever the CVM replies, so a
//! conversation that loops costs the CVM next to nothing.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// How long after it was sent a request may be repeated.
const PAUSE: Duration = Duration::from_secs(1);

/// How many requests are distinguished; beyond, each counts as a repeated one.
const KNOWN: usize = 4096;

/// The requests on their way to an agent.
#[derive(Debug, Default)]
pub struct Pace {
    /// Those that wait, in order, each with the time when it may go.
    waiting: VecDeque<(Instant, Vec<u8>)>,
    /// Those that were admitted since the log last moved on, by hash, and when each may have gone.
    known: HashMap<u64, Instant>,
    /// When the last one may have gone that is not told apart.
    other: Option<Instant>,
    /// Hashes them.
    hasher: RandomState,
}

impl Pace {
    /// Takes a command, which goes after all that were taken before it; gives when it may go.
    pub fn admit(&mut self, command: Vec<u8>, now: Instant) -> Instant {
        let hash = self.hasher.hash_one(&command);
        let earliest = self.waiting.back().map_or(now, |(due, _)| now.max(*due));
        let is_told_apart = self.known.len() < KNOWN || self.known.contains_key(&hash);
        let last = if is_told_apart { self.known.get(&hash).copied() } else { self.other };
        let due = last.map_or(earliest, |last| earliest.max(last + PAUSE));
        if is_told_apart {
            self.known.insert(hash, due);
        } else {
            self.other = Some(due);
        }
        self.waiting.push_back((due, command));
        due
    }

    /// When the next command may go, if one waits.
    pub fn due(&self) -> Option<Instant> {
        self.waiting.front().map(|(due, _)| *due)
    }

    /// The commands that may go now.
    pub fn take(&mut self, now: Instant) -> Vec<u8> {
        let mut text = Vec::new();
        while let Some((_, command)) = self.waiting.pop_front_if(|(due, _)| *due <= now) {
            text.extend(command);
        }
        text
    }

    /// Bytes of the log came: whatever is asked from now on is asked anew.
    pub fn progress(&mut self) {
        if !self.known.is_empty() {
            self.known.clear();
            self.other = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::{KNOWN, PAUSE, Pace};

    #[test]
    fn a_circle_of_commands_is_walked_once_a_second() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        let mut now = begin;
        for _ in 0..10 {
            for command in ["l '/logs/x'\n", "n '/logs/x' 1:2\n", "c 0\n"] {
                now = pace.admit(command.into(), now);
                assert_eq!(pace.take(now), command.as_bytes());
            }
        }
        assert_eq!(now.duration_since(begin), PAUSE * 9);
    }

    #[test]
    fn what_gets_somewhere_or_is_new_goes_at_once() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for _ in 0..10 {
            assert_eq!(pace.admit(b"c 0\n".into(), now), now);
            pace.progress();
        }
        assert!((0..KNOWN).all(|number| pace.admit(number.to_le_bytes().into(), now) == now));
    }

    #[test]
    fn a_command_that_waits_is_not_overtaken() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for command in ["l\n", "l\n", "k\n"] {
            pace.admit(command.into(), now);
        }
        assert_eq!((pace.take(now), pace.due()), (b"l\n".to_vec(), Some(now + PAUSE)));
        assert_eq!(pace.take(now + PAUSE), b"l\nk\n");
    }

    #[test]
    fn more_commands_than_are_told_apart_are_paced_all_the_same() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        let mut now = begin;
        for number in 0..KNOWN + 11 {
            now = pace.admit(number.to_le_bytes().into(), now);
        }
        assert_eq!(now.duration_since(begin), PAUSE * 10);
    }
}
