//! What cannot be read on a CVM: it is said, it is never silence and never "healthy", and what can be read is read.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::told::{LONG, events, nothing_left, objects};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::SOON;
use crate::world::writer::Log;

/// A line of a service so many seconds ago.
fn line(ago: u64, level: &str, message: &str) -> String {
    let time = jiff::Timestamp::now() - Duration::from_secs(ago);
    format!("{} {level} rpc.py:12 {message}\n", time.strftime("%Y-%m-%d %H:%M:%S,%3fZ"))
}

/// A CVM whose user is an ordinary one, and a log whose file begins within the last hour.
fn world() -> Option<(World, Cvm, Log)> {
    let world = World::namespaces()?;
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("k/k.log");
    log.put(line(60, "INFO", "all fine"));
    Some((world, cvm, log))
}

/// Another file of the log's series, last written to so many seconds ago.
fn sibling(log: &Log, suffix: &str, text: &str, ago: u64) -> PathBuf {
    let file = beside(log, suffix);
    let other = Log { file: file.clone(), ..log.clone() };
    other.put(text);
    other.date(SystemTime::now() - Duration::from_secs(ago));
    file
}

/// The path with that suffix.
fn beside(log: &Log, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", log.file.display()))
}

/// Sets the permissions.
fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
}

/// Compresses the file; gives the new one.
fn compress(program: &str, suffix: &str, file: &Path) -> PathBuf {
    let done = Command::new(program).args(["-f", "--"]).arg(file).status();
    assert!(done.is_ok_and(|status| status.success()), "{program}");
    PathBuf::from(format!("{}{suffix}", file.display()))
}

/// The last hour of the log, judged, as JSON; the status must be that one.
#[track_caller]
fn snapshot(world: &World, log: &Log, status: i32) -> Value {
    let run = world.cvmtail(&[
        "snapshot",
        "-c",
        &log.cvm,
        "--since",
        "12h",
        "--max-errors",
        "0",
        "--json",
        &log.path,
    ]);
    let done = run.finish(LONG).expect(status);
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.out()))
}

/// Ends the test unless the snapshot of the log is not healthy and says these words of it, in every form, and a bounded
/// read says them and is status 2.
#[track_caller]
fn assert_said(world: &World, log: &Log, words: &str) {
    let report = snapshot(world, log, 2);
    assert_eq!(
        (&report["healthy"], &report["looked_everywhere"]),
        (&false.into(), &false.into()),
        "{report}"
    );
    let told = &report["cvms"][0]["logs"][0];
    assert_eq!(told["status"], "unreadable", "{told}");
    assert!(told["message"].as_str().is_some_and(|message| message.contains(words)), "{told}");
    assert!(told["hint"].is_string(), "{told}");
    for (form, also) in [
        ("text", "could not look everywhere"),
        ("ndjson", "\"looked_everywhere\":false"),
        ("prometheus", "cvmtail_log_up{cvm="),
        ("junit", "<error type=\"unreadable\""),
        ("markdown", "**unreadable**"),
    ] {
        let run =
            world.cvmtail(&["snapshot", "-c", &log.cvm, "--since", "12h", "--max-errors", "0", "-o", form]);
        let out = run.arg(&log.path).finish(LONG).expect(2).out();
        let plain = out.replace('\\', "");
        assert!(form == "prometheus" || plain.contains(words), "{form}: {out}");
        assert!(form == "text" || out.contains(also), "{form}: {out}");
        assert!(
            form != "prometheus" || out.lines().any(|it| it.starts_with(also) && it.ends_with(" 0")),
            "{out}"
        );
    }
    let run = world.cvmtail(&["-c", &log.cvm, "--no-follow", "--since", "12h", "--json", &log.path]);
    let done = run.finish(LONG).expect(2);
    let told = [events(&done.stdout, "gap"), events(&done.stdout, "missing")].concat();
    let said = |event: &Value| event["message"].as_str().is_some_and(|message| message.contains(words));
    assert_eq!(told.iter().filter(|event| said(event)).count(), 1, "{}", done.out());
    assert!(!done.out().contains("everything was read"), "{}", done.out());
    assert!(lines(&done.stdout).iter().any(|line| line.ends_with("all fine")), "{}", done.out());
    let run = world.cvmtail(&["-c", &log.cvm, "--no-follow", "--since", "12h", &log.path]);
    let done = run.finish(LONG).expect(2);
    assert!(done.err().contains(words), "{}", done.err());
}

/// Ends the test unless the error in the older file is found.
#[track_caller]
fn assert_found(world: &World, log: &Log) {
    let report = snapshot(world, log, 1);
    assert_eq!(report["cvms"][0]["logs"][0]["levels"]["error"], 1, "{report}");
}

/// The lines in some NDJSON.
fn lines(out: &[u8]) -> Vec<String> {
    let all = objects(out).into_iter().filter(|object| object["type"] == "line");
    all.map(|object| object["line"].as_str().expect("a line").to_owned()).collect()
}

#[test]
fn links_that_lead_nowhere_hide_no_other_file() {
    let Some((world, cvm, log)) = world() else { return };
    sibling(&log, ".1", &line(600, "ERROR", "boom"), 600);
    symlink("/nowhere", beside(&log, ".old")).expect("a link");
    symlink("k.log.7", beside(&log, ".7")).expect("a link to itself");
    symlink("k.log/x", beside(&log, ".8")).expect("a link through a file");
    for n in 0..300 {
        symlink("/nowhere/at all\nhere", beside(&log, &format!(".2{n:03}"))).expect("a link");
    }
    fs::create_dir(beside(&log, ".3")).expect("a directory");
    assert_found(&world, &log);
    // And what nobody can read does not matter where nothing is there.
    fs::remove_file(beside(&log, ".1")).expect("the file");
    assert_eq!(snapshot(&world, &log, 0)["healthy"], true);
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_link_into_a_forbidden_directory_is_said_and_the_others_are_read() {
    let Some((world, cvm, log)) = world() else { return };
    let forbidden = cvm.folder().join("home/forbidden");
    fs::create_dir(&forbidden).expect("a directory");
    fs::write(forbidden.join("x"), line(900, "ERROR", "hidden")).expect("a file");
    mode(&forbidden, 0o700);
    symlink("/home/forbidden/x", beside(&log, ".old")).expect("a link");
    assert_said(&world, &log, "k.log.old could not be examined");
    sibling(&log, ".1", &line(600, "ERROR", "boom"), 600);
    assert_found(&world, &log);
    // What is no name of the series, or is not needed, does not matter.
    fs::remove_file(beside(&log, ".1")).expect("the file");
    fs::rename(beside(&log, ".old"), beside(&log, ".other-log")).expect("a rename");
    assert_eq!(snapshot(&world, &log, 0)["healthy"], true);
    fs::rename(beside(&log, ".other-log"), beside(&log, ".old")).expect("a rename");
    log.put(line(50_000, "INFO", "before the window") + &line(60, "INFO", "all fine"));
    assert_eq!(snapshot(&world, &log, 0)["healthy"], true);
    // A glob that matches the link finds a file that nobody can read.
    let folder = log.path.trim_end_matches("k.log");
    let glob = format!("{folder}*.old");
    let done = world.cvmtail(&["snapshot", "-c", &log.cvm, "--json", &glob]).finish(LONG).expect(2);
    assert!(done.out().contains("k.log.old could not be examined"), "{}", done.out());
    let done = world.cvmtail(&["-c", &log.cvm, "--no-follow", "--json", &glob]).finish(LONG).expect(2);
    assert!(done.out().contains("k.log.old could not be examined"), "{}", done.out());
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_directory_that_may_be_entered_and_not_listed_is_said() {
    let Some((world, cvm, log)) = world() else { return };
    sibling(&log, ".1", &line(600, "ERROR", "boom"), 600);
    let folder = log.file.parent().expect("a directory");
    mode(folder, 0o711);
    assert_said(&world, &log, "logs/k could not be listed");
    log.put(line(50_000, "INFO", "before the window") + &line(60, "INFO", "all fine"));
    assert_eq!(snapshot(&world, &log, 0)["healthy"], true);
    let glob = format!("{}*.log", log.path.trim_end_matches("k.log"));
    let done = world.cvmtail(&["-c", &log.cvm, "--no-follow", "--json", &glob]).finish(LONG).expect(2);
    assert!(done.out().contains("logs/k could not be listed"), "{}", done.out());
    nothing_left(&world, &[cvm]);
}

#[test]
fn compressed_files_that_cannot_be_read_are_said() {
    let Some((world, cvm, log)) = world() else { return };
    let text: String = (0..4_000).map(|n| line(900 - n / 10, "INFO", &format!("line {n} of many"))).collect();
    let packed = |program, suffix| {
        let file = sibling(&log, ".1", &text, 500);
        compress(program, suffix, &file)
    };
    let older = |file: &Path| {
        Log { file: file.to_owned(), ..log.clone() }.date(SystemTime::now() - Duration::from_secs(500));
    };
    // Not readable.
    let file = packed("gzip", ".gz");
    mode(&file, 0o000);
    assert_said(&world, &log, "may not read");
    // Older than the window it does not matter.
    Log { file: file.clone(), ..log.clone() }.date(SystemTime::now() - Duration::from_hours(24));
    assert_eq!(snapshot(&world, &log, 0)["healthy"], true);
    fs::remove_file(&file).expect("the file");
    // Truncated, damaged: lines come up to there, and the half one does not.
    for (program, suffix) in [("gzip", ".gz"), ("xz", ".xz"), ("bzip2", ".bz2"), ("zstd", ".zst")] {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("not shown here: there is no {program}");
            continue;
        }
        let file = packed(program, suffix);
        if program == "zstd" {
            fs::remove_file(beside(&log, ".1")).expect("zstd keeps the file");
        }
        let whole = fs::read(&file).expect("a file");
        fs::write(&file, &whole[..whole.len() * 2 / 3]).expect("truncated");
        older(&file);
        assert_said(&world, &log, "is damaged or truncated");
        let run = world.cvmtail(&["-c", &log.cvm, "--no-follow", "--since", "12h", "--json", &log.path]);
        let done = run.finish(LONG).expect(2);
        for line in lines(&done.stdout) {
            assert!(line.ends_with("of many") || line.ends_with("all fine"), "{program}: torn: {line}");
        }
        assert!(!done.out().contains("to its end"), "{program}: {}", done.out());
        fs::remove_file(&file).expect("the file");
    }
    // Its program is not there.
    let file = sibling(&log, ".1.lz4", "no matter", 500);
    if Command::new("lz4").arg("--version").output().is_err() {
        assert_said(&world, &log, "does not have the program that decompresses it");
    }
    fs::remove_file(&file).expect("the file");
    nothing_left(&world, &[cvm]);
}

#[test]
fn thousands_of_siblings_are_all_examined() {
    let Some((world, cvm, log)) = world() else { return };
    // More than fit into one call, all older than the window but one.
    let long = "0".repeat(100);
    let first = sibling(&log, &format!(".{long}00000"), "x\n", 90_000);
    for n in 1..24_000 {
        fs::hard_link(&first, beside(&log, &format!(".{long}{n:05}"))).expect("a link");
    }
    sibling(&log, ".1", &line(600, "ERROR", "boom"), 600);
    assert_found(&world, &log);
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_rotation_where_nothing_can_be_listed_is_said_while_it_is_followed() {
    let Some((world, cvm, log)) = world() else { return };
    let run = world.cvmtail(&["-c", &log.cvm, "--json", "-n", "0", &log.path]).start();
    let told = |status: &str, times: usize| {
        run.wait_for(&format!("{status}, {times} times"), LONG, |out| events(out, status).len() >= times);
    };
    told("started", 1);
    mode(log.file.parent().expect("a directory"), 0o711);
    log.push("one\n");
    fs::rename(&log.file, beside(&log, ".2")).expect("a rename");
    fs::write(beside(&log, ".1"), "lost\n").expect("a file");
    log.put("two\n");
    told("gap", 1);
    run.wait_for("both lines have come", LONG, |out| lines(out).len() >= 2);
    run.interrupt();
    let out = run.finish(SOON).expect(130).stdout;
    assert_eq!(lines(&out), ["one", "two"]);
    let gap = &events(&out, "gap")[0];
    assert!(gap["message"].as_str().is_some_and(|it| it.contains("could not be listed")), "{gap}");
    nothing_left(&world, &[cvm]);
}
