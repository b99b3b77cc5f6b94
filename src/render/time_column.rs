//! `-t`: a line's own time in front of it, written alike whatever its layout.

use std::io::Write as _;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};

use crate::human::Rfc3339;
use crate::options::Timestamps;

/// How much of a [`Rfc3339`] is kept: up to the milliseconds.
const MILLIS: usize = 23;

/// Writes times, a blank behind each, and remembers the last one.
#[derive(Debug)]
pub struct TimeColumn {
    /// The form.
    form: Timestamps,
    /// This machine's zone.
    zone: TimeZone,
    /// Writes the digits of the two fixed forms.
    digits: Rfc3339,
    /// The second that `offset` is of, from 1970; of the free form the instant in `text`.
    last: Option<Timestamp>,
    /// The offset at `last`, in seconds, and as text.
    offset: (i32, [u8; 6]),
    /// The last time in the free form.
    text: Vec<u8>,
    /// The width of the last time that was written.
    width: usize,
}

impl TimeColumn {
    /// Writes times in `form`, in `zone` unless that is UTC.
    pub fn new(form: Timestamps, zone: TimeZone) -> Self {
        let mut column = Self {
            form,
            zone,
            digits: Rfc3339::new(),
            last: None,
            offset: (0, *b"+00:00"),
            text: Vec::new(),
            width: 0,
        };
        // So that an unknown time is as wide as a known one from the start.
        column.push(&mut Vec::new(), Some(Timestamp::UNIX_EPOCH));
        column
    }

    /// Appends `time` and a blank; where it is not known, `-` and blanks up to the same width.
    pub fn push(&mut self, out: &mut Vec<u8>, time: Option<Timestamp>) {
        let start = out.len();
        match time {
            None => {
                out.push(b'-');
                out.resize(start + self.width.max(1), b' ');
            }
            Some(time) => {
                match self.form {
                    Timestamps::Utc => {
                        out.extend_from_slice(&self.digits.timestamp(time)[..MILLIS]);
                        out.push(b'Z');
                    }
                    Timestamps::Local => self.push_local(out, time),
                    Timestamps::Format(_) => self.push_free(out, time),
                }
                self.width = out.len() - start;
            }
        }
        out.push(b' ');
    }

    /// Appends RFC 3339 with the zone's offset, which is asked for once a second of log.
    fn push_local(&mut self, out: &mut Vec<u8>, time: Timestamp) {
        if self.last.is_none_or(|last| last.as_second() != time.as_second()) {
            let offset = self.zone.to_offset(time);
            if self.offset.0 != offset.seconds() {
                self.offset = (offset.seconds(), written(offset));
            }
            self.last = Some(time);
        }
        // The digits of the local time are those of the UTC time that is as far on.
        let shifted = Timestamp::new(time.as_second() + i64::from(self.offset.0), time.subsec_nanosecond());
        out.extend_from_slice(&self.digits.timestamp(shifted.unwrap_or(time))[..MILLIS]);
        out.extend_from_slice(&self.offset.1);
    }

    /// Appends what the user's format makes of the time; lines that share an instant share the work.
    fn push_free(&mut self, out: &mut Vec<u8>, time: Timestamp) {
        if let Timestamps::Format(format) = &self.form
            && self.last != Some(time)
        {
            self.last = Some(time);
            self.text.clear();
            let zoned = time.to_zoned(self.zone.clone());
            // The format was tried when the flags were read; writing into a Vec cannot fail.
            if let Ok(text) = strtime::format(format, &zoned) {
                let _ = write!(self.text, "{text}");
            }
        }
        out.extend_from_slice(&self.text);
    }
}

/// An offset as RFC 3339 writes it; seconds, which no zone has used since 1972, are cut off.
fn written(offset: Offset) -> [u8; 6] {
    let minutes = offset.seconds().unsigned_abs() / 60;
    let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
    let (hours, rest) = (minutes / 60, minutes % 60);
    let sign = if offset.seconds() < 0 { b'-' } else { b'+' };
    [sign, digit(hours / 10), digit(hours), b':', digit(rest / 10), digit(rest)]
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::{Offset, TimeZone};

    use super::TimeColumn;
    use crate::options::Timestamps;

    /// What `form` makes of times, one after the other.
    fn shown(form: Timestamps, zone: &TimeZone, times: &[Option<&str>]) -> Vec<String> {
        let mut column = TimeColumn::new(form, zone.clone());
        let mut out = Vec::new();
        times
            .iter()
            .map(|time| {
                out.clear();
                column.push(&mut out, time.map(|time| time.parse::<Timestamp>().unwrap()));
                String::from_utf8(out.clone()).unwrap()
            })
            .collect()
    }

    #[test]
    fn one_form_whatever_the_layout_and_a_mark_as_wide_for_none() {
        let zone = TimeZone::fixed(Offset::from_seconds(-(3 * 3600 + 1800)).unwrap());
        let times = [
            None,
            Some("2026-11-20T03:12:44.001999Z"),
            Some("2026-11-20T03:12:44.5Z"),
            Some("1969-12-31T23:59:59.25Z"),
        ];
        assert_eq!(
            shown(Timestamps::Utc, &zone, &times),
            [
                "-                        ",
                "2026-11-20T03:12:44.001Z ",
                "2026-11-20T03:12:44.500Z ",
                "1969-12-31T23:59:59.250Z ",
            ]
        );
        assert_eq!(
            shown(Timestamps::Local, &zone, &times),
            [
                "-                             ",
                "2026-11-19T23:42:44.001-03:30 ",
                "2026-11-19T23:42:44.500-03:30 ",
                "1969-12-31T20:29:59.250-03:30 ",
            ]
        );
        let format = Timestamps::Format("%H:%M:%S%.3f".into());
        assert_eq!(
            shown(format, &zone, &times),
            ["-            ", "23:42:44.001 ", "23:42:44.500 ", "20:29:59.250 "]
        );
    }

    #[test]
    fn the_offset_is_that_of_the_line() {
        let Ok(zone) = TimeZone::get("Europe/Berlin") else { return };
        let times = [Some("2026-03-29T00:59:59Z"), Some("2026-03-29T01:00:00Z")];
        assert_eq!(
            shown(Timestamps::Local, &zone, &times),
            ["2026-03-29T01:59:59.000+01:00 ", "2026-03-29T03:00:00.000+02:00 ",]
        );
    }
}
