//! Counts and sizes: `1 line`, `2 lines`, `1,234,567`, `812 B`, `3.1 MiB`.

/// A count with its noun: `1 line`, `2 lines`, `3 breaches`.
pub fn count(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let ending = match count {
        1 => "",
        _ if noun.ends_with("ch") || noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}

/// A number in a table, its thousands separated: `1,234,567`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in binary units: `812 B`, `3.1 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let mut amount = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    // What would be rounded up to 1024 has the next unit.
    while amount >= 1023.95
        && let Some(next) = units.next()
    {
        amount /= 1024.0;
        unit = Some(next);
    }
    format!("{amount:.1} {}", unit.unwrap_or(&"EiB"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{count, number, size};

    #[test]
    fn one_has_no_s() {
        assert_eq!(count(0_u64, "line"), "0 lines");
        assert_eq!(count(1_usize, "line"), "1 line");
        assert_eq!(count(2_u32, "breach"), "2 breaches");
    }

    #[test]
    fn sizes_have_one_digit_behind_the_point_from_1_kib_on() {
        for (bytes, wanted) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (3_250_586, "3.1 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), wanted);
        }
    }

    proptest! {
        #[test]
        fn commas_stand_before_every_third_digit(value in any::<u64>()) {
            let text = number(value);
            prop_assert_eq!(text.replace(',', ""), value.to_string());
            prop_assert!(text.split(',').skip(1).all(|group| group.len() == 3));
        }

        #[test]
        fn no_size_is_wider_than_its_column(bytes in any::<u64>()) {
            prop_assert!(size(bytes).len() <= "1023.9 KiB".len());
        }
    }
}
