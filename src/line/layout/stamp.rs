//! Parses times. Each function returns the time at `at` and its end.

use jiff::Timestamp;

use crate::line::layout::digits::{Shape, leading};
use crate::line::layout::scan::{digits_end, month, one_or_two, two, year};
use crate::line::time::Stamp;

/// `yyyy-mm-dd hh:mm:ss`, separated by `T` or a space, with an optional fraction and offset.
pub fn iso(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    if !matches!(bytes.get(at + 10)?, b'T' | b' ' | b't') {
        return None;
    }
    finish(bytes, at + 19, ordered(bytes, at, Shape::DASHED)?)
}

/// `yyyy/mm/dd hh:mm:ss` with an optional fraction and offset (nginx, Go, Samba).
pub fn slashed(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    if !matches!(bytes.get(at + 10)?, b' ' | b'T') {
        return None;
    }
    finish(bytes, at + 19, ordered(bytes, at, Shape::SLASHED)?)
}

/// `yyyy/mm/dd-hh:mm:ss.uuuuuu` (`RocksDB`, and activity traces).
pub fn slashed_dash(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    if *bytes.get(at + 10)? != b'-' {
        return None;
    }
    finish(bytes, at + 19, ordered(bytes, at, Shape::SLASHED)?)
}

/// `yyyymmddThhmmss` with an optional fraction and offset, the basic format of ISO 8601.
pub fn basic(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    if bytes.get(at + 8) != Some(&b'T') {
        return None;
    }
    let (year, day) = day(bytes, at)?;
    let time = (two(bytes, at + 9)?, two(bytes, at + 11)?, two(bytes, at + 13)?);
    finish(bytes, at + 15, Stamp::new(Some(year), day, time)?)
}

/// `dd/mm/yyyy hh:mm:ss` with an optional fraction (ganesha).
pub fn day_first(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let [.., b'/', _, _, b'/', _, _, _, _, b' '] = bytes.get(at..at + 11)? else { return None };
    let day = (two(bytes, at + 3)?, two(bytes, at)?);
    finish(bytes, at + 19, Stamp::new(Some(year(bytes, at + 6)?), day, clock(bytes, at + 11)?)?)
}

/// `dd-Mon-yyyy hh:mm:ss.mmm` with this `separator` in the date and `joint` before the time: `-` and a space in Tomcat,
/// `/` and a colon in access logs.
pub fn day_month(bytes: &[u8], at: usize, separator: u8, joint: u8) -> Option<(Stamp, usize)> {
    let chunk = bytes.get(at..at + 12)?;
    if chunk[2] != separator || chunk[6] != separator || chunk[11] != joint {
        return None;
    }
    let day = (month(bytes, at + 3)?, two(bytes, at)?);
    finish(bytes, at + 20, Stamp::new(Some(year(bytes, at + 7)?), day, clock(bytes, at + 12)?)?)
}

/// `Mon dd hh:mm:ss` with the year before the time, after it, or absent.
pub fn month_day(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let name = month(bytes, at)?;
    if bytes.get(at + 3) != Some(&b' ') {
        return None;
    }
    let (day, after_day) = one_or_two(bytes, at + 4)?;
    if bytes.get(after_day) != Some(&b' ') {
        return None;
    }
    let mut time_at = after_day + 1;
    let mut of_year = None;
    if bytes.get(time_at + 4) == Some(&b' ') {
        of_year = Some(year(bytes, time_at)?);
        time_at += 5;
    }
    let day = (name, day);
    let time = clock(bytes, time_at)?;
    let (stamp, end) = finish(bytes, time_at + 8, Stamp::new(of_year, day, time)?)?;
    // ctime: `Jun 11 03:12:44 2025`, or with `UTC` in between.
    if of_year.is_none()
        && bytes.get(end) == Some(&b' ')
        && let Some(late @ 1970..=2199) = year(bytes, end + 1)
        && !bytes.get(end + 5).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(byte))
    {
        let (stamp, _) = finish(bytes, time_at + 8, Stamp::new(Some(late), day, time)?)?;
        return Some((stamp, end + 5));
    }
    Some((stamp, end))
}

/// `Mon d, yyyy h:mm:ss AM` (j.u.l.; newer Java versions write a narrow space before `AM`).
pub fn java_util(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let name = month(bytes, at)?;
    let (day, comma) = one_or_two(bytes, at + 4)?;
    if bytes.get(at + 3) != Some(&b' ') || bytes.get(comma..comma + 2)? != b", " {
        return None;
    }
    let of_year = year(bytes, comma + 2)?;
    let mut hour_at = comma + 6;
    hour_at += usize::from(bytes.get(hour_at) == Some(&b','));
    if bytes.get(hour_at) != Some(&b' ') {
        return None;
    }
    let (hour, colon) = one_or_two(bytes, hour_at + 1)?;
    let [b':', _, _, b':', _, _, rest @ ..] = bytes.get(colon..)? else { return None };
    let (minute, second) = (two(bytes, colon + 1)?, two(bytes, colon + 4)?);
    let half_at = match rest {
        [b' ', ..] => 1,
        [0xe2, 0x80, 0xaf | 0x89, ..] => 3,
        [0xc2, 0xa0, ..] => 2,
        _ => return None,
    };
    let hour = match (rest.get(half_at..half_at + 2)?.to_ascii_uppercase().as_slice(), hour) {
        (b"AM", 12) => 0,
        (b"AM", 1..=11) | (b"PM", 12) => hour,
        (b"PM", 1..=11) => hour + 12,
        _ => return None,
    };
    let stamp = Stamp::new(Some(of_year), (name, day), (hour, minute, second))?;
    Some((stamp, colon + 6 + half_at + 2))
}

/// Seconds since 1970; or, depending on their number of digits, milli-, micro- or nanoseconds. From 1973 on.
pub fn epoch(bytes: &[u8], at: usize) -> Option<(Stamp, usize)> {
    let end = digits_end(bytes, at);
    let digits = bytes.get(at..end)?;
    let unit: i128 = match digits.len() {
        9..=11 => 1_000_000_000,
        12..=14 => 1_000_000,
        15..=17 => 1_000,
        18 | 19 => 1,
        _ => return None,
    };
    let number = digits.iter().fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    let (parts, end) = fraction(bytes, end);
    let nanoseconds = number * unit + i128::from(parts) * unit / 1_000_000_000;
    Some((Timestamp::from_nanosecond(nanoseconds).ok()?.into(), end))
}

/// The `hh:mm:ss` at `at`.
pub fn clock(bytes: &[u8], at: usize) -> Option<(u8, u8, u8)> {
    let [hour, _, _, minute, _, _, second, _] = Shape::CLOCK.read(bytes, at)?;
    Some((hour, minute, second))
}

/// The `yyyymmdd` at `at`: year, and month and day.
pub fn day(bytes: &[u8], at: usize) -> Option<(i16, (u8, u8))> {
    let [century, _, year, _, month, _, day, _] = Shape::DAY.read(bytes, at)?;
    Some((i16::from(century) * 100 + i16::from(year), (month, day)))
}

/// Adds the fraction and the offset at `at` to `stamp`; `None` if a word follows directly, so that it is not a time.
pub fn finish(bytes: &[u8], at: usize, stamp: Stamp) -> Option<(Stamp, usize)> {
    let (nanosecond, end) = fraction(bytes, at);
    let (offset, end) = offset(bytes, end);
    let word_follows = bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (!word_follows).then_some((stamp.with(nanosecond, offset), end))
}

/// Year, month, day and time of day at fixed offsets, the date in the shape of `date`. The byte between date and time
/// is not checked.
fn ordered(bytes: &[u8], at: usize, date: Shape) -> Option<Stamp> {
    let [century, _, year, _, _, month, _, _] = date.read(bytes, at)?;
    let year = i16::from(century) * 100 + i16::from(year);
    Stamp::new(Some(year), (month, two(bytes, at + 8)?), clock(bytes, at + 11)?)
}

/// The fraction at `at` (a dot or comma and digits, of which the ninth is the last that counts) in nanoseconds.
fn fraction(bytes: &[u8], at: usize) -> (u32, usize) {
    if !matches!(bytes.get(at), Some(b'.' | b',')) {
        return (0, at);
    }
    let (mut number, mut digits) = leading(bytes, at + 1);
    number *= 10;
    if digits == 8 {
        // The ninth digit counts; any after it are ignored.
        let end = digits_end(bytes, at + 9);
        number += bytes.get(at + 9).filter(|_| end > at + 9).map_or(0, |ninth| u32::from(ninth - b'0'));
        digits = end - at - 1;
    }
    if digits == 0 { (0, at) } else { (number, at + 1 + digits) }
}

/// The offset at `at` in seconds east of UTC (`Z`, `+09:00`, `+0900`, `+09`, ` +0900`, `UTC`, ` GMT`); `None` and `at`
/// if there is none.
fn offset(bytes: &[u8], at: usize) -> (Option<i32>, usize) {
    let unsaid = (None, at);
    match bytes.get(at..).unwrap_or_default() {
        [b'Z' | b'z', ..] => (Some(0), at + 1),
        [b'+' | b'-', ..] => signed(bytes, at, true).unwrap_or(unsaid),
        [b' ', b'+' | b'-', ..] => signed(bytes, at + 1, false).unwrap_or(unsaid),
        [b' ', b'U', b'T', b'C', ..] | [b' ', b'G', b'M', b'T', ..] => {
            zone_word(bytes, at + 4).unwrap_or(unsaid)
        }
        [b'U', b'T', b'C', ..] | [b'G', b'M', b'T', ..] => zone_word(bytes, at + 3).unwrap_or(unsaid),
        _ => unsaid,
    }
}

/// Offset 0, if the name of the zone really ends at `end`.
fn zone_word(bytes: &[u8], end: usize) -> Option<(Option<i32>, usize)> {
    let goes_on =
        bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'));
    (!goes_on).then_some((Some(0), end))
}

/// The offset whose sign is at `at`; without minutes only if `short`.
fn signed(bytes: &[u8], at: usize, short: bool) -> Option<(Option<i32>, usize)> {
    let hours = two(bytes, at + 1)?;
    let (minutes, end) = match bytes.get(at + 3) {
        Some(b':') => (two(bytes, at + 4)?, at + 6),
        Some(b'0'..=b'9') => (two(bytes, at + 3)?, at + 5),
        _ if short => (0, at + 3),
        _ => return None,
    };
    if hours > 18 || minutes > 59 || bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    Some((Some(if bytes[at] == b'-' { -seconds } else { seconds }), end))
}
