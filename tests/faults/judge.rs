//! The judge: reads what cvmtail prints, line by line as it comes, and holds it against the ledgers.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use serde_json::Value;

use super::kind::Life;
use super::loss::{Loss, hidden_until};
use crate::world::ledger::{Ledger, Shared, hash, read_token};

/// How many complaints are kept in words.
const KEPT: usize = 40;

/// What is known of a stream.
#[derive(Debug)]
struct Stream {
    /// What was written.
    ledger: Shared,
    /// How its log lives.
    life: Life,
    /// The number of the line that must come next.
    next: u64,
    /// The file the last line came from, and where it ended there.
    end: Option<(String, u64)>,
    /// The events since the last line that own up to a loss: file, offset and the status.
    causes: Vec<(Option<String>, Option<u64>, String)>,
    /// The lines that did not come in their turn.
    missing: Vec<(u64, u64)>,
    /// Losses that nothing told of yet.
    pending: Vec<Loss>,
    /// The last line was torn; this is its number.
    torn: Option<u64>,
    /// The line that came again last.
    again: Option<u64>,
    /// The first part of a line that comes in pieces, and where it begins.
    part: Option<(u64, Vec<u8>)>,
}

/// The verdict so far.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Lines that came, once and right.
    pub seen: u64,
    /// Lines that did not come, of which nothing told.
    pub lost: u64,
    /// Lines that did not come, of which a `gap` or `truncated` told at that place.
    pub gone: u64,
    /// Lines that came again.
    pub twice: u64,
    /// Lines that came after a later one.
    pub disordered: u64,
    /// Lines that are torn or have other bytes.
    pub torn: u64,
    /// Lines under a wrong CVM, path, file or offset.
    pub misplaced: u64,
    /// Losses that a `gap` or `truncated` told of.
    pub explained: u64,
    /// Losses that nothing told of.
    pub unexplained: u64,
    /// Losses of which nothing could be told, because the file was cut again before it was compared.
    pub hidden: u64,
    /// `gap` events, and those after which nothing was missing.
    pub gaps: (u64, u64),
    /// How many events of each status.
    pub events: HashMap<String, u64>,
    /// The longest away and the most caught up that a `resumed` told of.
    pub caught_up: u64,
    /// What was wrong, in words.
    pub complaints: Vec<String>,
}

/// Judges one run.
#[derive(Debug)]
pub struct Judge {
    /// The streams by the CVM and path that NDJSON names.
    streams: HashMap<(String, String), Stream>,
    /// What was found.
    verdict: Verdict,
}

impl Judge {
    /// A judge for the writers of these ledgers.
    pub fn new(ledgers: impl IntoIterator<Item = (Shared, Life)>) -> Self {
        let stream = |(ledger, life): (Shared, Life)| {
            let Ledger { cvm, path, .. } = ledger.open().clone();
            let key = (cvm, path);
            let (causes, missing) = (Vec::new(), Vec::new());
            (
                key,
                Stream {
                    ledger,
                    life,
                    next: 0,
                    end: None,
                    causes,
                    missing,
                    pending: Vec::new(),
                    torn: None,
                    again: None,
                    part: None,
                },
            )
        };
        Self { streams: ledgers.into_iter().map(stream).collect(), verdict: Verdict::default() }
    }

    /// The verdict so far.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// How many lines of the log at that path came, or were passed over.
    pub fn next_of(&self, cvm: &str, path: &str) -> u64 {
        self.streams.get(&(cvm.to_owned(), path.to_owned())).map_or(0, |stream| stream.next)
    }

    /// True if the last line of every log has come, or is known to be gone, and every loss was told of.
    pub fn has_all(&self) -> bool {
        self.streams.values().all(|stream| stream.next >= stream.ledger.count() && stream.pending.is_empty())
    }

    /// The streams that have not come to their end: name, next line, lines.
    pub fn behind(&self) -> Vec<(String, u64, u64)> {
        let behind = |stream: &&Stream| stream.next < stream.ledger.count();
        let tell = |s: &Stream| {
            let id = s.ledger.open().id.clone();
            (id, s.next, s.ledger.count())
        };
        self.streams.values().filter(behind).map(tell).collect()
    }

    /// No more will come: what has not come is lost.
    pub fn close(&mut self) {
        let keys: Vec<_> = self.streams.keys().cloned().collect();
        for key in keys {
            let Some(stream) = self.streams.get_mut(&key) else { continue };
            let count = stream.ledger.count();
            if stream.next < count {
                let what = skip(stream, count, None, &mut self.verdict);
                self.complain(what);
            }
        }
    }

    /// Takes one line of NDJSON; gives an event as it can be told.
    pub fn hear(&mut self, text: &[u8]) -> Option<String> {
        match serde_json::from_slice::<Value>(text) {
            Ok(object) if object["type"] == "line" => {
                self.line(&object);
                None
            }
            Ok(object) if object["type"] == "status" => Some(self.event(&object)),
            Ok(_) => None,
            Err(error) => {
                self.verdict.torn += 1;
                self.complain(Some(format!("no JSON: {error}: {}", text.escape_ascii())));
                None
            }
        }
    }

    /// Notes what was wrong.
    fn complain(&mut self, what: Option<String>) {
        if let Some(what) = what.filter(|_| self.verdict.complaints.len() < KEPT) {
            self.verdict.complaints.push(what);
        }
    }

    /// Judges an event.
    fn event(&mut self, object: &Value) -> String {
        let word = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
        let status = word("status");
        *self.verdict.events.entry(status.clone()).or_default() += 1;
        if status == "resumed" {
            self.verdict.caught_up = self.verdict.caught_up.max(object["bytes"].as_u64().unwrap_or(0));
        }
        if (status == "gap" || status == "truncated")
            && let Some(stream) = self.streams.get_mut(&(word("cvm"), word("path")))
        {
            let file = object["file"].as_str().map(str::to_owned);
            let offset = object["offset"].as_u64();
            // A cut that the file outgrew unseen shows a while later: from when on is told, not where.
            let tells_of =
                |at: u64| offset == Some(at) || (status == "gap" && offset.is_some_and(|o| o < at));
            let own = |loss: &Loss| file.as_deref() == Some(&loss.place.0);
            if let Some(at) = stream.pending.iter().position(|loss| own(loss) && tells_of(loss.place.1)) {
                self.verdict.forgive(&stream.pending.remove(at));
                self.verdict.explained += 1;
            }
            // A file that is cut again before it was compared cannot be compared any more.
            while let Some(at) = stream.pending.iter().position(|loss| own(loss) && loss.can_be_hidden()) {
                self.verdict.forgive(&stream.pending.remove(at));
                self.verdict.hidden += 1;
            }
            stream.causes.push((file, object["offset"].as_u64(), status.clone()));
            self.verdict.gaps.0 += u64::from(status == "gap");
        }
        format!(
            "{} {} {status} {} {} {}",
            word("cvm"),
            word("log"),
            word("message"),
            object["file"],
            object["offset"]
        )
    }

    /// Judges a line.
    fn line(&mut self, object: &Value) {
        let word = |key: &str| object[key].as_str().unwrap_or_default();
        let bytes = object["line_base64"].as_str().map_or_else(
            || word("line").as_bytes().to_vec(),
            |text| base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default(),
        );
        let key = (word("cvm").to_owned(), word("path").to_owned());
        let Some(stream) = self.streams.get_mut(&key) else {
            self.verdict.misplaced += 1;
            return self.complain(Some(format!("a line of no stream: {key:?}")));
        };
        let offset = object["offset"].as_u64().unwrap_or(u64::MAX);
        let (offset, line) = match stream.part.take() {
            Some((first, mut line)) => {
                line.extend_from_slice(&bytes);
                (first, line)
            }
            None => (offset, bytes),
        };
        if object["partial"] == true {
            stream.part = Some((offset, line));
            return;
        }
        let what = judge(stream, &line, word("file"), offset, &mut self.verdict);
        self.complain(what.map(|what| format!("{} {}: {what}", key.0, key.1)));
    }
}

/// Judges a whole line of that stream; gives what was wrong.
fn judge(stream: &mut Stream, line: &[u8], file: &str, offset: u64, verdict: &mut Verdict) -> Option<String> {
    let show = || line[..line.len().min(120)].escape_ascii().to_string();
    let id = stream.ledger.open().id.clone();
    let known = read_token(line).filter(|(of, _)| *of == id).map(|(_, number)| number);
    let entry = known.and_then(|number| {
        let ledger = stream.ledger.open();
        let entry = *ledger.lines.get(usize::try_from(number).ok()?)?;
        let incarnation = ledger.files[entry.file as usize].clone();
        (entry.hash == hash(line)).then_some((number, entry, incarnation))
    });
    let Some((number, entry, incarnation)) = entry else {
        verdict.torn += 1;
        stream.torn = known;
        return Some(format!("torn before #{} at {file} {offset}: {}", stream.next, show()));
    };
    let torn = u64::from(stream.torn.take().is_some_and(|torn| torn + 1 == number));
    let mut wrong = None;
    let inode = file.rsplit(':').next().and_then(|inode| inode.parse::<u64>().ok());
    let moved = incarnation.disturbed && inode != Some(incarnation.inode);
    if !moved && (inode != Some(incarnation.inode) || offset != entry.offset) && !incarnation.disturbed {
        verdict.misplaced += 1;
        wrong = Some(format!(
            "#{number} came as {file} at {offset}, is {} at {}",
            incarnation.inode, entry.offset
        ));
    }
    if number < stream.next {
        let at = stream.missing.iter().position(|(from, to)| (*from..*to).contains(&number));
        if at.is_some() {
            verdict.disordered += 1;
            return Some(format!("#{number} came when #{} was due", stream.next));
        }
        verdict.twice += 1;
        // A row of them is told once.
        let follows = stream.again.replace(number) == number.checked_sub(1);
        return (!follows).then(|| format!("#{number} came again when #{} was due", stream.next));
    }
    if number > stream.next {
        let count = number - stream.next;
        // A loss may be told of where the last line ended, or where this one begins.
        let first = stream.next;
        let what = skip(stream, number, Some((file, offset)), verdict);
        if let Some(what) = what.clone().filter(|_| !stream.life.is_strict()) {
            let place = (file.to_owned(), offset);
            let went_on = stream.end.as_ref().is_some_and(|(of, end)| of == file && offset >= *end);
            stream.pending.push(Loss {
                place,
                first,
                count,
                torn,
                hidden_until: hidden_until(went_on),
                what,
            });
        }
        wrong = wrong.or(what);
    } else if stream.causes.drain(..).any(|(.., status)| status == "gap") {
        verdict.gaps.1 += 1;
    }
    verdict.seen += 1;
    stream.causes.clear();
    stream.next = number + 1;
    stream.end = Some((file.to_owned(), offset + line.len() as u64 + 1));
    wrong
}

/// Passes over the lines up to `number`, which did not come; gives what is wrong with that.
fn skip(
    stream: &mut Stream,
    number: u64,
    next: Option<(&str, u64)>,
    verdict: &mut Verdict,
) -> Option<String> {
    let count = number - stream.next;
    stream.missing.push((stream.next, number));
    let told = stream.causes.iter().any(|(file, offset, _)| {
        let place = file.as_deref().zip(*offset);
        let last = stream.end.as_ref().map(|(file, offset)| (file.as_str(), *offset));
        place.is_some() && (place == last || place == next || last.is_none())
    });
    let what = (!told || stream.life.is_strict()).then(|| {
        format!(
            "{} #{}..{number} did not come, the last line ended at {:?}, told was {:?}",
            stream.ledger.open().id,
            stream.next,
            stream.end,
            stream.causes
        )
    });
    if what.is_some() {
        (verdict.lost, verdict.unexplained) = (verdict.lost + count, verdict.unexplained + 1);
    } else {
        (verdict.gone, verdict.explained) = (verdict.gone + count, verdict.explained + 1);
    }
    stream.next = number;
    stream.causes.clear();
    what
}

impl Verdict {
    /// That loss is not one of which nothing tells.
    fn forgive(&mut self, loss: &Loss) {
        let torn = format!("torn before #{} at {}", loss.first, loss.place.0);
        self.complaints.retain(|complaint| !complaint.ends_with(&loss.what) && !complaint.contains(&torn));
        (self.lost, self.gone) = (self.lost - loss.count, self.gone + loss.count);
        self.torn -= loss.torn;
        self.unexplained -= 1;
    }

    /// True if the promise was kept.
    pub const fn is_kept(&self) -> bool {
        self.lost == 0
            && self.twice == 0
            && self.disordered == 0
            && self.torn == 0
            && self.misplaced == 0
            && self.unexplained == 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seen {}, lost {}, twice {}, disordered {}, torn {}, misplaced {}",
            self.seen, self.lost, self.twice, self.disordered, self.torn, self.misplaced
        )?;
        writeln!(
            f,
            "losses explained {} ({} lines), unexplained {}, hidden by a second cut {}; gap events {}, of them without a loss {}; most caught up {} bytes",
            self.explained,
            self.gone,
            self.unexplained,
            self.hidden,
            self.gaps.0,
            self.gaps.1,
            self.caught_up
        )?;
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort();
        write!(f, "events {events:?}")?;
        for what in &self.complaints {
            write!(f, "\n  {what}")?;
        }
        Ok(())
    }
}
