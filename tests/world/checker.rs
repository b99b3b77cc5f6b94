//! The judge: what came out, held against what was written.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use serde_json::Value;

use super::ledger::{Ledger, Shared, hash, read_token};

/// Judges output against the ledgers of the writers.
#[derive(Debug)]
pub struct Checker {
    /// The streams by their id.
    streams: HashMap<String, Stream>,
    /// What was found so far.
    report: Report,
    /// NDJSON: the parts of a long line that came so far, by CVM and path.
    parts: HashMap<(String, String), Vec<u8>>,
}

/// One stream under judgement.
#[derive(Debug)]
struct Stream {
    /// What was written, when the judge was called.
    ledger: Ledger,
    /// How often each line came.
    seen: Vec<u8>,
    /// The number of the last line that came.
    last: Option<u64>,
    /// The first line that is expected.
    first: usize,
}

/// A line by its stream's id and its number.
pub type Name = (String, u64);

/// The verdict.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many lines were written.
    pub expected: u64,
    /// How many lines with a known token and the right bytes came.
    pub seen: u64,
    /// Lines that did not come.
    pub lost: Vec<Name>,
    /// Lines that came more than once.
    pub twice: Vec<Name>,
    /// Lines that came after a later one of their stream.
    pub disordered: Vec<Name>,
    /// Lines that came with other bytes, or under the wrong CVM, path, file or offset: what was wrong.
    pub wrong: Vec<String>,
    /// Lines without a token: torn lines, or lines nobody wrote.
    pub strange: Vec<String>,
}

/// What NDJSON says about a line.
struct Place<'a> {
    /// The CVM.
    cvm: &'a str,
    /// The path.
    path: &'a str,
    /// The file's identity, `device:inode`.
    file: Option<&'a str>,
    /// Where in that file the line begins.
    offset: Option<u64>,
}

impl Checker {
    /// A judge for everything these ledgers hold now.
    pub fn new<'a>(ledgers: impl IntoIterator<Item = &'a Shared>) -> Self {
        let stream = |shared: &Shared| {
            let ledger = shared.open().clone();
            let seen = vec![0; ledger.lines.len()];
            (ledger.id.clone(), Stream { ledger, seen, last: None, first: 0 })
        };
        let streams = ledgers.into_iter().map(stream).collect();
        Self { streams, report: Report::default(), parts: HashMap::new() }
    }

    /// Expects of that stream only its lines from this number on; an earlier one counts as twice.
    #[must_use]
    pub fn from(mut self, ledger: &Shared, first: u64) -> Self {
        if let Some(stream) = self.streams.get_mut(&ledger.open().id) {
            stream.first = usize::try_from(first).unwrap_or(usize::MAX).min(stream.seen.len());
            stream.seen[..stream.first].fill(1);
        }
        self
    }

    /// Judges the output of `-o raw`.
    pub fn raw(mut self, output: &[u8]) -> Report {
        for line in lines(output) {
            self.line(line, None);
        }
        self.verdict()
    }

    /// Judges text output: what stands after the first `| ` of each line, or all of it without one.
    pub fn text(mut self, output: &[u8]) -> Report {
        for line in lines(output) {
            let bar = line.windows(2).position(|pair| pair == b"| ");
            self.line(bar.map_or(line, |at| &line[at + 2..]), None);
        }
        self.verdict()
    }

    /// Judges NDJSON, with CVM, path, file and offset; objects of other types are passed over.
    pub fn ndjson(mut self, output: &[u8]) -> Report {
        for text in lines(output) {
            match serde_json::from_slice::<Value>(text) {
                Ok(object) if object["type"] == "line" => self.object(&object),
                Ok(_) => {}
                Err(error) => self.report.wrong.push(format!("no JSON: {error}: {}", show(text))),
            }
        }
        self.verdict()
    }

    /// Judges one line object.
    fn object(&mut self, object: &Value) {
        let word = |key: &str| object[key].as_str().unwrap_or_default();
        let bytes = object["line_base64"].as_str().map_or_else(
            || word("line").as_bytes().to_vec(),
            |text| base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default(),
        );
        let key = (word("cvm").to_owned(), word("path").to_owned());
        let mut line = self.parts.remove(&key).unwrap_or_default();
        let first = u64::try_from(line.len()).unwrap_or(0);
        line.extend_from_slice(&bytes);
        if object["partial"] == true {
            self.parts.insert(key, line);
            return;
        }
        let offset = object["offset"].as_u64().map(|offset| offset.saturating_sub(first));
        let place = Place { cvm: &key.0, path: &key.1, file: object["file"].as_str(), offset };
        self.line(&line, Some(&place));
    }

    /// Judges one line.
    fn line(&mut self, line: &[u8], place: Option<&Place>) {
        let Some((id, number)) = read_token(line) else {
            self.report.strange.push(show(line));
            return;
        };
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(stream) = self.streams.get_mut(id).filter(|stream| index < stream.seen.len()) else {
            self.report.strange.push(show(line));
            return;
        };
        let entry = stream.ledger.lines[index];
        if entry.hash != hash(line) {
            self.report.wrong.push(format!("{id}#{number} has other bytes: {}", show(line)));
            return;
        }
        if let Some(error) = place.and_then(|place| misplaced(&stream.ledger, index, place)) {
            self.report.wrong.push(format!("{id}#{number} {error}"));
        }
        self.report.seen += 1;
        stream.seen[index] = stream.seen[index].saturating_add(1);
        if stream.seen[index] > 1 {
            self.report.twice.push((id.to_owned(), number));
        } else if stream.last.is_some_and(|last| last > number) {
            self.report.disordered.push((id.to_owned(), number));
        }
        stream.last = stream.last.max(Some(number));
    }

    /// Adds up.
    fn verdict(mut self) -> Report {
        for (id, stream) in &self.streams {
            self.report.expected += (stream.seen.len() - stream.first) as u64;
            let lost = stream.seen.iter().zip(0..).filter(|(seen, _)| **seen == 0);
            self.report.lost.extend(lost.map(|(_, number)| (id.clone(), number)));
        }
        self.report.lost.sort();
        self.report
    }
}

/// What is wrong with the place NDJSON gives for a line, if anything.
fn misplaced(ledger: &Ledger, index: usize, place: &Place) -> Option<String> {
    if place.cvm != ledger.cvm || place.path != ledger.path {
        return Some(format!("came under {} {}", place.cvm, place.path));
    }
    let entry = ledger.lines[index];
    let file = &ledger.files[entry.file as usize];
    if file.disturbed {
        // Read from a copy, or from another file than it was written to: any place may be true.
        return None;
    }
    let inode = place.file.and_then(|file| file.rsplit(':').next()?.parse::<u64>().ok());
    if inode != Some(file.inode) || place.offset != Some(entry.offset) {
        let (inode, offset) = (file.inode, entry.offset);
        return Some(format!("came as {:?} at {:?}, is {inode} at {offset}", place.file, place.offset));
    }
    None
}

/// The lines of some output, without their newlines.
fn lines(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

/// A line as a message can show it.
fn show(line: &[u8]) -> String {
    let mut text = line[..line.len().min(160)].escape_ascii().to_string();
    if line.len() > 160 {
        let _ = fmt::Write::write_fmt(&mut text, format_args!("… ({} bytes)", line.len()));
    }
    text
}

impl Report {
    /// Whether every line came once, in order, whole, in its place, and nothing else came.
    pub const fn is_exact(&self) -> bool {
        self.lost.is_empty() && self.is_clean()
    }

    /// Whether all that came was right, be it complete or not.
    pub const fn is_clean(&self) -> bool {
        self.twice.is_empty()
            && self.disordered.is_empty()
            && self.wrong.is_empty()
            && self.strange.is_empty()
    }

    /// Ends the test unless every line came once, in order, whole, in its place, and nothing else came.
    #[track_caller]
    pub fn assert_exact(&self) {
        assert!(self.is_exact(), "{self}");
        assert!(self.expected > 0, "nothing was written, so nothing was shown");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, seen, lost, twice, disordered, wrong, strange } = self;
        write!(
            f,
            "expected {expected}, seen {seen}, lost {}, twice {}, disordered {}, wrong {}, strange {}",
            lost.len(),
            twice.len(),
            disordered.len(),
            wrong.len(),
            strange.len()
        )?;
        for (what, names) in [("lost", lost), ("twice", twice), ("disordered", disordered)] {
            for (id, number) in names.iter().take(10) {
                write!(f, "\n  {what}: {id}#{number}")?;
            }
        }
        for text in wrong.iter().take(10) {
            write!(f, "\n  wrong: {text}")?;
        }
        for text in strange.iter().take(10) {
            write!(f, "\n  strange: {text}")?;
        }
        Ok(())
    }
}
