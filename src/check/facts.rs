//! Pure: what a CVM answers to the questions of a check.

use crate::failure::Refusal;

/// What the shell of a CVM is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    /// The user there.
    pub user: String,
    /// The groups of the user.
    pub groups: String,
    /// Where `tail` is; empty if there is none.
    pub tail: String,
    /// Which `tail` it is.
    pub flavour: String,
    /// The tools that are needed and not there, with spaces between.
    pub missing: String,
}

/// What time it is on a CVM.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    /// Seconds since the epoch.
    pub seconds: f64,
    /// The zone's offset from UTC, as `+0100`, and its name.
    pub zone: String,
}

/// What is at the path of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// Why there is no file; `None`: there is one.
    pub refused: Option<Refusal>,
    /// What the path links to.
    pub target: Option<String>,
    /// The file, if there is one.
    pub file: Option<File>,
    /// Rotated files beside it.
    pub rotated: u64,
    /// How long ago the newest of them was written, in seconds.
    pub newest: Option<f64>,
}

/// A file of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Its size in bytes.
    pub size: u64,
    /// How long ago it was written, in seconds of the CVM's own clock; below zero: in its future.
    pub age: f64,
    /// Its mode in octal, and its owner and group: `640 nutanix:nutanix`.
    pub access: String,
    /// The user can read it.
    pub readable: bool,
    /// The user's `sudo` could, without a password.
    pub by_sudo: bool,
}

/// The fields of an answer; what a login script wrote is not before them, but whole fields too few is an error.
fn fields<const N: usize>(said: &[u8]) -> Option<[String; N]> {
    let text = said.strip_suffix(b"\0")?;
    let fields: Vec<_> = text
        .split(|&byte| byte == 0)
        .map(|field| String::from_utf8_lossy(field).trim_end_matches('\n').to_owned())
        .collect();
    fields.try_into().ok()
}

impl Shell {
    /// Reads the answer to `h`.
    pub fn parse(said: &[u8]) -> Option<Self> {
        let [user, groups, tail, version, missing] = fields(said)?;
        Some(Self { user, groups, tail, flavour: flavour(&version), missing })
    }
}

/// Which `tail` says this of itself: `GNU coreutils 8.32`.
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

impl Clock {
    /// Reads the answer to `c`. A `date` without nanoseconds leaves `%N` or nothing behind the point.
    pub fn parse(said: &[u8]) -> Option<Self> {
        let [time, offset, name] = fields(said)?;
        let seconds = seconds(&time)?;
        let zone = if name.is_empty() || name == offset { offset } else { format!("{offset} {name}") };
        Some(Self { seconds, zone })
    }
}

/// Reads `seconds[.fraction]`; a fraction that is none is taken for zero.
fn seconds(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let whole: i64 = whole.parse().ok()?;
    let is_number = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    // As one text, because the sum of two numbers would round once more.
    format!("{whole}.{}", if is_number { fraction } else { "0" }).parse().ok()
}

impl Log {
    /// Reads the answer to `l`.
    pub fn parse(said: &[u8]) -> Option<Self> {
        let [kind, target, stat, readable, by_sudo, rotated, newest, now] = fields(said)?;
        let now = seconds(&now)?;
        let refused = match kind.as_str() {
            "file" => None,
            word => Some(Refusal::parse(word.as_bytes())?),
        };
        let file = match (refused, stat.splitn(3, ' ').collect::<Vec<_>>().as_slice()) {
            (None, [size, modified, access]) => Some(File {
                size: size.parse().ok()?,
                age: now - seconds(modified)?,
                access: (*access).to_owned(),
                readable: readable == "yes",
                by_sudo: by_sudo == "yes",
            }),
            _ => None,
        };
        Some(Self {
            // A file that went away between two looks.
            refused: refused.or(if file.is_none() { Some(Refusal::Missing) } else { None }),
            target: (!target.is_empty()).then_some(target),
            file,
            rotated: rotated.parse().ok()?,
            newest: seconds(&newest).map(|newest| now - newest),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::{Clock, Log, Shell, flavour};
    use crate::failure::Refusal;

    /// What a shell of this machine answers to a question.
    fn asked(shell: &str, question: &str) -> Vec<u8> {
        let mut child =
            Command::new(shell).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let text = format!("{}\n{question}\n", super::super::SCRIPT);
        child.stdin.take().expect("stdin").write_all(text.as_bytes()).expect("written");
        child.wait_with_output().expect("an answer").stdout
    }

    #[test]
    fn this_machine_answers_what_is_understood() {
        for shell in ["bash", "dash"] {
            let here = Shell::parse(&asked(shell, "h")).expect("a shell");
            assert!(here.tail.ends_with("/tail") && here.missing.is_empty(), "{shell}: {here:?}");
            assert!(here.flavour.starts_with("GNU coreutils "), "{shell}: {here:?}");
            assert!(Clock::parse(&asked(shell, "c")).expect("a clock").seconds > 1e9);
        }
    }

    #[test]
    fn a_log_is_what_is_at_its_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let target = "stargate.ntnx-a-cvm.nutanix.log.INFO.20190618-053640.3103";
        for name in [
            target,
            "stargate.ntnx-a-cvm.nutanix.log.INFO.20190617-053640.3102",
            "genesis.out",
            "genesis.out.20230831Z",
            "genesis.out.1.xz",
        ] {
            std::fs::write(at(name), b"12345").expect("written");
        }
        std::os::unix::fs::symlink(target, at("stargate.INFO")).expect("linked");
        std::os::unix::fs::symlink("gone", at("dangling")).expect("linked");
        for shell in ["bash", "dash"] {
            let log = |name: &str| {
                let path = at(name).display().to_string();
                Log::parse(&asked(shell, &format!("l '{path}'"))).unwrap_or_else(|| panic!("{shell} {name}"))
            };
            let genesis = log("genesis.out");
            let file = genesis.file.as_ref().expect("a file");
            assert!(
                file.size == 5 && file.readable && (-1.0..60.0).contains(&file.age),
                "{shell}: {genesis:?}"
            );
            assert_eq!((genesis.rotated, genesis.target.as_deref()), (2, None), "{shell}");
            let link = log("stargate.INFO");
            assert_eq!(
                (link.refused, link.rotated, link.target.as_deref()),
                (None, 1, Some(target)),
                "{shell}"
            );
            let dangling = log("dangling");
            assert_eq!(
                (dangling.refused, dangling.target.as_deref()),
                (Some(Refusal::Missing), Some("gone")),
                "{shell}"
            );
            assert_eq!(log("none/at/all").refused, Some(Refusal::Missing), "{shell}");
            assert_eq!(log(".").refused, Some(Refusal::Folder), "{shell}");
        }
    }

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
        fn any_answer_is_read_or_refused(said in proptest::collection::vec(prop_oneof![Just(0_u8), Just(b' '), Just(b'7'), Just(b'.'), any::<u8>()], 0..40)) {
            let _ = (Shell::parse(&said), Clock::parse(&said), Log::parse(&said));
        }

        #[test]
        fn fields_are_taken_as_they_come(size: u64, age in 0_u32..9999, rotated: u32) {
            let said = format!("file\0\0{size} {}.5 640 a:b\0yes\0\0{rotated}\0\0{}.5\0", 1_000_000, 1_000_000 + age);
            let log = Log::parse(said.as_bytes()).expect("a log");
            let file = log.file.expect("a file");
            prop_assert_eq!((file.size, file.age, log.rotated), (size, f64::from(age), u64::from(rotated)));
        }
    }
}
