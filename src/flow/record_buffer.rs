//! `-M`: collects the lines of a record until it is complete.

use std::ops::Range;

use bytes::Bytes;

use crate::batch::Batch;
use crate::flow::unit::Unit;

/// The open record of one stream, if any.
#[derive(Debug, Default)]
pub struct RecordBuffer {
    /// Its bytes are set when it is closed.
    unit: Option<Unit>,
    /// Its lines from earlier batches.
    earlier: Vec<u8>,
    /// Its lines in the current batch.
    here: Range<usize>,
}

impl RecordBuffer {
    pub const fn is_open(&self) -> bool {
        self.unit.is_some()
    }

    /// The open record, to be updated by its later lines.
    pub const fn open(&mut self) -> Option<&mut Unit> {
        self.unit.as_mut()
    }

    /// Opens a record with the line at `place` in the current batch. The previous record must have been closed.
    pub fn begin(&mut self, unit: Unit, place: Range<usize>) {
        debug_assert!(self.unit.is_none(), "a record is closed before the next is opened");
        self.unit = Some(unit);
        self.here = place;
    }

    /// Adds the line that ends at `end` in the current batch to the open record.
    pub const fn extend(&mut self, end: usize) {
        self.here.end = end;
    }

    /// Copies the lines of the open record out of `batch`, whose successor follows.
    pub fn carry(&mut self, batch: &Batch) {
        if self.unit.is_some() {
            self.earlier.extend_from_slice(&batch.bytes[self.here.clone()]);
        }
        self.here = 0..0;
    }

    /// Closes and returns the open record. `batch` is the current one, if any.
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
