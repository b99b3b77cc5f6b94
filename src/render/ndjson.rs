//! NDJSON: one JSON object per line of a log and per event, lossless.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::batch::{Ending, FileId, PIECE};
use crate::cluster::target::Target;
use crate::event::{Event, Subject};
use crate::human::Rfc3339;
use crate::render::annotated_line::AnnotatedLine;
use crate::render::{json, summary};
use crate::tally::Tally;

/// Writes objects; the parts that do not change from line to line are kept as bytes.
#[derive(Debug)]
pub struct Ndjson {
    /// stdout is a terminal: control and invisible characters are written as JSON escapes.
    terminal: bool,
    /// By the id of the target.
    streams: Vec<Option<StreamParts>>,
    /// Timestamps of lines.
    times: Rfc3339,
    /// Times of arrival and of events.
    arrivals: Rfc3339,
}

/// The parts of an object that are the same for all lines of a stream.
#[derive(Debug)]
struct StreamParts {
    /// From `{` up to the value of `time`.
    head: Vec<u8>,
    /// The file of the last line.
    file: FileId,
    /// From the end of `line` up to the value of `offset`.
    place: Vec<u8>,
}

impl Ndjson {
    pub const fn new(terminal: bool) -> Self {
        Self { terminal, streams: Vec::new(), times: Rfc3339::new(), arrivals: Rfc3339::new() }
    }

    /// Appends one line or one piece of a line, split into several objects if it is long.
    pub fn line(&mut self, out: &mut Vec<u8>, line: &AnnotatedLine) {
        let mut line = *line;
        while line.bytes.len() > PIECE {
            let (piece, rest) = line.bytes.split_at(piece(line.bytes));
            self.object(out, &AnnotatedLine { bytes: piece, ending: Ending::Partial, ..line });
            line = AnnotatedLine {
                bytes: rest,
                offset: line.offset + piece.len() as u64,
                continues: true,
                ..line
            };
        }
        self.object(out, &line);
    }

    fn object(&mut self, out: &mut Vec<u8>, line: &AnnotatedLine) {
        let start = out.len();
        let (stream, times, arrivals) = self.stream(line.target, line.file);
        out.reserve(line.bytes.len() + stream.head.len() + 192);
        out.extend_from_slice(&stream.head);
        match line.time {
            Some(time) => {
                out.push(b'"');
                out.extend_from_slice(times.timestamp(time));
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"received\":\"");
        out.extend_from_slice(arrivals.system_time(line.received));
        out.extend_from_slice(b"\",\"level\":");
        match line.level {
            Some(level) => {
                out.push(b'"');
                out.extend_from_slice(level.word().as_bytes());
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"line\":\"");
        match std::str::from_utf8(line.bytes) {
            Ok(text) => json::escape(out, text.as_bytes()),
            Err(_) => push_broken(out, line.bytes),
        }
        out.extend_from_slice(&stream.place);
        json::number(out, line.offset);
        if line.ending == Ending::Partial {
            out.extend_from_slice(b",\"partial\":true");
        }
        if let Some(record) = line.record {
            out.extend_from_slice(b",\"record\":");
            json::number(out, record);
        }
        if line.late {
            out.extend_from_slice(b",\"late\":true");
        }
        out.extend_from_slice(b"}\n");
        self.settle(out, start);
    }

    /// Escapes what was written from `start` on if stdout is a terminal.
    fn settle(&self, out: &mut Vec<u8>, start: usize) {
        if self.terminal {
            json::make_harmless(out, start);
        }
    }

    /// The constant parts for a stream and the file of its line, and the formatters of times.
    fn stream(&mut self, target: &Target, file: FileId) -> (&StreamParts, &mut Rfc3339, &mut Rfc3339) {
        if target.id >= self.streams.len() {
            self.streams.resize_with(target.id + 1, || None);
        }
        let stream = self.streams[target.id].get_or_insert_with(|| {
            let mut head = b"{\"type\":\"line\",".to_vec();
            push_names(&mut head, &target.cvm.name, Some(target));
            head.extend_from_slice(b",\"time\":");
            StreamParts { head, file, place: place(file) }
        });
        if stream.file != file {
            stream.file = file;
            stream.place = place(file);
        }
        (stream, &mut self.times, &mut self.arrivals)
    }

    /// Appends the summary of a run that has lasted for `elapsed`.
    pub fn summary(&self, out: &mut Vec<u8>, tally: &Tally, elapsed: Duration) {
        let start = out.len();
        summary::json(out, tally, elapsed);
        self.settle(out, start);
    }

    /// Appends an event.
    pub fn event(&mut self, out: &mut Vec<u8>, event: &Event) {
        let start = out.len();
        let cvm = &event.subject.cvm().name;
        let target = if let Subject::Stream(target) = &event.subject { Some(target.as_ref()) } else { None };
        out.extend_from_slice(b"{\"type\":\"status\",\"status\":\"");
        out.extend_from_slice(event.status.word().as_bytes());
        out.extend_from_slice(b"\",");
        push_names(out, cvm, target);
        out.extend_from_slice(b",\"time\":\"");
        out.extend_from_slice(self.arrivals.system_time(event.time));
        out.extend_from_slice(b"\",\"message\":");
        json::string(out, &event.message);
        out.extend_from_slice(b",\"hint\":");
        json::string_or_null(out, event.hint.as_deref());
        out.extend_from_slice(b",\"attempt\":");
        json::number_or_null(out, event.attempt.map(u64::from));
        out.extend_from_slice(b",\"file\":");
        json::string_or_null(out, event.place.map(|(file, _)| file.to_string()).as_deref());
        out.extend_from_slice(b",\"offset\":");
        json::number_or_null(out, event.place.map(|(_, offset)| offset));
        out.extend_from_slice(b",\"bytes\":");
        json::number_or_null(out, event.bytes);
        out.extend_from_slice(b"}\n");
        self.settle(out, start);
    }
}

/// The length of the first piece of a line of more than [`PIECE`] bytes: [`PIECE`], or up to three bytes less to keep
/// characters whole.
fn piece(bytes: &[u8]) -> usize {
    let begins = |at: &usize| !matches!(bytes[*at], 0x80..=0xbf);
    (PIECE - 3..=PIECE).rev().find(begins).unwrap_or(PIECE)
}

/// Appends `"cvm":…,"log":…,"path":…`; without a target the last two are `null`.
fn push_names(out: &mut Vec<u8>, cvm: &str, target: Option<&Target>) {
    out.extend_from_slice(b"\"cvm\":");
    json::string(out, cvm);
    let Some(target) = target else {
        out.extend_from_slice(b",\"log\":null,\"path\":null");
        return;
    };
    out.extend_from_slice(b",\"log\":");
    json::string(out, &target.log);
    out.extend_from_slice(b",\"path\":");
    json::string(out, &target.path.to_string());
}

/// The part between the line and the number of `offset`.
fn place(file: FileId) -> Vec<u8> {
    format!("\",\"file\":\"{file}\",\"offset\":").into_bytes()
}

/// Appends bytes that are not UTF-8: the lossy text, then the exact bytes in `line_base64`, up to its closing quote.
fn push_broken(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        json::escape(out, chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.extend_from_slice(b"\",\"line_base64\":\"");
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}
