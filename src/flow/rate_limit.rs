//! `--rate-limit`: limits the units per second of each stream and counts those it suppresses.

use std::time::{Duration, Instant};

use crate::flow::unit::Unit;

const SECOND: Duration = Duration::from_secs(1);

/// How much was suppressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Lines, or records with `-M`.
    pub units: u64,
    /// The lines of these units.
    pub lines: u64,
}

#[derive(Debug)]
pub struct RateLimit {
    /// Units per second.
    limit: u64,
    /// When the current second began: with a unit, not with the clock.
    began: Option<Instant>,
    /// Units passed in the current second.
    passed: u64,
    /// Suppressed in the current second.
    suppressed: Suppressed,
    /// Suppressed in past seconds and not reported yet.
    unreported: Suppressed,
    /// Whether the last unit passed; its continuation is treated alike.
    passes: bool,
}

impl RateLimit {
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            began: None,
            passed: 0,
            suppressed: Suppressed::default(),
            unreported: Suppressed::default(),
            passes: true,
        }
    }

    /// Whether `unit`, which arrives at `now`, passes.
    pub fn admits(&mut self, unit: &Unit, now: Instant) -> bool {
        if unit.continues {
            return self.passes;
        }
        self.on_deadline(now);
        if self.began.is_none() {
            self.began = Some(now);
            self.passed = 0;
        }
        self.passes = self.passed < self.limit;
        if self.passes {
            self.passed += 1;
        } else {
            self.suppressed.units += 1;
            self.suppressed.lines += unit.lines;
        }
        self.passes
    }

    /// When there will be something to report.
    pub fn deadline(&self) -> Option<Instant> {
        self.began.filter(|_| self.suppressed.units > 0).map(|began| began + SECOND)
    }

    /// Ends the current second if it is over at `now`.
    pub fn on_deadline(&mut self, now: Instant) {
        if self.began.is_some_and(|began| now >= began + SECOND) {
            self.end_second();
        }
    }

    pub fn end_second(&mut self) {
        self.began = None;
        let suppressed = std::mem::take(&mut self.suppressed);
        self.unreported.units += suppressed.units;
        self.unreported.lines += suppressed.lines;
    }

    /// What was suppressed in past seconds, reported once.
    pub fn take_suppressed(&mut self) -> Option<Suppressed> {
        let unreported = std::mem::take(&mut self.unreported);
        (unreported.units > 0).then_some(unreported)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{RateLimit, Suppressed};
    use crate::flow::unit::tests::unit;

    #[test]
    fn what_is_over_the_limit_is_counted_by_the_second() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut limit = RateLimit::new(2);
        let admitted = [0, 10, 20, 999, 1000, 1001, 1002].map(|at_| limit.admits(&unit(b"x\n"), at(at_)));
        assert_eq!(admitted, [true, true, false, false, true, true, false]);
        assert_eq!(limit.take_suppressed(), Some(Suppressed { units: 2, lines: 2 }));
        assert_eq!(limit.take_suppressed(), None);
        assert_eq!(limit.deadline(), Some(at(2000)));
        limit.on_deadline(at(1999));
        assert_eq!(limit.take_suppressed(), None);
        limit.on_deadline(at(2000));
        assert_eq!(
            (limit.take_suppressed(), limit.deadline()),
            (Some(Suppressed { units: 1, lines: 1 }), None)
        );
    }

    #[test]
    fn a_continued_line_is_treated_like_its_first_piece() {
        let now = Instant::now();
        let mut limit = RateLimit::new(1);
        let mut rest = unit(b"rest\n");
        (rest.continues, rest.lines) = (true, 0);
        assert_eq!(
            [&unit(b"x"), &rest, &unit(b"y"), &rest].map(|unit| limit.admits(unit, now)),
            [true, true, false, false]
        );
        limit.end_second();
        assert_eq!(limit.take_suppressed(), Some(Suppressed { units: 1, lines: 1 }));
    }
}
