//! Globs over names of logs: `*`, `?`, `[a-c]`, `[!x]`, as a shell has them.

/// True if `text` would be taken for a glob by a shell.
pub fn is_glob(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// True if the whole of `name` is what `pattern` describes.
///
/// Steps back to the last `*` only, so the time is bounded by the product of the lengths, never exponential.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (mut rest, mut left) = (pattern, name);
    let mut retry: Option<(&str, &str)> = None;
    loop {
        if let Some(after) = rest.strip_prefix('*') {
            retry = Some((after, left));
            rest = after;
            continue;
        }
        if rest.is_empty() && left.is_empty() {
            return true;
        }
        let mut chars = left.chars();
        let stepped = chars.next().and_then(|c| one(rest, c));
        match (stepped, retry) {
            (Some(after), _) => (rest, left) = (after, chars.as_str()),
            (None, Some((after, from))) => {
                let mut from = from.chars();
                if from.next().is_none() {
                    return false;
                }
                (rest, left) = (after, from.as_str());
                retry = Some((after, left));
            }
            (None, None) => return false,
        }
    }
}

/// The pattern behind its first element, if that element stands for `c`.
fn one(pattern: &str, c: char) -> Option<&str> {
    let mut chars = pattern.chars();
    match chars.next()? {
        '?' => Some(chars.as_str()),
        '[' => match class(chars.as_str(), c) {
            Some((true, after)) => Some(after),
            Some((false, _)) => None,
            None => (c == '[').then_some(chars.as_str()),
        },
        literal => (literal == c).then_some(chars.as_str()),
    }
}

/// Whether `c` is in the class that `pattern` goes on with, and the pattern behind it; `None` if it is not closed.
fn class(pattern: &str, c: char) -> Option<(bool, &str)> {
    let (negated, body) = match pattern.strip_prefix(['!', '^']) {
        Some(body) => (true, body),
        None => (false, pattern),
    };
    // A `]` that comes first is one of the characters.
    let end = body.char_indices().skip(1).find(|&(_, c)| c == ']')?.0;
    let members: Vec<char> = body[..end].chars().collect();
    let mut found = false;
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            found |= (members[at]..=members[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= members[at] == c;
            at += 1;
        }
    }
    Some((found != negated, &body[end + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::matches;

    #[test]
    fn globs_mean_what_a_shell_means() {
        for (pattern, name, wanted) in [
            ("insights_*", "insights_server", true),
            ("insights_*", "insights", false),
            ("*", "", true),
            ("*.FATAL", "stargate.FATAL", true),
            ("*.FATAL", "stargate.FATAL.1", false),
            ("?rism", "prism", true),
            ("?rism", "rism", false),
            ("[a-c]urator", "curator", true),
            ("[!a-c]urator", "curator", false),
            ("[^x]urator", "curator", true),
            ("[]x]", "]", true),
            ("[-a]", "-", true),
            ("[", "[", true),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbXb", false),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        assert!(!matches(&"*a".repeat(60), &"a".repeat(59)));
    }

    proptest! {
        #[test]
        fn any_pattern_ends(pattern in "[a-c*?\\[\\]!-]{0,16}|\\PC{0,8}", name in "[a-c\\[\\]]{0,12}|\\PC{0,8}") {
            let _ = matches(&pattern, &name);
        }

        #[test]
        fn a_name_matches_itself_and_every_star_put_into_it(name in "[a-z_.]{0,12}", at in 0_usize..12) {
            prop_assert!(matches(&name, &name));
            let at = at.min(name.len());
            let (head, tail) = name.split_at(at);
            let pattern = format!("{head}*{tail}");
            prop_assert!(matches(&pattern, &name));
        }
    }
}
