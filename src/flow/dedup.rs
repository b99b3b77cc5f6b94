//! `--dedup`: a unit that repeats the previous one of its stream is counted instead of printed.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::batch::Ending;
use crate::flow::unit::{Role, Unit};
use crate::line::level::Level;

/// The count is printed after this long without another repeat.
const QUIET: Duration = Duration::from_secs(2);

/// The count is printed after this long even while repeats keep coming.
const LONG: Duration = Duration::from_secs(30);

/// Counts the repeats of the last unit of one stream.
///
/// Units are equal if their levels are equal and their bytes from the message of the head on are equal. What precedes
/// the message (timestamp, thread, source location) differs from line to line and is ignored; numbers within the
/// message are not.
#[derive(Debug, Default)]
pub struct Dedup {
    /// The bytes of the last unit that are compared.
    compared: Vec<u8>,
    level: Option<Level>,
    /// Whether there was a last unit and it can be compared.
    repeatable: bool,
    /// Its last repeat, and the number of repeats not printed yet.
    repeats: Option<(Unit, u64)>,
    /// When the first and the last of these repeats arrived.
    repeated_at: Option<(Instant, Instant)>,
}

impl Dedup {
    /// Takes a unit that arrives at `now` and returns what to print: nothing for a repeat, otherwise the count of the
    /// repeats before it, if any, and the unit itself.
    pub fn offer(&mut self, unit: Unit, now: Instant) -> (Option<Unit>, Option<Unit>) {
        // A line that arrives in pieces is never in memory as a whole and cannot be compared.
        let whole = !unit.continues && unit.ending != Ending::Partial;
        let compared = compared(&unit);
        if whole && self.repeatable && self.level == unit.level && self.compared == compared {
            let count = self.repeats.as_ref().map_or(0, |(_, count)| *count);
            self.repeated_at = Some((self.repeated_at.map_or(now, |(first, _)| first), now));
            // Only its position is needed; its bytes may keep a whole batch in memory.
            self.repeats = Some((Unit { bytes: Bytes::new(), ..unit }, count + 1));
            return (None, None);
        }
        self.repeatable = whole;
        if whole {
            self.compared.clear();
            self.compared.extend_from_slice(compared);
            self.level = unit.level;
        }
        (self.take_count(), Some(unit))
    }

    /// When the count has to be printed if nothing else arrives.
    pub fn deadline(&self) -> Option<Instant> {
        self.repeated_at.map(|(first, last)| (last + QUIET).min(first + LONG))
    }

    /// The count, if its deadline has passed.
    pub fn on_deadline(&mut self, now: Instant) -> Option<Unit> {
        if self.deadline()? <= now { self.take_count() } else { None }
    }

    /// The count of repeats not printed yet, as a unit at the position of the last repeat.
    pub fn take_count(&mut self) -> Option<Unit> {
        self.repeated_at = None;
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

/// The bytes of `unit` that are compared: its message, or all of it if the message is empty.
fn compared(unit: &Unit) -> &[u8] {
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

    /// A line whose message starts at the third byte.
    fn stamped(bytes: &'static [u8]) -> Unit {
        Unit { message: 2, ..unit(bytes) }
    }

    #[test]
    fn what_precedes_the_message_is_ignored() {
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
        let higher = Unit { level: Some(Level::Error), ..stamped(b"5 other\n") };
        assert!(dedup.offer(higher, now).1.is_some());
    }

    #[test]
    fn the_count_is_printed_in_silence_and_when_repeats_keep_coming() {
        let start = Instant::now();
        let mut dedup = Dedup::default();
        dedup.offer(unit(b"x\n"), start);
        assert_eq!(dedup.deadline(), None);
        dedup.offer(unit(b"x\n"), start);
        assert_eq!(dedup.deadline(), Some(start + QUIET));
        assert!(dedup.on_deadline(start + Duration::from_secs(1)).is_none());
        assert_eq!(&dedup.on_deadline(start + QUIET).unwrap().bytes[..], b"(repeated once)\n");
        assert!(dedup.on_deadline(start + QUIET).is_none());
        for second in 0..40 {
            assert!(dedup.offer(unit(b"x\n"), start + Duration::from_secs(second)).1.is_none());
        }
        assert_eq!(dedup.deadline(), Some(start + LONG));
        assert_eq!(dedup.take_count().unwrap().role, Role::Repeats(40));
    }
}
