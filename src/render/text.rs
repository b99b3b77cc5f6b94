//! `CVM LOG | line`, for people and for grep.

use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use crate::batch::{Batch, Ending};
use crate::cluster::target::Target;
use crate::options::{OutputOptions, Prefix};
use crate::render::annotated_line::{AnnotatedLine, lines};
use crate::render::body::Body;
use crate::render::prefixes::Prefixes;
use crate::render::time_column::TimeColumn;

/// Writes lines with a prefix. The pieces of a long line are joined unless another stream writes in between.
#[derive(Debug)]
pub struct Text {
    prefixes: Prefixes,
    /// `-t`: the timestamp after the prefix.
    time: Option<TimeColumn>,
    body: Body,
    /// The stream that wrote last, if its line is incomplete.
    open: Option<usize>,
}

impl Text {
    pub fn new(prefix: Prefix, output: &OutputOptions, targets: &[Arc<Target>]) -> Self {
        Self {
            prefixes: Prefixes::new(prefix, output, targets),
            time: output.timestamps.clone().map(|form| TimeColumn::new(form, output.zone.clone())),
            body: Body::new(output.terminal, output.color),
            open: None,
        }
    }

    pub fn line(&mut self, out: &mut Vec<u8>, line: &AnnotatedLine) {
        let open = self.open.take();
        if !(line.continues && open == Some(line.target.id)) {
            if open.is_some() {
                out.push(b'\n');
            }
            self.prefixes.push_prefix(out, line.target, line.late);
            if let Some(own) = &mut self.time {
                own.push(out, line.time);
            }
        }
        self.body.push(out, line.bytes, line.matches, line.level);
        match line.ending {
            Ending::Newline | Ending::EndOfFile => out.push(b'\n'),
            Ending::Partial => self.open = Some(line.target.id),
        }
    }

    pub fn batch(&mut self, out: &mut Vec<u8>, batch: &Batch, range: Range<usize>) {
        let whole = self.open.is_none() && !batch.continues && batch.ending != Ending::Partial;
        if self.body.terminal() || !whole || self.time.is_some() {
            lines(batch, range).for_each(|line| self.line(out, &line));
            return;
        }
        let prefix = self.prefixes.prefix(&batch.target);
        let mut rest = &batch.bytes[range];
        // Room for lines of typical length; for shorter ones the buffer grows.
        out.reserve(rest.len() + rest.len() / 64 * prefix.len() + prefix.len() + 1);
        while let Some(newline) = memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(newline + 1);
            out.extend_from_slice(prefix);
            out.extend_from_slice(line);
            rest = behind;
        }
        if !rest.is_empty() {
            out.extend_from_slice(prefix);
            out.extend_from_slice(rest);
            out.push(b'\n');
        }
    }

    pub const fn shows_metadata(&self) -> bool {
        self.time.is_some() || self.body.colors()
    }

    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            out.push(b'\n');
        }
    }
}
