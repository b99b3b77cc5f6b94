//! `--since` and `--until`, by the timestamps of the lines.

use jiff::Timestamp;

/// Where a line is relative to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Before the first line at or after `since`.
    Before,
    Within,
    /// The first line at or after `until`, or any line after that.
    After,
}

/// The time window of one stream: all lines from the first one at or after `since` up to the first one at or after
/// `until`. A single line with an odd timestamp does not make a hole.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// `None` once it is reached.
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// `until` is reached.
    over: bool,
}

impl Window {
    pub const fn new(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { since, until, over: false }
    }

    /// Places the next line of the stream; `time` is its own or inherited time.
    pub fn place(&mut self, time: Option<Timestamp>) -> Placement {
        if self.over || self.until.is_some_and(|until| time.is_some_and(|time| time >= until)) {
            self.over = true;
            return Placement::After;
        }
        match self.since {
            Some(since) if time.is_none_or(|time| time < since) => Placement::Before,
            _ => {
                self.since = None;
                Placement::Within
            }
        }
    }

    /// Whether all further lines are after the window.
    pub const fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Placement::{After, Before, Within};
    use super::Window;

    /// The instant that many seconds after 1970.
    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn an_odd_timestamp_makes_no_hole() {
        let mut window = Window::new(at(10), at(20));
        let times = [None, at(9), at(10), at(8), None, at(19), at(20), at(15), None];
        let places = times.map(|time| window.place(time));
        assert_eq!(places, [Before, Before, Within, Within, Within, Within, After, After, After]);
        assert!(window.is_over());
    }

    #[test]
    fn without_bounds_every_line_is_within() {
        let mut window = Window::new(None, None);
        assert_eq!([None, at(1)].map(|time| window.place(time)), [Within, Within]);
    }
}
