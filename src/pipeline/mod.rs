//! What becomes of a batch: which of its lines are kept, when they are printed, and how they look.

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
use crate::flow::merge::Wish;
use crate::flow::order::Order;
use crate::flow::sense::Sense;
use crate::flow::stream::Stream;
use crate::flow::unit::{Unit, place};
use crate::item::CvmClock;
use crate::line::split::lines;
use crate::options::FlowOptions;
use crate::plan::{self};
use crate::render::Renderer;
use printer::Printer;

/// How far a clock must be off to be set right: less than that may be how long it took to ask.
const CLOCK_ERROR: SignedDuration = SignedDuration::from_millis(250);

/// How long after `--until` a line from before it may still come.
const AFTER_UNTIL: Duration = Duration::from_secs(2);

/// How far lines have to be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// They are bytes: whole runs of them are moved.
    Whole,
    /// Each is understood and printed at once.
    Straight,
    /// Each is understood, and some wait for others.
    Held,
}

/// From batches to bytes.
pub(super) struct Press {
    /// Decides which lines are kept.
    filter: Filter,
    /// Prints them.
    printer: Printer,
    /// How far they are looked into.
    way: Way,
    /// What the user asked for.
    flow: FlowOptions,
    /// The zone of stamps that name none, until a CVM tells its own.
    zone: TimeZone,
    /// Logs are followed.
    live: bool,
    /// The streams, by number.
    streams: Vec<Stream>,
    /// Their targets.
    targets: Vec<Arc<Target>>,
    /// How far each CVM's clock is ahead.
    skews: BTreeMap<String, SignedDuration>,
    /// Holds units until it is their turn; `None`: they are printed as they come.
    order: Option<Order<Unit>>,
    /// Units on their way from a stream; kept for its room.
    ready: Vec<Unit>,
    /// What the press itself has to tell.
    told: Vec<Event>,
    /// stdout is a terminal.
    for_people: bool,
    /// The kept places of the batch at hand; kept for its room.
    kept: Vec<Range<usize>>,
}

impl Press {
    /// A press as `plan` wants it; `live` if logs are followed.
    pub(super) fn new(filter: Filter, renderer: Renderer, plan: &plan::FollowPlan, live: bool) -> Self {
        let flow = plan.flow.clone();
        let holds = flow.level.is_some()
            || flow.records
            || flow.before > 0
            || flow.after > 0
            || flow.dedup
            || flow.rate_limit.is_some()
            || flow.order_window.is_some();
        let way = if holds {
            Way::Held
        } else if flow.since.is_some() || flow.until.is_some() || renderer.shows_meaning() {
            Way::Straight
        } else {
            Way::Whole
        };
        Self {
            printer: Printer::new(&filter, renderer, plan),
            filter,
            way,
            order: flow.order_window.map(|window| Order::new(window, !live, plan.targets.len())),
            flow,
            zone: plan.output.zone.clone(),
            live,
            streams: Vec::new(),
            targets: plan.targets.clone(),
            skews: BTreeMap::new(),
            ready: Vec::new(),
            told: Vec::new(),
            for_people: plan.output.terminal,
            kept: Vec::new(),
        }
    }

    /// True if what is printed is read as it comes, by a person.
    pub(super) const fn is_for_people(&self) -> bool {
        self.for_people
    }

    /// How many lines were printed for their own sake.
    pub(super) const fn printed(&self) -> u64 {
        self.printer.printed()
    }

    /// What the press itself has to tell by now; told once.
    pub(super) fn told(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.told)
    }

    /// Takes note of what a stream's CVM says of its clock.
    pub(super) fn clock(&mut self, target: &Arc<Target>, clock: &CvmClock) {
        if self.way == Way::Whole {
            return;
        }
        let measured = match target.cvm.address {
            Address::Local => SignedDuration::ZERO,
            Address::Ssh { .. } => clock.skew,
        };
        // One CVM has one clock: its streams must not be set apart by how long each took to ask.
        let known = self.skews.entry(target.cvm.name.clone()).or_insert(SignedDuration::ZERO);
        if measured.saturating_sub(*known).abs() >= CLOCK_ERROR {
            *known = measured;
        }
        let clock = CvmClock { skew: *known, zone: clock.zone.clone() };
        self.stream(target).sense.clock(&clock);
    }

    /// Takes note that what comes from here on in a stream is new, or tells its time.
    pub(super) fn fresh(&mut self, target: &Arc<Target>) {
        if self.way != Way::Whole {
            self.stream(target).sense.freshen();
        }
    }

    /// Appends what is to be printed now that a batch came, at `now`. Breaks when as many lines are printed as
    /// were asked for.
    pub(super) fn lines(&mut self, out: &mut Vec<u8>, batch: &Batch, now: Instant) -> ControlFlow<()> {
        self.printer.read(batch);
        match self.way {
            Way::Whole => self.whole(out, batch),
            Way::Straight => {
                let flow = self.straight(out, batch);
                self.tell_if_over(&batch.target);
                flow
            }
            Way::Held => {
                self.stream(&batch.target);
                let stream = &mut self.streams[batch.target.id];
                stream.batch(&mut self.filter, batch, now, &mut self.ready);
                self.tell_if_over(&batch.target);
                self.hand_on(out, batch.target.id, now)
            }
        }
    }

    /// Appends the kept lines of a batch, which nobody needs to understand.
    fn whole(&mut self, out: &mut Vec<u8>, batch: &Batch) -> ControlFlow<()> {
        let mut kept = std::mem::take(&mut self.kept);
        self.filter.for_each_kept(batch, |range| kept.push(range));
        let flow = kept.drain(..).try_for_each(|range| self.printer.run(&self.filter, out, batch, range));
        self.kept = kept;
        flow
    }

    /// Appends the kept lines of a batch with what they mean.
    fn straight(&mut self, out: &mut Vec<u8>, batch: &Batch) -> ControlFlow<()> {
        self.stream(&batch.target);
        let mut kept = std::mem::take(&mut self.kept);
        self.filter.for_each_kept(batch, |range| kept.push(range));
        let sense = &mut self.streams[batch.target.id].sense;
        sense.begin(batch);
        let mut runs = kept.drain(..).peekable();
        let flow = lines(batch).try_for_each(|line| {
            let place = place(batch, &line);
            while runs.next_if(|run| run.end <= place.start).is_some() {}
            match sense.read(&line) {
                Some(understood) if runs.peek().is_some_and(|run| run.start <= place.start) => {
                    self.printer.line(&self.filter, out, batch, &line, &understood)
                }
                _ => ControlFlow::Continue(()),
            }
        });
        drop(runs);
        self.kept = kept;
        flow
    }

    /// Tells that a stream has come to the end of the window.
    fn tell_if_over(&mut self, target: &Arc<Target>) {
        if self.streams[target.id].sense.is_over() {
            let subject = Subject::Stream(Arc::clone(target));
            self.told.push(Event::new(Status::Stopped, subject, "--until is reached"));
        }
    }

    /// Hands the units that a stream made ready on to the others', or prints them.
    fn hand_on(&mut self, out: &mut Vec<u8>, id: usize, now: Instant) -> ControlFlow<()> {
        let stream = &mut self.streams[id];
        if let Some(held) = stream.held_back() {
            let target = &self.targets[id];
            self.printer.tally.suppressed(target, held.lines);
            let noun = if self.flow.records { "record" } else { "line" };
            let most = self.flow.rate_limit.unwrap_or_default();
            let plural = if held.units == 1 { "" } else { "s" };
            let message = format!("{} {noun}{plural} held back: more than {most} a second", held.units);
            self.told.push(Event::new(Status::Suppressed, Subject::Stream(Arc::clone(target)), message));
        }
        let Some(order) = &mut self.order else {
            let mut ready = std::mem::take(&mut self.ready);
            let flow = ready.drain(..).try_for_each(|unit| self.print(out, &unit, false));
            self.ready = ready;
            return flow;
        };
        for unit in self.ready.drain(..) {
            order.push(id, unit.near, unit.bytes.len(), now, unit);
        }
        order.observe(id, stream.sense.near(), now);
        if stream.sense.is_over() {
            order.end(id);
        }
        self.release(out, now)
    }

    /// Prints what need not wait any more at `now`.
    fn release(&mut self, out: &mut Vec<u8>, now: Instant) -> ControlFlow<()> {
        if let Some(order) = &mut self.order {
            order.settle(now);
        }
        while let Some((unit, late)) = self.order.as_mut().and_then(Order::next) {
            self.print(out, &unit, late)?;
        }
        ControlFlow::Continue(())
    }

    /// Prints a unit.
    fn print(&mut self, out: &mut Vec<u8>, unit: &Unit, late: bool) -> ControlFlow<()> {
        let (flow, event) = self.printer.unit(&self.filter, out, unit, late);
        self.told.extend(event);
        flow
    }

    /// Takes note of an event, and appends it where events belong on stdout, behind what came before it.
    pub(super) fn event(&mut self, out: &mut Vec<u8>, event: &Event, now: Instant) -> ControlFlow<()> {
        self.printer.tally.observe(event);
        let mut flow = ControlFlow::Continue(());
        if let Subject::Stream(target) = &event.subject
            && self.way != Way::Whole
        {
            self.stream(target);
            match event.status {
                Status::Rotated | Status::Truncated | Status::Gap | Status::Appeared => {
                    self.streams[target.id].forget(&self.filter, now, &mut self.ready);
                    flow = self.hand_on(out, target.id, now);
                }
                Status::Reconnecting | Status::Missing => {
                    if let Some(order) = &mut self.order {
                        order.interrupt(target.id);
                        flow = self.release(out, now);
                    }
                }
                _ => {}
            }
        }
        self.printer.renderer.event(out, event);
        flow
    }

    /// Appends what waited for more lines of a stream that is over.
    pub(super) fn ended(&mut self, out: &mut Vec<u8>, id: usize, now: Instant) -> ControlFlow<()> {
        if self.way != Way::Held {
            return ControlFlow::Continue(());
        }
        let Some(target) = self.targets.get(id).map(Arc::clone) else { return ControlFlow::Continue(()) };
        self.stream(&target);
        self.streams[id].end(&self.filter, now, &mut self.ready);
        if let Some(order) = &mut self.order {
            order.end(id);
        }
        self.hand_on(out, id, now)
    }

    /// When something has to be done though nothing came.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.way != Way::Held {
            return None;
        }
        let order = self.order.as_ref().and_then(Order::due);
        self.streams.iter().filter_map(Stream::due).chain(order).min()
    }

    /// Appends what is to be printed at `now` though nothing came.
    pub(super) fn wake(&mut self, out: &mut Vec<u8>, now: Instant) -> ControlFlow<()> {
        for id in 0..self.streams.len() {
            if self.streams[id].due().is_some_and(|due| due <= now) {
                self.streams[id].wake(&self.filter, now, &mut self.ready);
                self.hand_on(out, id, now)?;
            }
        }
        self.release(out, now)
    }

    /// What is to become of each stream at `now`.
    pub(super) fn wishes(&self, now: Instant) -> impl FnMut(usize) -> Wish {
        let rests = self.order.as_ref().map(|order| order.pace(now));
        move |id| {
            if self.streams.get(id).is_some_and(|stream| stream.sense.is_over()) {
                Wish::Drop
            } else if rests.as_ref().is_some_and(|rests| rests(id)) {
                Wish::Rest
            } else {
                Wish::Read
            }
        }
    }

    /// From when on no line from before `--until` is waited for, by this machine's clock: a CVM whose clock is
    /// behind writes them for longer. `None`: the streams end by themselves.
    pub(super) fn closing(&self) -> Option<Timestamp> {
        let until = self.flow.until.filter(|_| self.live)?;
        let behind =
            self.skews.values().min().map_or(SignedDuration::ZERO, |skew| (-*skew).max(SignedDuration::ZERO));
        let window = self.flow.order_window.unwrap_or_default() + AFTER_UNTIL;
        until.checked_add(behind).and_then(|until| until.checked_add(window)).ok()
    }

    /// Appends all that waits: nothing more comes.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>, now: Instant) {
        for id in 0..self.streams.len() {
            if self.ended(out, id, now).is_break() {
                return;
            }
        }
        if let Some(order) = &mut self.order {
            order.finish();
        }
        // What is over the count stays unprinted.
        let _ = self.release(out, now);
    }

    /// The summary after `elapsed`: appended to `out` where it belongs on stdout, else given as text.
    pub(super) fn summary(&mut self, out: &mut Vec<u8>, elapsed: Duration) -> Option<String> {
        self.printer.summary(out, elapsed)
    }

    /// Appends what is owed when nothing follows.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.printer.renderer.finish(out);
    }

    /// The stream of `target`, made if it is new.
    fn stream(&mut self, target: &Arc<Target>) -> &mut Stream {
        while self.streams.len() <= target.id {
            let sense = Sense::new(&self.flow, self.zone.clone(), self.live);
            self.streams.push(Stream::new(&self.flow, sense, !self.filter.is_trivial(), self.live));
        }
        &mut self.streams[target.id]
    }
}
