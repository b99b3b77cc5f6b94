//! Values of flags: durations, a backlog, an ssh option. Each takes the text and gives the value or why not.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

use crate::cli::StatsFlag;
use crate::cli::when::When;
use crate::line::level::Level;
use crate::options::{Backlog, Timestamps};

/// Reads a duration above zero: `500ms`, `10s`, `2m`, `1h30m`, `1d`; a bare number counts seconds, as in sleep(1).
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
        return Err("a duration is more than nothing".into());
    }
    // Beyond a century nobody is there to see the end, and deadlines would overflow.
    if duration > Duration::from_hours(100 * 366 * 24) {
        return Err("this is longer than a century".into());
    }
    Ok(duration)
}

/// Reads a duration from 3 s to 1 h: shorter, and a busy CVM is called dead; longer, and nobody notices.
pub fn dead_after(text: &str) -> Result<Duration, String> {
    let limits = Duration::from_secs(3)..=Duration::from_hours(1);
    duration(text).and_then(|value| {
        limits.contains(&value).then_some(value).ok_or_else(|| "write a duration from 3s to 1h".into())
    })
}

/// Reads a duration from 1 s, the unit ssh counts in, to 1 h.
pub fn connect_timeout(text: &str) -> Result<Duration, String> {
    let limits = Duration::from_secs(1)..=Duration::from_hours(1);
    duration(text).and_then(|value| {
        limits.contains(&value).then_some(value).ok_or_else(|| "write a duration from 1s to 1h".into())
    })
}

/// Reads how many handshakes may be in flight: 1 to 1024.
pub fn parallel(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=1024).contains(n)).ok_or_else(|| "write a number from 1 to 1024".into())
}

/// Reads `N` and `-N` (the last N lines) and `+N` (from line N on, `+0` being `+1`), as tail does.
pub fn backlog(text: &str) -> Result<Backlog, String> {
    let wrong = || "write a number of lines, or +N to begin at line N".to_owned();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    Ok(if text.starts_with('+') { Backlog::FromLine(count.max(1)) } else { Backlog::Lines(count) })
}

/// Reads a point in time; see [`When`].
pub fn when(text: &str) -> Result<When, String> {
    When::parse(text).ok_or_else(|| "write 10m (ago), 14:05, 2026-11-20 or 2026-11-20T12:00:00Z".into())
}

/// Reads a level by its name or a common other one for it.
pub fn level(text: &str) -> Result<Level, String> {
    text.parse().map_err(|_| "write trace, debug, info, warning, error or fatal".into())
}

/// Reads `utc`, `local` or a strftime format that prints something.
pub fn timestamps(text: &str) -> Result<Timestamps, String> {
    match text {
        "utc" => Ok(Timestamps::Utc),
        "local" => Ok(Timestamps::Local),
        format => match jiff::fmt::strtime::format(format, &jiff::Zoned::default()) {
            Ok(_) if format.contains('%') => Ok(Timestamps::Format(format.to_owned())),
            Ok(_) => Err("write utc, local or a strftime format such as %H:%M:%S".into()),
            Err(error) => Err(error.to_string()),
        },
    }
}

/// Reads `end`, or the interval of the summaries.
pub fn stats(text: &str) -> Result<StatsFlag, String> {
    if text == "end" { Ok(StatsFlag::AtEnd) } else { duration(text).map(StatsFlag::Every) }
}

/// Takes `Key=Value` with a key that is one word; ssh knows which keys there are.
pub fn ssh_option(text: &str) -> Result<String, String> {
    let (key, _) = text.split_once('=').ok_or("write Key=Value, such as ServerAliveInterval=5")?;
    if key.is_empty()
        || !key.bytes().all(|byte| byte.is_ascii_alphanumeric())
        || text.contains(char::is_control)
    {
        return Err("write Key=Value, such as ServerAliveInterval=5".into());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{backlog, dead_after, duration, parallel, ssh_option, stats};
    use crate::cli::StatsFlag;
    use crate::options::Backlog;

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

    #[test]
    fn a_backlog_is_written_as_for_tail() {
        for (text, wanted) in [
            ("10", Backlog::Lines(10)),
            ("-10", Backlog::Lines(10)),
            ("0", Backlog::Lines(0)),
            ("+1", Backlog::FromLine(1)),
            ("+0", Backlog::FromLine(1)),
            ("+77", Backlog::FromLine(77)),
        ] {
            assert_eq!(backlog(text), Ok(wanted), "{text}");
        }
        for text in ["", "+", "-", "ten", "1k", "++1", "99999999999999999999999"] {
            assert!(backlog(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_other_values_have_their_bounds() {
        assert!(parallel("0").is_err() && parallel("1025").is_err() && parallel("8") == Ok(8));
        assert_eq!(stats("end"), Ok(StatsFlag::AtEnd));
        assert_eq!(stats("30s"), Ok(StatsFlag::Every(Duration::from_secs(30))));
        assert!(ssh_option("ServerAliveInterval=5").is_ok());
        for text in ["x", "=x", "a b=c", "-o=x", "A=b\nc"] {
            assert!(ssh_option(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[0-9.hms+-]{0,12}") {
            let _ = (duration(&text), backlog(&text), stats(&text), ssh_option(&text), parallel(&text));
        }

        #[test]
        fn seconds_come_back_as_they_were_written(seconds in 1_u32..100_000) {
            let wanted = Ok(Duration::from_secs(seconds.into()));
            prop_assert_eq!(&duration(&format!("{seconds}s")), &wanted);
            prop_assert_eq!(&duration(&seconds.to_string()), &wanted);
        }
    }
}
