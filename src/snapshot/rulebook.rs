//! Which rules count for which log.

use std::time::Duration;

use crate::cluster::target::RemotePath;
use crate::snapshot::thresholds::Thresholds;

/// The rules of all logs and of single ones, from the widest to the narrowest: what a narrower one says counts.
#[derive(Debug, Default)]
pub struct Rulebook(Vec<(Scope, Rules)>);

/// Where rules count.
#[derive(Debug)]
pub enum Scope {
    /// For every log.
    All,
    /// For the logs at these paths.
    Logs(Vec<RemotePath>),
}

/// Rules; what is not given is left to the next wider ones.
#[derive(Debug, Default)]
pub struct Rules {
    /// At most so many errors and fatal errors.
    pub max_errors: Option<u64>,
    /// At most so many warnings.
    pub max_warnings: Option<u64>,
    /// Silent for at most so long.
    pub max_silence: Option<Duration>,
    /// No line that matches one of these, which are regular expressions.
    pub fail_on: Option<Vec<String>>,
}

impl Rulebook {
    /// Adds rules that are narrower than all before.
    pub fn add(&mut self, scope: Scope, rules: Rules) {
        self.0.push((scope, rules));
    }

    /// What counts for the log at `path`.
    pub fn of(&self, path: &RemotePath) -> Thresholds {
        let mut thresholds = Thresholds::default();
        for (scope, rules) in &self.0 {
            if matches!(scope, Scope::Logs(paths) if !paths.contains(path)) {
                continue;
            }
            thresholds.max_errors = rules.max_errors.or(thresholds.max_errors);
            thresholds.max_warnings = rules.max_warnings.or(thresholds.max_warnings);
            thresholds.max_silence = rules.max_silence.or(thresholds.max_silence);
            if let Some(fail_on) = &rules.fail_on {
                thresholds.fail_on.clone_from(fail_on);
            }
        }
        thresholds
    }
}

#[cfg(test)]
mod tests {
    use super::{Rulebook, Rules, Scope};
    use crate::cluster::target::RemotePath;
    use crate::snapshot::thresholds::Thresholds;

    #[test]
    fn what_a_narrower_rule_says_counts_and_what_it_leaves_out_is_as_before() {
        let at = |path: &str| RemotePath(path.into());
        let errors = |most: u64| Rules { max_errors: Some(most), ..Rules::default() };
        let mut book = Rulebook::default();
        book.add(Scope::All, Rules { max_warnings: Some(9), fail_on: Some(vec!["x".into()]), ..errors(5) });
        book.add(Scope::Logs(vec![at("/a"), at("/b")]), Rules { fail_on: Some(vec![]), ..errors(0) });
        book.add(Scope::Logs(vec![at("/b")]), errors(1));
        let of = |path: &str| {
            let Thresholds { max_errors, max_warnings, fail_on, .. } = book.of(&at(path));
            (max_errors, max_warnings, fail_on.len())
        };
        assert_eq!(
            [of("/a"), of("/b"), of("/c")],
            [(Some(0), Some(9), 0), (Some(1), Some(9), 0), (Some(5), Some(9), 1)]
        );
    }
}
