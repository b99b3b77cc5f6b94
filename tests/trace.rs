//! `--debug FILE`: what is asked of a CVM and what it answers, and nothing that belongs to somebody else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::told::{LONG, alone, genesis};
use crate::world::World;
use crate::world::poll::SOON;
use crate::world::rotate::Rotation;
use crate::world::writer::{Log, Writer};

/// A word that only the log has.
const LOG_TEXT: &str = "only-the-log-has-this";

/// The records of a trace, each checked to be one line that begins with a time in UTC.
fn records(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a trace");
    assert!(text.ends_with('\n'), "{text}");
    for line in text.lines() {
        let time = line.split(' ').next().unwrap_or_default();
        assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{line}");
    }
    text.lines().map(str::to_owned).collect()
}

/// Whether the text holds a nonce: so many hexadecimal digits in a row.
fn holds_nonce(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_hexdigit()).any(|word| word.len() >= 32)
}

/// A log of three lines that hold [`LOG_TEXT`], dated.
fn dated(log: &Log) {
    let lines = (0..3).map(|n| format!("2026-11-20 03:12:4{n},001Z INFO x.py:1 {LOG_TEXT}\n"));
    fs::write(&log.file, lines.collect::<String>()).expect("a log");
}

#[test]
fn a_trace_has_the_conversation_and_neither_the_nonce_nor_the_log() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    dated(&log);
    let file = world.folder().join("trace.log");
    let arguments = ["-c", &log.cvm, "--no-follow", "--since", "2026-11-20T03:12:41Z", &log.path, "--debug"];
    let done = world.cvmtail(&arguments).arg(&file).finish(LONG).expect(0);
    assert_eq!(done.out().matches(LOG_TEXT).count(), 2);
    let records = records(&file);
    let mut rest = records.iter();
    for wanted in [
        "trace started",
        "connecting",
        "authenticated",
        "channel opened",
        "greeting sent",
        "reply=\"clock ",
        "script sent",
        "reply=\"serving ",
        "request=\"open_log ",
        "reply=\"opened ",
        "request=\"peek 0 ",
        " bytes of the log\"",
        "reply=\"end ",
        "stream ended",
        "closing",
        "ssh ended",
    ] {
        assert!(rest.any(|record| record.contains(wanted)), "{wanted} in {records:#?}");
    }
    let text = records.join("\n");
    assert!(text.contains(&format!("cvm=\"{}\" log=\"{}\"", alone(&cvm), genesis(&world))), "{text}");
    assert!(!text.contains(LOG_TEXT) && !holds_nonce(&text), "{text}");
    let mode = fs::metadata(&file).expect("a trace").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_connection_that_breaks_and_a_rotation_are_in_the_trace() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    let mut writer = Writer::new(&log, 1);
    writer.append(10);
    let file = world.folder().join("trace.log");
    let run = world.cvmtail(&["-c", &alone(&cvm), "-n", "+1", &log.path]).env("CVMTAIL_LOG", &file);
    let run = if cvm.port() == 22 { run } else { run.arg("--port").arg(cvm.port().to_string()) };
    let run = run.start();
    run.wait_for_lines(10);
    writer.rotate(Rotation::Rename);
    writer.append(10);
    run.wait_for_lines(20);
    assert!(world.signal_masters(rustix::process::Signal::KILL) > 0);
    writer.append(10);
    run.wait_for_lines(30);
    run.interrupt();
    let _ = run.finish(SOON);
    let records = records(&file);
    let count = |wanted: &str| records.iter().filter(|record| record.contains(wanted)).count();
    for (wanted, least) in
        [("authenticated", 2), ("script sent", 2), ("connection lost", 1), ("ssh ended", 2)]
    {
        assert!(count(wanted) >= least, "{wanted}: {records:#?}");
    }
    assert!(count("request=\"enter_log ") > 0, "the new file is entered: {records:#?}");
    assert!(!holds_nonce(&records.join("\n")), "{records:#?}");
    assert!(records.len() < 500, "lines of the log are not traced one by one: {}", records.len());
}

#[test]
fn a_trace_is_appended_to_by_every_verb_before_or_behind_its_name() {
    let world = World::new();
    let file = world.folder().join("trace.log");
    let name = file.to_str().expect("UTF-8");
    let debug = format!("--debug={name}");
    for (count, arguments) in [
        &["--debug", name, "cvms", "-c", "local"][..],
        &["cvms", "-c", "local", "--debug", name],
        &[&debug, "logs"],
        &["logs", &debug],
        &["man", &debug],
        &["cvms", "-c", "local", "--debug", "/nonexistent/x", &debug],
    ]
    .into_iter()
    .enumerate()
    {
        let done = world.cvmtail(arguments).finish(LONG).expect(0);
        assert_eq!(done.err(), "", "{arguments:?}");
        assert_eq!(records(&file).len(), count + 1, "{arguments:?}");
    }
}

#[test]
fn a_trace_that_cannot_be_written_disturbs_nothing() {
    let world = World::new();
    let log = world.folder().join("x.log");
    fs::write(&log, "a line\n").expect("a log");
    let log = log.to_str().expect("UTF-8");
    let plain = world.cvmtail(&["-c", "local", "--no-follow", log]).finish(LONG).expect(0);
    for file in ["/dev/full", "/dev/null"] {
        let done =
            world.cvmtail(&["-c", "local", "--no-follow", log, "--debug", file]).finish(LONG).expect(0);
        assert_eq!((done.out(), done.err()), (plain.out(), plain.err()), "{file}");
    }
    let missing = world.folder().join("no/such/trace");
    let done = world.cvmtail(&["-c", "local", log, "--debug"]).arg(&missing).finish(LONG).expect(2);
    let wanted = format!("cannot write the trace to {}: No such file", missing.display());
    assert!(done.out().is_empty() && done.err().contains(&wanted), "{}", done.err());
    let fifo = world.folder().join("fifo");
    world.run("mkfifo", &[&fifo]).finish(LONG).expect(0);
    let done = world.cvmtail(&["-c", "local", log, "--debug"]).arg(&fifo).finish(LONG).expect(2);
    assert!(done.err().contains("cannot write the trace"), "a FIFO without a reader: {}", done.err());
}

#[test]
fn a_config_cannot_ask_for_a_trace() {
    let world = World::new();
    let config = world.folder().join("config.toml");
    fs::write(&config, "[defaults]\ndebug = \"/tmp/x\"\n").expect("a config");
    let done = world.cvmtail(&["cvms", "-c", "local", "--config"]).arg(&config).finish(LONG).expect(2);
    assert!(done.err().contains("`debug` is not a flag that can have a default"), "{}", done.err());
}
