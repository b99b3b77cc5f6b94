//! Both ends of the protocol have one vocabulary.

use std::collections::BTreeSet;
use std::process::Command;

use proptest::prelude::*;
use regex::Regex;

use crate::agent::client::tests::shells;
use crate::agent::protocol::{AGENT, RANDOM, Reply, Request, Secret};
use crate::batch::FileId;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;

/// A file as the script reports it.
const STAT: &str = "81a4 64768:131 7 1700000000.500000000 1";

/// The word of a reply. A new variant does not compile until it has one, and a sample below.
fn word(reply: &Reply) -> &'static str {
    match reply {
        Reply::Answered => "answered",
        Reply::Clock(_) => "clock",
        Reply::Shell(_) => "shell",
        Reply::Cluster { .. } => "cluster",
        Reply::Examined { .. } => "examined",
        Reply::Described(_) => "described",
        Reply::Link(_) => "link",
        Reply::Target(_) => "target",
        Reply::File(_) => "file",
        Reply::Hidden(_) => "hidden",
        Reply::Relisted => "relisted",
        Reply::Serving { .. } => "serving",
        Reply::Opened(_) => "opened",
        Reply::Refused(_) => "refused",
        Reply::Backlog(_) => "backlog",
        Reply::Peeked(_) => "peeked",
        Reply::End(_) => "end",
        Reply::Following => "following",
        Reply::Halted => "halted",
        Reply::Sum(_) => "sum",
        Reply::Current { .. } => "current",
        Reply::Live(_) => "live",
        Reply::Absent(_) => "absent",
        Reply::Unread(_) => "unread",
        Reply::Listed => "listed",
        Reply::Moved => "moved",
        Reply::Appeared => "appeared",
        Reply::Broken(_) => "broken",
    }
}

/// A record of every reply, with all that may be behind its word.
fn records() -> Vec<String> {
    let arguments = [
        ("answered", ""),
        ("clock", "1700000000.5 +0000 UTC"),
        ("shell", "nutanix\nnutanix wheel\n/usr/bin/tail\n\ntail (GNU coreutils) 8.22"),
        ("cluster", "0 10.0.0.1 10.0.0.2"),
        ("examined", "3 missing"),
        ("examined", "3 ok STAT"),
        ("described", "no 2 1700000000 1700000001.5 !STAT nutanix:nutanix"),
        ("link", "/a b"),
        ("target", "a\nb"),
        ("file", "STAT /a b"),
        ("file", "!STAT /a b"),
        ("hidden", "directory /a b"),
        ("hidden", "entry /a b"),
        ("relisted", ""),
        ("serving", "/usr/bin/tail"),
        ("serving", ""),
        ("opened", "STAT /a b"),
        ("refused", "denied"),
        ("backlog", "12"),
        ("peeked", "YQo=\n."),
        ("end", "12"),
        ("end", ""),
        ("following", ""),
        ("halted", ""),
        ("sum", "1 2 3"),
        ("sum", "1 2"),
        ("current", "STAT"),
        ("live", "STAT"),
        ("absent", "notdir"),
        ("unread", "tool"),
        ("unread", "damaged"),
        ("unread", "failed"),
        ("listed", ""),
        ("moved", ""),
        ("appeared", ""),
        ("broken", "cat failed"),
    ];
    let record = |(word, rest): (&str, &str)| match rest {
        "" => word.to_owned(),
        rest => format!("{word} {}", rest.replace("STAT", STAT)),
    };
    arguments.into_iter().map(record).collect()
}

#[test]
fn every_record_that_the_script_emits_is_parsed_and_no_other_is_known() {
    let emitted = Regex::new(r"(?m)\bemit ([a-z]+)").unwrap();
    let emitted: BTreeSet<_> = emitted.captures_iter(AGENT).map(|found| found[1].to_owned()).collect();
    let mut known = BTreeSet::new();
    for record in records() {
        let reply = Reply::parse(record.as_bytes()).unwrap_or_else(|| panic!("{record:?}"));
        assert_eq!(record.split(' ').next(), Some(word(&reply)), "{reply:?}");
        known.insert(word(&reply).to_owned());
    }
    assert_eq!(emitted, known);
    for unknown in ["", "x", "haltedd", "Halted", "file", "sum", "refused", "unread", "end x"] {
        assert_eq!(Reply::parse(unknown.as_bytes()), None, "{unknown}");
    }
}

#[test]
fn every_reason_that_the_script_gives_is_known() {
    let reasons = Regex::new(r"\bwhy=([a-z]+)").unwrap();
    let reasons: BTreeSet<_> = reasons.captures_iter(AGENT).map(|found| found[1].to_owned()).collect();
    assert_eq!(reasons.len(), 6, "{reasons:?}");
    for reason in reasons {
        assert!(Refusal::parse(reason.as_bytes()).is_some(), "{reason}");
    }
}

/// One of every request: a new variant does not compile until it is named in the match.
fn requests() -> Vec<Request> {
    let path = || RemotePath(b"/a b/it's".to_vec());
    let (paths, patterns) = (vec![path()], vec![PathPattern::new(b"/x y/*.[a-c]")]);
    let all = vec![
        Request::EndAnswer,
        Request::Clock,
        Request::ShellFacts,
        Request::ClusterMembers,
        Request::Examine { number: 1, path: path() },
        Request::DescribeFile { path: path() },
        Request::ListDirectories { patterns: patterns.clone() },
        Request::FindFiles { paths: paths.clone(), patterns: patterns.clone() },
        Request::ReadLinks { paths, patterns },
        Request::Serve { log: path() },
        Request::Open { path: path() },
        Request::Enter { path: path(), file: FileId { device: 1, inode: 2 }, prefix: b"/a".to_vec() },
        Request::FindLast { count: 1 },
        Request::FindFrom { line: 1 },
        Request::Peek { from: 1, count: 2 },
        Request::Copy { from: 1 },
        Request::Follow { from: 1, path: Some(path()) },
        Request::Follow { from: 1, path: None },
        Request::StopTail,
        Request::AwaitLog,
        Request::Checksum { before: 1, count: 2 },
        Request::ListSeries { prefix: b"/a".to_vec() },
        Request::ChecksumCompressed { path: path(), before: 1, count: 2 },
        Request::CopyCompressed { path: path(), from: 1 },
        Request::Tick,
        Request::Alive,
        Request::Watchdog { seconds: 1 },
    ];
    for request in &all {
        match request {
            Request::EndAnswer
            | Request::Clock
            | Request::ShellFacts
            | Request::ClusterMembers
            | Request::Examine { .. }
            | Request::DescribeFile { .. }
            | Request::ListDirectories { .. }
            | Request::FindFiles { .. }
            | Request::ReadLinks { .. }
            | Request::Serve { .. }
            | Request::Open { .. }
            | Request::Enter { .. }
            | Request::FindLast { .. }
            | Request::FindFrom { .. }
            | Request::Peek { .. }
            | Request::Copy { .. }
            | Request::Follow { .. }
            | Request::StopTail
            | Request::AwaitLog
            | Request::Checksum { .. }
            | Request::ListSeries { .. }
            | Request::ChecksumCompressed { .. }
            | Request::CopyCompressed { .. }
            | Request::Tick
            | Request::Alive
            | Request::Watchdog { .. } => {}
        }
    }
    all
}

#[test]
fn every_request_calls_a_function_of_the_script_and_every_function_is_needed() {
    let defined = Regex::new(r"(?m)^([a-z_]+)\(\) ").unwrap();
    let defined: BTreeSet<_> = defined.captures_iter(AGENT).map(|found| found[1].to_owned()).collect();
    let called: BTreeSet<String> = requests()
        .iter()
        .map(|request| {
            let line = String::from_utf8(request.line()).expect("text");
            assert!(line.ends_with('\n') && line.lines().count() == 1, "{line:?}");
            line.split([' ', '\n']).next().expect("a function").to_owned()
        })
        .collect();
    assert_eq!(called.difference(&defined).collect::<Vec<_>>(), Vec::<&String>::new(), "not defined");
    for function in &defined {
        let code = AGENT
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(" # ").next().unwrap_or_default());
        let uses = Regex::new(&format!(r"(^|[^a-z_]){function}([^a-z_(]|$)")).unwrap();
        let is_used = called.contains(function) || code.into_iter().any(|line| uses.is_match(line));
        assert!(is_used, "nothing calls {function}");
    }
}

#[test]
fn shells_parse_the_script_and_every_request() {
    let mut text = Secret::new(&[7; RANDOM]).preamble();
    for request in requests() {
        request.write(&mut text);
    }
    for shell in shells() {
        let mut words = shell.split(' ');
        let mut command = Command::new(words.next().expect("a program"));
        let checked =
            command.args(words).args(["-n", "-c"]).arg(String::from_utf8(text.clone()).unwrap()).output();
        let checked = checked.expect("a shell");
        assert!(checked.status.success() && checked.stderr.is_empty(), "{shell}: {checked:?}");
    }
}

#[test]
fn the_greeting_is_one_harmless_line_that_a_shell_answers_with_its_clock() {
    let secret = Secret::new(&[7; RANDOM]);
    let greeting = String::from_utf8(secret.greeting()).expect("text");
    assert_eq!(greeting.lines().count(), 1);
    assert!(!greeting.contains('\x1e'), "an echo of it is no record");
    let output = Command::new("sh").arg("-c").arg(&greeting).output().expect("a shell").stdout;
    let record = output.strip_prefix(format!("\x1e{} ", secret.nonce).as_bytes()).expect("a record");
    assert!(matches!(Reply::parse(record.strip_suffix(b"\0").expect("whole")), Some(Reply::Clock(Some(_)))));
}

proptest! {
    #[test]
    fn any_record_is_parsed_or_refused(word in prop::sample::select(records()), rest in proptest::collection::vec(prop_oneof![Just(b' '), Just(b'7'), any::<u8>()], 0..40)) {
        let word = word.split(' ').next().unwrap_or_default().as_bytes();
        let _ = Reply::parse(&[word, b" ", &rest].concat());
    }
}
