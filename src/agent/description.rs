//! Pure: what a CVM says about its shell and about the file of a log.

use crate::agent::file::{FileStat, Modified};

/// What the shell of a CVM is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellFacts {
    pub user: String,
    /// The groups of the user.
    pub groups: String,
    /// Where `tail` is; empty if there is none.
    pub tail: String,
    /// Which `tail` it is.
    pub flavour: String,
    /// The tools that are needed and missing, separated by spaces.
    pub missing: String,
}

impl ShellFacts {
    /// Parses one fact per line: user, groups, tail's path, missing tools, and how tail introduces itself.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let mut lines = text.splitn(5, '\n').map(str::to_owned);
        let [user, groups, tail, missing] = [lines.next()?, lines.next()?, lines.next()?, lines.next()?];
        Some(Self { user, groups, tail, missing, flavour: flavour(&lines.next()?) })
    }
}

/// Which `tail` introduces itself like this: `GNU coreutils 8.32`.
fn flavour(version: &str) -> String {
    for line in version.lines() {
        if let Some(number) = line.strip_prefix("tail (GNU coreutils) ") {
            return format!("GNU coreutils {number}");
        }
        if let Some(number) =
            line.strip_prefix("tail (uutils coreutils) ").or_else(|| line.strip_prefix("tail "))
        {
            return format!("uutils coreutils {number}");
        }
        if let Some(rest) = line.strip_prefix("BusyBox ") {
            return format!("BusyBox {}", rest.split(' ').next().unwrap_or_default());
        }
    }
    "of an unknown kind".to_owned()
}

/// A file as `describe_file` reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDescription {
    /// The user's `sudo` could read it, without a password.
    pub by_sudo: bool,
    /// How many rotated files are beside it.
    pub rotated: u64,
    /// When the newest of them was written.
    pub newest: Option<Modified>,
    /// What time it is on the CVM.
    pub now: Modified,
    /// The file; in place of its path, its owner and group.
    pub stat: FileStat,
}

impl FileDescription {
    /// Parses `sudo rotated newest now stat`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.splitn(5, |&byte| byte == b' ');
        let mut word = || std::str::from_utf8(parts.next()?).ok();
        let by_sudo = word()? == "yes";
        let rotated = word()?.parse().ok()?;
        let newest = Modified::parse(word()?);
        let now = Modified::parse(word()?)?;
        Some(Self { by_sudo, rotated, newest, now, stat: FileStat::parse(parts.next()?)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FileDescription, ShellFacts, flavour};

    #[test]
    fn tails_are_told_apart() {
        for (said, wanted) in [
            ("tail (GNU coreutils) 8.22\nCopyright", "GNU coreutils 8.22"),
            ("tail: unrecognized option '--version'\nBusyBox v1.35.0 (Debian)", "BusyBox v1.35.0"),
            ("tail (uutils coreutils) 0.0.27", "uutils coreutils 0.0.27"),
            ("", "of an unknown kind"),
        ] {
            assert_eq!(flavour(said), wanted);
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_parsed_or_refused(text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), Just(b'7'), Just(b'.'), any::<u8>()], 0..40)) {
            let _ = (ShellFacts::parse(&text), FileDescription::parse(&text));
        }
    }
}
