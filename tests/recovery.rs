//! Connections that break: the stream goes on at the exact byte, and says what happened.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::told::{LONG, alone, bytes, events, judge_alone, list, nothing_left, objects};
use crate::world::World;
use crate::world::checker::Checker;
use crate::world::poll::{SOON, must};
use crate::world::rotate::Rotation;
use crate::world::running::Running;
use crate::world::writer::{Content, Writer};

/// Waits for that many lines of that CVM.
#[track_caller]
fn wait_for(run: &Running, cvm: &str, lines: u64) {
    let head = format!("{{\"type\":\"line\",\"cvm\":\"{cvm}\",");
    let count = |out: &[u8]| memchr::memmem::find_iter(out, head.as_bytes()).count() as u64;
    run.wait_for(&format!("{lines} lines have come"), LONG, |out| count(out) >= lines);
}

#[test]
fn a_killed_session_is_resumed_at_the_exact_byte_and_told() {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    let mut writer = Writer::new(&cvms[0].log("genesis.out"), 5).content(Content::Hostile);
    writer.append(20);
    writer.begin_line();
    cvms[1].log("genesis.out").put("calm\n");
    let run = world.cvmtail(&["-c", &list(&cvms), "-n", "+1", "--json", &writer.log.path]).start();
    wait_for(&run, &cvms[0].target(), 20);
    for n in 1..=4 {
        assert!(cvms[0].kill_sessions() > 0);
        writer.append(10);
        if n == 2 {
            writer.rotate(Rotation::Rename);
            writer.append(10);
        }
        writer.begin_line();
        let written = writer.ledger.count() - 1;
        wait_for(&run, &cvms[0].target(), written);
        let resumed = |out: &[u8]| events(out, "resumed").len() >= n;
        run.wait_for("the stream is resumed", LONG, resumed);
    }
    writer.end_line();
    let written = writer.ledger.count();
    wait_for(&run, &cvms[0].target(), written);
    run.interrupt();
    let out = run.finish(SOON).expect(130).stdout;
    let of_a = |line: &&[u8]| {
        memchr::memmem::find(line, format!("\"cvm\":\"{}\"", cvms[0].target()).as_bytes()).is_some()
    };
    let its: Vec<&[u8]> = out.split_inclusive(|byte| *byte == b'\n').filter(of_a).collect();
    Checker::new([&writer.ledger]).ndjson(&its.concat()).assert_exact();
    let broken = events(&out, "reconnecting");
    assert!(broken.len() >= 4, "{broken:?}");
    assert_eq!(broken[0]["attempt"], 1);
    assert!(broken[0]["hint"].as_str().is_some_and(|hint| hint.contains("resumes where it stopped")));
    assert!(
        broken.iter().all(|event| event["cvm"] == cvms[0].target().as_str()),
        "the other CVM is left alone"
    );
    let resumed = &events(&out, "resumed")[0];
    assert!(resumed["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{resumed}");
    assert!(resumed["message"].as_str().is_some_and(|told| told.starts_with("resumed after ")), "{resumed}");
    assert!(events(&out, "gap").is_empty());
    nothing_left(&world, &cvms);
}

/// How many lines of stderr tell that, and of how many logs they tell it.
fn told_of(told: &str, what: &str) -> (usize, usize) {
    let lines: Vec<&str> = told.lines().filter(|line| line.contains(what)).collect();
    let logs = |line: &&str| -> usize {
        let subject = line.split(": ").nth(1).expect("a subject");
        let logs = subject.split_once(' ').expect("logs").1;
        logs.strip_suffix(" logs").map_or(logs.split(", ").count(), |count| count.parse().expect("a number"))
    };
    (lines.len(), lines.iter().map(logs).sum())
}

#[test]
fn what_happens_to_all_logs_of_a_cvm_is_told_once() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let logs: Vec<_> = (0..7).map(|n| cvm.log(&format!("service_{n}.out"))).collect();
    for log in &logs {
        log.put("one\n");
    }
    let paths = logs.iter().map(|log| &log.path);
    let run = world.cvmtail(&["-c", &cvm.target()]).args(paths).start();
    run.wait_for_lines(7);
    assert!(cvm.kill_sessions() > 0);
    must(LONG, "all are back", || {
        told_of(&String::from_utf8_lossy(&run.stderr()), ": resumed after ").1 == 7
    });
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    let (lines, told) = told_of(&done.err(), ": reconnecting: ");
    // A machine that is busy may tell it in two parts, and try twice.
    assert!(lines < told && told.is_multiple_of(7), "{}", done.err());
    assert!(told_of(&done.err(), ": resumed: ").0 < 7, "{}", done.err());
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_master_killed_here_is_replaced() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let mut writer = Writer::new(&cvm.log("genesis.out"), 5);
    writer.append(20);
    let run = world.cvmtail(&["-c", &cvm.target(), "-n", "+1", "--json", &writer.log.path]).start();
    wait_for(&run, &alone(&cvm), 20);
    must(SOON, "there is a master to kill", || world.signal_masters(Signal::KILL) > 0);
    writer.append(20);
    wait_for(&run, &alone(&cvm), 40);
    run.interrupt();
    let out = run.finish(SOON).expect(130).stdout;
    judge_alone([&writer]).ndjson(&out).assert_exact();
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_cvm_that_is_down_at_first_is_followed_once_it_is_up() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let mut writer = Writer::new(&cvm.log("genesis.out"), 5);
    writer.append(5);
    cvm.kill_sshd();
    let run = world.cvmtail(&["-c", &cvm.target(), "-n", "+1", "--json", &writer.log.path]).start();
    run.wait_for("it tries", LONG, |out| !events(out, "reconnecting").is_empty());
    cvm.start_sshd();
    wait_for(&run, &alone(&cvm), 5);
    writer.append(5);
    wait_for(&run, &alone(&cvm), 10);
    run.interrupt();
    let out = run.finish(SOON).expect(130).stdout;
    judge_alone([&writer]).ndjson(&out).assert_exact();
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_limit_to_tries_ends_the_stream_and_not_the_others() {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    for cvm in &cvms {
        cvm.log("genesis.out").put("one\n");
    }
    let path = cvms[0].log("genesis.out").path;
    let run = world.cvmtail(&["-c", &list(&cvms), "--json", "--retry-limit", "2", &path]).start();
    for cvm in &cvms {
        wait_for(&run, &cvm.target(), 1);
    }
    cvms[1].kill_sshd();
    run.wait_for("the stream has failed", LONG, |out| !events(out, "error").is_empty());
    cvms[0].log("genesis.out").push("two\n");
    run.wait_for("the other goes on", LONG, |out| bytes(out).ends_with(b"two\n"));
    cvms[0].kill_sshd();
    let done = run.finish(LONG).expect(2);
    let tries = events(&done.stdout, "reconnecting");
    for cvm in &cvms {
        let its: Vec<_> = tries.iter().filter(|event| event["cvm"] == cvm.target().as_str()).collect();
        assert_eq!(its.len(), 2, "{its:?}");
    }
    assert_eq!(events(&done.stdout, "error").len(), 2);
    // The status of a run that ends by itself while a stream is broken.
    let cvm = &cvms[0];
    let run = world.cvmtail(&["-c", &cvm.target(), "--json", "--for", "6s", &path]).finish(LONG).expect(2);
    assert!(!events(&run.stdout, "reconnecting").is_empty());
}

#[test]
fn a_script_that_starts_and_gets_nowhere_is_a_try_without_progress() {
    let Some(world) = World::namespaces() else { return };
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let broken = cvm.exec(&["mount", "--bind", "/bin/false", "/usr/bin/cat"]);
    assert!(broken.status.success(), "{broken:?}");
    let run = world.cvmtail(&["-c", &log.cvm, "--json", "-n", "+1", "--retry-limit", "3", &log.path]);
    let done = run.finish(SOON).expect(2);
    let tries: Vec<_> =
        events(&done.stdout, "reconnecting").iter().map(|event| event["attempt"].clone()).collect();
    assert_eq!(tries, [1, 2, 3], "{}", done.out());
    assert_eq!(events(&done.stdout, "error").len(), 1, "{}", done.out());
    nothing_left(&world, &[cvm]);
}

#[test]
fn the_summary_comes_at_the_end_and_when_it_is_asked_for() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    log.put("one\ntwo\nthree\n");
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "-g", "t", "--stats", &log.path]).start();
    run.wait_for_lines(2);
    run.signal(Signal::USR1);
    run.wait_for_word("2 ");
    let before = run.stderr().len();
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    assert!(done.stderr.len() > before, "the summary comes again at the end: {}", done.err());
    assert_eq!(done.out().lines().count(), 2, "the summary goes to stderr");
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "-q", "--stats=100ms", "--json", &log.path]).start();
    let summaries = |out: &[u8]| objects(out).iter().filter(|object| object["type"] == "summary").count();
    run.wait_for("a summary every so often", LONG, |out| summaries(out) >= 3);
    // SIGUSR1 asks also where no --stats is given.
    drop(run);
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "--json", &log.path]).start();
    wait_for(&run, "ntnx-a-cvm", 3);
    run.signal(Signal::USR1);
    run.wait_for("the summary asked for", LONG, |out| summaries(out) == 1);
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    assert_eq!(summaries(&done.stdout), 1, "none at the end without --stats");
    nothing_left(&world, &[cvm]);
}

#[test]
fn it_starts_at_once_and_lists_logs_without_any_network() {
    let world = World::new();
    let least = (0..20)
        .map(|_| {
            let started = Instant::now();
            let output = std::process::Command::new(crate::world::run::binary()).arg("--version").output();
            assert!(output.is_ok_and(|output| output.stdout.starts_with(b"cvmtail ")));
            started.elapsed()
        })
        .min()
        .expect("20 runs");
    eprintln!("--version: {least:?} at best of 20");
    assert!(least < Duration::from_millis(50), "{least:?}");
    let listed = world.cvmtail(&["logs"]).finish(SOON).expect(0).out();
    assert!(listed.contains("/home/nutanix/data/logs/genesis.out"), "{listed}");
    // Without a network, a PATH and a home: nothing is asked of anybody.
    if world.grade() == crate::world::grade::Grade::Namespaces {
        let binary = crate::world::run::binary().display().to_string();
        let alone = world.run("unshare", &["--net", "--", "env", "-i", &binary, "logs"]);
        let done = alone.finish(SOON).expect(0);
        assert_eq!(done.out(), listed);
    }
    assert!(world.left_here().is_nothing(), "{:?}", world.left_here());
}
