//! Lines without a prefix, byte for byte.

use std::ops::Range;

use crate::batch::{Batch, Ending};
use crate::options::OutputOptions;
use crate::render::annotated_line::{AnnotatedLine, lines};
use crate::render::body::Body;

/// Writes lines as they are in their files. A newline is added only where two lines would otherwise be joined, so that
/// a single file is copied exactly.
#[derive(Debug)]
pub struct Raw {
    body: Body,
    /// How the last output ends.
    open: LineEnd,
}

/// How the last output ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineEnd {
    /// With a newline, or there is none.
    #[default]
    Newline,
    /// Without a newline, like its file.
    File,
    /// Inside a line of this stream, which the next piece continues.
    Line(usize),
}

impl Raw {
    /// Colors only on a terminal.
    pub fn new(output: &OutputOptions) -> Self {
        Self { body: Body::new(output.terminal, output.color && output.terminal), open: LineEnd::Newline }
    }

    pub fn line(&mut self, out: &mut Vec<u8>, line: &AnnotatedLine) {
        self.begin(out, line.target.id, line.continues);
        self.body.push(out, line.bytes, line.matches, None);
        self.end(out, line.target.id, line.ending);
    }

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

    /// Ends an open line, unless `id` continues it.
    fn begin(&mut self, out: &mut Vec<u8>, id: usize, continues: bool) {
        let open = std::mem::take(&mut self.open);
        if open != LineEnd::Newline && !(continues && open == LineEnd::Line(id)) {
            out.push(b'\n');
        }
    }

    /// Ends an open line.
    pub fn end_line(&mut self, out: &mut Vec<u8>) {
        self.begin(out, 0, false);
    }

    /// Ends a line like its file; on a terminal always with a newline.
    fn end(&mut self, out: &mut Vec<u8>, id: usize, ending: Ending) {
        if ending == Ending::Newline || (ending == Ending::EndOfFile && self.body.terminal()) {
            out.push(b'\n');
        } else {
            self.leave_open(id, ending);
        }
    }

    /// Records that stream `id` wrote last, without a newline.
    fn leave_open(&mut self, id: usize, ending: Ending) {
        self.open = if ending == Ending::Partial { LineEnd::Line(id) } else { LineEnd::File };
    }

    /// Ends an open line on a terminal, so that the prompt starts on a new one; a pipe gets the bytes of the file.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.open) != LineEnd::Newline && self.body.terminal() {
            out.push(b'\n');
        }
    }
}
