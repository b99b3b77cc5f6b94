//! Durations: `0.3 ms`, `350 ms`, `1.5 s`, `18 s`, `2 m 5 s`, `1 h 30 m`, `3 d 4 h`.

use std::time::Duration;

/// A duration in the two largest units that say something, rounded to the smaller one.
pub fn duration(duration: Duration) -> String {
    seconds(duration.as_secs_f64())
}

/// The same of a number of seconds; a negative one counts as none.
pub fn seconds(seconds: f64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let millis = seconds * 1_000.0;
    // Each limit is where rounding would reach the next form.
    match seconds {
        _ if millis < 0.05 => "0 s".to_owned(),
        _ if millis < 9.95 => format!("{} ms", tenths(millis)),
        _ if millis < 999.5 => format!("{millis:.0} ms"),
        ..9.95 => format!("{} s", tenths(seconds)),
        ..59.5 => format!("{seconds:.0} s"),
        _ => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "positive, and a float that is too large becomes the largest integer"
            )]
            let whole = seconds.round() as u64;
            if whole < HOUR {
                two(whole, MINUTE, 1, ["m", "s"])
            } else if whole.saturating_add(MINUTE / 2) < DAY {
                two(whole, HOUR, MINUTE, ["h", "m"])
            } else {
                two(whole, DAY, HOUR, ["d", "h"])
            }
        }
    }
}

/// A number with one digit behind the point, unless that is 0.
fn tenths(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// Seconds in two units of `large` and `small` seconds; the second one is left out if it is 0.
fn two(seconds: u64, large: u64, small: u64, [large_name, small_name]: [&str; 2]) -> String {
    let rounded = seconds.saturating_add(small / 2) / small;
    let (large, small) = (rounded / (large / small), rounded % (large / small));
    if small == 0 {
        format!("{large} {large_name}")
    } else {
        format!("{large} {large_name} {small} {small_name}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, prop_assert, proptest};

    use super::{duration, seconds};

    #[test]
    fn durations_are_in_the_units_that_matter() {
        for (amount, wanted) in [
            (-3.0, "0 s"),
            (0.0, "0 s"),
            (0.000_3, "0.3 ms"),
            (0.004, "4 ms"),
            (0.35, "350 ms"),
            (0.999_6, "1 s"),
            (1.5, "1.5 s"),
            (9.96, "10 s"),
            (18.0, "18 s"),
            (59.6, "1 m"),
            (125.0, "2 m 5 s"),
            (600.0, "10 m"),
            (3_599.6, "1 h"),
            (5_400.0, "1 h 30 m"),
            (86_399.0, "1 d"),
            (86_400.0, "1 d"),
            (273_600.0, "3 d 4 h"),
            (864_000.0, "10 d"),
        ] {
            assert_eq!(seconds(amount), wanted, "{amount}");
        }
        assert_eq!(duration(Duration::from_secs(90)), "1 m 30 s");
    }

    proptest! {
        #[test]
        fn no_part_reaches_the_next_unit(millis in any::<u32>()) {
            let text = duration(Duration::from_millis(millis.into()));
            for part in text.split(' ').collect::<Vec<_>>().chunks(2) {
                let amount: f64 = part[0].parse().unwrap();
                let limit = match part[1] { "ms" => 1_000.0, "s" | "m" => 60.0, "h" => 24.0, _ => f64::MAX };
                prop_assert!(amount < limit, "{text}");
            }
        }

        #[test]
        fn any_number_is_written(amount in any::<f64>()) {
            prop_assert!(!seconds(amount).is_empty());
        }
    }
}
