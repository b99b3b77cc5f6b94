//! Pure: lines and events become bytes in a buffer.

pub mod body;
pub mod json;
pub mod names;
pub mod ndjson;
pub mod notice;
pub mod own;
pub mod palette;
pub mod raw;
pub mod snapshot;
pub mod summary;
pub mod template;
pub mod text;
pub mod verdict;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use memchr::memchr;

use crate::batch::{Batch, Ending, FileId};
use crate::cluster::target::Target;
use crate::event::Event;
use crate::line::level::Level;
use crate::options::{Format, OutputOptions};
use crate::render::ndjson::Ndjson;
use crate::render::raw::Raw;
use crate::render::template::Template;
use crate::render::text::Text;
use crate::tally::Tally;

/// One line, or one piece of a line beyond the cap, with all that is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Dressed<'a> {
    /// The stream it belongs to.
    pub target: &'a Target,
    /// The file it was read from.
    pub file: FileId,
    /// The place of its first byte in that file.
    pub offset: u64,
    /// When it arrived here.
    pub received: SystemTime,
    /// Its bytes without the newline.
    pub bytes: &'a [u8],
    /// True if it goes on with the piece before it on its stream.
    pub continues: bool,
    /// What comes behind its last byte.
    pub ending: Ending,
    /// Its own time, if it is known.
    pub time: Option<Timestamp>,
    /// Its level, if it is known.
    pub level: Option<Level>,
    /// The number of its record, where records are asked for.
    pub record: Option<u64>,
    /// True if it came too late for its place in the order of time.
    pub late: bool,
    /// The places in `bytes` to be coloured: not empty, in order, without overlap.
    pub matches: &'a [Range<usize>],
}

/// The lines in a part of a batch, dressed with what the batch knows; `range` is made of whole lines, as
/// [`Filter::for_each_kept`](crate::flow::filter::Filter::for_each_kept) gives them.
pub fn lines(batch: &Batch, range: Range<usize>) -> impl Iterator<Item = Dressed<'_>> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        if at >= range.end {
            return None;
        }
        let start = at;
        let (end, ending) = match memchr(b'\n', &batch.bytes[start..range.end]) {
            Some(length) => (start + length, Ending::Newline),
            None => (range.end, batch.ending),
        };
        at = end + 1;
        Some(Dressed {
            target: &batch.target,
            file: batch.file,
            offset: batch.offset + start as u64,
            received: batch.received,
            bytes: &batch.bytes[start..end],
            continues: batch.continues,
            ending,
            time: None,
            level: None,
            record: None,
            late: false,
            matches: &[],
        })
    })
}

/// The form the user chose, and what it remembers between lines.
#[derive(Debug)]
pub enum Renderer {
    /// `CVM LOG | line`.
    Text(Text),
    /// The bytes alone.
    Raw(Raw),
    /// JSON objects.
    Ndjson(Ndjson),
    /// `--template`.
    Template(Template),
}

impl Renderer {
    /// The renderer for `output`; `targets` are the streams known at the start, more may come later. An
    /// error says what is wrong with the template.
    pub fn new(output: &OutputOptions, targets: &[Arc<Target>]) -> Result<Self, String> {
        Ok(match &output.format {
            Format::Text(prefix) => Self::Text(Text::new(*prefix, output, targets)),
            Format::Raw => Self::Raw(Raw::new(output)),
            Format::Ndjson => Self::Ndjson(Ndjson::new(output.terminal)),
            Format::Template(template) => Self::Template(Template::new(template, output, targets)?),
        })
    }

    /// True if the form shows what is known of a line beside its bytes: time or level.
    pub fn shows_meaning(&self) -> bool {
        match self {
            Self::Text(text) => text.shows_meaning(),
            Self::Raw(_) => false,
            Self::Ndjson(_) => true,
            Self::Template(template) => template.shows_meaning(),
        }
    }

    /// Appends what stands between two groups of lines, as grep has it; NDJSON needs nothing there.
    pub fn separator(&mut self, out: &mut Vec<u8>) {
        if let Self::Ndjson(_) = self {
            return;
        }
        match self {
            Self::Text(text) => text.finish(out),
            Self::Raw(raw) => raw.end_line(out),
            Self::Template(template) => template.finish(out),
            Self::Ndjson(_) => {}
        }
        out.extend_from_slice(b"--\n");
    }

    /// Appends how often a line was repeated that is not shown again, where lines stand that are not of a log;
    /// false if they have no place there, and it must be told as an event.
    pub fn repeats(&mut self, out: &mut Vec<u8>, line: &Dressed) -> bool {
        let has_place = matches!(self, Self::Text(_) | Self::Template(_));
        if has_place {
            self.line(out, line);
        }
        has_place
    }

    /// Appends one line to `out`.
    pub fn line(&mut self, out: &mut Vec<u8>, line: &Dressed) {
        match self {
            Self::Text(text) => text.line(out, line),
            Self::Raw(raw) => raw.line(out, line),
            Self::Ndjson(ndjson) => ndjson.line(out, line),
            Self::Template(template) => template.line(out, line),
        }
    }

    /// Appends a part of a batch to `out`, made of whole lines about which nothing more is known and in
    /// which nothing is to be coloured; into a pipe, text and raw are little more than a copy.
    pub fn batch(&mut self, out: &mut Vec<u8>, batch: &Batch, range: Range<usize>) {
        match self {
            Self::Text(text) => text.batch(out, batch, range),
            Self::Raw(raw) => raw.batch(out, batch, range),
            Self::Ndjson(_) | Self::Template(_) => lines(batch, range).for_each(|line| self.line(out, &line)),
        }
    }

    /// Appends an event to `out` if events belong on stdout, which only NDJSON wants.
    pub fn event(&mut self, out: &mut Vec<u8>, event: &Event) {
        if let Self::Ndjson(ndjson) = self {
            ndjson.event(out, event);
        }
    }

    /// Appends the summary to `out` if it belongs on stdout, which only NDJSON wants; `elapsed` is how
    /// long the run has lasted.
    pub fn summary(&mut self, out: &mut Vec<u8>, tally: &Tally, elapsed: Duration) {
        if let Self::Ndjson(ndjson) = self {
            ndjson.summary(out, tally, elapsed);
        }
    }

    /// Appends to `out` what is owed when nothing follows: the newline of a line left open.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => text.finish(out),
            Self::Raw(raw) => raw.finish(out),
            Self::Template(template) => template.finish(out),
            Self::Ndjson(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
