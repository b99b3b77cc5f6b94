//! Lines that are understood: merged by their own time, found by it, kept for what they are.

mod kept;
mod live;
mod order;
mod since;

use jiff::{SignedDuration, Timestamp};

use crate::world::layout::Layout;
use crate::world::seed::Seed;

/// What may follow a head; none of these tells a time.
const FOLLOWING: [&str; 5] =
    ["Traceback (most recent call last):", "    reply = self.ask(request)", "", "\tat a.b.Cache.get", "}"];

/// The instant so many milliseconds after the first second of all logs made here.
fn instant(milli: i64) -> Timestamp {
    let began: Timestamp = "2025-06-11T03:12:44Z".parse().expect("an instant");
    began + SignedDuration::from_millis(milli)
}

/// A log whose times are known because they were chosen here: nobody has to read them to judge.
struct Made {
    /// How its heads are written.
    layout: Layout,
    /// Where its chances come from.
    seed: Seed,
    /// The file.
    bytes: Vec<u8>,
    /// Where each line begins, and the time of the record it belongs to: none before the first head.
    lines: Vec<(usize, Option<i64>)>,
    /// Where each head stands in `lines`.
    heads: Vec<usize>,
}

impl Made {
    /// An empty log.
    fn new(layout: Layout, seed: u64) -> Self {
        Self { layout, seed: Seed::new(seed), bytes: Vec::new(), lines: Vec::new(), heads: Vec::new() }
    }

    /// Appends a head of that time.
    fn head(&mut self, milli: i64) {
        self.long_head(milli, 0);
    }

    /// Appends a head of that time with so many bytes more than usual.
    fn long_head(&mut self, milli: i64, more: usize) {
        self.heads.push(self.lines.len());
        self.lines.push((self.bytes.len(), Some(milli)));
        self.bytes.extend_from_slice(self.layout.line(instant(milli), &mut self.seed).as_bytes());
        self.bytes.resize(self.bytes.len() + more, b'x');
        self.bytes.push(b'\n');
    }

    /// Appends so many lines that tell no time.
    fn follow(&mut self, count: usize) {
        let time = self.lines.last().and_then(|(_, time)| *time);
        for _ in 0..count {
            self.lines.push((self.bytes.len(), time));
            self.bytes.extend_from_slice(self.seed.pick(&FOLLOWING).as_bytes());
            self.bytes.push(b'\n');
        }
    }

    /// The line of that number, without its newline.
    fn line(&self, number: usize) -> &[u8] {
        let end = self.lines.get(number + 1).map_or(self.bytes.len(), |(at, _)| *at);
        &self.bytes[self.lines[number].0..end - 1]
    }

    /// The time of the head of that number.
    fn time(&self, head: usize) -> i64 {
        self.lines[self.heads[head]].1.expect("a head has a time")
    }

    /// Where `--since` begins: at the first line that is not earlier, which is always a head.
    fn since(&self, milli: i64) -> usize {
        let first = self.lines.iter().find(|(_, time)| time.is_some_and(|time| time >= milli));
        first.map_or(self.bytes.len(), |(at, _)| *at)
    }
}
