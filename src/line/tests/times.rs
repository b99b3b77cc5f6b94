//! Timestamps that need the zone of the CVM or a year.

use jiff::tz::TimeZone;
use proptest::prelude::{Strategy, prop_assert_eq, proptest};

use crate::line::tests::{instant, reader};
use crate::line::time::{Clock, ClockContext, Stamp};

/// A clock in a zone of the tz database, or with a POSIX rule.
fn clock(zone: &str, reference: &str) -> Clock {
    let zone = TimeZone::posix(zone).expect("the test's own zone is one");
    Clock::new(ClockContext { zone, reference: instant(reference) })
}

/// The stamp of a day and a time of day.
fn stamp(year: Option<i16>, day: (u8, u8), time: (u8, u8, u8)) -> Stamp {
    Stamp::new(year, day, time).expect("the test's own time exists")
}

#[test]
fn december_read_in_january_is_last_years() {
    let mut clock = clock("UTC0", "2026-01-03T10:00:00Z");
    let mut year_of = |month, day| clock.resolve(&stamp(None, (month, day), (12, 0, 0)));
    assert_eq!(year_of(12, 31), Some(instant("2025-12-31T12:00:00Z")));
    assert_eq!(year_of(1, 3), Some(instant("2026-01-03T12:00:00Z")));
    assert_eq!(year_of(1, 4), Some(instant("2025-01-04T12:00:00Z")), "more than a day ahead");
    assert_eq!(year_of(2, 29), Some(instant("2024-02-29T12:00:00Z")));
}

#[test]
fn january_read_at_the_end_of_december_is_next_years() {
    let mut clock = clock("UTC0", "2025-12-31T23:59:50Z");
    assert_eq!(clock.resolve(&stamp(None, (1, 1), (0, 0, 5))), Some(instant("2026-01-01T00:00:05Z")));
    assert_eq!(clock.resolve(&stamp(None, (1, 2), (0, 0, 5))), Some(instant("2025-01-02T00:00:05Z")));
}

#[test]
fn a_log_followed_over_new_year_changes_its_year() {
    let mut reader = reader();
    let line = b"Jan  1 00:00:05 host tag: x";
    assert_eq!(reader.time_of(line), Some(instant("2025-01-01T07:00:05Z")));
    reader.set_reference(instant("2026-01-01T07:00:06Z"));
    assert_eq!(reader.time_of(line), Some(instant("2026-01-01T07:00:05Z")));
}

#[test]
fn the_offset_of_a_zone_is_that_at_the_time_of_the_line() {
    let mut clock = clock("EST5EDT,M3.2.0,M11.1.0", "2025-12-01T00:00:00Z");
    let mut at = |month, day, time| clock.resolve(&stamp(Some(2025), (month, day), time));
    assert_eq!(at(1, 15, (12, 0, 0)), Some(instant("2025-01-15T17:00:00Z")));
    assert_eq!(at(6, 15, (12, 0, 0)), Some(instant("2025-06-15T16:00:00Z")));
    assert_eq!(at(3, 9, (1, 59, 59)), Some(instant("2025-03-09T06:59:59Z")));
    assert_eq!(at(3, 9, (2, 30, 0)), Some(instant("2025-03-09T07:30:00Z")), "never was");
    assert_eq!(at(3, 9, (3, 0, 0)), Some(instant("2025-03-09T07:00:00Z")));
    assert_eq!(at(11, 2, (1, 30, 0)), Some(instant("2025-11-02T05:30:00Z")), "the first of two");
    assert_eq!(at(11, 2, (2, 0, 0)), Some(instant("2025-11-02T07:00:00Z")));
}

#[test]
fn days_that_do_not_exist_are_no_stamps() {
    for day in [(0, 1), (13, 1), (1, 0), (1, 32), (4, 31), (2, 30)] {
        assert_eq!(Stamp::new(None, day, (0, 0, 0)), None, "{day:?}");
    }
    assert_eq!(Stamp::new(Some(1900), (2, 29), (0, 0, 0)), None);
    assert!(Stamp::new(Some(2000), (2, 29), (0, 0, 0)).is_some());
    assert_eq!(Stamp::new(None, (1, 1), (0, 60, 0)), None);
}

proptest! {
    /// Our arithmetic agrees with jiff's for all years of four digits.
    #[test]
    fn instants_agree_with_jiff(
        (year, month, day) in (0_i16..=9998, 1_i8..=12).prop_flat_map(|(year, month)| {
            let days = jiff::civil::Date::constant(year, month, 1).days_in_month();
            (proptest::strategy::Just(year), proptest::strategy::Just(month), 1..=days)
        }),
        hour in 0_i8..24, minute in 0_i8..60, second in 0_i8..60,
    ) {
        let rule = "EST5EDT,M3.2.0,M11.1.0";
        let civil = jiff::civil::date(year, month, day).at(hour, minute, second, 0);
        let [month, day, hour, minute, second] = [month, day, hour, minute, second].map(i8::cast_unsigned);
        let stamp = stamp(Some(year), (month, day), (hour, minute, second));
        for zone in ["UTC0", rule] {
            let expected = civil.to_zoned(TimeZone::posix(zone).unwrap()).unwrap().timestamp();
            prop_assert_eq!(clock(zone, "2025-12-01T00:00:00Z").resolve(&stamp), Some(expected));
        }
    }
}
