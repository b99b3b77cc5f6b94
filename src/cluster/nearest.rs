//! What a mistyped name may have meant: names of logs, clusters, flags and config keys.

/// The most names that are offered.
const OFFERED: usize = 3;

/// The shortest text that may be offered the names it is a part of.
const PART: usize = 4;

/// The names near to `typed`, nearest first, at most three; none if none is near.
///
/// A name is near if it takes no more edits than a third of the typed letters, at least one; or if it contains what
/// was typed (`insights` of `insights_server`).
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    let limit = 1.max(length / 3);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = strsim::osa_distance(&typed, &lower);
            let is_part = length >= PART && lower.contains(&typed);
            (distance <= limit || is_part).then_some((distance, name))
        })
        .collect();
    near.sort_by_key(|&(distance, _)| distance);
    near.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// The same names as a question for a hint: `did you mean a, b or c?`; `None` if none is near.
pub fn did_you_mean<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = nearest(typed, names);
    let (last, others) = near.split_last()?;
    Some(match others {
        [] => format!("did you mean {last}?"),
        _ => format!("did you mean {} or {last}?", others.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::{did_you_mean, nearest};
    use crate::cluster::catalogue;

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["genesis", "stargate", "stargate.INFO", "insights_server", "hera", "hades"];
        assert_eq!(nearest("gensis", names), ["genesis"]);
        assert_eq!(nearest("Stargaet", names)[0], "stargate");
        assert_eq!(nearest("insights", names), ["insights_server"]);
        assert_eq!(
            did_you_mean("stargat", names).as_deref(),
            Some("did you mean stargate or stargate.INFO?")
        );
    }

    #[test]
    fn a_name_that_is_not_near_is_not_offered() {
        let names: Vec<String> = catalogue::all().map(|(name, _)| name).collect();
        for typed in ["nope", "help", "local", "version", "xyzzy-and-more", "tail", "log", "x", "ab", ""] {
            assert_eq!(nearest(typed, names.iter().map(String::as_str)), [""; 0], "{typed}");
            assert_eq!(did_you_mean(typed, names.iter().map(String::as_str)), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn what_is_offered_is_near(typed in "[a-z_.]{0,12}", names in proptest::collection::vec("[a-z_.]{1,12}", 0..8)) {
            for name in nearest(&typed, names.iter().map(String::as_str)) {
                let edits = strsim::osa_distance(&typed, name);
                prop_assert!(edits <= 1.max(typed.len() / 3) || name.contains(&typed));
            }
        }
    }
}
