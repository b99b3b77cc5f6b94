//! What becomes of a batch: which of its lines are kept, and how they look.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use memchr::memchr_iter;

use crate::batch::{Batch, Ending};
use crate::event::Event;
use crate::flow::filter::Filter;
use crate::plan;
use crate::render::{self, Renderer, summary};
use crate::tally::Tally;

/// From batches to bytes.
pub(super) struct Press {
    /// Decides which lines are kept.
    filter: Filter,
    /// Decides how they look.
    renderer: Renderer,
    /// Counts them.
    tally: Tally,
    /// How many more may be printed.
    left: Option<u64>,
    /// The last line that may be printed is one of this stream, by its number, and has not come whole yet.
    awaited: Option<usize>,
    /// How many were printed.
    printed: u64,
    /// Matches are shown.
    marks: bool,
    /// stdout is a terminal.
    for_people: bool,
    /// The kept places of the batch at hand; kept for its room.
    kept: Vec<Range<usize>>,
    /// The matches in the line at hand; kept for its room.
    matches: Vec<Range<usize>>,
}

impl Press {
    /// A press with the limits of `plan`.
    pub(super) fn new(filter: Filter, renderer: Renderer, plan: &plan::Follow) -> Self {
        Self {
            marks: plan.output.color && filter.has_highlights(),
            filter,
            renderer,
            tally: Tally::new(&plan.targets),
            left: plan.max_count,
            awaited: None,
            printed: 0,
            for_people: plan.output.terminal,
            kept: Vec::new(),
            matches: Vec::new(),
        }
    }

    /// True if what is printed is read as it comes, by a person.
    pub(super) const fn is_for_people(&self) -> bool {
        self.for_people
    }

    /// How many lines were printed.
    pub(super) const fn printed(&self) -> u64 {
        self.printed
    }

    /// Appends what is kept of a batch to `out`. Breaks when as many lines are printed as were asked for.
    pub(super) fn lines(&mut self, out: &mut Vec<u8>, batch: &Batch) -> ControlFlow<()> {
        self.tally.read(&batch.target, count(batch, 0..batch.bytes.len()), batch.bytes.len() as u64);
        if self.awaited.is_some_and(|awaited| awaited != batch.target.id) {
            return ControlFlow::Continue(());
        }
        let mut kept = std::mem::take(&mut self.kept);
        self.filter.for_each_kept(batch, |range| kept.push(range));
        let flow = kept.drain(..).try_for_each(|range| self.print(out, batch, range));
        self.kept = kept;
        flow
    }

    /// Appends a run of kept lines, as far as the limit goes.
    fn print(&mut self, out: &mut Vec<u8>, batch: &Batch, mut range: Range<usize>) -> ControlFlow<()> {
        let mut lines = count(batch, range.clone());
        if let Some(left) = &mut self.left {
            if lines >= *left {
                range.end = range.start + after_lines(&batch.bytes[range.clone()], *left);
                lines = *left;
            }
            *left -= lines;
        }
        if self.marks {
            for mut line in render::lines(batch, range) {
                self.filter.highlights(line.bytes, &mut self.matches);
                line.matches = &self.matches;
                self.renderer.line(out, &line);
            }
        } else {
            self.renderer.batch(out, batch, range);
        }
        self.printed += lines;
        self.tally.printed(&batch.target, lines);
        match self.left {
            Some(0) if batch.ending == Ending::Partial => {
                self.awaited = Some(batch.target.id);
                ControlFlow::Continue(())
            }
            Some(0) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    /// Takes note of an event, and appends it where events belong on stdout.
    pub(super) fn event(&mut self, out: &mut Vec<u8>, event: &Event) {
        self.tally.observe(event);
        self.renderer.event(out, event);
    }

    /// The summary after `elapsed`: appended to `out` where it belongs on stdout, else given as text.
    pub(super) fn summary(&mut self, out: &mut Vec<u8>, elapsed: Duration) -> Option<String> {
        if let Renderer::Ndjson(_) = self.renderer {
            self.renderer.summary(out, &self.tally, elapsed);
            return None;
        }
        Some(summary::text(&self.tally, elapsed))
    }

    /// Appends what is owed when nothing follows.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.renderer.finish(out);
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
