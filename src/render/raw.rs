//! The line alone, byte for byte.

use std::ops::Range;

use crate::batch::{Batch, Ending};
use crate::options::OutputOptions;
use crate::render::body::Body;
use crate::render::{Dressed, lines};

/// Writes lines as they stand in their files. A newline is added only where two lines would else become
/// one, so that the whole of one file comes out as it is.
#[derive(Debug)]
pub struct Raw {
    /// How bytes are shown.
    body: Body,
    /// How what was written last ends.
    open: Open,
}

/// How what was written last ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    /// With a newline, or nothing was written.
    #[default]
    No,
    /// Without one, as its file does.
    File,
    /// In a line of this stream, whose next piece goes on with it.
    Line(usize),
}

impl Raw {
    /// Nothing written yet. Into a pipe nothing is ever coloured.
    pub fn new(output: &OutputOptions) -> Self {
        Self { body: Body::new(output.terminal, output.color && output.terminal), open: Open::No }
    }

    /// Appends one line or one piece of a line.
    pub fn line(&mut self, out: &mut Vec<u8>, line: &Dressed) {
        self.begin(out, line.target.id, line.continues);
        self.body.push(out, line.bytes, line.matches, None);
        self.end(out, line.target.id, line.ending);
    }

    /// Appends a part of a batch.
    pub fn batch(&mut self, out: &mut Vec<u8>, batch: &Batch, range: Range<usize>) {
        if self.body.terminal() {
            lines(batch, range).for_each(|line| self.line(out, &line));
            return;
        }
        self.begin(out, batch.target.id, batch.continues);
        out.extend_from_slice(&batch.bytes[range]);
        if out.last() != Some(&b'\n') {
            self.leave_open(batch.target.id, batch.ending);
        }
    }

    /// Ends a line that is open, unless `id` goes on with it.
    fn begin(&mut self, out: &mut Vec<u8>, id: usize, continues: bool) {
        let open = std::mem::take(&mut self.open);
        if open != Open::No && !(continues && open == Open::Line(id)) {
            out.push(b'\n');
        }
    }

    /// Ends a line that is open: what follows is of another.
    pub fn end_line(&mut self, out: &mut Vec<u8>) {
        self.begin(out, 0, false);
    }

    /// Ends a line as its file does; on a terminal what is said next is not to run into it.
    fn end(&mut self, out: &mut Vec<u8>, id: usize, ending: Ending) {
        if ending == Ending::Newline || (ending == Ending::EndOfFile && self.body.terminal()) {
            out.push(b'\n');
        } else {
            self.leave_open(id, ending);
        }
    }

    /// Remembers that stream `id` wrote last and without a newline.
    fn leave_open(&mut self, id: usize, ending: Ending) {
        self.open = if ending == Ending::Partial { Open::Line(id) } else { Open::File };
    }

    /// A terminal's next prompt starts on a line of its own; a pipe gets the bytes of the file.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.open) != Open::No && self.body.terminal() {
            out.push(b'\n');
        }
    }
}
