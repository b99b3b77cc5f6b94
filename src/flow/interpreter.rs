//! Interprets the lines of one stream: with the clock of its CVM, and only within the time window of the run.

use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::batch::Batch;
use crate::flow::window::{Placement, Window};
use crate::item::CvmClock;
use crate::line::reader::{LineInfo, Reader};
use crate::line::split::Line;
use crate::line::time::ClockContext;
use crate::options;

/// A line whose timestamp is further ahead of its arrival than this is sorted by its arrival.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

#[derive(Debug)]
pub struct Interpreter {
    reader: Reader,
    window: Window,
    /// For timestamps without an offset.
    zone: TimeZone,
    /// How far the CVM's clock is ahead of this machine's.
    skew: SignedDuration,
    /// Lines without a timestamp of their own or inherited have the time of their arrival.
    fresh: bool,
    /// The log is followed, so its lines arrive about when they are written.
    live: bool,
    /// When the current batch arrived.
    received: Timestamp,
    /// The last known time, by the CVM's clock.
    sort_time: Option<Timestamp>,
    within: bool,
}

impl Interpreter {
    /// `zone` applies until the CVM reports its own; `live`: the log is followed.
    pub fn new(flow: &options::FlowOptions, zone: TimeZone, live: bool) -> Self {
        let received = Timestamp::UNIX_EPOCH;
        let context = ClockContext { zone: zone.clone(), reference: received };
        Self {
            reader: Reader::new(context),
            window: Window::new(flow.since, flow.until),
            zone,
            skew: SignedDuration::ZERO,
            fresh: false,
            live,
            received,
            sort_time: None,
            within: false,
        }
    }

    pub fn on_clock(&mut self, clock: &CvmClock) {
        self.skew = clock.skew;
        if self.zone != clock.zone {
            self.zone = clock.zone.clone();
            self.reader.set_clock(ClockContext { zone: self.zone.clone(), reference: self.received });
        }
    }

    /// Starts a batch, whose lines are read next.
    pub fn start_batch(&mut self, batch: &Batch) {
        self.received = instant(batch.received);
        self.reader.set_reference(self.received);
    }

    /// Interprets the next line; `None` if it is outside the window.
    pub fn read(&mut self, line: &Line<'_>) -> Option<LineInfo> {
        let mut info = self.reader.read(line);
        // The sort time carries over into a new file.
        info.sort_time = info.sort_time.or(self.sort_time);
        self.sort_time = info.sort_time;
        if !line.continues {
            let time = info.time.or_else(|| self.fresh.then_some(self.received));
            self.within = self.window.place(time) == Placement::Within;
        }
        self.within.then_some(info)
    }

    /// From here on lines are new or have timestamps: a line without one, own or inherited, has the time of its
    /// arrival.
    pub const fn on_fresh(&mut self) {
        self.fresh = true;
    }

    /// The sort time of the last line.
    pub fn sort_time(&self) -> Option<Timestamp> {
        self.corrected(self.sort_time)
    }

    /// Corrects the sort time of a line of the current batch for the clock of the CVM.
    pub fn corrected(&self, sort_time: Option<Timestamp>) -> Option<Timestamp> {
        let own = if self.skew.is_zero() {
            sort_time?
        } else {
            sort_time.map(|sort_time| sort_time.checked_sub(self.skew).unwrap_or(sort_time))?
        };
        // With a clock or zone far off, the line would be held too long or make those of other streams late.
        let wrong = self.live && own.duration_since(self.received) > AHEAD;
        Some(if wrong { self.received } else { own })
    }

    /// Whether all further lines are outside the window.
    pub const fn is_past_window(&self) -> bool {
        self.window.is_over()
    }

    /// The stream was silent for a while: its open record is complete.
    pub const fn on_silence(&mut self) {
        self.reader.on_silence();
    }

    /// What follows does not continue what was read: a new file, a truncation, a gap.
    pub const fn on_discontinuity(&mut self) {
        self.reader.on_discontinuity();
    }
}

/// A time of the system clock, clamped to the range of [`Timestamp`].
fn instant(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}
