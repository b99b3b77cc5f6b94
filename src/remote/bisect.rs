//! Pure: where in a file the lines of a time begin, found by looking at a few places of it.

use jiff::Timestamp;
use memchr::{memchr, memrchr};

use crate::line::reader::Reader;

/// How much is looked at in one place; more only where no line tells its time.
const LOOK: u64 = 16 * 1024;

/// A stretch as short as this is read as a whole.
const SHORT: u64 = 32 * 1024;

/// The search for the first line at or after an instant, in a file whose times grow.
#[derive(Debug)]
pub struct Bisect {
    /// The instant.
    wanted: Timestamp,
    /// Everything before this is earlier. The beginning of a line.
    low: u64,
    /// The first line known not to be earlier begins here, or the file ends.
    high: u64,
    /// Where the last look began.
    looked: u64,
    /// What was seen from there on.
    seen: Vec<u8>,
    /// The look after which nothing is left to look at begins here: the stretch is read from `low`.
    reading: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Look at so many bytes (second) from a place (first) on.
    Look(u64, u64),
    /// The first line that is wanted begins there, or would.
    Found(u64),
}

impl Bisect {
    /// A search in a file of `size` bytes.
    pub fn new(wanted: Timestamp, size: u64) -> Self {
        Self { wanted, low: 0, high: size, looked: 0, seen: Vec::new(), reading: false }
    }

    /// The first thing to do.
    pub fn begin(&mut self) -> Next {
        self.aim()
    }

    /// Takes what was seen in the place that was asked for; times are read by `reader`.
    pub fn see(&mut self, bytes: &[u8], reader: &mut Reader) -> Next {
        self.seen.extend_from_slice(bytes);
        let end = self.looked + self.seen.len() as u64;
        let is_end = bytes.is_empty() || end >= self.high;
        if self.reading {
            return self.read(reader, is_end, end);
        }
        // The line that the look fell into the middle of began before it.
        let first =
            if self.looked == self.low { Some(0) } else { memchr(b'\n', &self.seen).map(|at| at + 1) };
        let stamped = first.and_then(|first| {
            lines(&self.seen, first).find_map(|(at, line)| Some((at, line.len(), reader.time_of(line)?)))
        });
        match stamped {
            Some((at, _, time)) if time >= self.wanted => {
                // The lines between the look and this one tell no time; they may belong to one before.
                self.high = self.looked + at as u64;
                if self.high <= self.low {
                    return Next::Found(self.low);
                }
                self.shrink()
            }
            Some((at, length, _)) => {
                self.low = self.looked + (at + length) as u64 + 1;
                self.aim()
            }
            None if is_end => self.shrink(),
            None => Next::Look(end, LOOK.max(self.seen.len() as u64).min(self.high - end)),
        }
    }

    /// Nothing from the place of the look on is earlier, as far as can be told: search before it.
    fn shrink(&mut self) -> Next {
        let before = self.looked;
        if before <= self.low + SHORT {
            return self.look(self.low, true);
        }
        // What lies between the look and `high` is known to hold no earlier line.
        let middle = self.low + (before - self.low) / 2;
        self.look(middle, false)
    }

    /// Looks into the middle of what is left, or reads it if it is short.
    fn aim(&mut self) -> Next {
        if self.low >= self.high {
            return Next::Found(self.high);
        }
        if self.high - self.low <= SHORT {
            return self.look(self.low, true);
        }
        self.look(self.low + (self.high - self.low) / 2, false)
    }

    /// Begins a look.
    fn look(&mut self, from: u64, reading: bool) -> Next {
        self.looked = from;
        self.reading = reading;
        self.seen.clear();
        Next::Look(from, LOOK.min(self.high - from))
    }

    /// Reads on from `low` until a line is not earlier.
    fn read(&mut self, reader: &mut Reader, is_end: bool, end: u64) -> Next {
        let whole = if is_end { self.seen.len() } else { memrchr(b'\n', &self.seen).map_or(0, |at| at + 1) };
        let mut passed = 0;
        for (at, line) in lines(&self.seen[..whole], 0) {
            if reader.time_of(line).is_some_and(|time| time >= self.wanted) {
                return Next::Found(self.looked + at as u64);
            }
            passed = (at + line.len() + 1).min(whole);
        }
        if is_end {
            return Next::Found(self.high);
        }
        self.seen.drain(..passed);
        self.looked += passed as u64;
        Next::Look(end, LOOK.min(self.high - end))
    }
}

/// The lines from `first` on, with their places; the last one may be cut off.
fn lines(bytes: &[u8], first: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = first;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let start = at;
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        at += length + 1;
        Some((start, &rest[..length]))
    })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    use super::{Bisect, Next};
    use crate::line::reader::Reader;
    use crate::line::time::ClockContext;

    /// A log whose lines have these pauses before them, and so many unstamped lines after them; with the
    /// place and time of each head.
    fn log(lines: &[(u8, u8)]) -> (Vec<u8>, Vec<(u64, Timestamp)>) {
        let (mut text, mut heads) = (Vec::new(), Vec::new());
        let mut time: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        for (pause, unstamped) in lines {
            time += SignedDuration::from_millis(i64::from(*pause % 4) * 250);
            heads.push((text.len() as u64, time));
            let stamp = time.strftime("%Y-%m-%d %H:%M:%S,%3f");
            text.extend_from_slice(format!("{stamp}Z INFO x.py:1 something happened\n").as_bytes());
            for _ in 0..*unstamped {
                text.extend_from_slice(b"    a line that tells no time at all, of a traceback or the like\n");
            }
        }
        (text, heads)
    }

    /// Searches and counts the bytes that were looked at.
    fn search(text: &[u8], wanted: Timestamp) -> (u64, u64) {
        let context = ClockContext { zone: TimeZone::UTC, reference: wanted };
        let mut reader = Reader::new(context);
        let mut bisect = Bisect::new(wanted, text.len() as u64);
        let (mut next, mut looked) = (bisect.begin(), 0);
        for _ in 0..10_000 {
            match next {
                Next::Found(at) => return (at, looked),
                Next::Look(from, count) => {
                    let from = usize::try_from(from).unwrap();
                    let to = (from + usize::try_from(count).unwrap()).min(text.len());
                    looked += (to - from) as u64;
                    next = bisect.see(&text[from..to], &mut reader);
                }
            }
        }
        panic!("the search does not end");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_first_line_at_or_after_the_instant_is_found(
            lines in prop::collection::vec((any::<u8>(), prop_oneof![9 => 0u8..3, 1 => Just(255u8)]), 0..2000),
            wanted in 0i64..600_000,
        ) {
            let (text, heads) = log(&lines);
            let start: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
            let wanted = start + SignedDuration::from_millis(wanted);
            let expected = heads.iter().find(|(_, time)| *time >= wanted).map_or(text.len() as u64, |(at, _)| *at);
            prop_assert_eq!(search(&text, wanted).0, expected);
        }
    }

    #[test]
    fn a_large_log_is_hardly_looked_at() {
        let lines: Vec<(u8, u8)> = (0..400_000u32).map(|n| ((n % 4) as u8, 0)).collect();
        let (text, heads) = log(&lines);
        for place in [0, 1, 777, 200_000, 399_999] {
            // Several lines share an instant: the first of them is meant.
            let wanted = heads[place].1;
            let expected = heads.iter().find(|(_, time)| *time >= wanted).unwrap().0;
            let (found, looked) = search(&text, wanted);
            assert_eq!(found, expected);
            assert!(looked < 400_000, "{looked} bytes looked at of {}", text.len());
        }
    }
}
