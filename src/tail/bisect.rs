//! Pure: where in a file the lines of a time begin, found by looking at a few places of it.

use jiff::Timestamp;
use memchr::{memchr, memrchr};

use crate::agent::framing::RECORD_CAP;
use crate::line::reader::Reader;

/// How much is looked at in one place; more only where no line tells its time.
const READ_SIZE: u64 = 16 * 1024;

/// How much is looked at in one go at most.
const MAX_READ: u64 = 256 * 1024;

// It comes as one record, in base64 with newlines, and what is larger is taken for bytes of the log.
const _: () = assert!(MAX_READ * 3 / 2 < RECORD_CAP as u64);

/// How much of a line must be seen to read its time, if its end is not.
const HEAD: usize = 1024;

/// A stretch as short as this is read as a whole.
const SMALL_ENOUGH: u64 = 32 * 1024;

/// The search for the first line at or after an instant, in a file whose times grow.
#[derive(Debug)]
pub struct Bisect {
    /// The instant.
    wanted: Timestamp,
    /// Everything before this is earlier. The beginning of a line.
    low: u64,
    /// The first line known not to be earlier begins here, or the file ends.
    high: u64,
    /// The length of the file.
    size: u64,
    /// Where the last line begins if it is not ended, else the file's end.
    tail: u64,
    /// From here to `high` no line is earlier. The beginning of a line.
    known: u64,
    /// A line was seen that is earlier.
    has_earlier: bool,
    /// Where the last look began.
    window: u64,
    /// The first line that begins in it, once that is seen.
    first: Option<u64>,
    /// How far it has come.
    asked: u64,
    /// What was seen last, from the beginning of a line on if one began there.
    seen: Vec<u8>,
    /// The look after which nothing is left to look at begins here: the stretch is read from `low`.
    reading: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum NextRead {
    /// Read `count` bytes from `from` on.
    Read { from: u64, count: u64 },
    /// The first line that is wanted begins there, or would.
    Found(u64),
}

impl Bisect {
    /// A search in a file of `size` bytes.
    pub fn new(wanted: Timestamp, size: u64) -> Self {
        Self {
            wanted,
            low: 0,
            high: size,
            size,
            tail: size,
            known: size,
            has_earlier: false,
            window: 0,
            first: None,
            asked: 0,
            seen: Vec::new(),
            reading: false,
        }
    }

    /// Whether there are lines that are known to be earlier, when the search is over.
    pub const fn has_earlier(&self) -> bool {
        self.has_earlier
    }

    /// Whether a line was found that is not earlier, when the search is over.
    pub const fn has_later(&self) -> bool {
        self.high < self.size
    }

    /// The first thing to do.
    pub fn first_read(&mut self) -> NextRead {
        self.halve()
    }

    /// Takes what was seen in the place that was asked for; times are read by `reader`.
    pub fn on_bytes(&mut self, bytes: &[u8], reader: &mut Reader) -> NextRead {
        let base = self.asked - self.seen.len() as u64;
        self.seen.extend_from_slice(bytes);
        let end = base + self.seen.len() as u64;
        self.asked = end;
        let is_end = bytes.is_empty() || end >= self.known;
        if end >= self.size && self.seen.last().is_some_and(|&last| last != b'\n') {
            // What the look fell into the middle of begins nobody knows where.
            let begins = memrchr(b'\n', &self.seen).map(|at| base + at as u64 + 1);
            self.tail = begins.or(self.first.map(|_| base)).unwrap_or(self.size);
        }
        if self.reading {
            return self.scan(reader, base, is_end);
        }
        if self.first.is_none() {
            // The line that the look fell into the middle of began before it.
            let newline = memchr(b'\n', &self.seen);
            self.first = newline.map(|at| base + at as u64 + 1);
            self.seen.drain(..newline.map_or(self.seen.len(), |at| at + 1));
        }
        let base = end - self.seen.len() as u64;
        let stamped = lines(&self.seen)
            // A time that is cut off would be taken for an earlier one.
            .filter(|(at, line)| is_end || line.len() >= HEAD || at + line.len() < self.seen.len())
            .find_map(|(at, line)| Some((at, line.len(), reader.time_of(line)?)));
        match stamped {
            Some((at, _, time)) if time >= self.wanted => {
                // The lines between the look and this one tell no time; they may belong to one before.
                self.high = base + at as u64;
                self.known = self.first.unwrap_or(self.high);
                self.shrink()
            }
            Some((at, length, _)) => {
                self.has_earlier = true;
                let is_cut = at + length >= self.seen.len();
                self.low = base + if is_cut { at } else { at + length + 1 } as u64;
                self.halve()
            }
            None if is_end => {
                self.known = self.first.map_or(self.known, |first| self.known.min(first));
                self.shrink()
            }
            None => {
                let passed = memrchr(b'\n', &self.seen).map_or(0, |at| at + 1);
                self.seen.drain(..passed);
                self.read_more()
            }
        }
    }

    /// Looks on, as far again as was looked so far.
    fn read_more(&self) -> NextRead {
        let so_far = self.asked - self.window;
        NextRead::Read {
            from: self.asked,
            count: so_far.clamp(READ_SIZE, MAX_READ).min(self.known - self.asked),
        }
    }

    /// Nothing from the place of the look on is earlier, as far as can be told: search before it.
    fn shrink(&mut self) -> NextRead {
        let before = self.window;
        if before <= self.low + SMALL_ENOUGH {
            return self.start_read(self.low, true);
        }
        let middle = self.low + (before - self.low) / 2;
        self.start_read(middle, false)
    }

    /// Looks into the middle of what is left, or reads it if it is short.
    fn halve(&mut self) -> NextRead {
        if self.known <= self.low + SMALL_ENOUGH {
            return self.start_read(self.low, true);
        }
        self.start_read(self.low + (self.known - self.low) / 2, false)
    }

    /// The search is over. Where no line is wanted yet, one that is still being written is read from its beginning.
    const fn found(&self) -> NextRead {
        NextRead::Found(if self.has_later() { self.high } else { self.tail })
    }

    /// Begins a look, if there is anything to look at.
    fn start_read(&mut self, from: u64, reading: bool) -> NextRead {
        if from >= self.known {
            return self.found();
        }
        self.window = from;
        self.asked = from;
        self.first = (from == self.low).then_some(from);
        self.reading = reading;
        self.seen.clear();
        NextRead::Read { from, count: READ_SIZE.min(self.known - from) }
    }

    /// Reads on until a line is not earlier; what was seen begins at `base`.
    fn scan(&mut self, reader: &mut Reader, base: u64, is_end: bool) -> NextRead {
        let whole = if is_end { self.seen.len() } else { memrchr(b'\n', &self.seen).map_or(0, |at| at + 1) };
        for (at, line) in lines(&self.seen[..whole]) {
            match reader.time_of(line) {
                Some(time) if time >= self.wanted => {
                    self.high = base + at as u64;
                    return self.found();
                }
                Some(_) => self.has_earlier = true,
                None => {}
            }
        }
        if is_end {
            return self.found();
        }
        self.seen.drain(..whole);
        self.read_more()
    }
}

/// The lines, with their places; the last one may be cut off.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
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

    use super::{Bisect, NextRead};
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
        let (mut next, mut looked) = (bisect.first_read(), 0);
        for _ in 0..10_000 {
            match next {
                NextRead::Found(at) => return (at, looked),
                NextRead::Read { from, count } => {
                    assert!((1..=super::MAX_READ).contains(&count), "{count}");
                    let from = usize::try_from(from).unwrap();
                    let to = (from + usize::try_from(count).unwrap()).min(text.len());
                    looked += (to - from) as u64;
                    next = bisect.on_bytes(&text[from..to], &mut reader);
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
    fn a_line_that_is_still_being_written_is_read_from_its_beginning() {
        let wanted: Timestamp = "2026-11-20T01:00:00Z".parse().unwrap();
        for lines in [0, 1, 3, 2_000, 9_000] {
            for half in ["2026-11-20 00:00:09,000Z INFO x.py:1 half", "half"] {
                let text = log(&vec![(1, 0); lines]).0;
                let found = search(&[&text, half.as_bytes()].concat(), wanted).0;
                assert_eq!(found, text.len() as u64, "{lines} {half}");
            }
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

    #[test]
    fn a_long_stretch_that_tells_no_time_is_looked_at_about_once() {
        let silent = |n| if n == 70_000 { 255 } else { 0 };
        let lines: Vec<(u8, u8)> = (0..100_000u32).map(|n| (3, silent(n))).collect();
        let (text, heads) = log(&lines);
        // The stretch, made as long as that of a core's backtraces of all threads.
        let at = usize::try_from(heads[70_001].0).unwrap();
        let stretch = b"    #7 0x00007f2a11b0c700 in Wait\n".repeat(20_000);
        let text = [&text[..at], &stretch, &text[at..]].concat();
        let moved = |head: usize| heads[head].0 + if head > 70_000 { stretch.len() as u64 } else { 0 };
        for head in [10, 69_999, 70_000, 70_001, 70_002, 99_999] {
            let (found, looked) = search(&text, heads[head].1);
            assert_eq!(found, moved(head));
            assert!(looked < stretch.len() as u64 * 2, "{looked} bytes looked at");
        }
    }

    #[test]
    fn a_time_that_a_look_cuts_off_is_not_taken_for_an_earlier_one() {
        // So long that the first look ends in the line that is wanted.
        let silent = |lines| b"no time at all\n".repeat(lines);
        let wanted: Timestamp = "2026-11-20T00:00:00.5Z".parse().unwrap();
        for shift in 0..200 {
            let mut text = b"2026-11-20 00:00:00,000Z INFO x.py:1 ".to_vec();
            text.resize(text.len() + shift, b'x');
            text.push(b'\n');
            text.extend_from_slice(&silent(4_000));
            let expected = text.len() as u64;
            text.extend_from_slice(b"2026-11-20 00:00:00,700Z INFO x.py:1 wanted\n");
            text.extend_from_slice(&silent(1_822));
            assert_eq!(search(&text, wanted).0, expected, "{shift}");
        }
    }
}
