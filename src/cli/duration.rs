//! Durations as people type them, with the limits of the flags that take one.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Parses `500ms`, `10s`, `2m`, `1h30m` or `1d`, greater than zero; a bare number is in seconds, as for sleep(1).
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a duration as 500ms, 10s, 2m or 1h30m".to_owned();
    let is_bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let duration = if is_bare {
        let seconds: f64 = text.parse().map_err(|_| wrong())?;
        Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?
    } else {
        let span: Span = text.parse().map_err(|_| wrong())?;
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
        Duration::try_from(duration).map_err(|_| wrong())?
    };
    if duration.is_zero() {
        return Err("duration must be greater than zero".into());
    }
    // Deadlines beyond a century would overflow.
    if duration > Duration::from_hours(100 * 366 * 24) {
        return Err("duration must not be longer than 100 years".into());
    }
    Ok(duration)
}

/// Parses a duration from 3 s to 1 h: less would declare a busy CVM dead, more would notice a dead one too late.
pub fn dead_after(text: &str) -> Result<Duration, String> {
    between(text, 3, "duration must be between 3s and 1h")
}

/// Parses a duration from 1 s, the unit of ssh's `ConnectTimeout`, to 1 h.
pub fn connect_timeout(text: &str) -> Result<Duration, String> {
    between(text, 1, "duration must be between 1s and 1h")
}

/// Parses a duration from `least` seconds to one hour; outside of that, `wrong` is the error.
fn between(text: &str, least: u64, wrong: &str) -> Result<Duration, String> {
    let limits = Duration::from_secs(least)..=Duration::from_hours(1);
    duration(text).and_then(|value| limits.contains(&value).then_some(value).ok_or_else(|| wrong.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{dead_after, duration};

    #[test]
    fn durations_are_written_as_people_write_them() {
        for (text, millis) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("1d", 86_400_000),
            ("10", 10_000),
            ("0.5", 500),
            ("1.5s", 1_500),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in
            ["", "0", "0s", "-1", "-5s", "5 apples", "inf", "NaN", ".", "1e9", "9999999999", "1mo", "1y"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(dead_after("2s").is_err() && dead_after("2h").is_err() && dead_after("18s").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "\\PC{0,20}|[0-9.hms+-]{0,12}") {
            let _ = duration(&text);
        }

        #[test]
        fn seconds_come_back_as_they_were_written(seconds in 1_u32..100_000) {
            let wanted = Ok(Duration::from_secs(seconds.into()));
            prop_assert_eq!(&duration(&format!("{seconds}s")), &wanted);
            prop_assert_eq!(&duration(&seconds.to_string()), &wanted);
        }
    }
}
