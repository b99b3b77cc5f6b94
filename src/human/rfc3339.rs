//! Instants as text: RFC 3339 in UTC with six digits, `2026-11-20T03:12:44.001000Z`.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::Offset;

/// Writes instants, and remembers the last one: neighbors in a log mostly share their second.
#[derive(Debug)]
pub struct Rfc3339 {
    /// The instant in `text`: seconds since 1970, microseconds within.
    instant: (i64, u32),
    /// It as text.
    text: [u8; 27],
}

impl Rfc3339 {
    pub const fn new() -> Self {
        Self { instant: (0, 0), text: *b"1970-01-01T00:00:00.000000Z" }
    }

    /// An instant as text, truncated to microseconds.
    pub fn timestamp(&mut self, time: Timestamp) -> &[u8; 27] {
        let (mut second, mut nanosecond) = (time.as_second(), time.subsec_nanosecond());
        if nanosecond < 0 {
            second -= 1;
            nanosecond += 1_000_000_000;
        }
        self.write(second, nanosecond.unsigned_abs() / 1000)
    }

    /// A time of the system clock as text, truncated to microseconds.
    pub fn system_time(&mut self, time: SystemTime) -> &[u8; 27] {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => {
                self.write(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_micros())
            }
            Err(_) => self.timestamp(Timestamp::try_from(time).unwrap_or(Timestamp::MIN)),
        }
    }

    /// The instant `micros` after `second` as text.
    fn write(&mut self, second: i64, micros: u32) -> &[u8; 27] {
        if second != self.instant.0 {
            self.write_second(second);
        }
        if micros != self.instant.1 {
            pair(&mut self.text, 20, micros / 10_000);
            pair(&mut self.text, 22, micros / 100 % 100);
            pair(&mut self.text, 24, micros % 100);
        }
        self.instant = (second, micros);
        &self.text
    }

    /// Writes all but the fraction. RFC 3339 has years from 0 to 9999; anything beyond is
    /// clamped.
    fn write_second(&mut self, second: i64) {
        let time = Offset::UTC.to_datetime(Timestamp::from_second(second).unwrap_or(Timestamp::MAX));
        let year = u32::from(time.year().max(0).unsigned_abs());
        pair(&mut self.text, 0, year / 100);
        pair(&mut self.text, 2, year % 100);
        for (at, part) in
            [(5, time.month()), (8, time.day()), (11, time.hour()), (14, time.minute()), (17, time.second())]
        {
            pair(&mut self.text, at, u32::from(part.unsigned_abs()));
        }
    }
}

/// An instant as text: RFC 3339, UTC, six digits.
pub fn rfc3339(instant: Timestamp) -> String {
    String::from_utf8_lossy(Rfc3339::new().timestamp(instant)).into_owned()
}

/// Writes `number`, below 100, as two digits from `at` on.
fn pair(text: &mut [u8; 27], at: usize, number: u32) {
    let [tens, ones] = [number / 10, number % 10].map(|digit| b'0' + u8::try_from(digit).unwrap_or_default());
    text[at] = tens;
    text[at + 1] = ones;
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use jiff::Timestamp;
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::Rfc3339;

    #[test]
    fn before_1970_the_fraction_still_counts_forward() {
        let mut stamp = Rfc3339::new();
        assert_eq!(stamp.system_time(UNIX_EPOCH - Duration::from_millis(1)), b"1969-12-31T23:59:59.999000Z");
        assert_eq!(
            stamp.timestamp(Timestamp::new(-1, -500_000_000).unwrap()),
            b"1969-12-31T23:59:58.500000Z"
        );
        assert_eq!(stamp.timestamp(Timestamp::MIN)[..5], *b"0000-");
    }

    proptest! {
        #[test]
        fn instants_read_as_jiff_writes_them(instants in proptest::collection::vec((0i64..253_402_207_200, 0..1_000_000_000), 1..4)) {
            let mut stamp = Rfc3339::new();
            for (second, nanosecond) in instants {
                let time = Timestamp::new(second, nanosecond).unwrap();
                let expected = time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
                prop_assert_eq!(std::str::from_utf8(stamp.timestamp(time)).unwrap(), &expected);
                let system = UNIX_EPOCH + Duration::new(second.unsigned_abs(), nanosecond.unsigned_abs());
                prop_assert_eq!(std::str::from_utf8(stamp.system_time(system)).unwrap(), &expected);
            }
        }
    }
}
