//! Lines that are too long for one piece: each is one line, on every path, however its bytes come.

use std::fs;

use rustix::process::Signal;

use crate::told::{LONG, alone, bytes, events, genesis, nothing_left, objects};
use crate::world::World;
use crate::world::poll::{SOON, must};
use crate::world::writer::Log;

/// The size of a piece.
const MIB: usize = 1 << 20;

/// A log of this machine that holds `content`.
fn local(world: &World, content: &[u8]) -> Log {
    let file = world.folder().join("long.out");
    let path = file.display().to_string();
    let log = Log { cvm: "local".into(), name: "long.out".into(), file, path };
    log.put(content);
    log
}

/// What cvmtail prints of the log from its first line to its end.
fn read(world: &World, log: &Log, arguments: &[&str]) -> (Vec<u8>, i32) {
    let run = world.cvmtail(&["-c", &log.cvm, "-n", "+1", "--no-follow", "-q", &log.path]);
    let done = run.args(arguments).finish(LONG);
    (done.stdout, done.status.code().unwrap_or(-1))
}

/// What grep prints of it.
fn grep(world: &World, log: &Log, arguments: &[&str]) -> (Vec<u8>, i32) {
    let run = world.run("grep", &["-a", "-E"]).env("LC_ALL", "C").args(arguments).arg("--").arg(&log.path);
    let done = run.finish(LONG);
    (done.stdout, done.status.code().unwrap_or(-1))
}

/// Some bytes with each run of the same one told by its length.
fn brief(bytes: &[u8]) -> String {
    let runs = bytes.chunk_by(|one, other| one == other);
    let brief = runs.map(|run| match run.len() {
        length @ 10.. => format!("{}*{length} ", run[0].escape_ascii()),
        _ => run.escape_ascii().to_string(),
    });
    brief.take(60).collect()
}

/// Ends the test unless cvmtail and grep print the same.
#[track_caller]
fn assert_same(ours: &(Vec<u8>, i32), theirs: &(Vec<u8>, i32), what: &str) {
    let told = || format!("{what}:\n{}\n--- not\n{}", brief(&ours.0), brief(&theirs.0));
    assert!(ours == theirs, "{} ({}, not {})", told(), ours.1, theirs.1);
}

/// The summary in some NDJSON.
fn summary(output: &[u8]) -> serde_json::Value {
    objects(output).into_iter().find(|object| object["type"] == "summary").expect("a summary")
}

/// A line of that length, with `end` at its end.
fn line(length: usize, end: &str) -> Vec<u8> {
    let mut line = b"A".repeat(length - end.len());
    line.extend_from_slice(end.as_bytes());
    line
}

/// Logs with lines around the size of a piece at their beginning, in their middle and at their end, some in a row,
/// with and without a final newline.
fn logs() -> Vec<Vec<u8>> {
    let at = |place: usize| {
        let mut long = line(3 * MIB, "");
        long[place..place + 6].copy_from_slice(b"needle");
        long
    };
    let [needle, other, empty] = ["needle", "other", ""].map(|line| line.as_bytes().to_vec());
    let mut mixed = vec![other.clone()];
    for length in [MIB - 1, MIB, MIB + 1, MIB + 2, 2 * MIB + 1] {
        mixed.extend([line(length, ""), needle.clone(), empty.clone(), other.clone()]);
    }
    mixed.extend([line(MIB + 1, ""), line(MIB + 1, "needle"), line(MIB, ""), line(2 * MIB, "")]);
    let logs = [
        vec![line(MIB + 1, ""), needle.clone(), other.clone()],
        vec![needle.clone(), other.clone(), line(MIB + 1, "needle")],
        vec![at(MIB + 7), other.clone(), at(MIB - 3), needle, at(0), other],
        mixed,
    ];
    let ends = ["\n", "", "\n", ""].map(str::as_bytes);
    logs.iter().zip(ends).map(|(log, end)| [&log.join(&b'\n'), end].concat()).collect()
}

#[test]
fn long_lines_are_filtered_as_grep_does() {
    let world = World::new();
    let cases: &[&[&str]] = &[
        &["-e", "needle"],
        &["-v", "-e", "needle"],
        &["-e", "AAA"],
        &["-v", "-e", "AAA"],
        &["-e", "A$"],
        &["-v", "-e", "A$"],
        &["-e", "^A+$"],
        &["-e", "^needle"],
        &["-e", "needle$"],
        &["-m", "1", "-e", "needle"],
        &["-m", "2", "-e", "e"],
        &["-m", "3", "-e", "A"],
        &["-m", "2", "-v", "-e", "needle"],
        &["-e", "needle", "-C", "1"],
        &["-e", "needle", "-B", "2"],
        &["-e", "AA", "-A", "1"],
        &["-v", "-e", "A", "-C", "1"],
    ];
    for (n, content) in logs().iter().enumerate() {
        let log = local(&world, content);
        for case in cases {
            let drops = case.contains(&"-v");
            let mine: Vec<&str> = case
                .iter()
                .filter(|flag| **flag != "-v")
                .map(|flag| match *flag {
                    "-e" if drops => "-v",
                    "-e" => "-g",
                    other => other,
                })
                .collect();
            // Text has a newline behind every line, as grep has.
            let ours = read(&world, &log, &[&mine[..], &["--prefix", "none"]].concat());
            assert_same(&ours, &grep(&world, &log, case), &format!("log {n}, {case:?}"));
        }
    }
}

#[test]
fn what_is_behind_a_long_line_is_counted_exactly() {
    let world = World::new();
    let hits = "hit\n".repeat(200_000);
    let log = local(&world, &[&line(MIB + 1, "")[..], b"\n", hits.as_bytes()].concat());
    let lines = |out: &[u8]| memchr::memchr_iter(b'\n', out).count();
    for _ in 0..3 {
        let (out, _) = read(&world, &log, &["-o", "raw", "-g", "hit"]);
        assert!(out == hits.as_bytes(), "{} lines", lines(&out));
        let (out, _) = read(&world, &log, &["-o", "raw", "-g", "hit", "-m", "10"]);
        assert_eq!(lines(&out), 10);
        let (out, _) = read(&world, &log, &["-o", "raw", "-m", "100000"]);
        assert_eq!(lines(&out), 100_000);
    }
    let (out, _) = read(&world, &log, &["--json", "--rate-limit", "3", "--stats"]);
    let summary = summary(&out);
    let count = |name: &str| summary[name].as_u64().expect("a number");
    assert_eq!(count("lines_printed") + count("suppressed"), 200_001, "{summary}");
}

#[test]
fn a_long_line_is_one_line_in_every_form() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    let head = |level: &str| format!("2026-11-20 03:12:44,001Z {level} a.py:1 ");
    // The character stands across the place where NDJSON is split.
    let mut long =
        [head("ERROR").as_bytes(), &b"x".repeat(MIB - head("ERROR").len() - 1), "é".as_bytes()].concat();
    long.extend_from_slice(&b"y".repeat(2 * MIB));
    long.extend_from_slice(b"PANIC\n");
    let calm = format!("{}calm\n", head("INFO"));
    let content = [calm.as_bytes(), &long, &long, b"  at b.py\n", calm.as_bytes()].concat();
    log.put(&content);
    let both = [&long[..], &long, b"  at b.py\n"].concat();
    let here = Log {
        cvm: "ntnx-a-cvm".into(),
        name: log.name.clone(),
        file: log.file.clone(),
        path: log.path.clone(),
    };
    let read = |arguments: &[&str]| read(&world, &here, arguments).0;
    let same = |ours: &[u8], theirs: &[u8], what: &str| {
        assert!(ours == theirs, "{what}:\n{}\n--- not\n{}", brief(ours), brief(theirs));
    };
    same(&read(&["-o", "raw"]), &content, "raw");
    same(&read(&["-o", "raw", "--level", "error"]), &both, "--level");
    same(&read(&["-o", "raw", "-M", "-g", "PANIC"]), &long.repeat(2), "-M");
    same(&read(&["-o", "raw", "--order", "time"]), &content, "--order time");
    let once = [calm.as_bytes(), &long, b"(repeated once)\n  at b.py\n", calm.as_bytes()].concat();
    same(&read(&["--prefix", "none", "--dedup"]), &once, "--dedup");
    let end = format!("> error {}\n", genesis(&world)).into_bytes();
    let template = [b"<".to_vec(), long[..long.len() - 1].to_vec(), end].concat();
    same(&read(&["--template", "<{line}> {level} {log}", "-g", "PANIC"]), &template.repeat(2), "--template");
    let colored = read(&["--prefix", "none", "--color", "always", "--highlight", "[xéy]+|P.*", "-m", "2"]);
    assert_eq!(memchr::memmem::find_iter(&colored, b"\x1b[0m").count() % 2, 0);
    assert!(memchr::memmem::find(&colored, "xéy".as_bytes()).is_some(), "{}", brief(&colored));

    let ndjson = read(&["--json", "-g", "PANIC", "--stats"]);
    same(&bytes(&ndjson), &long.repeat(2), "NDJSON");
    let objects = objects(&ndjson);
    let lines: Vec<_> = objects.iter().filter(|object| object["type"] == "line").collect();
    let partial: Vec<bool> = lines.iter().map(|line| line["partial"] == true).collect();
    assert_eq!(partial, [true, true, true, false].repeat(2));
    assert!(lines.iter().all(|line| line["level"] == "error" && line["line_base64"].is_null()));
    let summary = summary(&ndjson);
    assert_eq!((&summary["lines_read"], &summary["lines_printed"]), (&5.into(), &2.into()), "{summary}");
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_snapshot_counts_a_long_line_once_and_sees_its_end() {
    let world = World::new();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S,000Z");
    let long = line(2 * MIB + 5, "PANIC");
    let text = format!("{now} ERROR a.py:1 {}\n{now} INFO a.py:1 fine\n", String::from_utf8_lossy(&long));
    let log = local(&world, text.as_bytes());
    let run = world.cvmtail(&["snapshot", "-c", "local", "-o", "json", "--fail-on", "A+PANIC$", &log.path]);
    let report: serde_json::Value = serde_json::from_str(&run.finish(LONG).expect(1).out()).expect("JSON");
    let counts = &report["cvms"][0]["logs"][0];
    assert_eq!((&counts["lines"], &counts["levels"]["error"]), (&2.into(), &1.into()), "{counts}");
    assert_eq!(counts["levels"]["info"], 1);
    assert_eq!(counts["bytes"], text.len());
    assert_eq!(report["breaches"][0]["found"], 1, "{}", report["breaches"]);
}

#[test]
fn beyond_the_limit_the_start_of_a_line_decides() {
    let world = World::new();
    let content = [
        &line(8 * MIB + 1, "needle")[..],
        b"\nneedle\n",
        &line(8 * MIB, "needle"),
        b"\nother\n",
        &line(20 * MIB, ""),
        b"\nneedle\n",
    ]
    .concat();
    let log = local(&world, &content);
    let eight = [&line(8 * MIB, "needle")[..], b"\n"].concat();
    let over = [&line(8 * MIB + 1, "needle")[..], b"\n"].concat();
    let far = [&line(20 * MIB, "")[..], b"\n"].concat();
    let cases: &[(&[&str], Vec<u8>)] = &[
        (&["-g", "needle"], [b"needle\n", &eight[..], b"needle\n"].concat()),
        (&["-v", "needle"], [&over[..], b"other\n", &far].concat()),
        (&["-g", "A$"], Vec::new()),
        (&["-g", "^A", "-m", "1"], over.clone()),
        (&["-m", "5"], content[..content.len() - 7].to_vec()),
        (&["-g", "A{9}", "--template", "{line}!"], {
            let closed = |line: &[u8]| [&line[..line.len() - 1], b"!\n"].concat();
            [closed(&over), closed(&eight), closed(&far)].concat()
        }),
    ];
    for (arguments, expected) in cases {
        let form: &[&str] = if arguments.contains(&"--template") { &[] } else { &["-o", "raw"] };
        let (out, status) = read(&world, &log, &[*arguments, form].concat());
        assert!(out == *expected, "{arguments:?}:\n{}\n--- not\n{}", brief(&out), brief(expected));
        assert_eq!(status, i32::from(expected.is_empty()));
    }
    let (ndjson, _) = read(&world, &log, &["--json"]);
    assert!(bytes(&ndjson) == content, "NDJSON");
}

#[test]
fn a_long_line_survives_a_new_connection() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    let log = cvm.log("genesis.out");
    log.put("");
    let run = world.cvmtail(&["-c", &cvm.target(), "--json", "-g", "needle", &log.path]).start();
    run.wait_for("it is started", LONG, |out| !events(out, "started").is_empty());
    let mut expected = Vec::new();
    for n in 1..=3 {
        let before = cvm.relay().bytes();
        let start = line(2 * MIB + 100, "");
        log.push(&start);
        must(LONG, "most of it has come", || cvm.relay().bytes() >= before + 2 * MIB as u64);
        assert!(cvm.kill_sessions() > 0);
        run.wait_for("the connection is lost", LONG, |out| events(out, "reconnecting").len() >= n);
        log.push("needle\nother\nneedle\n");
        expected.extend_from_slice(&[&start[..], b"needle\nneedle\n"].concat());
        run.wait_for("the line is printed", LONG, |out| {
            objects(out).iter().filter(|object| object["line"] == "needle").count() >= n
        });
    }
    run.signal(Signal::INT);
    let out = run.finish(SOON).expect(130).stdout;
    let came = bytes(&out);
    assert!(came == expected, "{}\n--- not\n{}", brief(&came), brief(&expected));
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_long_line_that_is_never_finished_ends_with_its_file() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    let log = cvm.log("genesis.out");
    log.put("");
    let run = world.cvmtail(&["-c", &cvm.target(), "-o", "raw", "-v", "drop", &log.path]).start();
    run.wait_for_word(&format!("+ {} {}", alone(&cvm), genesis(&world)));
    let before = cvm.relay().bytes();
    let start = line(2 * MIB + 100, "");
    log.push(&start);
    must(LONG, "most of it has come", || cvm.relay().bytes() >= before + 2 * MIB as u64);
    fs::rename(&log.file, log.file.with_extension("1")).expect("a rename");
    log.put("drop\nkeep\n");
    run.wait_for_line("keep");
    run.interrupt();
    let out = run.finish(SOON).expect(130).stdout;
    let expected = [&start[..], b"\nkeep\n"].concat();
    assert!(out == expected, "{}\n--- not\n{}", brief(&out), brief(&expected));
}
