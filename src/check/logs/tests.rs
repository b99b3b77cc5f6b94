use crate::agent::description::ShellFacts;
use crate::check::facts::{FileFacts, LogFacts};
use crate::check::logs::{exists, freshness, unreadable};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::target::RemotePath;
use crate::diagnosis::Endpoint;
use crate::failure::Refusal;
use crate::options;
use crate::step::StepStatus;

/// A CVM and a path.
fn case() -> (Endpoint, RemotePath) {
    let address = Address::Ssh { host: "10.0.0.1".into(), port: None, user: Some("joe".into()), jump: None };
    let cvm = Cvm { name: "a".into(), address, source: "-c".into() };
    (Endpoint::new(&cvm, &options::SshOptions::default()), RemotePath(b"/home/log/messages".to_vec()))
}

/// A file that was written `age` seconds ago.
fn file(age: f64, access: &str) -> FileFacts {
    FileFacts { size: 7, age, access: access.into(), readable: false, by_sudo: false }
}

/// A log that is this.
fn log(refused: Option<Refusal>, target: Option<&str>) -> LogFacts {
    LogFacts { refused, target: target.map(str::to_owned), file: None, rotated: 0, newest: None }
}

#[test]
fn what_is_no_file_is_told_as_what_it_is() {
    let (about, path) = case();
    for (refusal, target, wanted) in [
        (Refusal::Missing, None, "is not there"),
        (Refusal::Missing, Some("gone"), "a link to gone, which is not there"),
        (Refusal::NotADirectory, None, "one of the directories in its path is a file"),
        (Refusal::LinkLoop, Some("x"), "links form a loop"),
        (Refusal::Directory, None, "not a file"),
        (Refusal::Denied, None, "joe may not read"),
    ] {
        let failure = exists(log(Some(refusal), target), &path, &about).expect_err("a failure");
        assert!(failure.message.contains(wanted), "{failure:?}");
        assert!(failure.hint.is_some());
    }
    assert!(exists(log(None, None), &path, &about).is_ok());
}

#[test]
fn who_may_not_read_is_told_who_may() {
    let (about, path) = case();
    let shell = ShellFacts {
        user: "joe".into(),
        groups: "joe users".into(),
        tail: String::new(),
        flavour: String::new(),
        missing: String::new(),
    };
    for (access, by_sudo, wanted) in [
        ("640 nutanix:nutanix", false, "usermod -aG nutanix joe"),
        ("600 root:root", false, "have root let joe"),
        ("640 root:root", false, "have root let joe"),
        ("600 root:root", true, "by sudo"),
    ] {
        let failure = unreadable(&FileFacts { by_sudo, ..file(1.0, access) }, &path, &shell, &about);
        let hint = failure.hint.expect("a hint");
        assert!(hint.contains(wanted), "{access}: {hint}");
        assert!(failure.message.contains("joe users"), "{}", failure.message);
    }
}

#[test]
fn a_log_that_stands_still_or_is_from_the_future_is_worth_a_word() {
    let (about, path) = case();
    for (age, wanted) in [
        (0.2, StepStatus::Passed),
        (-0.5, StepStatus::Passed),
        (90_000.0, StepStatus::Warned),
        (-60.0, StepStatus::Warned),
    ] {
        let (status, message, hint) = freshness(&log(None, None), &file(age, "644 a:b"), &path, &about);
        assert_eq!(status, wanted, "{message}");
        assert_eq!(hint.is_some(), status == StepStatus::Warned);
    }
}
