//! What happens to a log's file: where reading begins, rotations of every kind, files that come and go.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::told::{LONG, bytes, events, judge_alone, nothing_left, objects};
use crate::world::World;
use crate::world::checker::Report;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::poll::{SOON, must};
use crate::world::rotate::{Packer, Rotation};
use crate::world::run::Run;
use crate::world::running::Running;
use crate::world::schedule::Schedule;
use crate::world::writer::{Log, Writer};

/// A world with one CVM.
fn world() -> (World, Cvm) {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    (world, cvm)
}

/// A run that follows the log as NDJSON.
fn follow(world: &World, log: &Log) -> Run {
    world.cvmtail(&["-c", &log.cvm, "--json", "-n", "+1", &log.path])
}

/// Waits for that many lines.
#[track_caller]
fn wait_for(run: &Running, lines: u64) {
    let count = |out: &[u8]| memchr::memmem::find_iter(out, b"{\"type\":\"line\",").count() as u64;
    run.wait_for(&format!("{lines} lines have come"), LONG, |out| count(out) >= lines);
}

/// Waits for that many events of that kind.
#[track_caller]
fn wait_for_event(run: &Running, status: &str, times: usize) {
    run.wait_for(&format!("{status}, {times} times"), LONG, |out| events(out, status).len() >= times);
}

/// Ends the run; gives the verdict and all it printed.
fn judge(run: Running, writer: &Writer) -> (Report, Vec<u8>) {
    run.interrupt();
    let out = run.finish(SOON).expect(130).stdout;
    (judge_alone([writer]).ndjson(&out), out)
}

#[test]
fn reading_begins_where_tail_would_begin() {
    let (world, cvm) = world();
    let long: String =
        (1..=5_000).flat_map(|n| ["line ".to_owned(), n.to_string(), "\n".to_owned()]).collect();
    let texts = ["", "one", "one\n", "one\ntwo", "\n\n\n", &long, &long[..long.len() - 1]];
    let logs: Vec<Log> = (0..).zip(texts).map(|(n, _)| cvm.log(&format!("log_{n}.out"))).collect();
    logs.iter().zip(texts).for_each(|(log, text)| log.put(text));
    for from in ["0", "1", "2", "10", "4999", "5000", "99999999999", "+1", "+2", "+3", "+5000", "+99999"] {
        let run = world.cvmtail(&["-c", &cvm.target(), "--no-follow", "--json", "-n", from]);
        let ours = run.args(logs.iter().map(|log| &log.path)).finish(LONG);
        let mut any = false;
        for log in &logs {
            let file = log.file.display().to_string();
            let mut theirs = world.run("tail", &["-n", from, &file]).finish(LONG).expect(0).stdout;
            if theirs.last().is_some_and(|last| *last != b'\n') {
                theirs.push(b'\n');
            }
            let mine = format!("\"path\":\"{}\"", log.path);
            let has = |line: &&[u8]| memchr::memmem::find(line, mine.as_bytes()).is_some();
            let of_log = ours.stdout.split_inclusive(|byte| *byte == b'\n').filter(has).collect::<Vec<_>>();
            let of_log = bytes(&of_log.concat());
            assert!(of_log == theirs, "-n {from}, {}: {:?}", log.name, String::from_utf8_lossy(&of_log));
            any |= !theirs.is_empty();
        }
        assert_eq!(ours.code(), i32::from(!any), "-n {from}");
    }
    let default =
        world.cvmtail(&["-c", &cvm.target(), "--no-follow", "-o", "raw", &cvm.log("log_5.out").path]);
    assert_eq!(default.finish(LONG).expect(0).out().lines().count(), 10);
    let none =
        world.cvmtail(&["-c", &cvm.target(), "-n", "0", "-o", "raw", &cvm.log("log_5.out").path]).start();
    none.wait_for_word("+ ");
    none.wait_for_word(" log_5.out");
    cvm.log("log_5.out").push("new\n");
    none.wait_for_line("new");
    none.interrupt();
    assert_eq!(none.finish(SOON).expect(130).out(), "new\n");
}

/// Follows a writer that rotates in these ways while it writes, and loses nothing.
fn rotate_while_writing(rotations: &[Rotation], glog: bool) {
    let (world, cvm) = world();
    let log = cvm.log(if glog { "stargate.INFO" } else { "genesis.out" });
    let mut writer = if glog { Writer::glog(&log, 5) } else { Writer::new(&log, 5) };
    writer.append(20);
    let run = follow(&world, &log).start();
    wait_for(&run, 20);
    let schedule = Schedule::default().lines(2_500).rotating(rotations, Duration::from_secs(1));
    let writer = writer.start(schedule).join();
    wait_for(&run, 2_500);
    let (report, out) = judge(run, &writer);
    report.assert_exact();
    let told = events(&out, "rotated").len() as u64;
    let made = writer.ledger.open().rotations;
    assert!(made > 0 && told <= made, "{told} rotations told, {made} made");
    assert!(told + 1 >= made, "{told} rotations told, {made} made");
    assert!(events(&out, "gap").is_empty() && events(&out, "reconnecting").is_empty());
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_rename_loses_nothing_while_it_writes() {
    rotate_while_writing(&[Rotation::Rename], false);
}

#[test]
fn a_rename_after_which_the_service_writes_on_to_the_old_file_loses_nothing() {
    rotate_while_writing(&[Rotation::Late(30)], false);
}

#[test]
fn a_link_pointed_anew_loses_nothing() {
    rotate_while_writing(&[Rotation::Link], true);
}

#[test]
fn a_file_packed_right_after_its_rename_loses_nothing() {
    rotate_while_writing(&[Rotation::Compress(Packer::Gzip), Rotation::Compress(Packer::Xz)], false);
}

#[test]
fn a_file_removed_and_created_anew_is_read_to_its_end_first() {
    let (world, cvm) = world();
    let log = cvm.log("genesis.out");
    let mut writer = Writer::new(&log, 5);
    writer.append(5);
    let run = follow(&world, &log).start();
    wait_for(&run, 5);
    for n in 1..=3 {
        writer.append(5);
        writer.rotate(Rotation::Recreate);
        writer.append(5);
        wait_for(&run, 5 + 10 * n);
    }
    let (report, out) = judge(run, &writer);
    report.assert_exact();
    assert_eq!(events(&out, "rotated").len(), 3);
}

#[test]
fn a_cut_in_place_is_told_and_what_comes_after_it_is_read() {
    let (world, cvm) = world();
    let log = cvm.log("genesis.out");
    let mut writer = Writer::new(&log, 5);
    writer.append(50);
    let run = follow(&world, &log).start();
    wait_for(&run, 50);
    for (n, rotation) in (1..).zip([Rotation::CopyTruncate, Rotation::Truncate, Rotation::CopyTruncate]) {
        // Shorter than before, as it is in life: a file that has grown beyond its old size before anybody
        // looks at it again cannot be told from one that was not cut.
        writer.rotate(rotation);
        writer.append(5);
        wait_for(&run, 50 * n + 5);
        writer.append(45);
        wait_for(&run, 50 * n + 50);
    }
    let (report, out) = judge(run, &writer);
    report.assert_exact();
    assert_eq!(events(&out, "truncated").len(), 3, "{}", String::from_utf8_lossy(&out));
}

#[test]
fn a_log_that_is_missing_is_waited_for_and_read_from_its_first_line() {
    let (world, cvm) = world();
    let log = cvm.log("genesis.out");
    // What was there before is backlog, what comes later is not: -n 0 has all of it.
    let run = world.cvmtail(&["-c", &log.cvm, "--json", "-n", "0", &log.path]).start();
    wait_for_event(&run, "missing", 1);
    let mut writer = Writer::new(&log, 5);
    writer.append(30);
    wait_for(&run, 30);
    fs::remove_file(&log.file).expect("the log");
    wait_for_event(&run, "missing", 2);
    fs::write(&log.file, "").expect("the log");
    wait_for_event(&run, "appeared", 2);
    let (report, out) = judge(run, &writer);
    report.assert_exact();
    let told: Vec<String> = objects(&out)
        .iter()
        .filter(|object| object["type"] == "status")
        .map(|object| object["status"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(told[..5], ["connecting", "connected", "missing", "appeared", "started"], "{told:?}");
    assert_eq!(told.iter().filter(|told| *told == "missing").count(), 2, "told once each time: {told:?}");
    let missing = &events(&out, "missing")[0];
    assert_eq!(missing["message"], format!("{} is not there", log.path));
    assert!(missing["hint"].as_str().is_some_and(|hint| hint.contains("starts by itself")), "{missing}");
}

#[test]
fn a_log_that_may_not_be_read_is_read_once_it_may() {
    let world = World::new();
    if world.grade() == Grade::Ports && rustix::process::geteuid().is_root() {
        return;
    }
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let mode = |mode: u32| fs::set_permissions(&log.file, fs::Permissions::from_mode(mode)).expect("chmod");
    mode(0o000);
    let run = follow(&world, &log).start();
    wait_for_event(&run, "missing", 1);
    mode(0o644);
    wait_for(&run, 1);
    run.interrupt();
    let out = run.finish(SOON).expect(130).stdout;
    let message = format!("your user may not read {}", log.path);
    assert_eq!(events(&out, "missing")[0]["message"], message);
}

#[test]
fn a_tail_that_is_killed_on_the_cvm_is_replaced_and_nothing_comes_twice() {
    let (world, cvm) = world();
    let log = cvm.log("genesis.out");
    let mut writer = Writer::new(&log, 5);
    writer.append(10);
    let run = follow(&world, &log).start();
    wait_for(&run, 10);
    for n in 1..=3 {
        must(SOON, "there is a tail to kill", || cvm.kill_commands("tail") == 1);
        writer.append(10);
        wait_for(&run, 10 + 10 * n);
    }
    let (report, _) = judge(run, &writer);
    report.assert_exact();
    nothing_left(&world, &[cvm]);
}
