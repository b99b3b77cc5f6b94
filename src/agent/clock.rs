//! Pure: the clock of a CVM, and how far it is from this machine's.
//!
//! A reading is as good as its round trip was quick: the CVM's clock was read at some time during it. The first one
//! may hold a login script that takes seconds, so it is repeated and the quickest counts: always where the clock itself
//! is asked for, and if it was slow where lines wait for it. That is done here, in one way for every question, so that
//! a slow login is never taken for a wrong clock.

use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::item::CvmClock;

/// A round trip as quick as this is good enough for a stream.
const QUICK: Duration = Duration::from_millis(250);

/// How many readings are taken at most.
const READINGS: u32 = 3;

/// What the clock of a CVM shows.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteClock {
    pub now: Timestamp,
    /// By its name where that is known here, else the offset it has now.
    pub zone: TimeZone,
    /// The zone as `date` names it: `+0100 CET`.
    pub zone_name: String,
}

impl RemoteClock {
    /// Parses `seconds.nanoseconds ±hhmm abbreviation …/zoneinfo/Area/City`; the last two may be anything.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
        let (seconds, nanoseconds) = words.next()?.split_once('.')?;
        let nanoseconds = nanoseconds.parse().unwrap_or(0);
        let now = Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()?;
        let digits = words.next()?;
        let offset: i32 = digits.parse().ok()?;
        let offset = Offset::from_seconds(offset / 100 * 3600 + offset % 100 * 60).ok()?;
        let abbreviation = words.next().filter(|name| *name != digits && !name.contains('/'));
        let zone_name = abbreviation.map_or_else(|| digits.to_owned(), |name| format!("{digits} {name}"));
        let named = words.next().and_then(|link| TimeZone::get(link.split_once("zoneinfo/")?.1).ok());
        // A name that means another offset here than there would be worse than none.
        let named = named.filter(|zone| zone.to_offset(now) == offset);
        Some(Self { now, zone: named.unwrap_or_else(|| TimeZone::fixed(offset)), zone_name })
    }
}

/// A reading of a CVM's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockReading {
    /// How far the clock is ahead of this machine's; negative: behind.
    pub skew: SignedDuration,
    /// By how much `skew` may be wrong.
    pub uncertainty: Duration,
    pub clock: RemoteClock,
}

impl ClockReading {
    /// The clock for putting lines in order: one that may as well be right is right.
    pub fn cvm_clock(&self) -> CvmClock {
        let is_certain = self.skew.unsigned_abs() > self.uncertainty;
        let skew = if is_certain { self.skew } else { SignedDuration::ZERO };
        CvmClock { skew, zone: self.clock.zone.clone() }
    }
}

/// The readings of one CVM's clock, of which the quickest counts.
#[derive(Debug, Default)]
pub struct ClockReadings {
    best: Option<ClockReading>,
    count: u32,
}

impl ClockReadings {
    /// Takes what came `trip` after it was asked for at `asked`; `None`: it made no sense.
    pub fn add(&mut self, clock: Option<RemoteClock>, asked: Timestamp, trip: Duration) {
        self.count += 1;
        let Some(clock) = clock else { return };
        let uncertainty = trip / 2;
        if self.best.as_ref().is_none_or(|best| uncertainty < best.uncertainty) {
            let skew =
                clock.now.duration_since(asked) - SignedDuration::try_from(uncertainty).unwrap_or_default();
            self.best = Some(ClockReading { skew, uncertainty, clock });
        }
    }

    /// True if the clock is known well enough for putting lines in order; a stream does not wait for more.
    pub fn is_settled(&self) -> bool {
        self.is_complete() || self.best.as_ref().is_some_and(|best| best.uncertainty <= QUICK / 2)
    }

    /// True if no more readings are to be taken.
    pub fn is_complete(&self) -> bool {
        self.count >= READINGS || (self.count > 0 && self.best.is_none())
    }

    /// The best one so far.
    pub fn best(&self) -> Option<&ClockReading> {
        self.best.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use crate::agent::clock::{ClockReadings, RemoteClock};

    /// A clock that shows that many milliseconds.
    fn shows(millis: i64) -> Option<RemoteClock> {
        RemoteClock::parse(format!("{}.{:03}000000 +0000 UTC", millis / 1000, millis % 1000).as_bytes())
    }

    #[test]
    fn a_slow_login_is_no_wrong_clock() {
        let mut readings = ClockReadings::default();
        let asked = Timestamp::from_second(1000).unwrap();
        readings.add(shows(1_006_000), asked, Duration::from_secs(6));
        assert!(!readings.is_settled(), "a slow reading is repeated");
        let asked = Timestamp::from_second(1006).unwrap();
        readings.add(shows(1_006_012), asked, Duration::from_millis(20));
        assert!(readings.is_settled() && !readings.is_complete());
        let best = readings.best().expect("a reading");
        assert_eq!(best.skew, SignedDuration::from_millis(2));
        assert_eq!(best.cvm_clock().skew, SignedDuration::ZERO, "it may as well be right");
    }

    #[test]
    fn a_clock_that_is_wrong_is_wrong_after_a_slow_login_too() {
        let mut readings = ClockReadings::default();
        let asked = Timestamp::from_second(1000).unwrap();
        readings.add(shows(1_003_000), asked, Duration::from_secs(6));
        readings.add(shows(1_009_010), Timestamp::from_second(1006).unwrap(), Duration::from_millis(20));
        assert_eq!(readings.best().expect("a reading").cvm_clock().skew, SignedDuration::from_secs(3));
    }

    #[test]
    fn a_clock_that_makes_no_sense_is_not_asked_again() {
        let mut readings = ClockReadings::default();
        assert!(!readings.is_settled());
        readings.add(None, Timestamp::UNIX_EPOCH, Duration::from_secs(6));
        assert!(readings.is_settled() && readings.is_complete() && readings.best().is_none());
    }

    #[test]
    fn zones_go_by_name_or_offset() {
        let parse = |text: &str| RemoteClock::parse(text.as_bytes());
        assert_eq!(parse("12.5 +0100 CET").expect("a clock").zone_name, "+0100 CET");
        assert_eq!(parse("12.5 +0100 +0100").expect("a clock").zone_name, "+0100");
        assert_eq!(
            parse("12.5 +0530 IST /usr/share/zoneinfo/Asia/Kolkata").expect("a clock").zone.iana_name(),
            Some("Asia/Kolkata")
        );
        assert_eq!(
            parse("12.5 +0500 IST /usr/share/zoneinfo/Asia/Kolkata").expect("a clock").zone.iana_name(),
            None
        );
        assert_eq!(parse("date: not found"), None);
    }
}
