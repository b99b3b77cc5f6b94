//! The end of a line's way: counted, separated, dressed, made bytes.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use memchr::memchr_iter;

use crate::batch::{Batch, Ending};
use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};
use crate::flow::filter::Filter;
use crate::flow::unit::{Role, Unit};
use crate::line::reader::Understood;
use crate::line::split::Line;
use crate::plan;
use crate::render::{self, Dressed, Renderer, summary};
use crate::tally::Tally;

/// What stands between groups of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    /// Nothing: there are no groups.
    Nothing,
    /// A separator, once there was a group.
    First,
    /// A separator.
    Separator,
}

/// Prints, and counts what is printed.
pub(super) struct Printer {
    /// Decides how lines look.
    pub(super) renderer: Renderer,
    /// Counts them.
    pub(super) tally: Tally,
    /// How many more may be printed.
    left: Option<u64>,
    /// The last line that may be printed is one of this stream, by its number, and has not come whole yet.
    awaited: Option<usize>,
    /// How many were printed.
    printed: u64,
    /// How many lines begin in the batch at hand.
    batch: u64,
    /// Matches are shown.
    marks: bool,
    /// Records have numbers.
    numbers: bool,
    /// What stands between groups of lines.
    between: Between,
    /// The matches in the line at hand; kept for its room.
    matches: Vec<Range<usize>>,
}

impl Printer {
    /// A printer with the limits of `plan`.
    pub(super) fn new(filter: &Filter, renderer: Renderer, plan: &plan::FollowPlan) -> Self {
        Self {
            marks: plan.output.color && filter.has_highlights(),
            numbers: plan.flow.records,
            between: if plan.flow.before > 0 || plan.flow.after > 0 {
                Between::First
            } else {
                Between::Nothing
            },
            renderer,
            tally: Tally::new(&plan.targets),
            left: plan.max_count,
            awaited: None,
            printed: 0,
            batch: 0,
            matches: Vec::new(),
        }
    }

    /// How many lines (records, where records are printed) were printed for their own sake.
    pub(super) const fn printed(&self) -> u64 {
        self.printed
    }

    /// Counts a batch that came in.
    pub(super) fn read(&mut self, batch: &Batch) {
        self.batch = count(batch, 0..batch.bytes.len());
        self.tally.read(&batch.target, self.batch, batch.bytes.len() as u64);
    }

    /// Appends a run of lines of the batch at hand, about which nothing more is known, as far as the limit goes.
    pub(super) fn run(
        &mut self,
        filter: &Filter,
        out: &mut Vec<u8>,
        batch: &Batch,
        mut range: Range<usize>,
    ) -> ControlFlow<()> {
        if self.awaits_other(&batch.target) {
            return ControlFlow::Continue(());
        }
        let whole = range == (0..batch.bytes.len());
        let mut lines = if whole { self.batch } else { count(batch, range.clone()) };
        if let Some(left) = &mut self.left {
            if lines >= *left {
                range.end = range.start + after_lines(&batch.bytes[range.clone()], *left);
                lines = *left;
            }
            *left -= lines;
        }
        if self.marks {
            render::lines(batch, range).for_each(|line| self.dressed(filter, out, line));
        } else {
            self.renderer.batch(out, batch, range);
        }
        self.printed += lines;
        self.tally.printed(&batch.target, lines);
        self.on(&batch.target, batch.ending)
    }

    /// Appends a line of a batch.
    pub(super) fn line(
        &mut self,
        filter: &Filter,
        out: &mut Vec<u8>,
        batch: &Batch,
        line: &Line<'_>,
        understood: &Understood,
    ) -> ControlFlow<()> {
        if self.awaits_other(&batch.target) {
            return ControlFlow::Continue(());
        }
        let lines = u64::from(!line.continues);
        let dressed = Dressed {
            target: &batch.target,
            file: batch.file,
            offset: line.offset,
            received: batch.received,
            bytes: line.bytes,
            continues: line.continues,
            ending: line.ending,
            time: understood.time,
            level: understood.level,
            record: None,
            late: false,
            matches: &[],
        };
        self.dressed(filter, out, dressed);
        self.count(&batch.target, line.ending, lines, lines)
    }

    /// Appends a unit; `late` if it came too late for its place. Gives what has to be told because it has no
    /// place among the lines.
    pub(super) fn unit(
        &mut self,
        filter: &Filter,
        out: &mut Vec<u8>,
        unit: &Unit,
        late: bool,
    ) -> (ControlFlow<()>, Option<Event>) {
        if self.awaits_other(&unit.target) {
            return (ControlFlow::Continue(()), None);
        }
        if self.left == Some(0) && self.awaited.is_none() {
            return (ControlFlow::Break(()), None);
        }
        if let Role::Repeats(count) = unit.role {
            return (ControlFlow::Continue(()), self.repeats(out, unit, count));
        }
        if unit.opens_group {
            match self.between {
                Between::Nothing => {}
                Between::First => self.between = Between::Separator,
                Between::Separator => self.renderer.separator(out),
            }
        }
        let mut ending = Ending::Newline;
        for line in unit.lines() {
            ending = line.ending;
            self.dressed(filter, out, Dressed { late, ..self.dress(unit, &line) });
        }
        let wanted = u64::from(unit.role == Role::Match && !unit.continues);
        (self.count(&unit.target, ending, unit.lines, wanted), None)
    }

    /// Appends how often a unit was repeated, or gives it as an event.
    fn repeats(&mut self, out: &mut Vec<u8>, unit: &Unit, count: u64) -> Option<Event> {
        self.tally.suppressed(&unit.target, count);
        let placed =
            unit.lines().next().is_some_and(|line| self.renderer.repeats(out, &self.dress(unit, &line)));
        if placed {
            return None;
        }
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let message = format!("repeated {times}");
        let mut event = Event::new(Status::Suppressed, Subject::Stream(Arc::clone(&unit.target)), message);
        event.place = Some((unit.file, unit.offset));
        Some(event)
    }

    /// A line of a unit with what is known of it.
    fn dress<'a>(&self, unit: &'a Unit, line: &Line<'a>) -> Dressed<'a> {
        Dressed {
            target: &unit.target,
            file: unit.file,
            offset: line.offset,
            received: unit.received,
            bytes: line.bytes,
            continues: line.continues,
            ending: line.ending,
            time: unit.time,
            level: unit.level,
            record: self.numbers.then_some(unit.record),
            late: false,
            matches: &[],
        }
    }

    /// Appends a line, its matches marked.
    fn dressed(&mut self, filter: &Filter, out: &mut Vec<u8>, line: Dressed<'_>) {
        if self.marks {
            filter.highlights(line.bytes, &mut self.matches);
            if line.continues || line.ending == Ending::Partial {
                // A cut is neither the start nor the end of the line.
                let from = usize::from(line.continues);
                let to = line.bytes.len() - usize::from(line.ending == Ending::Partial);
                self.matches.retain(|found| found.start >= from && found.end <= to);
            }
            self.renderer.line(out, &Dressed { matches: &self.matches, ..line });
        } else {
            self.renderer.line(out, &line);
        }
    }

    /// Counts lines that were printed, so many of them for their own sake; the last one ends like that.
    fn count(&mut self, target: &Arc<Target>, ending: Ending, lines: u64, wanted: u64) -> ControlFlow<()> {
        self.tally.printed(target, lines);
        self.printed += wanted;
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(wanted);
        }
        self.on(target, ending)
    }

    /// True if all that is still to be printed is the rest of another stream's line.
    fn awaits_other(&self, target: &Target) -> bool {
        self.awaited.is_some_and(|awaited| awaited != target.id)
    }

    /// Breaks when as much is printed as was asked for, and the last line to its end.
    fn on(&mut self, target: &Target, ending: Ending) -> ControlFlow<()> {
        if self.left != Some(0) {
            return ControlFlow::Continue(());
        }
        if ending == Ending::Partial {
            self.awaited = Some(target.id);
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(())
    }

    /// The summary after `elapsed`: appended to `out` where it belongs on stdout, else given as text.
    pub(super) fn summary(&mut self, out: &mut Vec<u8>, elapsed: Duration) -> Option<String> {
        if let Renderer::Ndjson(_) = self.renderer {
            self.renderer.summary(out, &self.tally, elapsed);
            return None;
        }
        Some(summary::text(&self.tally, elapsed))
    }
}

/// How many lines begin in a part of a batch made of whole lines; a piece that goes on with a line is none.
fn count(batch: &Batch, range: Range<usize>) -> u64 {
    if batch.continues {
        return 0;
    }
    let bytes = &batch.bytes[range];
    let newlines = memchr_iter(b'\n', bytes).count() as u64;
    newlines + u64::from(batch.ending != Ending::Newline && bytes.last().is_some_and(|last| *last != b'\n'))
}

/// Where the first `lines` lines end.
fn after_lines(bytes: &[u8], lines: u64) -> usize {
    let last = usize::try_from(lines).unwrap_or(usize::MAX).saturating_sub(1);
    memchr_iter(b'\n', bytes).nth(last).map_or(bytes.len(), |at| at + 1)
}
