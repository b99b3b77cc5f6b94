//! `[snapshot]`: thresholds for all logs, and for single ones.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::config::place::{Located, SourceText};
use crate::usage::Usage;

#[derive(Clone, Debug, Default)]
pub struct SnapshotConfig {
    /// For all logs.
    pub thresholds: ThresholdConfig,
    /// For single logs, by name, glob over names or path.
    pub logs: Vec<(Located<String>, ThresholdConfig)>,
}

/// Thresholds as written; those not given are inherited from `[snapshot]`.
#[derive(Clone, Debug, Default)]
pub struct ThresholdConfig {
    /// `max-errors`
    pub max_errors: Option<u64>,
    /// `max-warnings`
    pub max_warnings: Option<u64>,
    /// `max-silence`, not yet parsed.
    pub max_silence: Option<Located<String>>,
    /// `fail-on`, not yet compiled.
    pub fail_on: Option<Located<Vec<String>>>,
}

/// `[snapshot]` as serde reads it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SnapshotToml {
    /// `max-errors = 0`
    #[serde(rename = "max-errors", alias = "max_errors")]
    max_errors: Option<Spanned<i64>>,
    /// `max-warnings = 10`
    #[serde(rename = "max-warnings", alias = "max_warnings")]
    max_warnings: Option<Spanned<i64>>,
    /// `max-silence = "10m"`
    #[serde(rename = "max-silence", alias = "max_silence")]
    max_silence: Option<Spanned<TextOrList>>,
    /// `fail-on = ["PANIC"]`
    #[serde(rename = "fail-on", alias = "fail_on")]
    fail_on: Option<Spanned<TextOrList>>,
    /// `[snapshot.logs.genesis]`
    #[serde(default)]
    logs: BTreeMap<Spanned<String>, ThresholdsToml>,
}

/// `[snapshot.logs.NAME]` as serde reads it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdsToml {
    /// `max-errors = 0`
    #[serde(rename = "max-errors", alias = "max_errors")]
    max_errors: Option<Spanned<i64>>,
    /// `max-warnings = 10`
    #[serde(rename = "max-warnings", alias = "max_warnings")]
    max_warnings: Option<Spanned<i64>>,
    /// `max-silence = "10m"`
    #[serde(rename = "max-silence", alias = "max_silence")]
    max_silence: Option<Spanned<TextOrList>>,
    /// `fail-on = ["PANIC"]`
    #[serde(rename = "fail-on", alias = "fail_on")]
    fail_on: Option<Spanned<TextOrList>>,
}

/// A string, a number in its place, or a list of strings.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a string or a list of strings")]
enum TextOrList {
    /// `"10m"`
    One(String),
    /// `600`
    Number(i64),
    /// `["a", "b"]`
    Many(Vec<String>),
}

impl SnapshotToml {
    /// Checks that no number is negative.
    pub(super) fn checked(self, text: &SourceText<'_>) -> Result<SnapshotConfig, Usage> {
        let Self { max_errors, max_warnings, max_silence, fail_on, logs } = self;
        let all = ThresholdsToml { max_errors, max_warnings, max_silence, fail_on };
        let logs = logs.into_iter().map(|(name, rules)| Ok((text.located(name), rules.checked(text)?)));
        Ok(SnapshotConfig { thresholds: all.checked(text)?, logs: logs.collect::<Result<_, Usage>>()? })
    }
}

impl ThresholdsToml {
    /// Checks that no number is negative.
    fn checked(self, text: &SourceText<'_>) -> Result<ThresholdConfig, Usage> {
        let count = |value: Option<Spanned<i64>>| {
            value
                .map(|value| {
                    let value = text.located(value);
                    u64::try_from(value.value).map_err(|_| Usage::new("must not be negative").at(value.place))
                })
                .transpose()
        };
        let silence = self.max_silence.map(|words| {
            let Located { value, place } = text.located(words);
            match value {
                TextOrList::One(value) => Ok(Located { value, place }),
                TextOrList::Number(seconds) => Ok(Located { value: seconds.to_string(), place }),
                TextOrList::Many(_) => Err(Usage::new("write one duration, such as \"10m\"").at(place)),
            }
        });
        let fail_on = self.fail_on.map(|words| {
            let Located { value, place } = text.located(words);
            match value {
                TextOrList::One(value) => Ok(Located { value: vec![value], place }),
                TextOrList::Many(value) => Ok(Located { value, place }),
                TextOrList::Number(_) => {
                    Err(Usage::new("write a regular expression, or a list of them").at(place))
                }
            }
        });
        Ok(ThresholdConfig {
            max_errors: count(self.max_errors)?,
            max_warnings: count(self.max_warnings)?,
            max_silence: silence.transpose()?,
            fail_on: fail_on.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::parse;

    #[test]
    fn rules_stand_for_all_logs_and_for_single_ones() {
        let text = "[snapshot]\nmax-errors = 0\nfail_on = 'PANIC'\n[snapshot.logs.genesis]\nmax-errors = 3\nmax-silence = 600\n";
        let snapshot = parse(Path::new("c.toml"), text).expect("a config").snapshot;
        assert_eq!(snapshot.thresholds.max_errors, Some(0));
        assert_eq!(snapshot.thresholds.fail_on.expect("a rule").value, ["PANIC"]);
        let [(name, rules)] = &snapshot.logs[..] else { panic!("{:?}", snapshot.logs) };
        assert_eq!((name.value.as_str(), name.place.as_str()), ("genesis", "c.toml:4:16"));
        assert_eq!((rules.max_errors, rules.max_warnings), (Some(3), None));
        assert_eq!(rules.max_silence.as_ref().expect("a rule").value, "600");
    }

    #[test]
    fn a_mistake_is_reported_with_its_place() {
        for (text, place, what) in [
            ("[snapshot]\nmax-error = 0", "c.toml:2:1: ", "unknown field"),
            ("[snapshot.logs.genesis]\nerrors = 0", "c.toml:2:1: ", "unknown field"),
            ("[snapshot]\n\nmax-errors = -1", "c.toml:3:14: ", "negative"),
            ("[snapshot]\nmax-errors = 'x'", "c.toml:2:14: ", "string"),
            ("[snapshot]\nfail-on = 5", "c.toml:2:11: ", "regular expression"),
            ("[snapshot]\nmax-silence = ['1m']", "c.toml:2:15: ", "one duration"),
            ("[snapshot]\nfail-on = [5]", "c.toml:2:11: ", "string"),
        ] {
            let told = parse(Path::new("c.toml"), text).expect_err(text).to_string();
            assert!(told.starts_with(place) && told.contains(what), "{text}: {told}");
        }
    }
}
