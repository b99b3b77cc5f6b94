//! Which logs are meant by names, globs and paths.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::cluster::naming::{Naming, file_name, shown};
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::cluster::{catalogue, glob, nearest};
use crate::config::Config;
use crate::usage::Usage;

/// The name and the path of a log.
pub type NamedLog = (String, RemotePath);

/// The logs that words of the command line mean.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ChosenLogs {
    /// Logs whose paths are known, each once.
    pub logs: Vec<NamedLog>,
    /// Globs over paths, each once; only the CVMs know what they match.
    pub patterns: Vec<PathPattern>,
}

/// All known names of logs.
pub struct LogNames {
    /// The catalogue in its order, then the config's own, by name; each name once.
    known: Vec<NamedLog>,
}

/// What one word of the command line means.
enum Meaning {
    Known(Vec<NamedLog>),
    /// A path of no known log.
    Path(RemotePath),
    Pattern(PathPattern),
}

impl LogNames {
    /// The names of the catalogue and of the config, which takes precedence.
    pub fn new(config: &Config) -> Self {
        let path = |path: &str| RemotePath(path.as_bytes().to_vec());
        let mut known: Vec<NamedLog> = catalogue::all()
            .map(|(name, built_in)| {
                let place = config.logs.get(&name).unwrap_or(&built_in);
                let place = path(place);
                (name, place)
            })
            .collect();
        let built_in: HashSet<String> = known.iter().map(|(name, _)| name.clone()).collect();
        known.extend(
            config
                .logs
                .iter()
                .filter(|(name, _)| !built_in.contains(*name))
                .map(|(name, at)| (name.clone(), path(at))),
        );
        Self { known }
    }

    /// All known logs.
    pub fn all(self) -> Vec<NamedLog> {
        self.known
    }

    /// Names for the files that patterns match, given the logs that have a name already.
    pub fn naming(&self, logs: &[NamedLog]) -> Naming {
        Naming::new(logs.iter().chain(&self.known).cloned())
    }

    /// The logs that `words` mean, in their order, each path once.
    ///
    /// Fails on an unknown name, on a glob over names that matches none, and on a path that cannot be a file.
    pub fn choose(&self, words: &[OsString]) -> Result<ChosenLogs, Usage> {
        let mut patterns = Vec::new();
        let mut meant: Vec<(Option<&str>, RemotePath)> = Vec::new();
        let mut seen = HashSet::new();
        let meanings = words.iter().map(|word| self.meant(word.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        for meaning in &meanings {
            match meaning {
                Meaning::Known(logs) => meant.extend(
                    logs.iter()
                        .filter(|(_, path)| seen.insert(path.clone()))
                        .map(|(n, p)| (Some(n.as_str()), p.clone())),
                ),
                Meaning::Path(path) => meant.extend(seen.insert(path.clone()).then(|| (None, path.clone()))),
                Meaning::Pattern(pattern) if patterns.contains(pattern) => {}
                Meaning::Pattern(pattern) => patterns.push(pattern.clone()),
            }
        }
        let mut taken: HashMap<String, usize> =
            self.known.iter().map(|(name, _)| (name.clone(), 1)).collect();
        for path in meant.iter().filter(|(name, _)| name.is_none()).map(|(_, path)| path) {
            *taken.entry(file_name(path)).or_default() += 1;
        }
        let named = meant.into_iter().map(|(name, path)| {
            let name = name.map_or_else(
                || {
                    let short = file_name(&path);
                    if taken[&short] > 1 { shown(&path.0) } else { short }
                },
                str::to_owned,
            );
            (name, path)
        });
        Ok(ChosenLogs { logs: named.collect(), patterns })
    }

    fn meant(&self, word: &[u8]) -> Result<Meaning, Usage> {
        if word.contains(&b'/') {
            return self.path(word);
        }
        let text = str::from_utf8(word).unwrap_or("");
        if let Some(log) = self.known.iter().find(|(name, _)| name == text) {
            return Ok(Meaning::Known(vec![log.clone()]));
        }
        // No service has a `.` in its name, but the files beside its log do.
        if glob::is_glob(word) && word.contains(&b'.') {
            return Ok(Meaning::Pattern(PathPattern::new(word)));
        }
        if glob::is_glob(word) {
            let logs: Vec<NamedLog> =
                self.known.iter().filter(|(name, _)| glob::matches(text, name)).cloned().collect();
            return match logs[..] {
                [] => Err(Usage::new(format!("no log name matches `{}`", shown(word))).hint(
                    "`cvmtail logs` lists the names; a glob over files contains a `.` or a `/`; quote globs to keep your shell from expanding them",
                )),
                _ => Ok(Meaning::Known(logs)),
            };
        }
        let unknown = Usage::new(format!("no log named `{}`", shown(word)));
        if ["snapshot", "check", "logs", "cvms", "completions", "man"].contains(&text) {
            return Err(unknown.hint(format!("`{text}` is a command and must come first: `cvmtail {text}`")));
        }
        let names = self.known.iter().map(|(name, _)| name.as_str());
        let near = nearest::did_you_mean(&shown(word), names).map(|near| near + " ").unwrap_or_default();
        Err(unknown.hint(format!("{near}`cvmtail logs` lists all names; a path contains a `/`")))
    }

    /// A path means a known log if it is the path of one.
    fn path(&self, path: &[u8]) -> Result<Meaning, Usage> {
        let wrong = |why: &str| Usage::new(format!("`{}` cannot be followed: {why}", shown(path)));
        if path.ends_with(b"/") || path.ends_with(b"/.") || path.ends_with(b"/..") {
            return Err(wrong("it is a directory").hint("name a file in it"));
        }
        if path.starts_with(b"~") {
            return Err(
                wrong("`~` is not expanded on a CVM").hint("write the full path, such as /home/nutanix/...")
            );
        }
        if glob::is_glob(path) {
            return Ok(Meaning::Pattern(PathPattern::new(path)));
        }
        let known = self.known.iter().find(|(_, known)| known.0 == path);
        Ok(known.map_or_else(
            || Meaning::Path(RemotePath(path.to_vec())),
            |log| Meaning::Known(vec![log.clone()]),
        ))
    }
}

pub fn none_named() -> Usage {
    Usage::new("no log given, and the config has no `default_logs`").hint(
        "for example:\n    cvmtail -c '10.0.0.[1-4]' genesis\n    cvmtail -c 10.0.0.1 stargate 'insights_*'\n    \
         cvmtail -c 10.0.0.1 /home/nutanix/data/logs/genesis.out\n  `cvmtail logs` lists the names",
    )
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use proptest::prelude::*;

    use super::{LogNames, NamedLog};
    use crate::config::Config;

    /// Names with two logs of a config.
    fn names() -> LogNames {
        let logs = [("mine", "/srv/mine.log"), ("hera", "/srv/hera.out")];
        let logs = logs.map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        LogNames::new(&Config { logs, ..Config::default() })
    }

    /// The logs of words, as `name=path`.
    fn named(words: &[&str]) -> Result<String, String> {
        let words: Vec<OsString> = words.iter().map(Into::into).collect();
        let named = names().choose(&words).map_err(|usage| usage.to_string())?;
        if !named.patterns.is_empty() {
            return Ok(format!("{:?} {:?}", named.logs, named.patterns));
        }
        Ok(named.logs.iter().map(|(name, path)| format!("{name}={path}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_log_is_a_name_a_glob_over_names_or_a_path() {
        for (words, wanted) in [
            (&["genesis"][..], "genesis=/home/nutanix/data/logs/genesis.out"),
            (&["mine", "hera"], "mine=/srv/mine.log hera=/srv/hera.out"),
            (&["[gx]en?sis", "genesis"], "genesis=/home/nutanix/data/logs/genesis.out"),
            (&["/x/y.log"], "y.log=/x/y.log"),
            (&["/x/y.log", "/z/y.log", "/z/a"], "/x/y.log=/x/y.log /z/y.log=/z/y.log a=/z/a"),
            (&["/x/y.log", "/x/y.log"], "y.log=/x/y.log"),
            (&["/tmp/genesis"], "/tmp/genesis=/tmp/genesis"),
            (&["/var/log/messages", "syslog"], "syslog=/var/log/messages"),
            (&["-x/a b'c"], "a b'c=-x/a b'c"),
            (&["/x/new\nline"], "new\\x0aline=/x/new\nline"),
        ] {
            assert_eq!(named(words).as_deref(), Ok(wanted), "{words:?}");
        }
    }

    #[test]
    fn a_glob_with_a_dot_or_a_slash_is_over_files() {
        let folder = "/home/nutanix/data/logs";
        for (words, wanted) in [
            (&["*.FATAL", "*.FATAL"][..], format!("[] [\"{folder}/*.FATAL\"]")),
            (&["/x/st*"], "[] [\"/x/st*\"]".to_owned()),
        ] {
            assert_eq!(named(words), Ok(wanted), "{words:?}");
        }
    }

    #[test]
    fn paths_that_are_not_text_keep_their_bytes_and_have_different_names() {
        let words = [b"/x/\xff".to_vec(), b"/x/\xfe".to_vec()].map(OsString::from_vec);
        let logs = names().choose(&words).expect("paths").logs;
        let names: Vec<&str> = logs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["\\xff", "\\xfe"]);
        assert_eq!(logs[0].1.0, b"/x/\xff");
    }

    #[test]
    fn what_is_no_log_is_told_with_what_to_write() {
        for (word, hint) in [
            ("gensis", "did you mean genesis?"),
            ("insights", "insights_"),
            ("nope_*", "cvmtail logs"),
            ("/var/log/", "name a file in it"),
            ("~/x", "full path"),
            ("cvms", "must come first"),
            ("", "cvmtail logs"),
            ("\u{1b}[31m", "\\x1b"),
        ] {
            let message = named(&[word]).expect_err(word);
            assert!(message.contains(hint), "{word}: {message}");
            assert!(!message.contains('\u{1b}'), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_named_or_refused(words in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![Just(b'/'), Just(b'*'), 1_u8..], 0..12), 0..4)
        ) {
            let words: Vec<OsString> = words.into_iter().map(OsString::from_vec).collect();
            if let Ok(super::ChosenLogs { logs, .. }) = names().choose(&words) {
                let unique = |key: &dyn Fn(&NamedLog) -> Vec<u8>| logs.iter().map(key).collect::<std::collections::HashSet<_>>().len();
                prop_assert_eq!(unique(&|log| log.1.0.clone()), logs.len());
                prop_assert!(logs.iter().all(|(name, _)| !name.contains(char::is_control)));
            }
        }
    }
}
