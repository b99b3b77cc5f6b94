//! What becomes of the lines of one stream before they meet those of the others: gathered into records,
//! matched, given their context, folded, limited.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::batch::{Batch, Ending};
use crate::flow::context::{Context, Verdict};
use crate::flow::dedup::Dedup;
use crate::flow::filter::Filter;
use crate::flow::gather::Gather;
use crate::flow::limit::{Held, Limit};
use crate::flow::sense::Sense;
use crate::flow::unit::{Role, Unit, place};
use crate::line::layout::Layout;
use crate::line::level::Level;
use crate::line::reader::Understood;
use crate::line::split::{Line, lines};
use crate::options;

/// After how long without a line a record of a followed log is closed.
const SILENCE: Duration = Duration::from_millis(500);

/// One stream.
#[derive(Debug)]
pub struct Stream {
    /// Reads its lines.
    pub sense: Sense,
    /// What is asked of their level.
    level: Option<Level>,
    /// Whole records are matched and printed.
    records: bool,
    /// The log is followed: silence means something.
    live: bool,
    /// Units may be held for long and be a small part of their batches: they get bytes of their own.
    copies: bool,
    /// The open record.
    gather: Gather,
    /// A head whose level stands on the line after it, and whether it is kept but for its level.
    header: Option<(Unit, bool)>,
    /// When the last line came.
    came: Option<Instant>,
    /// What stands around matches; `None`: nothing does.
    context: Option<Context>,
    /// What comes after.
    rest: Rest,
    /// The kept places of the batch at hand; kept for its room.
    kept: Vec<Range<usize>>,
}

/// What is done with units that are to be printed.
#[derive(Debug)]
struct Rest {
    /// Whether the last unit matched, where there is no context: its continuation does as it did.
    matched: bool,
    /// Folds repeats.
    dedup: Option<Dedup>,
    /// Holds back what is too much.
    limit: Option<Limit>,
}

impl Rest {
    /// Takes a unit that came at `now` and adds to `ready` what is to be printed.
    fn take(&mut self, mut unit: Unit, now: Instant, ready: &mut Vec<Unit>) {
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

impl Stream {
    /// A stream of whose lines nothing is known yet; `sparse` if most of them may be dropped, `live` if its log
    /// is followed.
    pub fn new(flow: &options::FlowOptions, sense: Sense, sparse: bool, live: bool) -> Self {
        let around = flow.before > 0 || flow.after > 0;
        Self {
            sense,
            level: flow.level,
            records: flow.records,
            live,
            copies: flow.order_window.is_some() && (sparse || flow.level.is_some()),
            gather: Gather::default(),
            header: None,
            came: None,
            context: around.then(|| Context::new(flow.before, flow.after)),
            rest: Rest {
                matched: false,
                dedup: flow.dedup.then(Dedup::default),
                limit: flow.rate_limit.map(Limit::new),
            },
            kept: Vec::new(),
        }
    }

    /// Takes the next batch, which came at `now`, and adds to `ready` what of it and of earlier ones is to be
    /// printed by now.
    pub fn batch(&mut self, filter: &mut Filter, batch: &Batch, now: Instant, ready: &mut Vec<Unit>) {
        let first = ready.len();
        self.came = Some(now);
        self.sense.begin(batch);
        if self.records {
            for line in lines(batch) {
                if let Some(understood) = self.sense.read(&line) {
                    self.gather(filter, batch, &line, &understood, now, ready);
                } else if self.sense.is_over() {
                    break;
                }
            }
            self.gather.carry(batch);
        } else {
            let mut kept = std::mem::take(&mut self.kept);
            filter.for_each_kept(batch, |range| kept.push(range));
            let mut runs = kept.drain(..).peekable();
            for line in lines(batch) {
                let place = place(batch, &line);
                while runs.next_if(|run| run.end <= place.start).is_some() {}
                let keeps = runs.peek().is_some_and(|run| run.start <= place.start);
                if let Some(understood) = self.sense.read(&line) {
                    self.line(keeps, batch, (&line, place), &understood, now, ready);
                } else if self.sense.is_over() {
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
        if self.sense.is_over() {
            self.end(filter, now, ready);
        }
    }

    /// Takes a line that stands for itself. `keeps` says whether the filter keeps it.
    fn line(
        &mut self,
        keeps: bool,
        batch: &Batch,
        (line, place): (&Line<'_>, Range<usize>),
        understood: &Understood,
        now: Instant,
        ready: &mut Vec<Unit>,
    ) {
        self.follow_header(if understood.opens { None } else { understood.level }, now, ready);
        let verdict = if line.continues && self.context.is_none() {
            Verdict::of(self.rest.matched)
        } else if line.continues {
            Verdict::Follows
        } else {
            Verdict::of(keeps && self.is_grave(understood.level))
        };
        let waits = self.level.is_some() && understood.layout.is_some_and(Layout::level_follows);
        if verdict == Verdict::Other && self.context.is_none() && !waits {
            self.rest.matched = false;
            return;
        }
        let mut unit = self.unit(batch, line, understood);
        unit.bytes = batch.bytes.slice(place);
        if waits {
            self.header = Some((unit, keeps));
        } else {
            self.judged(unit, verdict, now, ready);
        }
    }

    /// Decides on a header that waited for its level, which is known now, or never will be.
    fn follow_header(&mut self, level: Option<Level>, now: Instant, ready: &mut Vec<Unit>) {
        if let Some((mut unit, keeps)) = self.header.take() {
            unit.level = level;
            let verdict = Verdict::of(keeps && self.is_grave(level));
            self.judged(unit, verdict, now, ready);
        }
    }

    /// Adds a line to its record; the record before is closed by it if it is a head.
    fn gather(
        &mut self,
        filter: &Filter,
        batch: &Batch,
        line: &Line<'_>,
        understood: &Understood,
        now: Instant,
        ready: &mut Vec<Unit>,
    ) {
        let place = place(batch, line);
        if understood.opens {
            self.close(filter, Some(batch), now, ready);
        }
        if let Some(open) = self.gather.open() {
            open.level = understood.level;
            open.lines += u64::from(!line.continues);
            open.ending = line.ending;
            self.gather.extend(place.end);
        } else {
            let unit = self.unit(batch, line, understood);
            self.gather.begin(unit, place);
        }
        if line.ending == Ending::Partial {
            // So long a line is not held whole; its next piece shares the fate of this one.
            self.close(filter, Some(batch), now, ready);
        }
    }

    /// Closes the open record, if there is one, and decides on it.
    fn close(&mut self, filter: &Filter, batch: Option<&Batch>, now: Instant, ready: &mut Vec<Unit>) {
        if let Some(unit) = self.gather.close(batch) {
            let verdict = if unit.continues {
                Verdict::Follows
            } else {
                let keeps = |text| match unit.ending {
                    Ending::Partial => filter.keeps_start(text),
                    Ending::Newline | Ending::EndOfFile => filter.keeps(text),
                };
                Verdict::of(self.is_grave(unit.level) && keeps(unit.text()))
            };
            self.judged(unit, verdict, now, ready);
        }
    }

    /// Hands a unit on with the verdict on it.
    fn judged(&mut self, unit: Unit, verdict: Verdict, now: Instant, ready: &mut Vec<Unit>) {
        let Self { context, rest, .. } = self;
        if let Some(context) = context {
            context.offer(unit, verdict, |unit| rest.take(unit, now, ready));
            return;
        }
        rest.matched = verdict == Verdict::Match || verdict == Verdict::Follows && rest.matched;
        if rest.matched {
            rest.take(unit, now, ready);
        }
    }

    /// Whether a level is as grave as was asked for.
    fn is_grave(&self, level: Option<Level>) -> bool {
        self.level.is_none_or(|least| level.is_some_and(|level| level >= least))
    }

    /// A line as a unit, its bytes left to be set.
    fn unit(&self, batch: &Batch, line: &Line<'_>, understood: &Understood) -> Unit {
        Unit {
            target: batch.target.clone(),
            file: batch.file,
            offset: line.offset,
            received: batch.received,
            bytes: bytes::Bytes::new(),
            continues: line.continues,
            ending: line.ending,
            lines: u64::from(!line.continues),
            time: understood.time,
            near: self.sense.ordered(understood.near),
            level: understood.level,
            record: understood.record,
            message: understood.message,
            role: Role::Match,
            opens_group: false,
        }
    }

    /// When something is to be done though no line has come.
    pub fn due(&self) -> Option<Instant> {
        let waits = self.header.is_some() || self.gather.is_open();
        let silence = self.came.filter(|_| self.live && waits).map(|came| came + SILENCE);
        let repeats = self.rest.dedup.as_ref().filter(|_| self.live).and_then(Dedup::due);
        let held = self.rest.limit.as_ref().and_then(Limit::due);
        [silence, repeats, held].into_iter().flatten().min()
    }

    /// Does what is due at `now`.
    pub fn wake(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        if self.live && self.came.is_some_and(|came| came + SILENCE <= now) {
            self.came = None;
            self.settle(filter, now, ready);
            self.sense.silence();
        }
        if self.live
            && let Some(dedup) = &mut self.rest.dedup
        {
            ready.extend(dedup.wake(now));
        }
        if let Some(limit) = &mut self.rest.limit {
            limit.wake(now);
        }
    }

    /// What follows does not follow on what came: a new file, a gap.
    pub fn forget(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        self.settle(filter, now, ready);
        self.sense.forget();
    }

    /// Nothing follows.
    pub fn end(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        self.settle(filter, now, ready);
        if let Some(dedup) = &mut self.rest.dedup {
            ready.extend(dedup.tell());
        }
        if let Some(limit) = &mut self.rest.limit {
            limit.end();
        }
    }

    /// Decides on what waits for more lines.
    fn settle(&mut self, filter: &Filter, now: Instant, ready: &mut Vec<Unit>) {
        self.close(filter, None, now, ready);
        self.follow_header(None, now, ready);
    }

    /// What the limit held back and has not told yet.
    pub fn held_back(&mut self) -> Option<Held> {
        self.rest.limit.as_mut()?.take()
    }
}
