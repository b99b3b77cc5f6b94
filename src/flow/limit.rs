//! `--rate-limit`: so many units a second of each stream, and a count of what is held back.

use std::time::{Duration, Instant};

use crate::flow::unit::Unit;

/// What a limit counts by.
const SECOND: Duration = Duration::from_secs(1);

/// What was held back in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Units: lines, or records.
    pub units: u64,
    /// The lines in them.
    pub lines: u64,
}

/// The limit of one stream.
#[derive(Debug)]
pub struct Limit {
    /// How many units may pass in a second.
    most: u64,
    /// When the second at hand began; it begins with a unit, not with the clock.
    began: Option<Instant>,
    /// How many have passed in it.
    passed: u64,
    /// What was held back in it.
    held: Held,
    /// Held back, to be told.
    told: Held,
    /// Whether the last unit passed: its continuation does as it did.
    passes: bool,
}

impl Limit {
    /// At most `most` units a second.
    pub fn new(most: u64) -> Self {
        Self { most, began: None, passed: 0, held: Held::default(), told: Held::default(), passes: true }
    }

    /// Whether `unit`, which arrives at `now`, may pass.
    pub fn admits(&mut self, unit: &Unit, now: Instant) -> bool {
        if unit.continues {
            return self.passes;
        }
        self.wake(now);
        if self.began.is_none() {
            self.began = Some(now);
            self.passed = 0;
        }
        self.passes = self.passed < self.most;
        if self.passes {
            self.passed += 1;
        } else {
            self.held.units += 1;
            self.held.lines += unit.lines;
        }
        self.passes
    }

    /// When something will have to be told.
    pub fn due(&self) -> Option<Instant> {
        self.began.filter(|_| self.held.units > 0).map(|began| began + SECOND)
    }

    /// Ends the second at hand if it is over at `now`.
    pub fn wake(&mut self, now: Instant) {
        if self.began.is_some_and(|began| now >= began + SECOND) {
            self.end();
        }
    }

    /// Ends the second at hand.
    pub fn end(&mut self) {
        self.began = None;
        let held = std::mem::take(&mut self.held);
        self.told.units += held.units;
        self.told.lines += held.lines;
    }

    /// What was held back in the seconds that are over; told once.
    pub fn take(&mut self) -> Option<Held> {
        let told = std::mem::take(&mut self.told);
        (told.units > 0).then_some(told)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Held, Limit};
    use crate::flow::unit::tests::unit;

    #[test]
    fn what_is_over_the_limit_is_counted_by_the_second() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut limit = Limit::new(2);
        let admitted = [0, 10, 20, 999, 1000, 1001, 1002].map(|at_| limit.admits(&unit(b"x\n"), at(at_)));
        assert_eq!(admitted, [true, true, false, false, true, true, false]);
        assert_eq!(limit.take(), Some(Held { units: 2, lines: 2 }));
        assert_eq!(limit.take(), None);
        assert_eq!(limit.due(), Some(at(2000)));
        limit.wake(at(1999));
        assert_eq!(limit.take(), None);
        limit.wake(at(2000));
        assert_eq!((limit.take(), limit.due()), (Some(Held { units: 1, lines: 1 }), None));
    }

    #[test]
    fn the_rest_of_a_line_does_as_its_start_did() {
        let now = Instant::now();
        let mut limit = Limit::new(1);
        let mut rest = unit(b"rest\n");
        (rest.continues, rest.lines) = (true, 0);
        assert_eq!(
            [&unit(b"x"), &rest, &unit(b"y"), &rest].map(|unit| limit.admits(unit, now)),
            [true, true, false, false]
        );
        limit.end();
        assert_eq!(limit.take(), Some(Held { units: 1, lines: 1 }));
    }
}
