//! What a check asks of a CVM: what its shell and each log are like.

use crate::agent::client::Client;
use crate::agent::description::{FileDescription, ShellFacts};
use crate::agent::file::FileStat;
use crate::agent::protocol::{Reply, Request};
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, table};
use crate::failure::Failure;
use crate::failure::Refusal;

/// What is at the path of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFacts {
    /// Why there is no file; `None`: there is one.
    pub refused: Option<Refusal>,
    /// What the path links to.
    pub target: Option<String>,
    /// The file, if there is one.
    pub file: Option<FileFacts>,
    /// How many rotated files are beside it.
    pub rotated: u64,
    /// How many seconds ago the newest of them was written.
    pub newest: Option<f64>,
}

/// The file of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFacts {
    /// Its size in bytes.
    pub size: u64,
    /// How many seconds ago it was written, by the CVM's own clock; negative: in its future.
    pub age: f64,
    /// Its mode in octal, and its owner and group: `640 nutanix:nutanix`.
    pub access: String,
    /// The user can read it.
    pub readable: bool,
    /// The user's `sudo` could, without a password.
    pub by_sudo: bool,
}

impl LogFacts {
    /// Collects what was answered about one log; `None`: nothing was.
    fn from_replies(replies: Vec<Reply>) -> Option<Self> {
        let (mut target, mut facts) = (None, None);
        for reply in replies {
            match reply {
                Reply::Target(path) => target = Some(String::from_utf8_lossy(&path.0).into_owned()),
                Reply::Absent(refusal) => facts = Some(Err(refusal)),
                Reply::Described(file) => facts = Some(Ok(file)),
                _ => {}
            }
        }
        let mut log = Self { refused: None, target, file: None, rotated: 0, newest: None };
        match facts? {
            Err(refusal) => log.refused = Some(refusal),
            Ok(FileDescription { by_sudo, rotated, newest, now, stat: FileStat { file, mode, .. } }) => {
                log.rotated = rotated;
                log.newest = newest.map(|newest| newest.seconds_before(now));
                log.file = Some(FileFacts {
                    size: file.size,
                    age: file.modified.seconds_before(now),
                    access: format!("{:o} {}", mode & 0o7777, String::from_utf8_lossy(&file.path.0)),
                    readable: file.readable,
                    by_sudo,
                });
            }
        }
        Some(log)
    }
}

/// Asks what the shell is like; `None`: it did not answer that.
pub async fn shell(client: &mut Client<'_>) -> Result<Option<ShellFacts>, Failure> {
    let replies = client.ask(&[Request::ShellFacts]).await?;
    Ok(replies.into_iter().find_map(|reply| if let Reply::Shell(facts) = reply { Some(facts) } else { None }))
}

/// Asks what is at the path of a log.
pub async fn log(client: &mut Client<'_>, path: &RemotePath) -> Result<LogFacts, Failure> {
    let replies = client.ask(&[Request::DescribeFile { path: path.clone() }]).await?;
    LogFacts::from_replies(replies)
        .ok_or_else(|| diagnosis::log_failure(&table::READ, path, client.endpoint()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::LogFacts;
    use crate::agent::client::tests::{answers, shells};
    use crate::agent::description::FileDescription;
    use crate::agent::protocol::{Reply, Request};
    use crate::cluster::target::RemotePath;
    use crate::failure::Refusal;

    #[test]
    fn the_shell_of_this_machine_is_described() {
        for shell in shells() {
            let replies = answers(shell, &[Request::ShellFacts]);
            let [Reply::Shell(here), Reply::Answered] = replies.as_slice() else { panic!("{replies:?}") };
            assert!(here.tail.ends_with("/tail") && here.missing.is_empty(), "{shell}: {here:?}");
            assert!(here.flavour.starts_with("GNU coreutils "), "{shell}: {here:?}");
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
        for shell in shells() {
            let log = |name: &str| {
                let path = RemotePath(at(name).into_os_string().into_encoded_bytes());
                let replies = answers(shell, &[Request::DescribeFile { path }]);
                LogFacts::from_replies(replies).unwrap_or_else(|| panic!("{shell} {name}"))
            };
            let genesis = log("genesis.out");
            let file = genesis.file.as_ref().expect("a file");
            assert!(
                file.size == 5 && file.readable && (-1.0..60.0).contains(&file.age),
                "{shell}: {genesis:?}"
            );
            assert!(file.access.contains(':') && file.access.starts_with('6'), "{shell}: {genesis:?}");
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
            assert_eq!(log(".").refused, Some(Refusal::Directory), "{shell}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_taken_as_they_come(size: u64, age in 0_u32..9999, rotated: u32) {
            let text = format!("no {rotated} - {}.5 81a0 1:2 {size} {}.5 1 a:b c", 1_000_000 + age, 1_000_000);
            let reply = Reply::Described(FileDescription::parse(text.as_bytes()).expect("a description"));
            let log = LogFacts::from_replies(vec![reply]).expect("a log");
            let file = log.file.expect("a file");
            prop_assert_eq!((file.size, file.age, log.rotated), (size, f64::from(age), u64::from(rotated)));
            prop_assert_eq!(file.access, "640 a:b c");
        }
    }
}
