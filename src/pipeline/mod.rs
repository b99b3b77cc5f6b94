//! From batches to bytes: which lines are kept, when they are printed, and how.
//!
//! How much work a line costs depends on the options. Without any that need a timestamp or level, the filter runs over
//! whole batches and runs of lines are copied. `-t`, NDJSON, colors or a time window need each line to be parsed. With
//! `--order time`, records, context, dedup, levels or a rate limit, lines become units that may wait.

mod printer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::batch::Batch;
use crate::cluster::cvm::Address;
use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};
use crate::flow::filter::Filter;
use crate::flow::interpreter::Interpreter;
use crate::flow::merge::Demand;
use crate::flow::order::Order;
use crate::flow::stages::Stages;
use crate::flow::unit::{Unit, place};
use crate::human;
use crate::item::CvmClock;
use crate::line::split::lines;
use crate::options::FlowOptions;
use crate::plan::{self};
use crate::render::renderer::Renderer;
use crate::tally::Tally;
use printer::Printer;

/// A smaller clock skew is not corrected: it may be the time that the query took.
const CLOCK_ERROR: SignedDuration = SignedDuration::from_millis(250);

/// How long after `--until` a line from before it may still arrive.
const AFTER_UNTIL: Duration = Duration::from_secs(2);

/// The smallest pieces that have to be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Granularity {
    /// Runs of lines, as bytes.
    Runs,
    /// Lines, parsed and printed at once.
    Lines,
    /// Lines or records, some of which wait for others.
    Units,
}

pub(super) struct Pipeline {
    filter: Filter,
    printer: Printer,
    granularity: Granularity,
    flow: FlowOptions,
    /// For timestamps without an offset, until a CVM reports its zone.
    zone: TimeZone,
    /// Logs are followed.
    live: bool,
    /// By the id of the target.
    streams: Vec<Stages>,
    targets: BTreeMap<usize, Arc<Target>>,
    /// How far the clock of each CVM is ahead.
    skews: BTreeMap<String, SignedDuration>,
    /// `None`: units are printed as they arrive.
    order: Option<Order<Unit>>,
    /// Units that a stream has released; a field only to reuse its memory.
    ready: Vec<Unit>,
    /// Events of the pipeline itself, not reported yet.
    events: Vec<Event>,
    /// stdout is a terminal.
    interactive: bool,
    /// The kept ranges of the current batch; a field only to reuse its memory.
    kept: Vec<Range<usize>>,
}

impl Pipeline {
    /// `live`: logs are followed.
    pub(super) fn new(filter: Filter, renderer: Renderer, plan: &plan::FollowPlan, live: bool) -> Self {
        let flow = plan.flow.clone();
        let holds = flow.level.is_some()
            || flow.records
            || flow.before > 0
            || flow.after > 0
            || flow.dedup
            || flow.rate_limit.is_some()
            || flow.order_window.is_some();
        let granularity = if holds {
            Granularity::Units
        } else if flow.since.is_some() || flow.until.is_some() || renderer.shows_metadata() {
            Granularity::Lines
        } else {
            Granularity::Runs
        };
        Self {
            printer: Printer::new(&filter, renderer, plan),
            filter,
            granularity,
            order: flow.order_window.map(|window| Order::new(window, !live, plan.targets.len())),
            flow,
            zone: plan.output.zone.clone(),
            live,
            streams: Vec::new(),
            targets: plan.targets.iter().map(|target| (target.id, Arc::clone(target))).collect(),
            skews: BTreeMap::new(),
            ready: Vec::new(),
            events: Vec::new(),
            interactive: plan.output.terminal,
            kept: Vec::new(),
        }
    }

    /// Whether the output is read on a terminal.
    pub(super) const fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// How many lines (with `-M`, records) were printed as matches, not as context.
    pub(super) const fn printed(&self) -> u64 {
        self.printer.printed()
    }

    /// How the streams fare, and what was counted.
    pub(super) const fn tally(&mut self) -> &mut Tally {
        &mut self.printer.tally
    }

    /// The events of the pipeline itself since the last call.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The CVM of a stream reports its clock.
    pub(super) fn on_clock(&mut self, target: &Arc<Target>, clock: &CvmClock) {
        if self.granularity == Granularity::Runs {
            return;
        }
        let measured = match target.cvm.address {
            Address::Local => SignedDuration::ZERO,
            Address::Ssh { .. } => clock.skew,
        };
        // One CVM has one clock: how long each stream took to query it must not set its streams apart.
        let known = self.skews.entry(target.cvm.name.clone()).or_insert(SignedDuration::ZERO);
        if measured.saturating_sub(*known).abs() >= CLOCK_ERROR {
            *known = measured;
        }
        let clock = CvmClock { skew: *known, zone: clock.zone.clone() };
        self.stream(target).interpreter.on_clock(&clock);
    }

    /// From here on the lines of a stream are new or have timestamps.
    pub(super) fn on_fresh(&mut self, target: &Arc<Target>) {
        if self.granularity != Granularity::Runs {
            self.stream(target).interpreter.on_fresh();
        }
    }

    /// Appends what can be printed after a batch that arrived at `now`. Breaks when `-m` is reached.
    pub(super) fn on_batch(&mut self, out: &mut Vec<u8>, batch: &Batch, now: Instant) -> ControlFlow<()> {
        self.printer.on_batch(batch);
        match self.granularity {
            Granularity::Runs => self.print_runs(out, batch),
            Granularity::Lines => {
                let flow = self.print_lines(out, batch);
                self.report_window_end(&batch.target);
                flow
            }
            Granularity::Units => {
                self.stream(&batch.target);
                let stream = &mut self.streams[batch.target.id];
                stream.on_batch(&mut self.filter, batch, now, &mut self.ready);
                self.report_window_end(&batch.target);
                self.forward(out, batch.target.id, now)
            }
        }
    }

    /// Appends the kept lines of a batch without parsing them.
    fn print_runs(&mut self, out: &mut Vec<u8>, batch: &Batch) -> ControlFlow<()> {
        let mut kept = std::mem::take(&mut self.kept);
        self.filter.for_each_kept(batch, |range| kept.push(range));
        let flow =
            kept.drain(..).try_for_each(|range| self.printer.print_run(&self.filter, out, batch, range));
        self.kept = kept;
        flow
    }

    /// Appends the kept lines of a batch with their timestamps and levels.
    fn print_lines(&mut self, out: &mut Vec<u8>, batch: &Batch) -> ControlFlow<()> {
        self.stream(&batch.target);
        let mut kept = std::mem::take(&mut self.kept);
        self.filter.for_each_kept(batch, |range| kept.push(range));
        let interpreter = &mut self.streams[batch.target.id].interpreter;
        interpreter.start_batch(batch);
        let mut runs = kept.drain(..).peekable();
        let flow = lines(batch).try_for_each(|line| {
            let place = place(batch, &line);
            while runs.next_if(|run| run.end <= place.start).is_some() {}
            match interpreter.read(&line) {
                Some(info) if runs.peek().is_some_and(|run| run.start <= place.start) => {
                    self.printer.print_line(&self.filter, out, batch, &line, &info)
                }
                _ => ControlFlow::Continue(()),
            }
        });
        drop(runs);
        self.kept = kept;
        flow
    }

    /// Reports that a stream has reached `--until`.
    fn report_window_end(&mut self, target: &Arc<Target>) {
        if self.streams[target.id].interpreter.is_past_window() {
            let subject = Subject::Stream(Arc::clone(target));
            self.events.push(Event::new(Status::Stopped, subject, "--until is reached"));
        }
    }

    /// Sorts the released units of a stream among those of others, or prints them.
    fn forward(&mut self, out: &mut Vec<u8>, id: usize, now: Instant) -> ControlFlow<()> {
        let stream = &mut self.streams[id];
        if let Some(suppressed) = stream.take_suppressed() {
            let Some(target) = self.targets.get(&id) else { return ControlFlow::Continue(()) };
            self.printer.tally.suppressed(target, suppressed.lines);
            let noun = if self.flow.records { "record" } else { "line" };
            let amount = human::count(suppressed.units, noun);
            let limit = self.flow.rate_limit.unwrap_or_default();
            let message = format!("{amount} over the limit of {limit} per second");
            self.events.push(Event::new(Status::Suppressed, Subject::Stream(Arc::clone(target)), message));
        }
        let Some(order) = &mut self.order else {
            let mut ready = std::mem::take(&mut self.ready);
            let flow = ready.drain(..).try_for_each(|unit| self.print(out, &unit, false));
            self.ready = ready;
            return flow;
        };
        for unit in self.ready.drain(..) {
            order.push(id, unit.sort_time, unit.bytes.len(), now, unit);
        }
        order.on_line(id, stream.interpreter.sort_time(), now);
        if stream.interpreter.is_past_window() {
            order.on_end(id);
        }
        self.release(out, now)
    }

    /// Prints the units that the order releases at `now`.
    fn release(&mut self, out: &mut Vec<u8>, now: Instant) -> ControlFlow<()> {
        if let Some(order) = &mut self.order {
            order.advance(now);
        }
        while let Some((unit, late)) = self.order.as_mut().and_then(Order::next) {
            self.print(out, &unit, late)?;
        }
        ControlFlow::Continue(())
    }

    fn print(&mut self, out: &mut Vec<u8>, unit: &Unit, late: bool) -> ControlFlow<()> {
        let (flow, event) = self.printer.print_unit(&self.filter, out, unit, late);
        self.events.extend(event);
        flow
    }

    /// Processes an event, and appends it, after the lines before it, if events belong on stdout.
    pub(super) fn on_event(&mut self, out: &mut Vec<u8>, event: &Event, now: Instant) -> ControlFlow<()> {
        self.printer.tally.observe(event);
        let mut flow = ControlFlow::Continue(());
        if let Subject::Stream(target) = &event.subject
            && self.granularity != Granularity::Runs
        {
            self.stream(target);
            match event.status {
                Status::Rotated | Status::Truncated | Status::Gap | Status::Appeared => {
                    self.streams[target.id].on_discontinuity(&self.filter, now, &mut self.ready);
                    flow = self.forward(out, target.id, now);
                }
                Status::Reconnecting | Status::Missing => {
                    if let Some(order) = &mut self.order {
                        order.on_interruption(target.id);
                        flow = self.release(out, now);
                    }
                }
                _ => {}
            }
        }
        self.printer.renderer.event(out, event);
        flow
    }

    /// Appends what waited for more lines of a stream that has ended.
    pub(super) fn on_end(&mut self, out: &mut Vec<u8>, id: usize, now: Instant) -> ControlFlow<()> {
        if self.granularity != Granularity::Units {
            return ControlFlow::Continue(());
        }
        let Some(target) = self.targets.get(&id).map(Arc::clone) else { return ControlFlow::Continue(()) };
        self.stream(&target);
        self.streams[id].on_end(&self.filter, now, &mut self.ready);
        if let Some(order) = &mut self.order {
            order.on_end(id);
        }
        self.forward(out, id, now)
    }

    /// When there will be something to do even if nothing arrives.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.granularity != Granularity::Units {
            return None;
        }
        let order = self.order.as_ref().and_then(Order::deadline);
        self.streams.iter().filter_map(Stages::deadline).chain(order).min()
    }

    /// Appends what has come due by `now`.
    pub(super) fn on_deadline(&mut self, out: &mut Vec<u8>, now: Instant) -> ControlFlow<()> {
        for id in 0..self.streams.len() {
            if self.streams[id].deadline().is_some_and(|deadline| deadline <= now) {
                self.streams[id].on_deadline(&self.filter, now, &mut self.ready);
                self.forward(out, id, now)?;
            }
        }
        self.release(out, now)
    }

    /// What to do with each stream at `now`.
    pub(super) fn demands(&self, now: Instant) -> impl FnMut(usize) -> Demand {
        let pauses = self.order.as_ref().map(|order| order.pauses(now));
        move |id| {
            if self.streams.get(id).is_some_and(|stream| stream.interpreter.is_past_window()) {
                Demand::Drop
            } else if pauses.as_ref().is_some_and(|pauses| pauses(id)) {
                Demand::Pause
            } else {
                Demand::Read
            }
        }
    }

    /// Until when, by the clock of this machine, lines from before `--until` may arrive; later if the clock of a CVM is
    /// behind. `None`: the streams end by themselves.
    pub(super) fn closing_time(&self) -> Option<Timestamp> {
        let until = self.flow.until.filter(|_| self.live)?;
        let behind =
            self.skews.values().min().map_or(SignedDuration::ZERO, |skew| (-*skew).max(SignedDuration::ZERO));
        let window = self.flow.order_window.unwrap_or_default() + AFTER_UNTIL;
        until.checked_add(behind).and_then(|until| until.checked_add(window)).ok()
    }

    /// Appends everything that waits: nothing more will arrive.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>, now: Instant) {
        for id in 0..self.streams.len() {
            if self.on_end(out, id, now).is_break() {
                return;
            }
        }
        if let Some(order) = &mut self.order {
            order.finish();
        }
        // Units beyond `-m` are not printed.
        let _ = self.release(out, now);
    }

    /// The summary after `elapsed`: appended to `out` if it belongs on stdout, otherwise returned as text.
    pub(super) fn summary(&mut self, out: &mut Vec<u8>, elapsed: Duration) -> Option<String> {
        self.printer.summary(out, elapsed)
    }

    /// Completes a line that is still open.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.printer.renderer.finish(out);
    }

    /// The stages of `target`, created if it is new.
    fn stream(&mut self, target: &Arc<Target>) -> &mut Stages {
        while self.streams.len() <= target.id {
            let interpreter = Interpreter::new(&self.flow, self.zone.clone(), self.live);
            self.streams.push(Stages::new(&self.flow, interpreter, !self.filter.is_trivial(), self.live));
        }
        // A glob finds streams that the plan does not know.
        self.targets.entry(target.id).or_insert_with(|| Arc::clone(target));
        &mut self.streams[target.id]
    }
}
