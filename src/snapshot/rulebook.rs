//! The rules that apply to each log.

use std::time::Duration;

use crate::cluster::target::RemotePath;
use crate::snapshot::thresholds::Thresholds;

/// Rules with their scopes, from the widest to the narrowest; a narrower one takes precedence.
#[derive(Debug, Default)]
pub struct Rulebook(Vec<(Scope, Rules)>);

/// The logs to which rules apply.
#[derive(Debug)]
pub enum Scope {
    All,
    /// The logs at these paths.
    Logs(Vec<RemotePath>),
}

/// What is `None` is left to the next wider rules.
#[derive(Debug, Default)]
pub struct Rules {
    pub max_errors: Option<u64>,
    pub max_warnings: Option<u64>,
    pub max_silence: Option<Duration>,
    /// Regular expressions.
    pub fail_on: Option<Vec<String>>,
}

impl Rulebook {
    /// Adds rules with a narrower scope than all before.
    pub fn add(&mut self, scope: Scope, rules: Rules) {
        self.0.push((scope, rules));
    }

    /// The thresholds of the log at `path`.
    pub fn thresholds_for(&self, path: &RemotePath) -> Thresholds {
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
    fn a_narrower_rule_takes_precedence_and_inherits_the_rest() {
        let at = |path: &str| RemotePath(path.into());
        let errors = |most: u64| Rules { max_errors: Some(most), ..Rules::default() };
        let mut book = Rulebook::default();
        book.add(Scope::All, Rules { max_warnings: Some(9), fail_on: Some(vec!["x".into()]), ..errors(5) });
        book.add(Scope::Logs(vec![at("/a"), at("/b")]), Rules { fail_on: Some(vec![]), ..errors(0) });
        book.add(Scope::Logs(vec![at("/b")]), errors(1));
        let of = |path: &str| {
            let Thresholds { max_errors, max_warnings, fail_on, .. } = book.thresholds_for(&at(path));
            (max_errors, max_warnings, fail_on.len())
        };
        assert_eq!(
            [of("/a"), of("/b"), of("/c")],
            [(Some(0), Some(9), 0), (Some(1), Some(9), 0), (Some(5), Some(9), 1)]
        );
    }
}
