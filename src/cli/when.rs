//! A point in time as people write it.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::cli::duration;

/// A time as typed; which instant it means depends on the current time and zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// This long before now.
    Ago(Duration),
    /// The most recent time of day, local time.
    TimeOfDay(Time),
    /// A date and time, local time.
    Local(DateTime),
    Instant(Timestamp),
}

impl FromStr for When {
    type Err = String;

    /// Parses `10m`, `14:05`, `2026-11-20`, `2026-11-20 12:00` or RFC 3339.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write 10m (ago), 14:05, 2026-11-20 or 2026-11-20T12:00:00Z".to_owned();
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        if text.contains(':') && !text.contains('-') {
            return text.parse().map(Self::TimeOfDay).map_err(|_| wrong());
        }
        if let Ok(date_time) = text.parse::<DateTime>() {
            return Ok(Self::Local(date_time));
        }
        if let Ok(date) = text.parse::<Date>() {
            return Ok(Self::Local(date.to_datetime(Time::midnight())));
        }
        duration(text).map(Self::Ago).map_err(|_| wrong())
    }
}

impl When {
    /// The instant that this means at `now` in `zone`; `None` if it is out of range.
    pub fn resolve(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Instant(instant) => Some(instant),
            Self::Ago(duration) => now.checked_sub(duration).ok(),
            Self::Local(date_time) => zone.to_timestamp(date_time).ok(),
            Self::TimeOfDay(time) => {
                let today = zone.to_datetime(now).date();
                let at = |date: Date| zone.to_timestamp(date.to_datetime(time)).ok();
                at(today).filter(|instant| *instant <= now).or_else(|| at(today.checked_sub(1.day()).ok()?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::When;

    #[test]
    fn each_way_to_write_a_time_means_what_a_person_means() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        for (text, meant) in [
            ("10m", "2026-11-20T11:50:00Z"),
            ("2h", "2026-11-20T10:00:00Z"),
            ("1h30m", "2026-11-20T10:30:00Z"),
            ("1d", "2026-11-19T12:00:00Z"),
            ("12:05", "2026-11-20T11:05:00Z"),
            ("13:00:00", "2026-11-20T12:00:00Z"),
            ("14:05", "2026-11-19T13:05:00Z"),
            ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),
            ("2026-11-20T12:00:00+09:00", "2026-11-20T03:00:00Z"),
            ("2026-11-20", "2026-11-19T23:00:00Z"),
            ("2026-11-20 12:00", "2026-11-20T11:00:00Z"),
            ("2026-11-20T12:00", "2026-11-20T11:00:00Z"),
        ] {
            let when: When = text.parse().unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(when.resolve(now, &zone), Some(meant.parse().unwrap()), "{text}");
        }
        for text in ["", "yesterday", "25:00", "2026-13-01", "10", "-5m"] {
            // A bare number is in seconds, as for every duration.
            assert_eq!(text.parse::<When>().is_ok(), text == "10", "{text}");
        }
    }
}
