//! The last step: counts lines, separates groups, marks matches, and renders.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use memchr::memchr_iter;

use crate::batch::{Batch, Ending};
use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};
use crate::flow::filter::Filter;
use crate::flow::unit::{Role, Unit};
use crate::line::reader::LineInfo;
use crate::line::split::Line;
use crate::plan;
use crate::render::annotated_line::{self, AnnotatedLine};
use crate::render::renderer::Renderer;
use crate::render::summary;
use crate::tally::Tally;

/// The state of the `--` between groups of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    /// There are no groups.
    Nothing,
    /// No separator before the first group.
    First,
    /// A separator before the next group.
    Separator,
}

/// Prints lines and counts them.
pub(super) struct Printer {
    pub(super) renderer: Renderer,
    pub(super) tally: Tally,
    /// How many more may be printed, with `-m`.
    left: Option<u64>,
    /// The last line to print belongs to this stream and has not arrived completely.
    awaited: Option<usize>,
    /// Matching lines or records printed.
    printed: u64,
    /// How many lines begin in the current batch.
    batch: u64,
    /// Matches are highlighted.
    marks: bool,
    /// Records are numbered.
    numbers: bool,
    between: Between,
    /// The matches in the current line; a field only to reuse its memory.
    matches: Vec<Range<usize>>,
}

impl Printer {
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

    /// How many lines (with `-M`, records) were printed as matches, not as context.
    pub(super) const fn printed(&self) -> u64 {
        self.printed
    }

    /// Counts a batch that arrived.
    pub(super) fn on_batch(&mut self, batch: &Batch) {
        self.batch = count(batch, 0..batch.bytes.len());
        self.tally.read(&batch.target, self.batch, batch.bytes.len() as u64);
    }

    /// Appends a run of lines of the current batch, without timestamps and levels, up to the limit.
    pub(super) fn print_run(
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
            annotated_line::lines(batch, range).for_each(|line| self.print_annotated(filter, out, line));
        } else {
            self.renderer.batch(out, batch, range);
        }
        self.printed += lines;
        self.tally.printed(&batch.target, lines);
        self.check_limit(&batch.target, batch.ending)
    }

    /// Appends a line of a batch.
    pub(super) fn print_line(
        &mut self,
        filter: &Filter,
        out: &mut Vec<u8>,
        batch: &Batch,
        line: &Line<'_>,
        info: &LineInfo,
    ) -> ControlFlow<()> {
        if self.awaits_other(&batch.target) {
            return ControlFlow::Continue(());
        }
        let lines = u64::from(!line.continues);
        let annotated = AnnotatedLine {
            target: &batch.target,
            file: batch.file,
            offset: line.offset,
            received: batch.received,
            bytes: line.bytes,
            continues: line.continues,
            ending: line.ending,
            time: info.time,
            level: info.level,
            record: None,
            late: false,
            matches: &[],
        };
        self.print_annotated(filter, out, annotated);
        self.count(&batch.target, line.ending, lines, lines)
    }

    /// Appends a unit; `late`: it arrived too late for its place. Returns an event if the output format has no place
    /// for the unit among the lines.
    pub(super) fn print_unit(
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
            self.print_annotated(filter, out, AnnotatedLine { late, ..self.annotated(unit, &line) });
        }
        let wanted = u64::from(unit.role == Role::Match && !unit.continues);
        (self.count(&unit.target, ending, unit.lines, wanted), None)
    }

    /// Appends how often a unit was repeated, or returns it as an event.
    fn repeats(&mut self, out: &mut Vec<u8>, unit: &Unit, count: u64) -> Option<Event> {
        self.tally.suppressed(&unit.target, count);
        let placed =
            unit.lines().next().is_some_and(|line| self.renderer.repeats(out, &self.annotated(unit, &line)));
        if placed {
            return None;
        }
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let message = format!("repeated {times}");
        let mut event = Event::new(Status::Suppressed, Subject::Stream(Arc::clone(&unit.target)), message);
        event.place = Some((unit.file, unit.offset));
        Some(event)
    }

    /// A line of a unit, annotated.
    fn annotated<'a>(&self, unit: &'a Unit, line: &Line<'a>) -> AnnotatedLine<'a> {
        AnnotatedLine {
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

    /// Appends a line with its matches highlighted.
    fn print_annotated(&mut self, filter: &Filter, out: &mut Vec<u8>, line: AnnotatedLine<'_>) {
        if self.marks {
            filter.highlights(line.bytes, &mut self.matches);
            if line.continues || line.ending == Ending::Partial {
                // The border of a piece is neither the start nor the end of the line.
                let from = usize::from(line.continues);
                let to = line.bytes.len() - usize::from(line.ending == Ending::Partial);
                self.matches.retain(|found| found.start >= from && found.end <= to);
            }
            self.renderer.line(out, &AnnotatedLine { matches: &self.matches, ..line });
        } else {
            self.renderer.line(out, &line);
        }
    }

    /// Counts printed lines, `wanted` of them matches; `ending` is that of the last one.
    fn count(&mut self, target: &Arc<Target>, ending: Ending, lines: u64, wanted: u64) -> ControlFlow<()> {
        self.tally.printed(target, lines);
        self.printed += wanted;
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(wanted);
        }
        self.check_limit(target, ending)
    }

    /// Whether only the rest of a line of another stream is still to be printed.
    fn awaits_other(&self, target: &Target) -> bool {
        self.awaited.is_some_and(|awaited| awaited != target.id)
    }

    /// Breaks when the limit is reached and the last line is complete.
    fn check_limit(&mut self, target: &Target, ending: Ending) -> ControlFlow<()> {
        if self.left != Some(0) {
            return ControlFlow::Continue(());
        }
        if ending == Ending::Partial {
            self.awaited = Some(target.id);
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(())
    }

    /// The summary after `elapsed`: appended to `out` if it belongs on stdout, otherwise returned as text.
    pub(super) fn summary(&mut self, out: &mut Vec<u8>, elapsed: Duration) -> Option<String> {
        if let Renderer::Ndjson(_) = self.renderer {
            self.renderer.summary(out, &self.tally, elapsed);
            return None;
        }
        Some(summary::text(&self.tally, elapsed))
    }
}

/// How many lines begin in a range of whole lines; a piece that continues a line counts as none.
fn count(batch: &Batch, range: Range<usize>) -> u64 {
    if batch.continues {
        return 0;
    }
    let bytes = &batch.bytes[range];
    let newlines = memchr_iter(b'\n', bytes).count() as u64;
    newlines + u64::from(batch.ending != Ending::Newline && bytes.last().is_some_and(|last| *last != b'\n'))
}

/// The offset of the end of the first `lines` lines.
fn after_lines(bytes: &[u8], lines: u64) -> usize {
    let last = usize::try_from(lines).unwrap_or(usize::MAX).saturating_sub(1);
    memchr_iter(b'\n', bytes).nth(last).map_or(bytes.len(), |at| at + 1)
}
