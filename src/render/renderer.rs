//! Renders lines and events in the output format of the run.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::batch::Batch;
use crate::cluster::target::Target;
use crate::event::Event;
use crate::options::{Format, OutputOptions};
use crate::render::annotated_line::{AnnotatedLine, lines};
use crate::render::ndjson::Ndjson;
use crate::render::raw::Raw;
use crate::render::template::Template;
use crate::render::text::Text;
use crate::tally::Tally;

/// The output format, and its state between lines.
#[derive(Debug)]
pub enum Renderer {
    /// `CVM LOG | line`.
    Text(Text),
    /// The bytes only.
    Raw(Raw),
    /// One JSON object per line.
    Ndjson(Ndjson),
    /// `--template`.
    Template(Template),
}

impl Renderer {
    /// `targets`: the streams known at the start; more may follow. Fails if the template is invalid.
    pub fn new(output: &OutputOptions, targets: &[Arc<Target>]) -> Result<Self, String> {
        Ok(match &output.format {
            Format::Text(prefix) => Self::Text(Text::new(*prefix, output, targets)),
            Format::Raw => Self::Raw(Raw::new(output)),
            Format::Ndjson => Self::Ndjson(Ndjson::new(output.terminal)),
            Format::Template(template) => Self::Template(Template::new(template, output, targets)?),
        })
    }

    /// Whether the output depends on the timestamp or level of a line.
    pub fn shows_metadata(&self) -> bool {
        match self {
            Self::Text(text) => text.shows_metadata(),
            Self::Raw(_) => false,
            Self::Ndjson(_) => true,
            Self::Template(template) => template.shows_metadata(),
        }
    }

    /// Appends the separator between two groups of lines, as in grep; NDJSON has none.
    pub fn separator(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => text.finish(out),
            Self::Raw(raw) => raw.end_line(out),
            Self::Template(template) => template.finish(out),
            Self::Ndjson(_) => return,
        }
        out.extend_from_slice(b"--\n");
    }

    /// Appends the count of suppressed repeats, if the format may contain lines that are not from a log; `false` if
    /// not: it must be reported as an event.
    pub fn repeats(&mut self, out: &mut Vec<u8>, line: &AnnotatedLine) -> bool {
        let has_place = matches!(self, Self::Text(_) | Self::Template(_));
        if has_place {
            self.line(out, line);
        }
        has_place
    }

    /// Appends one line, or one piece of a line.
    pub fn line(&mut self, out: &mut Vec<u8>, line: &AnnotatedLine) {
        match self {
            Self::Text(text) => text.line(out, line),
            Self::Raw(raw) => raw.line(out, line),
            Self::Ndjson(ndjson) => ndjson.line(out, line),
            Self::Template(template) => template.line(out, line),
        }
    }

    /// Appends a range of whole lines without timestamps, levels and matches; into a pipe, text and raw are little more
    /// than a copy.
    pub fn batch(&mut self, out: &mut Vec<u8>, batch: &Batch, range: Range<usize>) {
        match self {
            Self::Text(text) => text.batch(out, batch, range),
            Self::Raw(raw) => raw.batch(out, batch, range),
            Self::Ndjson(_) | Self::Template(_) => lines(batch, range).for_each(|line| self.line(out, &line)),
        }
    }

    /// Appends an event, if events belong on stdout, which is so for NDJSON only.
    pub fn event(&mut self, out: &mut Vec<u8>, event: &Event) {
        if let Self::Ndjson(ndjson) = self {
            ndjson.event(out, event);
        }
    }

    /// Appends the summary after `elapsed`, if it belongs on stdout, which is so for NDJSON only.
    pub fn summary(&mut self, out: &mut Vec<u8>, tally: &Tally, elapsed: Duration) {
        if let Self::Ndjson(ndjson) = self {
            ndjson.summary(out, tally, elapsed);
        }
    }

    /// Completes a line that is still open.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => text.finish(out),
            Self::Raw(raw) => raw.finish(out),
            Self::Template(template) => template.finish(out),
            Self::Ndjson(_) => {}
        }
    }
}
