//! The stages that the lines of one stream pass before they are merged with other streams: time window, level, filter,
//! records, context, dedup, rate limit.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::batch::{Batch, Ending};
use crate::flow::context::{Context, Verdict};
use crate::flow::dedup::Dedup;
use crate::flow::filter::Filter;
use crate::flow::interpreter::Interpreter;
use crate::flow::rate_limit::{RateLimit, Suppressed};
use crate::flow::record_buffer::RecordBuffer;
use crate::flow::unit::{Role, Unit, place};
use crate::line::layout::Layout;
use crate::line::level::Level;
use crate::line::reader::LineInfo;
use crate::line::split::{Line, lines};
use crate::options;

/// A record of a followed log is complete after this long without a line.
const SILENCE: Duration = Duration::from_millis(500);

/// The stages of one stream.
#[derive(Debug)]
pub struct Stages {
    pub interpreter: Interpreter,
    /// The lowest level to print.
    level: Option<Level>,
    /// `-M`: whole records are matched and printed.
    records: bool,
    /// The log is followed: silence ends a record.
    live: bool,
    /// Units may be held for long while being a small part of their batches, so their bytes are copied.
    copies: bool,
    record: RecordBuffer,
    /// A head whose level is on the next line, and whether the filter keeps it.
    header: Option<(Unit, bool)>,
    /// When the last line arrived.
    last_arrival: Option<Instant>,
    context: Option<Context>,
    emitter: Emitter,
    /// The kept ranges of the current batch; a field only to reuse its memory.
    kept: Vec<Range<usize>>,
}

/// The last stages: dedup and rate limit.
#[derive(Debug)]
struct Emitter {
    /// Without context: whether the last unit matched; its continuation is treated alike.
    matched: bool,
    dedup: Option<Dedup>,
    limit: Option<RateLimit>,
}

impl Emitter {
    /// Takes a unit that arrived at `now` and adds to `ready` what remains to be printed.
    fn emit(&mut self, mut unit: Unit, now: Instant, ready: &mut Vec<Unit>) {
        if let Some(dedup) = &mut self.dedup {
            let (repeats, other) = dedup.offer(unit, now);
            ready.extend(repeats);
            let Some(other) = other else { return };
            unit = other;
        }
        if self.limit.as_mut().is_none_or(|limit| limit.admits(&unit, now)) {
            ready.push(unit);
        }
    }
}

impl Stages {
    /// `sparse`: most lines may be dropped; `live`: the log is followed.
    pub fn new(flow: &options::FlowOptions, interpreter: Interpreter, sparse: bool, live: bool) -> Self {
        let around = flow.before > 0 || flow.after > 0;
        Self {
            interpreter,
            level: flow.level,
            records: flow.records,
            live,
            copies: flow.order_window.is_some() && (sparse || flow.level.is_some()),
            record: RecordBuffer::default(),
            header: None,
            last_arrival: None,
            context: around.then(|| Context::new(flow.before, flow.after)),
            emitter: Emitter {
                matched: false,
                dedup: flow.dedup.then(Dedup::default),
                limit: flow.rate_limit.map(RateLimit::new),
            },
            kept: Vec::new(),
        }
    }

    /// Takes the next batch, which arrived at `now`, and adds to `ready` what is decided now.
    pub fn on_batch(&mut self, filter: &mut Filter, batch: &Batch, now: Instant, ready: &mut Vec<Unit>) {
        let first = ready.len();
        self.last_arrival = Some(now);
        self.interpreter.start_batch(batch);
        if self.records {
            for line in lines(batch) {
                if let Some(info) = self.interpreter.read(&line) {
                    self.add_to_record(filter, batch, &line, &info, now, ready);
                } else if self.interpreter.is_past_window() {
                    break;
                }
            }
            self.record.carry(batch);
        } else {
            let mut kept = std::mem::take(&mut self.kept);
            filter.for_each_kept(batch, |range| kept.push(range));
            let mut runs = kept.drain(..).peekable();
            for line in lines(batch) {
                let place = place(batch, &line);
                while runs.next_if(|run| run.end <= place.start).is_some() {}
                let keeps = runs.peek().is_some_and(|run| run.start <= place.start);
                if let Some(info) = self.interpreter.read(&line) {
                    self.on_line(keeps, batch, (&line, place), &info, now, ready);
                } else if self.interpreter.is_past_window() {
                    break;
                }
            }
            drop(runs);
            self.kept = kept;
            if let Some((header, _)) = &mut self.header {
                header.detach();
            }
        }
        if let Some(context) = &mut self.context {
            context.detach(batch.offset);
        }
        if self.copies {
            ready[first..].iter_mut().for_each(Unit::detach);
        }
        if self.interpreter.is_past_window() {
            self.on_end(filter, now, ready);
        }
    }

    /// Takes a line that is a unit of its own. `keeps`: the filter keeps it.
    fn on_line(
        &mut self,
        keeps: bool,
        batch: &Batch,
        (line, place): (&Line<'_>, Range<usize>),
        info: &LineInfo,
        now: Instant,
        ready: &mut Vec<Unit>,
    ) {
        self.decide_header(if info.opens { None } else { info.level }, now, ready);
        let verdict = if line.continues && self.context.is_none() {
            Verdict::from_match(self.emitter.matched)
        } else if line.continues {
            Verdict::Follows
        } else {
            Verdict::from_match(keeps && self.is_wanted_level(info.level))
        };
        let waits = self.level.is_some() && info.layout.is_some_and(Layout::level_follows);
        if verdict == Verdict::Other && self.context.is_none() && !waits {
            self.emitter.matched = false;
            return;
        }
        let mut unit = self.unit(batch, line, info);
        unit.bytes = batch.bytes.slice(place);
        if waits {
            self.header = Some((unit, keeps));
        } else {
            self.on_verdict(unit, verdict, now, ready);
        }
    }

    /// Decides on a header that waited for its level, which is now known or never will be.
    fn decide_header(&mut self, level: Option<Level>, now: Instant, ready: &mut Vec<Unit>) {
        if let Some((mut unit, keeps)) = self.header.take() {
            unit.level = level;
            let verdict = Verdict::from_match(keeps && self.is_wanted_level(level));
            self.on_verdict(unit, verdict, now, ready);
        }
    }

    /// Adds a line to its record; a head closes the previous record.
    fn add_to_record(
        &mut self,
        filter: &Filter,
        batch: &Batch,
        line: &Line<'_>,
        info: &LineInfo,
        now: Instant,
        ready: &mut Vec<Unit>,
    ) {
        let place = place(batch, line);
        if info.opens {
            self.close_record(filter, Some(batch), now, ready);
        }
        if let Some(open) = self.record.open() {
            open.level = info.level;
            open.lines += u64::from(!line.continues);
            open.ending = line.ending;
            self.record.extend(place.end);
        } else {
            let unit = self.unit(batch, line, info);
            self.record.begin(unit, place);
        }
        if line.ending == Ending::Partial {
            // So long a line is not held in memory; its next piece is treated like this one.
            self.close_record(filter, Some(batch), now, ready);
        }
    }

    /// Closes the open record, if any, and decides on it.
    fn close_record(&mut self, filter: &Filter, batch: Option<&Batch>, now: Instant, ready: &mut Vec<Unit>) {
        if let Some(unit) = self.record.close(batch) {
            let verdict = if unit.continues {
                Verdict::Follows
            } else {
                let keeps = |text| match unit.ending {
                    Ending::Partial => filter.keeps_start(text),
                    Ending::Newline | Ending::EndOfFile => filter.keeps(text),
                };
                Verdict::from_match(self.is_wanted_level(unit.level) && keeps(unit.text()))
            };
            self.on_verdict(unit, verdict, now, ready);
        }
    }

    /// Passes a unit on, with its context if it matches.
    fn on_verdict(&mut self, unit: Unit, verdict: Verdict, now: Instant, ready: &mut Vec<Unit>) {
        let Self { context, emitter, .. } = self;
        if let Some(context) = context {
            context.offer(unit, verdict, |unit| emitter.emit(unit, now, ready));
            return;
        }
        emitter.matched = verdict == Verdict::Match || verdict == Verdict::Follows && emitter.matched;
        if emitter.matched {
            emitter.emit(unit, now, ready);
        }
    }

    /// Whether a level passes `--level`.
    fn is_wanted_level(&self, level: Option<Level>) -> bool {
        self.level.is_none_or(|least| level.is_some_and(|level| level >= least))
    }

    /// A line as a unit, without its bytes.
    fn unit(&self, batch: &Batch, line: &Line<'_>, info: &LineInfo) -> Unit {
        Unit {
            target: batch.target.clone(),
            file: batch.file,
            offset: line.offset,
            received: batch.received,
            bytes: bytes::Bytes::new(),
            continues: line.continues,
            ending: line.ending,
            lines: u64::from(!line.continues),
            time: info.time,
            sort_time: self.interpreter.corrected(info.sort_time),
            level: info.level,
            record: info.record,
            message: info.message,
            role: Role::Match,
            opens_group: false,
        }
    }

    /// When there will be something to do even if no line arrives.
    pub fn deadline(&self) -> Option<Instant> {
        let waits = self.header.is_some() || self.record.is_open();
        let silence = self.last_arrival.filter(|_| self.live && waits).map(|arrival| arrival + SILENCE);
        let repeats = self.emitter.dedup.as_ref().filter(|_| self.live).and_then(Dedup::deadline);
        let limit = self.emitter.limit.as_ref().and_then(RateLimit::deadline);
        [silence, repeats, limit].into_iter().flatten().min()
    }

    /// Does what has come due by `now`.
    pub fn on_deadline(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        if self.live && self.last_arrival.is_some_and(|arrival| arrival + SILENCE <= now) {
            self.last_arrival = None;
            self.flush(filter, now, ready);
            self.interpreter.on_silence();
        }
        if self.live
            && let Some(dedup) = &mut self.emitter.dedup
        {
            ready.extend(dedup.on_deadline(now));
        }
        if let Some(limit) = &mut self.emitter.limit {
            limit.on_deadline(now);
        }
    }

    /// What follows does not continue what came before: a new file, a gap.
    pub fn on_discontinuity(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        self.flush(filter, now, ready);
        self.interpreter.on_discontinuity();
    }

    /// The stream has ended.
    pub fn on_end(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        self.flush(filter, now, ready);
        if let Some(dedup) = &mut self.emitter.dedup {
            ready.extend(dedup.take_count());
        }
        if let Some(limit) = &mut self.emitter.limit {
            limit.end_second();
        }
    }

    /// Decides on what waits for more lines.
    fn flush(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        self.close_record(filter, None, now, ready);
        self.decide_header(None, now, ready);
    }

    /// What the rate limit suppressed and has not reported yet.
    pub fn take_suppressed(&mut self) -> Option<Suppressed> {
        self.emitter.limit.as_mut()?.take_suppressed()
    }
}
