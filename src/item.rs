//! What a stream emits: lines, events, and what is needed to interpret the lines.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::batch::Batch;
use crate::cluster::target::Target;
use crate::event::Event;

/// The item of every stream, from the remote end to the renderer.
#[derive(Clone, Debug)]
pub enum Item {
    Lines(Batch),
    Event(Event),
    /// The clock of the stream's CVM; precedes the first lines, and comes again after an interruption.
    Clock {
        target: Arc<Target>,
        clock: CvmClock,
    },
    /// From here on the lines of this stream are new, or have timestamps.
    Fresh(Arc<Target>),
}

/// The clock of a CVM when it was queried.
#[derive(Clone, Debug, PartialEq)]
pub struct CvmClock {
    /// How far it is ahead of this machine's clock; negative: behind.
    pub skew: SignedDuration,
    /// For timestamps without an offset.
    pub zone: TimeZone,
}
