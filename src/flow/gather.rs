//! `-M`: the lines of a record, gathered until it is closed.

use std::ops::Range;

use bytes::Bytes;

use crate::batch::Batch;
use crate::flow::unit::Unit;

/// The open record of one stream, if there is one.
#[derive(Debug, Default)]
pub struct Gather {
    /// What is known of it; its bytes are set when it is closed.
    unit: Option<Unit>,
    /// Its lines from earlier batches.
    earlier: Vec<u8>,
    /// Its lines in the batch at hand.
    here: Range<usize>,
}

impl Gather {
    /// True if there is an open record.
    pub const fn is_open(&self) -> bool {
        self.unit.is_some()
    }

    /// The open record, for what later lines tell of it.
    pub const fn open(&mut self) -> Option<&mut Unit> {
        self.unit.as_mut()
    }

    /// Opens a record with the line at `place` of the batch at hand. The one before must have been closed.
    pub fn begin(&mut self, unit: Unit, place: Range<usize>) {
        debug_assert!(self.unit.is_none(), "a record is closed before the next is opened");
        self.unit = Some(unit);
        self.here = place;
    }

    /// Adds the line that ends at `end` of the batch at hand to the open record.
    pub const fn extend(&mut self, end: usize) {
        self.here.end = end;
    }

    /// Takes along what the open record has in `batch`: the next one comes.
    pub fn carry(&mut self, batch: &Batch) {
        if self.unit.is_some() {
            self.earlier.extend_from_slice(&batch.bytes[self.here.clone()]);
        }
        self.here = 0..0;
    }

    /// Closes the open record and gives it. `batch` is the one at hand, if there is one.
    pub fn close(&mut self, batch: Option<&Batch>) -> Option<Unit> {
        let mut unit = self.unit.take()?;
        let here = std::mem::take(&mut self.here);
        unit.bytes = match batch {
            Some(batch) if self.earlier.is_empty() => batch.bytes.slice(here),
            Some(batch) => {
                self.earlier.extend_from_slice(&batch.bytes[here]);
                Bytes::from(std::mem::take(&mut self.earlier))
            }
            None => Bytes::from(std::mem::take(&mut self.earlier)),
        };
        Some(unit)
    }
}
