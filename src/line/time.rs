//! Times as written in lines, and the instants they mean on the CVM that wrote them.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// How far back the year of a date without one may be: 29 February recurs after at most eight years.
const YEARS_BACK: i16 = 8;

/// Days before each month in a common year.
const DAYS_BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// The year in which dates without a year are stored: a leap year, so that every day exists.
const NO_YEAR: i16 = 2000;

/// A time as written in a line: an existing day and a time of day. Without an offset or a year, the instant depends on
/// the CVM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since 1970 as if the time were UTC, in `NO_YEAR` if no year is written.
    second: i64,
    /// 0 to 999,999,999.
    nanosecond: u32,
    /// Seconds east of UTC, if written (`Z` is 0).
    offset: Option<i32>,
    /// The year is written.
    dated: bool,
}

impl Stamp {
    /// `year`: if written. `None` if there is no such day or time. A leap second becomes the second before it.
    pub fn new(
        year: Option<i16>,
        (month, day): (u8, u8),
        (hour, minute, second): (u8, u8, u8),
    ) -> Option<Self> {
        let day_exists = (1..=12).contains(&month) && day >= 1 && (day <= 28 || day <= days_in(year, month));
        let time_exists = hour < 24 && minute < 60 && second <= 60;
        if !(day_exists && time_exists) {
            return None;
        }
        let in_kept = year.unwrap_or(NO_YEAR);
        let leap = i64::from(month > 2 && is_leap(in_kept));
        let days =
            new_year(in_kept) + i64::from(DAYS_BEFORE[usize::from(month - 1)] + u16::from(day)) - 1 + leap;
        let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second.min(59));
        Some(Self { second: days * DAY + of_day, nanosecond: 0, offset: None, dated: year.is_some() })
    }

    /// Adds the fraction of the second, and the offset in seconds east of UTC.
    pub const fn with(self, nanosecond: u32, offset: Option<i32>) -> Self {
        Self { nanosecond, offset, ..self }
    }

    /// Moves a day without a year into `year`; `None` if that year has no such day.
    fn second_in(&self, year: i16) -> Option<i64> {
        /// Days of a leap year before 29 February.
        const LEAP_DAY: i64 = 59;
        let (days, of_day) = (self.second.div_euclid(DAY), self.second.rem_euclid(DAY));
        let day = days - new_year(NO_YEAR);
        let missing = match day {
            _ if is_leap(year) => 0,
            LEAP_DAY => return None,
            _ => i64::from(day > LEAP_DAY),
        };
        Some((new_year(year) + day - missing) * DAY + of_day)
    }
}

impl From<Timestamp> for Stamp {
    /// For lines with seconds since 1970.
    fn from(instant: Timestamp) -> Self {
        // Before 1970 nanoseconds are negative.
        let nanosecond = instant.subsec_nanosecond().rem_euclid(1_000_000_000);
        let second = instant.as_second() - i64::from(instant.subsec_nanosecond() < 0);
        Self { second, nanosecond: nanosecond.cast_unsigned(), offset: Some(0), dated: true }
    }
}

/// Days from 1970 to the start of `year`.
fn new_year(year: i16) -> i64 {
    let before = i64::from(year) - 1;
    // There are 719,162 days from the start of year 1 to the start of 1970.
    before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

/// Whether `year` has a 29 February.
const fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days of a month (1 to 12); 29 for February if the year is unknown.
fn days_in(year: Option<i16>, month: u8) -> u8 {
    match month {
        2 if year.is_none_or(is_leap) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What is needed to interpret stamps without an offset or a year.
#[derive(Clone, Debug)]
pub struct ClockContext {
    /// The zone of the CVM.
    pub zone: TimeZone,
    /// Now for a log that is being written; the time of the last write for a rotated one. A date without a year is the
    /// latest such day that is at most one day after it.
    pub reference: Timestamp,
}

/// Turns the stamps of one stream into instants.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    /// The offset of `zone` in seconds, if it never changes.
    fixed: Option<i64>,
    /// The latest second, since 1970, that a date without a year may mean.
    limit: i64,
    /// The year of `limit` in `zone`.
    limit_year: i16,
    /// The last minute looked up in `zone` (since 1970, as if UTC) and its offset in seconds.
    minute: Option<(i64, i64)>,
}

impl Clock {
    pub fn new(context: ClockContext) -> Self {
        let fixed = context.zone.to_fixed_offset().ok().map(|offset| i64::from(offset.seconds()));
        let mut clock = Self { zone: context.zone, fixed, limit: 0, limit_year: 1970, minute: None };
        clock.set_reference(context.reference);
        clock
    }

    /// Sets [`ClockContext::reference`]; needed for a log that is followed for months.
    pub fn set_reference(&mut self, reference: Timestamp) {
        self.limit = reference.as_second() + DAY;
        let last = Timestamp::from_second(self.limit).unwrap_or(reference);
        self.limit_year = self.zone.to_datetime(last).year();
    }

    /// The instant that `stamp` means; `None` if it is outside the range of [`Timestamp`].
    pub fn resolve(&mut self, stamp: &Stamp) -> Option<Timestamp> {
        let second =
            if stamp.dated { self.instant(stamp.second, stamp.offset) } else { self.nearest(stamp)? };
        // Nanoseconds are below 10^9 and always fit.
        Timestamp::new(second, stamp.nanosecond.cast_signed()).ok()
    }

    /// The latest instant, in seconds since 1970, that a `stamp` without a year can mean.
    fn nearest(&mut self, stamp: &Stamp) -> Option<i64> {
        let limit = self.limit;
        (self.limit_year - YEARS_BACK..=self.limit_year)
            .rev()
            .filter_map(|year| stamp.second_in(year))
            .map(|local| self.instant(local, stamp.offset))
            .find(|&second| second <= limit)
    }

    /// The instant of a local time, both in seconds since 1970.
    fn instant(&mut self, local: i64, offset: Option<i32>) -> i64 {
        let known = offset.map(i64::from).or(self.fixed);
        local - known.unwrap_or_else(|| self.offset_at(local))
    }

    /// The offset of the zone, in seconds, at a local time; looked up once per minute of log.
    ///
    /// A local time that occurs twice (the clock is set back) is the first of the two; one that does not occur (set
    /// forward) has the offset from before the change. Both are as in RFC 5545.
    fn offset_at(&mut self, local: i64) -> i64 {
        let minute = local.div_euclid(60);
        if let Some((known, offset)) = self.minute
            && known == minute
        {
            return offset;
        }
        let offset = Timestamp::from_second(minute * 60)
            .map(|as_utc| Offset::UTC.to_datetime(as_utc))
            .and_then(|civil| self.zone.to_ambiguous_timestamp(civil).compatible())
            .map_or(0, |instant| minute * 60 - instant.as_second());
        self.minute = Some((minute, offset));
        offset
    }
}
