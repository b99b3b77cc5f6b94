//! Files that are there and may not be read, and paths that lead nowhere: each is reported with its reason, costs the
//! CVM next to nothing, and keeps nobody from what can be read.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::told::{LONG, bytes, events, nothing_left};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::poll::{SOON, must};
use crate::world::process::Process;
use crate::world::running::Running;
use crate::world::writer::Log;

/// How many processes a second a stream may start on its CVM while its log cannot be read.
const FORKS: f64 = 6.0;

/// A world with one CVM whose user may not read all; `None`: the user here is root there.
fn world() -> Option<(World, Cvm)> {
    let world = World::new();
    if world.grade() == Grade::Ports && rustix::process::geteuid().is_root() {
        return None;
    }
    let cvm = world.cvm("ntnx-a-cvm").start();
    Some((world, cvm))
}

/// The same, for tests that write to what is closed to everybody: only root can.
fn world_of_root() -> Option<(World, Cvm)> {
    world().filter(|(world, _)| world.grade() == Grade::Namespaces)
}

/// Sets who may read it.
fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
}

/// The log's file with that ending.
fn beside(log: &Log, ending: &str) -> std::path::PathBuf {
    log.file.with_file_name(format!("{}{ending}", log.name))
}

/// Renames the log to `.1`, and puts a new file in its place that has these bytes and may not be read.
fn rotate_shut(log: &Log, text: &str) {
    fs::rename(&log.file, beside(log, ".1")).expect("a rotation");
    let new = beside(log, ".new");
    fs::write(&new, text).expect("a file");
    mode(&new, 0o000);
    fs::rename(&new, &log.file).expect("a rotation");
}

/// A run that follows the log from its first line as NDJSON, when it has printed these lines and waits for more.
fn follow(world: &World, cvm: &Cvm, log: &Log, lines: &str) -> Running {
    let run = world.cvmtail(&["-c", &log.cvm, "--json", "-n", "+1", &log.path]).start();
    wait_for(&run, lines);
    let is_tail = |process: &Process| process.command.contains(" --pid=");
    must(SOON, "a tail runs", || cvm.commands().iter().any(is_tail));
    run
}

/// Waits until exactly these lines have come.
#[track_caller]
fn wait_for(run: &Running, lines: &str) {
    run.wait_for(&format!("{lines:?} has come"), LONG, |out| bytes(out) == lines.as_bytes());
}

/// Waits for the first event of that kind; gives its message.
#[track_caller]
fn wait_for_event(run: &Running, status: &str) -> String {
    run.wait_for(&format!("{status} is reported"), LONG, |out| !events(out, status).is_empty());
    events(&run.stdout(), status)[0]["message"].as_str().expect("a message").to_owned()
}

/// The number of the newest process of the CVM.
fn newest_process(cvm: &Cvm) -> u64 {
    let said = cvm.exec(&["sh", "-c", "echo $$"]).stdout;
    String::from_utf8_lossy(&said).trim().parse().expect("a process number")
}

/// Ends the test if the CVM is kept busy.
#[track_caller]
fn stays_calm(world: &World, cvm: &Cvm) {
    if world.grade() != Grade::Namespaces {
        return;
    }
    let (before, began) = (newest_process(cvm), Instant::now());
    must(LONG, "a while has passed", || began.elapsed() > Duration::from_secs(4));
    let forks = newest_process(cvm) - before;
    let rate = f64::from(u32::try_from(forks).expect("few")) / began.elapsed().as_secs_f64();
    assert!(rate <= FORKS, "{rate:.1} processes a second are started on the CVM");
}

/// Ends the run; gives all it printed.
#[track_caller]
fn end(run: Running) -> Vec<u8> {
    run.interrupt();
    run.finish(SOON).expect(130).stdout
}

/// Ends the test unless each of these events is in the output so often.
#[track_caller]
fn assert_events(out: &[u8], wanted: &[(&str, usize)]) {
    for (status, count) in wanted {
        assert_eq!(events(out, status).len(), *count, "{status}: {}", String::from_utf8_lossy(out));
    }
}

#[test]
fn a_new_file_that_may_not_be_read_is_reported_once_and_read_once_it_may_be() {
    let Some((world, cvm)) = world() else { return };
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = follow(&world, &cvm, &log, "one\n");
    rotate_shut(&log, "two\n");
    let message = wait_for_event(&run, "missing");
    assert_eq!(message, format!("your user may not read {}", log.path));
    stays_calm(&world, &cvm);
    fs::write(beside(&log, ".1"), "one\nlate\n").expect("the old file");
    wait_for(&run, "one\nlate\n");
    mode(&log.file, 0o644);
    wait_for(&run, "one\nlate\ntwo\n");
    log.push("three\n");
    wait_for(&run, "one\nlate\ntwo\nthree\n");
    let out = end(run);
    let wanted = [("missing", 1), ("appeared", 1), ("rotated", 1), ("gap", 0), ("truncated", 0)];
    assert_events(&out, &wanted);
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_connection_that_breaks_meanwhile_changes_nothing() {
    let Some((world, cvm)) = world() else { return };
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = follow(&world, &cvm, &log, "one\n");
    rotate_shut(&log, "two\n");
    wait_for_event(&run, "missing");
    assert!(cvm.kill_sessions() > 0);
    wait_for_event(&run, "resumed");
    stays_calm(&world, &cvm);
    mode(&log.file, 0o644);
    wait_for(&run, "one\ntwo\n");
    assert_events(&end(run), &[("gap", 0), ("truncated", 0), ("appeared", 1)]);
}

#[test]
fn an_unreadable_file_between_two_others_is_reported_and_passed_over() {
    let Some((world, cvm)) = world() else { return };
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = follow(&world, &cvm, &log, "one\n");
    rotate_shut(&log, "two\n");
    wait_for_event(&run, "missing");
    fs::rename(beside(&log, ".1"), beside(&log, ".2")).expect("a rotation");
    fs::rename(&log.file, beside(&log, ".1")).expect("a rotation");
    log.put("three\n");
    wait_for(&run, "one\nthree\n");
    stays_calm(&world, &cvm);
    let out = end(run);
    let reported: Vec<_> = events(&out, "missing").iter().map(|event| event["message"].clone()).collect();
    let told = |path: &str| format!("your user may not read {path}");
    assert_eq!(reported, [told(&log.path), told(&format!("{}.1", log.path))]);
    assert_eq!(events(&out, "missing")[1]["bytes"], 4);
    // Both at once, before anybody has looked, and over a connection that breaks.
    log.put("one\n");
    fs::remove_file(beside(&log, ".1")).expect("the old file");
    fs::remove_file(beside(&log, ".2")).expect("the old file");
    let run = follow(&world, &cvm, &log, "one\n");
    assert!(cvm.kill_sessions() > 0);
    rotate_shut(&log, "two\n");
    fs::rename(beside(&log, ".1"), beside(&log, ".2")).expect("a rotation");
    fs::rename(&log.file, beside(&log, ".1")).expect("a rotation");
    log.put("three\n");
    wait_for(&run, "one\nthree\n");
    assert_events(&end(run), &[("missing", 1), ("gap", 0)]);
}

#[test]
fn a_log_that_is_closed_while_it_is_read_loses_nothing() {
    let Some((world, cvm)) = world_of_root() else { return };
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = follow(&world, &cvm, &log, "one\n");
    mode(&log.file, 0o000);
    log.push("two\n");
    // Who has it open reads on.
    wait_for(&run, "one\ntwo\n");
    must(SOON, "there is a tail to kill", || cvm.kill_commands("tail") == 1);
    log.push("three\n");
    wait_for_event(&run, "missing");
    stays_calm(&world, &cvm);
    assert!(cvm.kill_sessions() > 0);
    wait_for_event(&run, "reconnecting");
    stays_calm(&world, &cvm);
    mode(&log.file, 0o644);
    wait_for(&run, "one\ntwo\nthree\n");
    mode(&log.file, 0o000);
    fs::rename(&log.file, beside(&log, ".1")).expect("a rotation");
    fs::write(&log.file, "four\n").expect("the log");
    wait_for(&run, "one\ntwo\nthree\nfour\n");
    assert_events(&end(run), &[("gap", 0), ("truncated", 0), ("missing", 1), ("error", 0)]);
}

#[test]
fn a_rotated_file_that_is_closed_before_its_end_is_read_is_a_gap_of_its_size() {
    let Some((world, cvm)) = world() else { return };
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = follow(&world, &cvm, &log, "one\n");
    cvm.freeze_sshd();
    cvm.kill_commands("tail");
    log.push("lost\n");
    mode(&log.file, 0o000);
    fs::rename(&log.file, beside(&log, ".1")).expect("a rotation");
    log.put("two\n");
    cvm.kill_sessions();
    cvm.thaw();
    wait_for(&run, "one\ntwo\n");
    let out = end(run);
    assert_events(&out, &[("gap", 1), ("truncated", 0)]);
    let gap = &events(&out, "gap")[0];
    assert_eq!(gap["bytes"], 5, "{gap}");
    assert!(
        gap["message"].as_str().is_some_and(|text| text.ends_with("the file is no longer readable")),
        "{gap}"
    );
}

#[test]
fn what_is_no_file_in_the_place_of_the_log_is_waited_out() {
    let Some((world, cvm)) = world() else { return };
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = follow(&world, &cvm, &log, "one\n");
    let mut lines = "one\n".to_owned();
    for (number, kind) in (2..).zip(["directory", "fifo", "link to itself", "closed directory"]) {
        let new = beside(&log, ".new");
        if kind == "fifo" {
            let made = cvm.exec(&["mkfifo", &new.display().to_string()]);
            assert!(made.status.success(), "{made:?}");
        }
        fs::rename(&log.file, beside(&log, ".1")).expect("a rotation");
        match kind {
            "directory" => fs::create_dir(&log.file).expect("a directory"),
            "fifo" => fs::rename(&new, &log.file).expect("a fifo"),
            "link to itself" => symlink(log.file.file_name().expect("a name"), &log.file).expect("a link"),
            _ => {
                fs::create_dir(&log.file).expect("a directory");
                mode(&log.file, 0o000);
            }
        }
        let is_told = |out: &[u8]| events(out, "missing").len() == number - 1;
        run.wait_for(&format!("the {kind} is reported"), LONG, is_told);
        stays_calm(&world, &cvm);
        let removed = if log.file.is_dir() { fs::remove_dir(&log.file) } else { fs::remove_file(&log.file) };
        removed.expect("removed");
        let line = format!("line {number}\n");
        log.put(&line);
        lines.push_str(&line);
        wait_for(&run, &lines);
    }
    let out = end(run);
    let messages: Vec<String> =
        events(&out, "missing").iter().map(|event| event["message"].to_string()).collect();
    assert!(messages[0].contains("is not a file that can be followed"), "{messages:?}");
    assert!(messages[1].contains("is not a file that can be followed"), "{messages:?}");
    assert!(messages[2].contains("its symbolic links form a loop"), "{messages:?}");
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_directory_that_may_not_be_entered_any_more_is_waited_for() {
    let Some((world, cvm)) = world_of_root() else { return };
    let log = cvm.log("deep/genesis.out");
    log.put("one\n");
    let parent = log.file.parent().expect("a directory").to_owned();
    let run = follow(&world, &cvm, &log, "one\n");
    mode(&parent, 0o644);
    assert_eq!(wait_for_event(&run, "missing"), format!("your user may not read {}", log.path));
    stays_calm(&world, &cvm);
    assert!(cvm.kill_sessions() > 0);
    wait_for_event(&run, "reconnecting");
    stays_calm(&world, &cvm);
    log.push("two\n");
    mode(&parent, 0o755);
    wait_for(&run, "one\ntwo\n");
    wait_for_event(&run, "appeared");
    assert_events(&end(run), &[("gap", 0), ("truncated", 0), ("missing", 1)]);
}

/// A log with an unreadable older file, and lines that tell their time.
fn old_and_new(cvm: &Cvm) -> Log {
    let log = cvm.log("genesis.out");
    let line = |ago: u64, text: &str| {
        let time = jiff::Timestamp::now() - Duration::from_secs(ago);
        format!("{} INFO rpc.py:12 {text}\n", time.strftime("%Y-%m-%d %H:%M:%S,%3fZ"))
    };
    log.put(line(90, "oldest"));
    fs::rename(&log.file, beside(&log, ".2")).expect("a rotation");
    log.put(line(60, "shut"));
    fs::rename(&log.file, beside(&log, ".1")).expect("a rotation");
    mode(&beside(&log, ".1"), 0o000);
    log.put(line(30, "new"));
    log
}

#[test]
fn a_bounded_read_says_which_older_file_it_could_not_read() {
    let Some((world, cvm)) = world() else { return };
    let log = old_and_new(&cvm);
    let read = ["-c", &log.cvm, "--json", "--since", "1h", &log.path];
    let message = format!("your user may not read {}.1", log.path);
    let done = world.cvmtail(&read).arg("--no-follow").finish(LONG).expect(2);
    let lines = String::from_utf8(bytes(&done.stdout)).expect("text");
    assert!(lines.contains("oldest") && lines.contains("new") && lines.lines().count() == 2, "{lines}");
    assert_events(&done.stdout, &[("missing", 1)]);
    assert_eq!(events(&done.stdout, "missing")[0]["message"], *message);
    let run = world.cvmtail(&read).start();
    assert_eq!(wait_for_event(&run, "missing"), message);
    run.wait_for_line(" new");
    stays_calm(&world, &cvm);
    end(run);
    let snapshot =
        ["snapshot", "-c", &log.cvm, "--since", "1h", "--max-errors", "0", "-o", "json", &log.path];
    let done = world.cvmtail(&snapshot).finish(LONG).expect(2);
    assert!(done.out().contains(&message), "{}", done.out());
    // Without a readable older file the run begins in the live one.
    fs::remove_file(beside(&log, ".2")).expect("the oldest file");
    let done = world.cvmtail(&read).arg("--no-follow").finish(LONG).expect(2);
    assert_eq!(String::from_utf8_lossy(&bytes(&done.stdout)).lines().count(), 1);
    assert_events(&done.stdout, &[("missing", 1)]);
    // Nobody asks for older files where lines are counted.
    let count = ["-c", &log.cvm, "--json", "-n", "5", "--no-follow", &log.path];
    assert_events(&world.cvmtail(&count).finish(LONG).expect(0).stdout, &[("missing", 0)]);
}

#[test]
fn a_path_that_leads_nowhere_is_missing_at_once_whatever_its_form() {
    let Some((world, cvm)) = world() else { return };
    let good = cvm.log("genesis.out");
    good.put("one\n");
    symlink("/nowhere/at/all", cvm.home().join("dangling")).expect("a link");
    symlink("circle", cvm.home().join("circle")).expect("a link");
    let paths = [
        ("logs/foo.log", "is not there"),
        ("./foo.log", "is not there"),
        ("../zzz/foo.log", "is not there"),
        ("zzz/a\nb/foo.log", "is not there"),
        ("-zzz/-foo.log", "is not there"),
        ("/zzz", "is not there"),
        ("/zzz//y///x", "is not there"),
        ("./dangling", "is not there"),
        ("./dangling/x", "is not there"),
        ("./circle", "its symbolic links form a loop"),
        ("/etc/passwd/x", "one of the directories in its path is a file"),
    ];
    let names = || paths.iter().map(|(path, _)| *path);
    let follow = world.cvmtail(&["-c", &good.cvm, "--json", "--no-follow", &good.path, "--"]);
    let done = follow.args(names()).finish(SOON).expect(2);
    assert_eq!(bytes(&done.stdout), b"one\n");
    let errors = events(&done.stdout, "error");
    for (path, words) in paths {
        let told = errors.iter().any(|error| {
            error["path"] == path && error["message"].as_str().is_some_and(|text| text.contains(words))
        });
        assert!(told, "{path}: {errors:?}");
    }
    let snapshot = world.cvmtail(&["snapshot", "-c", &good.cvm, "-o", "json", &good.path, "--"]);
    let done = snapshot.args(names()).finish(SOON).expect(2);
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).expect("a document");
    let logs = told["cvms"][0]["logs"].as_array().expect("logs");
    assert_eq!(logs.iter().filter(|log| log["status"] == "missing").count(), paths.len(), "{told}");
    let check = world.cvmtail(&["check", "--json", "-c", &good.cvm, &good.path, "--"]);
    let done = check.args(names()).finish(SOON).expect(1);
    for (_, words) in paths {
        assert!(done.out().contains(words), "{words}: {}", done.out());
    }
    world.cvmtail(&["logs", "-c", &good.cvm, "logs/foo.log", "logs/*.log"]).finish(SOON);
    let run = world.cvmtail(&["-c", &good.cvm, "--json", "logs/foo.log", "logs/*.log"]).start();
    wait_for_event(&run, "missing");
    stays_calm(&world, &cvm);
    end(run);
    nothing_left(&world, &[cvm]);
}
