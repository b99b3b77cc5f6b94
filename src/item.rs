//! What flows from a stream: lines, events, and what is to be known to read the lines.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::batch::Batch;
use crate::cluster::target::Target;
use crate::event::Event;

/// The item of every stream, from the remote end to the renderer.
#[derive(Clone, Debug)]
pub enum Item {
    /// Lines.
    Lines(Batch),
    /// Something a stream, a CVM or the run says about itself.
    Event(Event),
    /// What the clock of a stream's CVM says; comes before the stream's first lines, and again after an
    /// interruption.
    Clock { target: Arc<Target>, clock: CvmClock },
    /// What comes from here on in a stream is new, or tells its time.
    Fresh(Arc<Target>),
}

/// The clock of a CVM as it was when it was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct CvmClock {
    /// How far it is ahead of this machine's; negative: behind.
    pub skew: SignedDuration,
    /// Its zone, for times that are written without one.
    pub zone: TimeZone,
}
