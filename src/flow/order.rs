//! `--order time`: units of all streams in the order of (time, stream, place on the stream).
//!
//! A unit is let go when no stream can bring an earlier one any more. In a live run a stream that has shown a
//! line of some time is taken to be past it, and nobody is waited for beyond the window; what comes later
//! than that is late. In a bounded run nobody is let off: what is in order to within the window comes out
//! in the exact order, and streams that are ahead are not read on, so that memory stays bounded.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// How many bytes a live run holds at most, beyond which the earliest go before their time; and a bounded one
/// of all streams that are ahead.
const CAP: usize = 16 << 20;

/// How many bytes are held of each stream that is ahead, at least.
const LEAST: usize = 64 << 10;

/// How many bytes more a bounded run holds before it no longer waits for disorder within a stream.
const PATIENCE: usize = 64 << 20;

/// What a held unit costs beside its bytes.
const OVERHEAD: usize = 256;

/// A place in the order: time (none comes first), stream. Units of one stream with one time are kept as they came.
type Place = (Option<Timestamp>, usize);

/// Units of type `T`, held until it is their turn.
#[derive(Debug)]
pub struct Order<T> {
    /// How long is waited: by the clock in a live run, by the lines' time in a bounded one.
    window: Duration,
    /// Every stream is read to its end, and nobody is let off.
    bounded: bool,
    /// The streams, by number.
    streams: Vec<Queue<T>>,
    /// The first unit of each queue, by its place and its number; and some that no longer are.
    fronts: BinaryHeap<Reverse<(Place, u64)>>,
    /// When units came, in a live run, and the last place among those that came then.
    arrivals: VecDeque<(Instant, Place)>,
    /// What came too late.
    late: VecDeque<T>,
    /// The latest time that was let go.
    passed: Option<Timestamp>,
    /// Up to this place all may go because it was waited for long enough.
    waited: Option<Place>,
    /// Up to this place all may go because every stream is past it; `None`: all may go.
    bound: Option<Place>,
    /// The number of the next unit.
    next: u64,
    /// How many bytes are held.
    bytes: usize,
}

/// One unit.
#[derive(Debug)]
struct Held<T> {
    /// Its time.
    time: Option<Timestamp>,
    /// Its number, by which those of one time are in the order in which they came.
    number: u64,
    /// What it costs.
    size: usize,
    /// Itself.
    item: T,
}

/// What is held of one stream.
#[derive(Debug)]
struct Queue<T> {
    /// In order.
    held: VecDeque<Held<T>>,
    /// The time of its last line.
    last: Option<Timestamp>,
    /// Whether it may bring more.
    state: State,
    /// How many bytes are held of it.
    bytes: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { held: VecDeque::new(), last: None, state: State::Live, bytes: 0 }
    }
}

/// Whether a stream may bring more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It may.
    Live,
    /// Not now: it is broken, or its log is missing.
    Away,
    /// It is over.
    Ended,
}

impl<T> Order<T> {
    /// Holds nothing yet; the streams are numbered below `streams`, or more come later.
    pub fn new(window: Duration, bounded: bool, streams: usize) -> Self {
        let mut order = Self {
            window,
            bounded,
            streams: Vec::new(),
            fronts: BinaryHeap::new(),
            arrivals: VecDeque::new(),
            late: VecDeque::new(),
            passed: None,
            waited: None,
            bound: None,
            next: 0,
            bytes: 0,
        };
        order.grow(streams);
        order
    }

    /// Takes a unit of `stream` that belongs at `time`, holds `size` bytes and came at `now`.
    pub fn push(&mut self, stream: usize, time: Option<Timestamp>, size: usize, now: Instant, item: T) {
        if time.is_some() && time < self.passed {
            self.late.push_back(item);
            return;
        }
        let place = (time, stream);
        if !self.bounded {
            match self.arrivals.back_mut() {
                Some((came, last)) if *came == now => *last = (*last).max(place),
                _ => self.arrivals.push_back((now, place)),
            }
        }
        let (number, size) = (self.next, size + OVERHEAD);
        self.next += 1;
        self.bytes += size;
        self.grow(stream + 1);
        let queue = &mut self.streams[stream];
        queue.bytes += size;
        // Logs are almost in order: the place is mostly the last one.
        let in_order = queue.held.back().is_none_or(|last| last.time <= time);
        let at =
            if in_order { queue.held.len() } else { queue.held.partition_point(|held| held.time <= time) };
        queue.held.insert(at, Held { time, number, size, item });
        if at == 0 {
            self.fronts.push(Reverse((place, number)));
        }
    }

    /// Takes note that `stream` has come to `time` with its last line, printed or not.
    pub fn observe(&mut self, stream: usize, time: Option<Timestamp>) {
        self.grow(stream + 1);
        let queue = &mut self.streams[stream];
        queue.last = time;
        if queue.state == State::Away {
            queue.state = State::Live;
        }
    }

    /// Takes note that `stream` is over.
    pub fn end(&mut self, stream: usize) {
        self.grow(stream + 1);
        self.streams[stream].state = State::Ended;
    }

    /// Takes note that `stream` is broken, and nobody is to wait for it until it brings something. In a
    /// bounded run it is waited for all the same.
    pub fn interrupt(&mut self, stream: usize) {
        self.grow(stream + 1);
        let queue = &mut self.streams[stream];
        if queue.state == State::Live && !self.bounded {
            queue.state = State::Away;
        }
    }

    /// Decides what may go at `now`; [`next`](Self::next) then gives it.
    pub fn settle(&mut self, now: Instant) {
        while let Some((came, place)) = self.arrivals.front()
            && *came + self.window <= now
        {
            self.waited = self.waited.max(Some(*place));
            self.arrivals.pop_front();
        }
        // Of a stream that is not quite in order, a line may still come that is older than its last one.
        let tight = self.bytes > PATIENCE + self.share() * self.streams.len();
        let slack = if self.bounded && !tight { self.window } else { Duration::ZERO };
        let slack = SignedDuration::try_from(slack).unwrap_or(SignedDuration::MAX);
        let before = |time: Timestamp| time.checked_sub(slack).unwrap_or(Timestamp::MIN);
        let live = self.streams.iter().enumerate().filter(|(_, queue)| queue.state == State::Live);
        self.bound = live.map(|(stream, queue)| (queue.last.map(before), stream)).min();
    }

    /// The next unit that may go, and whether it is late.
    pub fn next(&mut self) -> Option<(T, bool)> {
        if let Some(item) = self.late.pop_front() {
            return Some((item, true));
        }
        while let Some(&Reverse((place, number))) = self.fronts.peek() {
            let queue = &mut self.streams[place.1];
            if queue.held.front().is_none_or(|front| front.number != number) {
                // Another unit went before it since; it will be put here again.
                self.fronts.pop();
                continue;
            }
            let may_go = self.bound.is_none_or(|bound| place <= bound)
                || (!self.bounded && (place.0.is_none() || Some(place) <= self.waited || self.bytes > CAP));
            if !may_go {
                return None;
            }
            self.fronts.pop();
            let held = queue.held.pop_front()?;
            queue.bytes -= held.size;
            self.bytes -= held.size;
            if let Some(next) = queue.held.front() {
                self.fronts.push(Reverse(((next.time, place.1), next.number)));
            }
            self.passed = self.passed.max(place.0);
            if self.bytes == 0 {
                self.arrivals.clear();
            }
            return Some((held.item, false));
        }
        None
    }

    /// Lets everything go: nothing more will come.
    pub fn finish(&mut self) {
        self.streams.iter_mut().for_each(|queue| queue.state = State::Ended);
        self.bound = None;
    }

    /// When [`settle`](Self::settle) may let something go though nothing came.
    pub fn due(&self) -> Option<Instant> {
        self.arrivals.front().map(|(came, _)| *came + self.window)
    }

    /// The stream that all others wait for: the one that is the least far in time. `None`: none may bring more.
    pub fn last_of_all(&self) -> Option<usize> {
        let ended = |queue: &Queue<T>| queue.state == State::Ended;
        let streams = self.streams.iter().enumerate().filter(|(_, queue)| !ended(queue));
        streams.map(|(stream, queue)| (queue.last, stream)).min().map(|(_, stream)| stream)
    }

    /// Whether so much of `stream` is held that it need not be read on before others are. Never in a live run,
    /// and never the one that all others wait for, which must be asked separately.
    pub fn is_ahead(&self, stream: usize) -> bool {
        self.bounded && self.streams.get(stream).is_some_and(|queue| queue.bytes >= self.share())
    }

    /// How many bytes are held of a stream before it is ahead.
    fn share(&self) -> usize {
        (CAP / self.streams.len().max(1)).max(LEAST)
    }

    /// Makes room for the streams numbered below `streams`.
    fn grow(&mut self, streams: usize) {
        if self.streams.len() < streams {
            self.streams.resize_with(streams, Queue::default);
        }
    }
}

#[cfg(test)]
mod tests;
