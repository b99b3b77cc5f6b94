//! Pure: joins the pieces of a long line, so that everything downstream filters, counts and prints whole lines.

use bytes::Bytes;
use memchr::{memchr, memrchr};

use crate::batch::{Batch, Ending, LONGEST, PIECE};

/// The unfinished line of one stream, once it is longer than the intake holds.
///
/// The output depends only on the bytes of the file and on where reading began, never on how those bytes were batched:
/// a line of up to [`LONGEST`] bytes is emitted whole, a longer one in pieces of fixed sizes. Whether a batch continues
/// the line is decided by its place in the file, so a line survives a reconnect. Input batches must not hold a complete
/// line of more than [`LONGEST`] bytes; the intake splits at less.
#[derive(Debug)]
pub struct LongLine {
    /// How many bytes of a line are held until it ends.
    longest: usize,
    /// The size of the pieces that follow those bytes.
    piece: usize,
    /// The open line, or the part of it not emitted yet, without its bytes.
    open: Option<Batch>,
    /// The bytes of that part; never empty while a line is open, so that every line can be given a last piece.
    text: Vec<u8>,
}

impl Default for LongLine {
    fn default() -> Self {
        Self::with_limits(LONGEST, PIECE)
    }
}

impl LongLine {
    /// Holds up to `longest` bytes of a line; emits the rest of a longer one in pieces of `piece` bytes.
    pub const fn with_limits(longest: usize, piece: usize) -> Self {
        Self { longest, piece, open: None, text: Vec::new() }
    }

    /// Takes the stream's next batch and emits what is complete.
    pub fn take(&mut self, mut batch: Batch, mut emit: impl FnMut(Batch)) {
        if let Some(open) = &self.open {
            if open.file == batch.file && open.offset + self.text.len() as u64 == batch.offset {
                let end = memchr(b'\n', &batch.bytes).map_or(batch.bytes.len(), |at| at + 1);
                let piece = batch.split_to(end);
                self.join(&piece, &mut emit);
                if batch.bytes.is_empty() {
                    return;
                }
            } else {
                self.break_off(&mut emit);
            }
        }
        if batch.ending == Ending::Partial {
            let start = memrchr(b'\n', &batch.bytes).map_or(0, |at| at + 1);
            if start > 0 {
                emit(batch.split_to(start));
            }
            self.open = Some(Batch { bytes: Bytes::new(), ..batch.clone() });
            self.join(&batch, &mut emit);
        } else {
            emit(batch);
        }
    }

    /// Ends the open line, if there is one, where it stands: nothing will continue it.
    pub fn break_off(&mut self, mut emit: impl FnMut(Batch)) {
        if let Some(open) = self.open.take() {
            emit(Batch { bytes: self.rest(), ending: Ending::EndOfFile, ..open });
        }
    }

    /// Adds a piece to the open line; closes it if the piece ends it.
    fn join(&mut self, piece: &Batch, emit: &mut impl FnMut(Batch)) {
        let Some(mut open) = self.open.take() else { return };
        open.received = piece.received;
        let mut rest = &piece.bytes[..];
        loop {
            let content = rest.strip_suffix(b"\n").unwrap_or(rest).len();
            let most = if open.continues { self.piece } else { self.longest };
            let room = most - self.text.len();
            if content <= room {
                break;
            }
            self.text.extend_from_slice(&rest[..room]);
            rest = &rest[room..];
            let bytes = self.rest();
            let behind = open.offset + bytes.len() as u64;
            emit(Batch { bytes, ending: Ending::Partial, ..open.clone() });
            (open.continues, open.offset) = (true, behind);
        }
        self.text.extend_from_slice(rest);
        if piece.ending == Ending::Partial {
            self.open = Some(open);
        } else {
            emit(Batch { bytes: self.rest(), ending: piece.ending, ..open });
        }
    }

    /// Takes the bytes of the open line.
    fn rest(&mut self) -> Bytes {
        let mut text = std::mem::take(&mut self.text);
        text.shrink_to_fit();
        Bytes::from(text)
    }
}

#[cfg(test)]
mod tests;
