//! `--order time`: sorts the units of all streams by time, stream and position on the stream.
//!
//! A unit is released when no stream can deliver an earlier one any more. In a live run a stream is assumed to be past
//! the time of its last line, and no stream is waited for longer than the window; what arrives after that is late. In
//! a bounded run every stream is waited for: input that is in order to within the window comes out in exact order, and
//! streams that are ahead are paused, so that memory stays bounded.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The bytes held in a live run, beyond which the earliest units are released early; in a bounded run, the bytes held
/// of all streams that are ahead.
const MAX_BYTES: usize = 16 << 20;

/// Bounded run: the least that is held of each stream before it is paused.
const MIN_SHARE: usize = 64 << 10;

/// Live run: the bytes held of each stream before it is paused; few, since they have to be printed soon.
const LIVE_SHARE: usize = 16 << 10;

/// Bounded run: the bytes held beyond all shares before disorder within a stream is no longer waited for.
const MAX_DISORDER: usize = 64 << 20;

/// A stream without a line for this long is not assumed to be catching up.
const IDLE: Duration = Duration::from_millis(200);

/// Memory per unit in addition to its bytes.
const OVERHEAD: usize = 256;

/// The sort key: time (`None` first), then stream. Units of one stream with equal times stay in their order.
type SortKey = (Option<Timestamp>, usize);

/// Holds units of type `T` until it is their turn.
#[derive(Debug)]
pub struct Order<T> {
    /// How long to wait: by the clock in a live run, by the time of the lines in a bounded one.
    window: Duration,
    /// Every stream is read to its end and waited for.
    bounded: bool,
    /// By the number of the stream.
    streams: Vec<Queue<T>>,
    /// The first unit of each queue, by key and number; may contain units that are no longer the first.
    heads: BinaryHeap<Reverse<(SortKey, u64)>>,
    /// Live run: when units arrived, and the greatest key of those that arrived at that moment.
    arrivals: VecDeque<(Instant, SortKey)>,
    /// Units that arrived too late.
    late: VecDeque<T>,
    /// The latest time released.
    passed: Option<Timestamp>,
    /// Everything up to this key was waited for long enough.
    waited: Option<SortKey>,
    /// Every stream is past this key; `None`: everything may be released.
    bound: Option<SortKey>,
    /// The number of the next unit.
    next: u64,
    /// Bytes held, overhead included.
    bytes: usize,
    /// When the first line of any stream arrived.
    began: Option<Instant>,
    /// When [`advance`](Self::advance) was last called.
    advanced: Option<Instant>,
}

#[derive(Debug)]
struct Queued<T> {
    time: Option<Timestamp>,
    /// Increasing; keeps units with equal times in order.
    number: u64,
    /// Bytes, overhead included.
    size: usize,
    item: T,
}

/// The units held of one stream.
#[derive(Debug)]
struct Queue<T> {
    /// Sorted by time.
    held: VecDeque<Queued<T>>,
    /// The time of the last line of the stream, printed or not.
    last: Option<Timestamp>,
    arrived: Option<Instant>,
    state: QueueState,
    /// Bytes held of this stream.
    bytes: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { held: VecDeque::new(), last: None, arrived: None, state: QueueState::Live, bytes: 0 }
    }
}

/// Whether a stream may deliver more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QueueState {
    Live,
    /// Interrupted, or its log is missing.
    Away,
    Ended,
}

impl<T> Order<T> {
    /// `streams`: how many there are; more may be added later.
    pub fn new(window: Duration, bounded: bool, streams: usize) -> Self {
        let mut order = Self {
            window,
            bounded,
            streams: Vec::new(),
            heads: BinaryHeap::new(),
            arrivals: VecDeque::new(),
            late: VecDeque::new(),
            passed: None,
            waited: None,
            bound: None,
            next: 0,
            bytes: 0,
            began: None,
            advanced: None,
        };
        order.grow(streams);
        order
    }

    /// Adds a unit of `stream` with this sort time and `size` bytes, which arrived at `now`.
    pub fn push(&mut self, stream: usize, time: Option<Timestamp>, size: usize, now: Instant, item: T) {
        if time.is_some() && time < self.passed {
            self.late.push_back(item);
            return;
        }
        let place = (time, stream);
        if !self.bounded {
            match self.arrivals.back_mut() {
                Some((arrived, last)) if *arrived == now => *last = (*last).max(place),
                _ => self.arrivals.push_back((now, place)),
            }
        }
        let (number, size) = (self.next, size + OVERHEAD);
        self.next += 1;
        self.bytes += size;
        self.grow(stream + 1);
        let queue = &mut self.streams[stream];
        queue.bytes += size;
        // Logs are almost sorted: mostly this appends.
        let in_order = queue.held.back().is_none_or(|last| last.time <= time);
        let at =
            if in_order { queue.held.len() } else { queue.held.partition_point(|held| held.time <= time) };
        queue.held.insert(at, Queued { time, number, size, item });
        if at == 0 {
            self.heads.push(Reverse((place, number)));
        }
    }

    /// `stream` has reached `time` with its last line, printed or not, which arrived at `now`.
    pub fn on_line(&mut self, stream: usize, time: Option<Timestamp>, now: Instant) {
        self.grow(stream + 1);
        self.began.get_or_insert(now);
        let queue = &mut self.streams[stream];
        queue.last = time;
        queue.arrived = Some(now);
        if queue.state == QueueState::Away {
            queue.state = QueueState::Live;
        }
    }

    pub fn on_end(&mut self, stream: usize) {
        self.grow(stream + 1);
        self.streams[stream].state = QueueState::Ended;
    }

    /// `stream` is interrupted: a live run does not wait for it until it delivers a line again; a bounded run does.
    pub fn on_interruption(&mut self, stream: usize) {
        self.grow(stream + 1);
        let queue = &mut self.streams[stream];
        if queue.state == QueueState::Live && !self.bounded {
            queue.state = QueueState::Away;
        }
    }

    /// Decides what can be released at `now`; [`next`](Self::next) then returns it.
    pub fn advance(&mut self, now: Instant) {
        self.advanced = Some(now);
        while let Some((arrived, place)) = self.arrivals.front()
            && *arrived + self.window <= now
        {
            self.waited = self.waited.max(Some(*place));
            self.arrivals.pop_front();
        }
        // A stream that is not quite sorted may still deliver a line older than its last one.
        let tight = self.bytes > MAX_DISORDER + self.share() * self.streams.len();
        let slack = if self.bounded && !tight { self.window } else { Duration::ZERO };
        let slack = SignedDuration::try_from(slack).unwrap_or(SignedDuration::MAX);
        let before = |time: Timestamp| time.checked_sub(slack).unwrap_or(Timestamp::MIN);
        let streams = self.streams.iter().enumerate().filter(|(_, queue)| self.is_waited_for(queue));
        self.bound = streams.map(|(stream, queue)| (queue.last.map(before), stream)).min();
    }

    /// The next unit to release, and whether it is late.
    pub fn next(&mut self) -> Option<(T, bool)> {
        if let Some(item) = self.late.pop_front() {
            return Some((item, true));
        }
        while let Some(&Reverse((place, number))) = self.heads.peek() {
            let queue = &mut self.streams[place.1];
            if queue.held.front().is_none_or(|front| front.number != number) {
                // No longer the first of its queue; it is pushed again when it is.
                self.heads.pop();
                continue;
            }
            let may_go = self.bound.is_none_or(|bound| place <= bound)
                || (!self.bounded
                    && (place.0.is_none() || Some(place) <= self.waited || self.bytes > MAX_BYTES));
            if !may_go {
                return None;
            }
            self.heads.pop();
            let held = queue.held.pop_front()?;
            queue.bytes -= held.size;
            self.bytes -= held.size;
            if let Some(next) = queue.held.front() {
                self.heads.push(Reverse(((next.time, place.1), next.number)));
            }
            self.passed = self.passed.max(place.0);
            if self.bytes == 0 {
                self.arrivals.clear();
            }
            return Some((held.item, false));
        }
        None
    }

    /// Nothing more will arrive: everything can be released.
    pub fn finish(&mut self) {
        self.streams.iter_mut().for_each(|queue| queue.state = QueueState::Ended);
        self.bound = None;
    }

    /// When [`advance`](Self::advance) or [`pauses`](Self::pauses) may change their result even if nothing arrives.
    pub fn deadline(&self) -> Option<Instant> {
        let window = self.arrivals.front().map(|(arrived, _)| *arrived + self.window);
        let idle = self.slowest().and_then(|(_, queue)| self.idle(queue)).filter(|_| self.is_any_ahead());
        // Once idle, the stream stays so until something arrives.
        let idle = idle.filter(|idle| self.advanced.is_none_or(|advanced| *idle > advanced));
        if self.bounded { None } else { window.into_iter().chain(idle).min() }
    }

    /// Which streams to pause at `now`: those of which much is held. In a live run they are paused only while another
    /// stream is catching up.
    pub fn pauses(&self, now: Instant) -> impl Fn(usize) -> bool {
        let share = self.share();
        let slowest = self.slowest().filter(|(_, queue)| {
            self.bounded || !self.is_behind(queue) && self.idle(queue).is_none_or(|idle| now < idle)
        });
        let slowest = slowest.map(|(stream, _)| stream);
        move |stream| {
            slowest.is_some_and(|slowest| slowest != stream)
                && self.streams.get(stream).is_some_and(|queue| queue.bytes >= share)
        }
    }

    /// The stream that all others wait for: the one with the earliest last line.
    fn slowest(&self) -> Option<(usize, &Queue<T>)> {
        let streams = self.streams.iter().enumerate();
        streams
            .filter(|(_, queue)| self.is_waited_for(queue))
            .min_by_key(|(stream, queue)| (queue.last, *stream))
    }

    /// Whether a stream may still deliver lines that belong before those of others.
    fn is_waited_for(&self, queue: &Queue<T>) -> bool {
        // In a live run, a log without timestamps does not hold up the others.
        let timed = queue.last.is_some() || queue.arrived.is_none();
        if self.bounded { queue.state != QueueState::Ended } else { queue.state == QueueState::Live && timed }
    }

    /// Whether a stream is so far behind what has been released that waiting for it is useless.
    fn is_behind(&self, queue: &Queue<T>) -> bool {
        let (Some(last), Some(passed)) = (queue.last, self.passed) else { return false };
        Duration::try_from(passed.duration_since(last)).is_ok_and(|behind| behind > self.window)
    }

    /// When a stream that delivers nothing more is no longer assumed to be catching up; `None`: nothing arrived at all.
    fn idle(&self, queue: &Queue<T>) -> Option<Instant> {
        queue
            .arrived
            .map(|arrived| arrived + IDLE.min(self.window))
            .or(self.began.map(|began| began + self.window))
    }

    /// Whether any stream holds so much that it might be paused.
    fn is_any_ahead(&self) -> bool {
        let share = self.share();
        self.bytes >= share && self.streams.iter().any(|queue| queue.bytes >= share)
    }

    /// The bytes held of a stream before it is paused.
    fn share(&self) -> usize {
        if self.bounded { (MAX_BYTES / self.streams.len().max(1)).max(MIN_SHARE) } else { LIVE_SHARE }
    }

    /// Makes room for `streams` streams.
    fn grow(&mut self, streams: usize) {
        if self.streams.len() < streams {
            self.streams.resize_with(streams, Queue::default);
        }
    }
}

#[cfg(test)]
mod tests;
