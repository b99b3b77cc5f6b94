//! `--dedup`: a unit that says what the one before it on its stream said is counted, not printed.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::batch::Ending;
use crate::flow::unit::{Role, Unit};
use crate::line::level::Level;

/// After how long without another repeat the count is told.
const QUIET: Duration = Duration::from_secs(2);

/// After how long it is told even though the repeats go on.
const LONG: Duration = Duration::from_secs(30);

/// The last unit of one stream, and its repeats.
///
/// Two units say the same if they have one level and equal bytes from the message of their head on: what stands
/// before it (time, thread, place in the source) is what their layout knows to differ. Numbers within the
/// message do count: they are what the log has to say.
#[derive(Debug, Default)]
pub struct Dedup {
    /// The bytes of the last unit that count.
    said: Vec<u8>,
    /// Its level.
    level: Option<Level>,
    /// Whether there was one that can be repeated.
    repeatable: bool,
    /// Its last repeat, and how many there were that are not told yet.
    repeats: Option<(Unit, u64)>,
    /// When the first and the last of these repeats came.
    came: Option<(Instant, Instant)>,
}

impl Dedup {
    /// Gives back what is to be printed of `unit`, which arrives at `now`: nothing if it is a repeat, else
    /// the count of the repeats before it, if there were any, and itself.
    pub fn offer(&mut self, unit: Unit, now: Instant) -> (Option<Unit>, Option<Unit>) {
        // A line that comes in pieces is never held whole, and so not compared.
        let whole = !unit.continues && unit.ending != Ending::Partial;
        let said = said(&unit);
        if whole && self.repeatable && self.level == unit.level && self.said == said {
            let count = self.repeats.as_ref().map_or(0, |(_, count)| *count);
            self.came = Some((self.came.map_or(now, |(first, _)| first), now));
            // Its place is all that is needed of it; its bytes may be a whole batch's.
            self.repeats = Some((Unit { bytes: Bytes::new(), ..unit }, count + 1));
            return (None, None);
        }
        self.repeatable = whole;
        if whole {
            self.said.clear();
            self.said.extend_from_slice(said);
            self.level = unit.level;
        }
        (self.tell(), Some(unit))
    }

    /// When the count has to be told if nothing else comes.
    pub fn due(&self) -> Option<Instant> {
        self.came.map(|(first, last)| (last + QUIET).min(first + LONG))
    }

    /// The count, if it is due at `now`.
    pub fn wake(&mut self, now: Instant) -> Option<Unit> {
        if self.due()? <= now { self.tell() } else { None }
    }

    /// The count of the repeats not told yet, as a unit in the place of the last of them.
    pub fn tell(&mut self) -> Option<Unit> {
        self.came = None;
        let (last, count) = self.repeats.take()?;
        let text =
            if count == 1 { "(repeated once)\n".to_owned() } else { format!("(repeated {count} times)\n") };
        Some(Unit {
            bytes: Bytes::from(text),
            ending: Ending::Newline,
            lines: 0,
            role: Role::Repeats(count),
            opens_group: false,
            ..last
        })
    }
}

/// The bytes of `unit` that count. A head with no message has nothing else to be known by than all of it.
fn said(unit: &Unit) -> &[u8] {
    let text = unit.text();
    text.get(unit.message..).filter(|message| !message.is_empty()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Dedup, LONG, QUIET};
    use crate::flow::unit::tests::unit;
    use crate::flow::unit::{Role, Unit};
    use crate::line::level::Level;

    /// A line whose message starts at its third byte.
    fn stamped(bytes: &'static [u8]) -> Unit {
        Unit { message: 2, ..unit(bytes) }
    }

    #[test]
    fn what_stands_before_the_message_does_not_count() {
        let now = Instant::now();
        let mut dedup = Dedup::default();
        let (none, first) = dedup.offer(stamped(b"1 same\n"), now);
        assert!(none.is_none() && first.is_some());
        for again in [&b"2 same\n"[..], b"3 same\n"] {
            assert!(matches!(dedup.offer(stamped(again), now), (None, None)));
        }
        let (count, next) = dedup.offer(stamped(b"4 other\n"), now);
        let count = count.unwrap();
        assert_eq!((count.role, &count.bytes[..]), (Role::Repeats(2), &b"(repeated 2 times)\n"[..]));
        assert_eq!(&next.unwrap().bytes[..], b"4 other\n");
        let graver = Unit { level: Some(Level::Error), ..stamped(b"5 other\n") };
        assert!(dedup.offer(graver, now).1.is_some());
    }

    #[test]
    fn the_count_is_told_in_silence_and_when_it_takes_too_long() {
        let start = Instant::now();
        let mut dedup = Dedup::default();
        dedup.offer(unit(b"x\n"), start);
        assert_eq!(dedup.due(), None);
        dedup.offer(unit(b"x\n"), start);
        assert_eq!(dedup.due(), Some(start + QUIET));
        assert!(dedup.wake(start + Duration::from_secs(1)).is_none());
        assert_eq!(&dedup.wake(start + QUIET).unwrap().bytes[..], b"(repeated once)\n");
        assert!(dedup.wake(start + QUIET).is_none());
        for second in 0..40 {
            assert!(dedup.offer(unit(b"x\n"), start + Duration::from_secs(second)).1.is_none());
        }
        assert_eq!(dedup.due(), Some(start + LONG));
        assert_eq!(dedup.tell().unwrap().role, Role::Repeats(40));
    }
}
