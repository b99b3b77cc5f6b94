//! `CVM LOG | line`, for people and for `grep`.

use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use crate::batch::{Batch, Ending};
use crate::cluster::target::Target;
use crate::options::{OutputOptions, Prefix};
use crate::render::body::Body;
use crate::render::names::Names;
use crate::render::own::Own;
use crate::render::{Dressed, lines};

/// Writes a prefix before each line. The pieces of a line beyond the cap follow each other on one line
/// for as long as no other stream writes.
#[derive(Debug)]
pub struct Text {
    /// The prefixes.
    names: Names,
    /// Writes each line's own time behind its prefix, if that is wanted.
    own: Option<Own>,
    /// How bytes are shown.
    body: Body,
    /// The stream that wrote last, if its line still lacks its end.
    open: Option<usize>,
}

impl Text {
    /// Nothing written yet.
    pub fn new(prefix: Prefix, output: &OutputOptions, targets: &[Arc<Target>]) -> Self {
        Self {
            names: Names::new(prefix, output, targets),
            own: output.timestamps.clone().map(|form| Own::new(form, output.zone.clone())),
            body: Body::new(output.terminal, output.color),
            open: None,
        }
    }

    /// Appends one line or one piece of a line.
    pub fn line(&mut self, out: &mut Vec<u8>, line: &Dressed) {
        let open = self.open.take();
        if !(line.continues && open == Some(line.target.id)) {
            if open.is_some() {
                out.push(b'\n');
            }
            self.names.push_prefix(out, line.target, line.late);
            if let Some(own) = &mut self.own {
                own.push(out, line.time);
            }
        }
        self.body.push(out, line.bytes, line.matches, line.level);
        match line.ending {
            Ending::Newline | Ending::EndOfFile => out.push(b'\n'),
            Ending::Partial => self.open = Some(line.target.id),
        }
    }

    /// Appends a part of a batch.
    pub fn batch(&mut self, out: &mut Vec<u8>, batch: &Batch, range: Range<usize>) {
        let whole = self.open.is_none() && !batch.continues && batch.ending != Ending::Partial;
        if self.body.terminal() || !whole || self.own.is_some() {
            lines(batch, range).for_each(|line| self.line(out, &line));
            return;
        }
        let prefix = self.names.prefix(&batch.target);
        let mut rest = &batch.bytes[range];
        // Room for lines of a usual length; longer ones need less, shorter ones ask again.
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

    /// True if what is known of a line beside its bytes shows.
    pub const fn shows_meaning(&self) -> bool {
        self.own.is_some() || self.body.colors()
    }

    /// Ends a line that is open.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            out.push(b'\n');
        }
    }
}
