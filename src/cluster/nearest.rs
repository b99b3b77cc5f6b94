//! What a mistyped name may have meant.

/// How many names are offered.
const OFFERED: usize = 3;

/// The names nearest to `typed`, best first, at most three; at least one if there is any name at all.
///
/// Near is few edits, or that one is a part of the other (`insights` of `insights_server`).
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = typed.to_lowercase();
    let mut scored: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let is_part =
                folded.len() > 2 && (lower.contains(&folded) || (name.len() > 2 && folded.contains(&lower)));
            (strsim::osa_distance(&folded, &lower).min(if is_part { 1 } else { usize::MAX }), name)
        })
        .collect();
    scored.sort_by_key(|&(distance, _)| distance);
    let limit = 2.max(typed.chars().count() / 3);
    let near = scored.iter().filter(|&&(distance, _)| distance <= limit).count().max(1);
    scored.into_iter().take(near.min(OFFERED)).map(|(_, name)| name).collect()
}

/// The same names as words for a hint: `did you mean a, b or c?`; `None` if there is no name at all.
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
    use super::{did_you_mean, nearest};

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["genesis", "stargate", "stargate.INFO", "insights_server", "hera", "hades"];
        assert_eq!(nearest("gensis", names), ["genesis"]);
        assert_eq!(nearest("Stargaet", names)[0], "stargate");
        assert_eq!(nearest("insights", names), ["insights_server"]);
        assert_eq!(nearest("xyzzy-and-more", names).len(), 1, "something is always offered");
        assert_eq!(nearest("x", []), [""; 0]);
        assert_eq!(
            did_you_mean("stargat", names).as_deref(),
            Some("did you mean stargate or stargate.INFO?")
        );
    }
}
