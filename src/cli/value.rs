//! Values of flags: each function takes the text and returns the value, or what to write instead.

use crate::cli::duration;
use crate::line::level::Level;
use crate::options::{Backlog, Stats, Timestamps};

/// Parses the number of handshakes in flight: 1 to 1024.
pub fn parallel(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=1024).contains(n)).ok_or_else(|| "write a number from 1 to 1024".into())
}

/// Parses `N` and `-N` (the last N lines) and `+N` (from line N on, `+0` being `+1`), as tail does.
pub fn backlog(text: &str) -> Result<Backlog, String> {
    let wrong = || "write a number of lines, or +N to start at line N".to_owned();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    Ok(if text.starts_with('+') { Backlog::FromLine(count.max(1)) } else { Backlog::Lines(count) })
}

/// Parses a level by its name or a common synonym.
pub fn level(text: &str) -> Result<Level, String> {
    Level::from_name(text).ok_or_else(|| "write trace, debug, info, warning, error or fatal".into())
}

/// Parses `utc`, `local` or a strftime format with at least one conversion.
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

/// Parses `end`, or the interval of the summaries.
pub fn stats(text: &str) -> Result<Stats, String> {
    let every = if text == "end" { None } else { Some(duration(text)?) };
    Ok(Stats { every })
}

/// Checks the form `Key=Value`; which keys exist is for ssh to say.
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

    use super::{backlog, parallel, ssh_option, stats};
    use crate::options::{Backlog, Stats};

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
        assert_eq!(stats("end"), Ok(Stats { every: None }));
        assert_eq!(stats("30s"), Ok(Stats { every: Some(Duration::from_secs(30)) }));
        assert!(ssh_option("ServerAliveInterval=5").is_ok());
        for text in ["x", "=x", "a b=c", "-o=x", "A=b\nc"] {
            assert!(ssh_option(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "\\PC{0,20}|[0-9.hms+-]{0,12}") {
            let _ = (backlog(&text), stats(&text), ssh_option(&text), parallel(&text));
        }
    }
}
