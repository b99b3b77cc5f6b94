//! `-A`, `-B`, `-C`: the lines around a match, per stream.

use std::collections::VecDeque;

use crate::batch::Ending;
use crate::flow::unit::{Role, Unit};

/// Whether a unit matches the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Match,
    Other,
    /// It continues the last line of the previous unit and is treated like it.
    Follows,
}

impl Verdict {
    pub const fn from_match(matches: bool) -> Self {
        if matches { Self::Match } else { Self::Other }
    }
}

/// The context of one stream.
#[derive(Debug)]
pub struct Context {
    before: usize,
    after: usize,
    /// The last units that were not printed, at most `before` of them.
    waiting: VecDeque<Unit>,
    /// How many of the next units are printed as trailing context.
    left: usize,
    /// Units were skipped since the last one that was printed, or none has been printed yet.
    left_out: bool,
    /// The role of the last unit, if it was printed.
    last: Option<Role>,
}

impl Context {
    pub const fn new(before: usize, after: usize) -> Self {
        Self { before, after, waiting: VecDeque::new(), left: 0, left_out: true, last: None }
    }

    /// Takes the next unit of the stream and passes to `print`, in order, the units that are decided now.
    pub fn offer(&mut self, mut unit: Unit, verdict: Verdict, mut print: impl FnMut(Unit)) {
        match verdict {
            Verdict::Follows => {
                if let Some(role) = self.last {
                    unit.role = role;
                    print(unit);
                } else if let Some(start) = self.waiting.back_mut() {
                    // Only the first piece of a long line is kept as context, so the line ends here.
                    start.ending = Ending::EndOfFile;
                }
                return;
            }
            Verdict::Match => {
                for mut before in self.waiting.drain(..) {
                    // Leading context is sorted with its match.
                    before.sort_time = unit.sort_time;
                    before.role = Role::Context;
                    before.opens_group = std::mem::take(&mut self.left_out);
                    print(before);
                }
                self.left = self.after;
                unit.role = Role::Match;
            }
            Verdict::Other if self.left > 0 => {
                self.left -= 1;
                unit.role = Role::Context;
            }
            Verdict::Other => {
                self.last = None;
                self.wait(unit);
                return;
            }
        }
        unit.opens_group = std::mem::take(&mut self.left_out);
        self.last = Some(unit.role);
        print(unit);
    }

    /// Keeps a unit that may become leading context.
    fn wait(&mut self, unit: Unit) {
        if self.waiting.len() == self.before {
            self.left_out = true;
            if self.waiting.pop_front().is_none() {
                return;
            }
        }
        self.waiting.push_back(unit);
    }

    /// Copies the bytes of waiting units, which would otherwise keep whole batches in memory for as long as they wait.
    /// Called after each batch; `fresh` is the offset of that batch in its file.
    pub fn detach(&mut self, fresh: u64) {
        self.waiting.iter_mut().rev().take_while(|unit| unit.offset >= fresh).for_each(Unit::detach);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{Context, Verdict};
    use crate::flow::unit::tests::unit;
    use crate::flow::unit::{Role, Unit};

    /// What grep prints for these matches: line numbers, and `None` for `--`.
    fn grep(matches: &[bool], before: usize, after: usize) -> Vec<Option<usize>> {
        let near = |line: usize| {
            let from = line.saturating_sub(after);
            let to = (line + before).min(matches.len() - 1);
            matches[from..=to].contains(&true)
        };
        let mut printed: Vec<Option<usize>> = Vec::new();
        for line in (0..matches.len()).filter(|line| near(*line)) {
            if let Some(Some(last)) = printed.last()
                && last + 1 != line
            {
                printed.push(None);
            }
            printed.push(Some(line));
        }
        printed
    }

    proptest! {
        #[test]
        fn one_stream_is_printed_as_grep_prints_it(matches in proptest::collection::vec(proptest::bool::weighted(0.2), 0..60), before in 0usize..5, after in 0usize..5, detach in any::<bool>()) {
            let mut context = Context::new(before, after);
            let mut printed = Vec::new();
            for (line, &matched) in matches.iter().enumerate() {
                let unit = Unit { bytes: Bytes::from(line.to_string()), offset: line as u64, ..unit(b"x") };
                context.offer(unit, Verdict::from_match(matched), |unit| {
                    if unit.opens_group && !printed.is_empty() {
                        printed.push(None);
                    }
                    let number: usize = std::str::from_utf8(&unit.bytes).unwrap().parse().unwrap();
                    assert_eq!(unit.role == Role::Match, matches[number]);
                    printed.push(Some(number));
                });
                if detach {
                    context.detach(line as u64);
                }
            }
            prop_assert_eq!(printed, grep(&matches, before, after));
        }
    }

    #[test]
    fn a_continued_line_is_treated_like_its_first_piece() {
        let mut context = Context::new(0, 1);
        let mut printed = Vec::new();
        let rest = || Unit { continues: true, ..unit(b"rest\n") };
        let mut offer =
            |unit, verdict| context.offer(unit, verdict, |unit| printed.push((unit.bytes, unit.role)));
        for verdict in [Verdict::Match, Verdict::Other, Verdict::Other] {
            offer(unit(b"line"), verdict);
            offer(rest(), Verdict::Follows);
        }
        let bytes = |bytes: &'static [u8]| Bytes::from_static(bytes);
        assert_eq!(
            printed,
            [
                (bytes(b"line"), Role::Match),
                (bytes(b"rest\n"), Role::Match),
                (bytes(b"line"), Role::Context),
                (bytes(b"rest\n"), Role::Context),
            ]
        );
    }
}
