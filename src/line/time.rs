//! A time as a line writes it, and the instant it means on the CVM that wrote it.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// How many years back a year-less date is looked for: 29 February comes back after at most eight.
const YEARS_BACK: i16 = 8;

/// Days before the first of each month in a year that is not a leap year.
const DAYS_BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A date and a time of day as a line writes them; always a day that exists, in `year` or in some year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year, where the layout writes one.
    pub year: Option<i16>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59; a leap second is told as 59.
    pub second: u8,
    /// 0 to 999,999,999.
    pub nanosecond: u32,
    /// Seconds east of UTC, where the line says so (`Z` is 0).
    pub offset: Option<i32>,
}

/// The time of a line as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// A date and a time of day, which may need the CVM's zone or a year to mean an instant.
    Civil(Civil),
    /// Seconds (or parts of them) since 1970, which mean an instant by themselves.
    Instant(Timestamp),
}

impl Civil {
    /// Puts a date and a time of day together; `None` if there is no such day or no such time.
    pub fn new(
        year: Option<i16>,
        (month, day): (u8, u8),
        (hour, minute, second): (u8, u8, u8),
    ) -> Option<Self> {
        let day_exists = (1..=12).contains(&month) && day >= 1 && (day <= 28 || day <= days_in(year, month));
        let time_exists = hour < 24 && minute < 60 && second <= 60;
        (day_exists && time_exists).then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second: second.min(59),
            nanosecond: 0,
            offset: None,
        })
    }

    /// Seconds from 1970 to this time of day in `year`, as if it were UTC.
    fn seconds(&self, year: i16) -> i64 {
        let years = i64::from(year);
        let before = years - 1;
        let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
        let in_year = i64::from(DAYS_BEFORE[usize::from(self.month - 1) % 12]) + i64::from(self.day) - 1;
        let leap = i64::from(self.month > 2 && is_leap(year));
        // 719,162 days lie between the first day of year 1 and the first of 1970.
        let days = before * 365 + leap_days + in_year + leap - 719_162;
        days * DAY + i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)
    }
}

/// Whether `year` has a 29 February.
const fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days of `month`, one of 1 to 12; of February 29 if the year is not known.
fn days_in(year: Option<i16>, month: u8) -> u8 {
    match month {
        2 if year.is_none_or(is_leap) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What a CVM's stamps leave unsaid.
#[derive(Clone, Debug)]
pub struct ClockContext {
    /// The CVM's own zone, for stamps without `Z` or an offset.
    pub zone: TimeZone,
    /// The file's position in time: now for a log that is being written, the time of its last write for a
    /// rotated one. A date without a year is the latest such day that is at most a day after it.
    pub reference: Timestamp,
}

/// Turns stamps of one stream into instants.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The CVM's zone.
    zone: TimeZone,
    /// Its offset in seconds, if it is the same at all times.
    fixed: Option<i64>,
    /// The last second a year-less date may mean, from 1970.
    limit: i64,
    /// The year of `limit` on the CVM.
    limit_year: i16,
    /// The last minute (from 1970, as if UTC) that the zone was asked for, and the offset it gave.
    minute: Option<(i64, i64)>,
}

impl Clock {
    /// A clock that reads stamps as `context` says.
    pub fn new(context: ClockContext) -> Self {
        let fixed = context.zone.to_fixed_offset().ok().map(|offset| i64::from(offset.seconds()));
        let mut clock = Self { zone: context.zone, fixed, limit: 0, limit_year: 1970, minute: None };
        clock.refer(context.reference);
        clock
    }

    /// Moves the file's position in time; a log that is followed for months needs it.
    pub fn refer(&mut self, reference: Timestamp) {
        self.limit = reference.as_second() + DAY;
        let last = Timestamp::from_second(self.limit).unwrap_or(reference);
        self.limit_year = self.zone.to_datetime(last).year();
    }

    /// The instant that `stamp` means; `None` if it lies outside jiff's range (years -9999 to 9999).
    pub fn resolve(&mut self, stamp: &Stamp) -> Option<Timestamp> {
        let civil = match stamp {
            Stamp::Instant(instant) => return Some(*instant),
            Stamp::Civil(civil) => civil,
        };
        let second = match civil.year {
            Some(year) => self.instant(civil, year),
            None => self.nearest(civil)?,
        };
        // Nanoseconds are below 10^9 and so always fit.
        Timestamp::new(second, civil.nanosecond.cast_signed()).ok()
    }

    /// The latest instant, in seconds from 1970, that the year-less `civil` can mean.
    fn nearest(&mut self, civil: &Civil) -> Option<i64> {
        let limit = self.limit;
        (self.limit_year - YEARS_BACK..=self.limit_year)
            .rev()
            .filter(|&year| civil.day <= days_in(Some(year), civil.month))
            .map(|year| self.instant(civil, year))
            .find(|&second| second <= limit)
    }

    /// The instant of `civil` in `year`, in seconds from 1970.
    fn instant(&mut self, civil: &Civil, year: i16) -> i64 {
        let local = civil.seconds(year);
        let offset = civil.offset.map(i64::from).or(self.fixed);
        local - offset.unwrap_or_else(|| self.offset_at(local, civil, year))
    }

    /// The zone's offset, in seconds, at a local minute; asks the zone once a minute of log.
    ///
    /// Of a local time that comes twice (the clock was set back) it means the first; one that never was (set
    /// forward) is taken by the offset before. Both are what RFC 5545 asks for.
    fn offset_at(&mut self, local: i64, civil: &Civil, year: i16) -> i64 {
        let minute = local.div_euclid(60);
        if let Some((known, offset)) = self.minute
            && known == minute
        {
            return offset;
        }
        let [month, day, hour, at_minute] =
            [civil.month, civil.day, civil.hour, civil.minute].map(u8::cast_signed);
        let offset = civil::DateTime::new(year, month, day, hour, at_minute, 0, 0)
            .and_then(|time| self.zone.to_ambiguous_timestamp(time).compatible())
            .map_or(0, |instant| minute * 60 - instant.as_second());
        self.minute = Some((minute, offset));
        offset
    }
}
