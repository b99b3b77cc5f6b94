//! What the lines of one stream mean: read with its CVM's clock, cut to the window of the run.

use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::batch::Batch;
use crate::flow::window::{Place, Window};
use crate::item::CvmClock;
use crate::line::reader::{Reader, Understood};
use crate::line::split::Line;
use crate::line::time::ClockContext;
use crate::options;

/// How far ahead of its arrival a line's time may be before it is no time to order by.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// Reads the lines of one stream.
#[derive(Debug)]
pub struct Sense {
    /// Reads them.
    reader: Reader,
    /// Cuts them.
    window: Window,
    /// The zone of stamps that name none.
    zone: TimeZone,
    /// How far the CVM's clock is ahead of this machine's.
    skew: SignedDuration,
    /// What tells no time, and follows on nothing that does, is as old as it is new here.
    fresh: bool,
    /// The log is followed, so that its lines are about as old as they are new here.
    live: bool,
    /// When the batch at hand came.
    received: Timestamp,
    /// The last known time.
    near: Option<Timestamp>,
    /// The last line is within the window.
    within: bool,
}

impl Sense {
    /// At the start of a stream, whose stamps are of `zone` until its CVM says otherwise; `live` if its log is
    /// followed.
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
            near: None,
            within: false,
        }
    }

    /// Reads by the CVM's clock from now on.
    pub fn clock(&mut self, clock: &CvmClock) {
        self.skew = clock.skew;
        if self.zone != clock.zone {
            self.zone = clock.zone.clone();
            self.reader.tell(ClockContext { zone: self.zone.clone(), reference: self.received });
        }
    }

    /// Takes a batch in hand; its lines are read next.
    pub fn begin(&mut self, batch: &Batch) {
        self.received = instant(batch.received);
        self.reader.refer(self.received);
    }

    /// What the next line says; `None` if it is outside of the window.
    pub fn read(&mut self, line: &Line<'_>) -> Option<Understood> {
        let mut understood = self.reader.read(line);
        // Not even a new file goes back before the old one.
        understood.near = understood.near.or(self.near);
        self.near = understood.near;
        if !line.continues {
            let time = understood.time.or_else(|| self.fresh.then_some(self.received));
            self.within = self.window.place(time) == Place::Within;
        }
        self.within.then_some(understood)
    }

    /// What comes from here on is new, or tells its time: a line that tells none, and follows on none that does, is of
    /// the time at which it comes.
    pub const fn freshen(&mut self) {
        self.fresh = true;
    }

    /// Where the stream stands in the order of time, with its last line.
    pub fn near(&self) -> Option<Timestamp> {
        self.ordered(self.near)
    }

    /// The place in the order of time of a line of the batch at hand whose CVM calls it `near`.
    pub fn ordered(&self, near: Option<Timestamp>) -> Option<Timestamp> {
        let own = if self.skew.is_zero() {
            near?
        } else {
            near.map(|near| near.checked_sub(self.skew).unwrap_or(near))?
        };
        // A clock or a zone that is far off would else hold its lines, or make all others late.
        let wrong = self.live && own.duration_since(self.received) > AHEAD;
        Some(if wrong { self.received } else { own })
    }

    /// True when all further lines are outside of the window.
    pub const fn is_over(&self) -> bool {
        self.window.is_over()
    }

    /// The stream was silent: its open record is closed.
    pub const fn silence(&mut self) {
        self.reader.silence();
    }

    /// What follows does not follow on what was read.
    pub const fn forget(&mut self) {
        self.reader.forget();
    }
}

/// A time of this machine's clock; one that no calendar knows is the last that is.
fn instant(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}
