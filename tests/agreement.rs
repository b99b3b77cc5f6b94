//! The exit status and the summary of a run say the same, however its streams fare.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use serde_json::Value;

use crate::told::{LONG, events, nothing_left, nothing_left_of_local, objects};
use crate::world::World;
use crate::world::grade::Grade;
use crate::world::poll::SOON;
use crate::world::running::Finished;

/// Which streams failed by the summary at the end of some NDJSON, by log, after a look at its own sums.
#[track_caller]
fn failed(done: &Finished) -> Vec<String> {
    let summary = objects(&done.stdout).pop().expect("an object");
    assert_eq!(summary["type"], "summary", "{summary}");
    let streams = summary["per_stream"].as_array().expect("a list");
    assert_eq!(summary["streams"], streams.len(), "{summary}");
    let failed = streams.iter().filter(|stream| stream["failed"] == true);
    let failed: Vec<String> = failed.map(|it| it["log"].as_str().expect("a log").to_owned()).collect();
    assert_eq!(summary["streams_failed"], failed.len(), "{summary}");
    failed
}

/// Ends the test unless the run ended by itself, with status 2 just because these streams failed.
#[track_caller]
fn assert_failed(done: &Finished, code: i32, logs: &[&str]) {
    assert_eq!(failed(done), logs, "{}", done.out());
    assert_eq!(done.code(), code, "{}{}", done.out(), done.err());
    assert_eq!(code == 2, !logs.is_empty());
}

#[test]
fn of_what_is_not_there_or_cannot_be_read() {
    let world = World::new();
    let folder = world.folder().display().to_string();
    let log = |name: &str| format!("{folder}/{name}");
    fs::write(log("a.log"), "one\n").expect("a file");
    fs::create_dir(log("folder.log")).expect("a folder");
    let run = |arguments: &[&str], logs: &[&str]| {
        let run = world.cvmtail(&["-c", "local", "--json", "--stats"]).args(arguments);
        run.args(logs.iter().map(|name| log(name)))
    };
    for mode in [&["--for", "1s"][..], &["--no-follow"]] {
        let finish = |logs: &[&str]| run(mode, logs).finish(LONG);
        assert_failed(&finish(&["a.log"]), 0, &[]);
        assert_failed(&finish(&["none.log"]), 2, &["none.log"]);
        assert_failed(&finish(&["a.log", "none.log"]), 2, &["none.log"]);
        assert_failed(&finish(&["folder.log"]), 2, &["folder.log"]);
        assert_failed(&finish(&["none*.log"]), 1, &[]);
        assert_failed(&finish(&["a*.log"]), 0, &[]);
    }
    assert_failed(&run(&["-g", "two", "--no-follow"], &["a.log"]).finish(LONG), 1, &[]);
    assert_failed(&run(&["-m", "1"], &["a.log"]).finish(LONG), 0, &[]);
    // What is missing at first and appears later is read to the end of the run.
    let late = run(&["-m", "1"], &["late.log"]).start();
    late.wait_for("it is missing", LONG, |out| !events(out, "missing").is_empty());
    fs::write(log("late.log"), "one\n").expect("a file");
    assert_failed(&late.finish(LONG), 0, &[]);
    let gone = run(&[], &["a.log", "none.log"]).start();
    gone.wait_for("it is missing", LONG, |out| !events(out, "missing").is_empty());
    gone.signal(Signal::TERM);
    let done = gone.finish(SOON).expect(143);
    assert_eq!(failed(&done), ["none.log"]);
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(log("a.log"), Permissions::from_mode(0o000)).expect("chmod");
        assert_failed(&run(&["--no-follow"], &["a.log"]).finish(LONG), 2, &["a.log"]);
    }
    nothing_left_of_local(&world);
}

#[test]
fn of_cvms_that_cannot_be_reached_or_break() {
    let world = World::new();
    let good = world.cvm("good").start();
    let bad = world.cvm("bad").start();
    let path = good.log("genesis.out").path;
    for cvm in [&good, &bad] {
        cvm.log("genesis.out").put("one\n");
    }
    let run = |mode: &[&str], log: &str| {
        let run = world.cvmtail(&["-c", "good,bad", "--json", "--stats", "--parallel", "8"]);
        run.args(mode).arg(log)
    };
    let names = |done: &Finished| -> Vec<String> {
        let summary: Value = objects(&done.stdout).pop().expect("an object");
        let streams = summary["per_stream"].as_array().expect("a list").iter();
        let failed = streams.filter(|stream| stream["failed"] == true);
        failed.map(|it| format!("{} {}", it["cvm"], it["log"]).replace('"', "")).collect()
    };
    // A connection that breaks is failed for as long as it is broken.
    let broken = run(&[], &path).start();
    broken.wait_for("both are read", LONG, |out| events(out, "started").len() == 2);
    bad.shut_down();
    broken.wait_for("one is broken", LONG, |out| !events(out, "reconnecting").is_empty());
    broken.signal(Signal::TERM);
    let done = broken.finish(SOON).expect(143);
    assert_eq!(names(&done).len(), 1, "{}", done.out());
    assert!(names(&done)[0].starts_with("bad "), "{}", done.out());
    let glob = path.replace("genesis", "gen*");
    for (mode, log) in [
        (&["--no-follow"][..], &path),
        (&["--no-follow"], &glob),
        (&["--for", "6s"], &path),
        (&["--for", "6s"], &glob),
    ] {
        let done = run(mode, log).finish(LONG).expect(2);
        assert_eq!(failed(&done).len(), 1, "{mode:?} {log}: {}", done.out());
        assert!(names(&done)[0].starts_with("bad "), "{mode:?} {log}: {}", done.out());
        assert!(done.out().contains("\"line\":\"one\""), "what was read is printed: {}", done.out());
    }
    if world.grade() == Grade::Namespaces {
        let log = good.log("genesis.out");
        fs::set_permissions(&log.file, Permissions::from_mode(0o000)).expect("chmod");
        let done = world.cvmtail(&["-c", "good", "--json", "--stats", "--no-follow", &path]).finish(LONG);
        assert_eq!((done.code(), failed(&done).len()), (2, 1), "{}", done.out());
    }
    nothing_left(&world, &[good]);
}

#[test]
fn of_streams_that_only_a_glob_finds() {
    let world = World::new();
    let folder = world.folder().display().to_string();
    let line = |n: u32| format!("2026-11-20 03:12:{:02},000Z INFO line {n}\n", n % 60);
    for name in ["a.glob", "b.glob"] {
        fs::write(format!("{folder}/{name}"), (0..30).map(line).collect::<String>()).expect("a file");
    }
    let glob = format!("{folder}/*.glob");
    for (flags, lines) in [
        (&["--rate-limit", "7"][..], 14),
        (&["--order", "time"], 60),
        (&["--order", "time", "--rate-limit", "7", "-M"], 14),
        (&["--dedup"], 60),
        (&["-C", "1", "-g", "line 3$"], 6),
    ] {
        let arguments = ["-c", "local", "--json", "--stats", "--no-follow", "-n", "+1"];
        let done = world.cvmtail(&arguments).args(flags.iter().copied()).args([glob.as_str()]).finish(LONG);
        assert_failed(&done, 0, &[]);
        let printed = objects(&done.stdout).iter().filter(|object| object["type"] == "line").count();
        assert_eq!(printed, lines, "{flags:?}: {}{}", done.out(), done.err());
    }
    nothing_left_of_local(&world);
}
