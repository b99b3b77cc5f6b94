//! Folded sets: `10.0.0.[1-4,7]`, `ntnx-[a-d]-cvm`, `n[001-010/3]`.
//!
//! Numeric sets mean what `nodeset -e` of clustershell makes of them, its order included: items sorted,
//! each once, leading zeros kept, digits right before a bracket a part of every number in it. Letters,
//! words and brackets that touch each other are ours: nodeset refuses them.

use std::collections::BTreeSet;

use crate::usage::Usage;

/// The most CVMs one folded set may stand for.
pub const MAX: usize = 4096;

/// The most digits a number in brackets may have, so that it fits a `u64` with room to step.
const MAX_DIGITS: usize = 18;

/// Expands `text` into names, in order, each once; without brackets it is itself the only name.
///
/// Fails on unbalanced brackets, on invalid ranges, and beyond [`MAX`] names.
pub fn expand(text: &str) -> Result<Vec<String>, Usage> {
    let wrong = |why: String| {
        Usage::new(format!("bad folded set `{}`: {why}", text.escape_debug()))
            .hint("write ranges like 10.0.0.[1-4,7], n[001-010/3] or ntnx-[a-d]-cvm")
    };
    let mut names = vec![String::new()];
    let mut rest = text;
    let mut after_bracket = false;
    while let Some(open) = rest.find(['[', ']']) {
        let (before, bracket) = rest.split_at(open);
        let Some((inside, after)) = bracket.strip_prefix('[').and_then(|from| from.split_once(']')) else {
            return Err(wrong("unbalanced brackets".into()));
        };
        if inside.contains('[') {
            return Err(wrong("brackets cannot be nested".into()));
        }
        let head = before.trim_end_matches(|c: char| c.is_ascii_digit());
        // Digits between two brackets belong to neither: nodeset refuses them, so nothing is to be equal to.
        let (literal, digits) =
            if after_bracket && head.is_empty() { (before, "") } else { (head, &before[head.len()..]) };
        let room = MAX / names.len();
        let (literal, items) =
            match numbers(digits, inside, after.starts_with(|c: char| c.is_ascii_digit()), room)
                .map_err(&wrong)?
            {
                Some(items) => (literal, items),
                None => (before, words(inside, room).map_err(&wrong)?),
            };
        names = names
            .iter()
            .flat_map(|name| items.iter().map(move |item| format!("{name}{literal}{item}")))
            .collect();
        rest = after;
        after_bracket = true;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// The items of a bracket that holds numbers only, each with `prefix` in front, at most `room` of them;
/// `before_digit` if a digit follows the bracket.
///
/// `None` if something in it is not a number.
fn numbers(
    prefix: &str,
    inside: &str,
    before_digit: bool,
    room: usize,
) -> Result<Option<Vec<String>>, String> {
    // Shorter before longer, then digit by digit: by value, and `9` before `010`, as nodeset has it.
    let mut items: BTreeSet<(usize, String)> = BTreeSet::new();
    for part in inside.split(',').map(str::trim) {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        if ![Some(from), Some(to), step].into_iter().flatten().all(is_number) {
            return Ok(None);
        }
        for item in range_of(from, to, step.map_or(Ok(1), number)?)? {
            items.insert((item.len(), item));
        }
        if items.len() > room {
            return Err(too_many());
        }
    }
    let items: Vec<String> = items.into_iter().map(|(_, item)| item).collect();
    if prefix.is_empty() {
        Ok(Some(items))
    } else {
        with_prefix(prefix, &items, before_digit, room).map(Some)
    }
}

/// The numbers from `from` to `to`, padded with zeros as both are, in steps.
fn range_of(from: &str, to: &str, step: u64) -> Result<Vec<String>, String> {
    let (first, last) = (number(from)?, number(to)?);
    if first > last {
        return Err(format!("the range `{from}-{to}` runs backwards"));
    }
    if step == 0 {
        return Err("the step cannot be 0".into());
    }
    let is_padded = |digits: &str| digits.len() > 1 && digits.starts_with('0');
    if (is_padded(from) || is_padded(to)) && from.len() != to.len() {
        return Err(format!("the bounds of `{from}-{to}` are zero-padded to different widths"));
    }
    let width = if is_padded(from) { from.len() } else { 0 };
    let steps = (last - first) / step;
    if steps >= MAX as u64 {
        return Err(too_many());
    }
    Ok((0..=steps).map(|n| format!("{:0width$}", first + n * step)).collect())
}

/// Sorted items, the digits that stand right before the bracket taken into each.
///
/// nodeset takes them into the *ends* of each unbroken run instead: `n5[9-10]` runs from 59 to 510. So do we.
/// Digits right behind the bracket (`before_digit`) break every run.
fn with_prefix(
    prefix: &str,
    items: &[String],
    before_digit: bool,
    room: usize,
) -> Result<Vec<String>, String> {
    let is_next = |a: &String, b: &String| {
        let same_padding = a.len() == b.len() || !(a.starts_with('0') && a.len() > 1 || b.starts_with('0'));
        same_padding && number(a).ok().map(|a| a + 1) == number(b).ok()
    };
    let mut all = Vec::new();
    for run in items.chunk_by(|a, b| !before_digit && is_next(a, b)) {
        if let [first, .., last] = run {
            all.extend(range_of(&format!("{prefix}{first}"), &format!("{prefix}{last}"), 1)?);
        } else {
            all.extend(run.iter().map(|item| format!("{prefix}{item}")));
        }
        if all.len() > room {
            return Err(too_many());
        }
    }
    Ok(all)
}

/// Why a set that is too large is refused.
fn too_many() -> String {
    format!("it expands to more than {MAX} CVMs")
}

/// The items of a bracket that holds letters, ranges of one letter, or words; in the order written.
fn words(inside: &str, room: usize) -> Result<Vec<String>, String> {
    let mut items: Vec<String> = Vec::new();
    for part in inside.split(',').map(str::trim) {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let new: Vec<String> = match range.split_once('-') {
            None if part == range && !part.is_empty() && part.bytes().all(is_word) => vec![part.to_owned()],
            None => return Err(format!("`{part}` is neither a number, a word nor a range")),
            Some((from, to)) => {
                let (first, last) = letters(from, to).ok_or_else(|| format!("`{part}` is not a range"))?;
                let step = usize::try_from(number(step)?).unwrap_or(usize::MAX);
                if step == 0 {
                    return Err(format!("the step of `{part}` is 0"));
                }
                (first..=last).step_by(step).map(|letter| char::from(letter).to_string()).collect()
            }
        };
        items.extend(new);
        if items.len() > room {
            return Err(too_many());
        }
    }
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.clone()));
    Ok(items)
}

/// The ends of a range of single letters of one case, in order.
fn letters(from: &str, to: &str) -> Option<(u8, u8)> {
    let (&[first], &[last]) = (from.as_bytes(), to.as_bytes()) else { return None };
    let same_case = (first.is_ascii_lowercase() && last.is_ascii_lowercase())
        || (first.is_ascii_uppercase() && last.is_ascii_uppercase());
    (same_case && first <= last).then_some((first, last))
}

/// True for what a word in brackets is made of.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}

/// True for digits only.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of digits; fails beyond [`MAX_DIGITS`].
fn number(digits: &str) -> Result<u64, String> {
    match digits.parse() {
        Ok(value) if digits.len() <= MAX_DIGITS => Ok(value),
        _ => Err(format!("`{digits}` is not a number of at most {MAX_DIGITS} digits")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX, expand};

    /// Right-hand sides as `nodeset -e` 1.9.1 printed them.
    const AS_NODESET: [(&str, &str); 29] = [
        ("10.0.0.[1-4,7]", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.7"),
        ("n[4,1-2]", "n1 n2 n4"),
        ("n[1,01]", "n1 n01"),
        ("n[01,1,001]", "n1 n01 n001"),
        ("n[10,01,2,003]", "n2 n01 n10 n003"),
        ("n1[2-3]", "n12 n13"),
        ("n[1-2]0", "n10 n20"),
        ("a[1-2]b[1-2]", "a1b1 a1b2 a2b1 a2b2"),
        ("b[2,1]a[2,1]", "b1a1 b1a2 b2a1 b2a2"),
        ("n[09-10]", "n09 n10"),
        ("n[1-10/3]", "n1 n4 n7 n10"),
        ("n[001-010/3]", "n001 n004 n007 n010"),
        ("n[0-3]", "n0 n1 n2 n3"),
        ("[1-3]", "1 2 3"),
        ("[1-2]a", "1a 2a"),
        ("n[1-3/2,2]", "n1 n2 n3"),
        ("n[10,9]", "n9 n10"),
        ("n[1-5/10]", "n1"),
        ("n[000]", "n000"),
        ("n[9-10]5", "n95 n105"),
        ("n[9,010]", "n9 n010"),
        ("n0[1-2]", "n01 n02"),
        ("n5[8-9]", "n58 n59"),
        ("10.0.[1-2].[3,1]", "10.0.1.1 10.0.1.3 10.0.2.1 10.0.2.3"),
        ("n[1-2]00", "n100 n200"),
        ("n[ 1-2 ]", "n1 n2"),
        ("n5[9-11/2,7-8]", "n57 n58 n59 n511"),
        ("a1[9-10]0", "a190 a1100"),
        ("c4[1-16/4]", "c41 c45 c49 c413"),
    ];

    /// What nodeset 1.9.1 refuses, and so do we.
    const REFUSED: [&str; 16] = [
        "n[4-1]",
        "n[1-010]",
        "n[001-10]",
        "n[00-3]",
        "n[1-4/0]",
        "n[]",
        "n[1-]",
        "n[1,]",
        "n[,1]",
        "n[1-2",
        "n1-2]",
        "n[1-3/2-4]",
        "n[[1-2]]",
        "n[1--3]",
        "n[1-3/-1]",
        "n00[9-11]",
    ];

    #[test]
    fn numeric_sets_are_those_of_nodeset() {
        for (set, names) in AS_NODESET {
            assert_eq!(expand(set).expect(set).join(" "), names, "{set}");
        }
        // nodeset takes the digits before a bracket into both ends of a run.
        assert_eq!(expand("n5[9-10]").expect("a set").len(), 452);
        assert_eq!(expand("n[1-4096,1-4096]").expect("the most, twice").len(), MAX);
        for set in REFUSED {
            assert!(expand(set).is_err(), "{set}");
        }
    }

    #[test]
    fn letters_words_and_touching_brackets_fold_too() {
        for (set, names) in [
            ("ntnx-[a-d]-cvm", "ntnx-a-cvm ntnx-b-cvm ntnx-c-cvm ntnx-d-cvm"),
            ("x[C-A]", ""),
            ("x[c,a,c]", "xc xa"),
            ("x[a-f/2]", "xa xc xe"),
            ("x5[a,10]", "x5a x510"),
            ("[lab,prod]-cvm", "lab-cvm prod-cvm"),
            ("n[1-2][a-b]", "n1a n1b n2a n2b"),
            ("n[1-2]0[9-10]", "n109 n1010 n209 n2010"),
            ("x[a-B]", ""),
            ("x[a-d-e]", ""),
            ("x[a/2]", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(expand(set).map_or(String::new(), |all| all.join(" ")), names, "{set}");
        }
    }

    #[test]
    fn a_set_stands_for_at_most_4096_cvms() {
        assert_eq!(expand("n[1-4096]").expect("the most").len(), MAX);
        assert_eq!(expand("n[1-64]x[1-64]").expect("the most").len(), MAX);
        for set in ["n[1-4097]", "n[1-64]x[1-65]", "n[0-999999999999999999]", "n[1-99999999999999999999]"] {
            assert!(expand(set).is_err(), "{set}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_or_refused(text in "[a-z0-9\\[\\],/. -]{0,24}|\\PC{0,12}") {
            if let Ok(names) = expand(&text) {
                prop_assert!(!names.is_empty() && names.len() <= MAX);
                prop_assert!(names.iter().all(|name| !name.contains(['[', ']'])));
            }
        }

        #[test]
        fn a_range_holds_every_step_once(from in 0_u64..500, length in 0_u64..300, step in 1_usize..9) {
            let names = expand(&format!("n[{from}-{}/{step}]", from + length)).expect("a range");
            let wanted: Vec<String> = (from..=from + length).step_by(step).map(|n| format!("n{n}")).collect();
            prop_assert_eq!(names, wanted);
        }
    }
}
