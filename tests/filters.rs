//! Filters, held against grep and ripgrep on the same lines.

use crate::told::{LONG, bytes, nothing_left, objects};
use crate::world::World;
use crate::world::layout::Layout;
use crate::world::poll::SOON;
use crate::world::seed::Seed;
use crate::world::writer::{HOSTILE, Log, Writer};

/// A log of real lines of every layout, with hostile ones in between.
fn log(world: &World) -> Log {
    let file = world.folder().join("mixed.out");
    let path = file.display().to_string();
    let log = Log { cvm: "local".into(), name: "mixed.out".into(), file, path };
    let mut seed = Seed::new(3);
    let now = jiff::Timestamp::now();
    let mut all = Vec::new();
    for n in 0..3_000 {
        let layout = [Layout::Python, Layout::Glog, Layout::Prism, Layout::Zookeeper, Layout::Syslog][n % 5];
        all.extend_from_slice(layout.line(now, &mut seed).as_bytes());
        all.push(b'\n');
        // ripgrep and grep call a file with NUL binary; told to treat it as text they split it the same.
        all.extend_from_slice(HOSTILE[n % HOSTILE.len()]);
        all.push(b'\n');
    }
    log.put(&all);
    log
}

/// What cvmtail keeps of the log on this machine.
fn ours(world: &World, log: &Log, arguments: &[&str]) -> (Vec<u8>, i32) {
    let run = world.cvmtail(&["-c", "local", "-n", "+1", "--no-follow", "-o", "raw", &log.path]);
    let done = run.args(arguments).finish(LONG);
    (done.stdout, done.status.code().unwrap_or(-1))
}

/// What another program keeps of it.
fn theirs(world: &World, log: &Log, program: &str, arguments: &[&str]) -> (Vec<u8>, i32) {
    let done = world.run(program, arguments).arg("--").arg(&log.path).finish(LONG);
    (done.stdout, done.status.code().unwrap_or(-1))
}

/// Ends the test unless both keep the same lines, and some but not all.
#[track_caller]
fn assert_same(ours: &(Vec<u8>, i32), theirs: &(Vec<u8>, i32), what: &str) {
    assert_eq!(ours.1, theirs.1, "status of {what}");
    let lines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count();
    assert!(
        ours.0 == theirs.0,
        "{what}: {} lines, not {}\n{}",
        lines(&ours.0),
        lines(&theirs.0),
        String::from_utf8_lossy(&ours.0[..ours.0.len().min(500)])
    );
}

#[test]
fn one_pattern_keeps_what_grep_keeps() {
    let world = World::new();
    let log = log(&world);
    let cases: &[(&[&str], &[&str])] = &[
        (&["-g", "ERROR"], &["-e", "ERROR"]),
        (&["-g", "ERROR", "-g", "timed out"], &["-e", "ERROR", "-e", "timed out"]),
        (&["-v", "INFO"], &["-v", "-e", "INFO"]),
        (&["-v", "INFO", "-v", "^I"], &["-v", "-e", "INFO", "-e", "^I"]),
        (&["-i", "-g", "error|warn"], &["-i", "-e", "error|warn"]),
        (&["-w", "-g", "disk"], &["-w", "-e", "disk"]),
        (&["-w", "-g", "is|41"], &["-w", "-e", "is|41"]),
        (&["--fixed-strings", "-g", "cache.Cache.get"], &["-F", "-e", "cache.Cache.get"]),
        (&["--fixed-strings", "-g", "$(touch"], &["-F", "-e", "$(touch"]),
        (&["-g", "^$"], &["-e", "^$"]),
        (&["-v", "^$"], &["-v", "-e", "^$"]),
        (&["-g", "msecs$"], &["-e", "msecs$"]),
        (&["-g", "-g"], &["-e", "-g"]),
        (&["-g", ""], &["-e", ""]),
        (&["-v", ""], &["-v", "-e", ""]),
        (&["-g", "no such text"], &["-e", "no such text"]),
        (&["-g", "[0-9]{5}"], &["-e", "[0-9]{5}"]),
        (&["-g", "(oplog|shard) .*[=4]"], &["-e", "(oplog|shard) .*[=4]"]),
    ];
    for (mine, grep) in cases {
        let expected = theirs(&world, &log, "grep", &[&["-a", "-E"], *grep].concat());
        let expected = if mine.contains(&"--fixed-strings") {
            theirs(&world, &log, "grep", &[&["-a"], *grep].concat())
        } else {
            expected
        };
        assert_same(&ours(&world, &log, mine), &expected, &format!("{mine:?}"));
    }
}

#[test]
fn patterns_are_read_as_ripgrep_reads_them() {
    let world = World::new();
    if !["/usr/bin/rg", "/usr/local/bin/rg"].iter().any(|path| std::path::Path::new(path).exists()) {
        eprintln!("not shown here: ripgrep is not installed");
        return;
    }
    let log = log(&world);
    let cases: &[&[&str]] = &[
        &["-S", "-e", "error"],
        &["-S", "-e", "Error"],
        &["-S", "-e", "ERROR", "-e", "warning"],
        &["-i", "-e", "É"],
        &["-e", r"\bRpc \d+ to (\d+\.){3}\d+\b"],
        &["-w", "-e", "[a-z]+ppe[a-z]+"],
        &["-e", r"\p{L}\s+and\s"],
        &["-e", r"(?-u:\xff)"],
        &["-e", r"^\x1b\["],
        &["-e", r"\x00"],
        &["-v", "-e", r"(?i)info"],
        &["-e", r"carriage\rreturn"],
        &["-F", "-w", "-i", "-e", "REPLICA"],
        &["-e", r"\s$"],
        &["-e", r"[^a]$"],
    ];
    for rg in cases {
        let drops = rg.contains(&"-v");
        let mine: Vec<&str> = rg
            .iter()
            .filter(|word| **word != "-v")
            .map(|word| match *word {
                "-e" if drops => "-v",
                "-e" => "-g",
                "-F" => "--fixed-strings",
                word => word,
            })
            .collect();
        let expected =
            theirs(&world, &log, "rg", &[&["-a", "--no-config", "--color", "never"], *rg].concat());
        assert_same(&ours(&world, &log, &mine), &expected, &format!("{rg:?}"));
    }
}

#[test]
fn grep_and_exclude_hold_together_over_ssh_and_offsets_stay_true() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let mut writer = Writer::new(&cvm.log("genesis.out"), 9);
    writer.append(3_000);
    let run = world.cvmtail(&["-c", &cvm.target(), "-n", "+1", "--no-follow", "--json", &writer.log.path]);
    let done = run.args(["-g", "#[0-9]*7@@", "-v", "#7", "-v", "77@@"]).finish(LONG).expect(0);
    let text = String::from_utf8_lossy(&bytes(&done.stdout)).into_owned();
    let kept = |n: &usize| {
        let n = n.to_string();
        n.ends_with('7') && !n.starts_with('7') && !n.ends_with("77")
    };
    let number = |line: &str| line.rsplit('#').next()?.strip_suffix("@@")?.parse().ok();
    let came: Vec<usize> = text.lines().filter_map(number).collect();
    assert_eq!(came, (0..3_000).filter(kept).collect::<Vec<_>>());
    let ledger = writer.ledger.open();
    for (n, line) in came.iter().zip(objects(&done.stdout).iter().filter(|object| object["type"] == "line")) {
        assert_eq!(line["offset"].as_u64(), Some(ledger.lines[*n].offset), "{line}");
    }
    drop(ledger);
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_pattern_that_is_wrong_is_a_usage_error_that_names_it() {
    let world = World::new();
    for (flag, name) in [("-g", "--grep"), ("-v", "--exclude"), ("--highlight", "--highlight")] {
        let done = world.cvmtail(&["-c", "local", flag, "a(b", "/x/y"]).finish(SOON).expect(2);
        assert!(done.err().contains(name) && done.err().contains("a(b"), "{}", done.err());
        assert_eq!(done.out(), "");
    }
}

#[test]
fn lines_that_come_in_bursts_and_pieces_are_filtered_as_wholes() {
    let world = World::new();
    let log = log(&world);
    log.put("");
    let run = world.cvmtail(&["-c", "local", "-o", "raw", "-g", "keep", &log.path]).start();
    run.wait_for_word("+ local mixed.out");
    log.push("ke");
    log.push("ep 1\ndrop\nke");
    log.push("ep 2\nke e");
    log.push("p\nkeep 3\n");
    run.wait_for_line("keep 3");
    run.interrupt();
    assert_eq!(run.finish(SOON).expect(130).out(), "keep 1\nkeep 2\nkeep 3\n");
    nothing_left(&world, &[]);
}
