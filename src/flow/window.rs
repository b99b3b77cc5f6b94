//! `--since` and `--until`, by the lines' own time.

use jiff::Timestamp;

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before the first line at or after `since`.
    Before,
    /// Between the two.
    Within,
    /// At or after `until`, with all that follow on its stream.
    Behind,
}

/// The window of one stream. Lines are in it from the first one at or after `since` on, whatever their time, up
/// to the first one at or after `until`: a log is a sequence, and a stray time must not tear a hole into it.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// `None` once it has been reached.
    since: Option<Timestamp>,
    /// `None`: no end.
    until: Option<Timestamp>,
    /// The end has been reached.
    over: bool,
}

impl Window {
    /// From `since` until before `until`.
    pub const fn new(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { since, until, over: false }
    }

    /// Where the stream's next line stands, whose own or inherited time is `time`.
    pub fn place(&mut self, time: Option<Timestamp>) -> Place {
        if self.over || self.until.is_some_and(|until| time.is_some_and(|time| time >= until)) {
            self.over = true;
            return Place::Behind;
        }
        match self.since {
            Some(since) if time.is_none_or(|time| time < since) => Place::Before,
            _ => {
                self.since = None;
                Place::Within
            }
        }
    }

    /// True when no line of the stream can be in it any more.
    pub const fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Place::{Before, Behind, Within};
    use super::Window;

    /// The instant that many seconds after 1970.
    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn a_stray_time_tears_no_hole() {
        let mut window = Window::new(at(10), at(20));
        let times = [None, at(9), at(10), at(8), None, at(19), at(20), at(15), None];
        let places = times.map(|time| window.place(time));
        assert_eq!(places, [Before, Before, Within, Within, Within, Within, Behind, Behind, Behind]);
        assert!(window.is_over());
    }

    #[test]
    fn without_bounds_all_is_within() {
        let mut window = Window::new(None, None);
        assert_eq!([None, at(1)].map(|time| window.place(time)), [Within, Within]);
    }
}
