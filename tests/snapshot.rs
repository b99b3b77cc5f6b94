//! `cvmtail snapshot` on real sshds: the document, every form of it, and the exit status.

mod cron;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::told::{LONG, list, nothing_left};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::run::Run;
use crate::world::running::Finished;

/// A line of genesis so many seconds ago.
fn line(ago: u64, level: &str, message: &str) -> String {
    let time = jiff::Timestamp::now() - Duration::from_secs(ago);
    format!("{} {level} rpc.py:12 {message}\n", time.strftime("%Y-%m-%d %H:%M:%S,%3fZ"))
}

/// What a log says that is well: an hour ago, and now.
fn fine() -> String {
    line(3600, "ERROR", "long ago") + &line(60, "INFO", "all fine") + &line(1, "INFO", "still fine")
}

/// Four CVMs that are well, with three logs each.
fn world() -> Option<(World, Vec<Cvm>)> {
    let world = World::namespaces()?;
    let cvms = world.cvms(&["a", "b", "c", "d"]);
    for cvm in &cvms {
        for log in ["genesis.out", "stargate.out", "cerebro.out"] {
            cvm.log(log).put(fine());
        }
    }
    Some((world, cvms))
}

/// A snapshot of these files of the log folder on the CVMs.
fn snapshot(world: &World, cvms: &[Cvm], logs: &[&str], more: &[&str]) -> Run {
    let cvms_named = list(cvms);
    let paths: Vec<String> = logs.iter().map(|log| cvms[0].log(log).path).collect();
    world.cvmtail(&["snapshot", "-c", &cvms_named]).args(paths).args(more)
}

/// The document of a finished run.
#[track_caller]
fn document(done: &Finished) -> Value {
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.out()))
}

/// What a reader makes of some text; `None`: this machine does not have the reader.
fn read_by(program: &str, arguments: &[&str], text: &[u8]) -> Option<(bool, String)> {
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.inspect_err(|_| eprintln!("not shown here: there is no {program}")).ok()?;
    let mut stdin = child.stdin.take().expect("piped");
    let text = text.to_vec();
    let feeder = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &text));
    let output = child.wait_with_output().expect("it ends");
    feeder.join().expect("fed").expect("read to its end");
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// Four CVMs of which each has something else: one is well, one breaches, one is down, one has a log that is
/// missing, one that cannot be read, and one that is silent.
fn troubled() -> Option<(World, Vec<Cvm>)> {
    let (world, cvms) = world()?;
    let failing: String = (1..=7)
        .map(|n| line(50 - n, "ERROR", &format!("Rpc {n} to 10.0.0.{n} timed out after {n}00 msecs")))
        .collect();
    cvms[1]
        .log("genesis.out")
        .put(fine() + &failing + "Traceback:\n  \x1b[31m<&\"|`_*\n" + &line(2, "WARNING", "slow"));
    cvms[0].log("genesis.out").put(fine() + &line(5, "ERROR", "Rpc 9 to 10.0.0.9 timed out after 3 msecs"));
    cvms[2].shut_down();
    fs::remove_file(&cvms[3].log("stargate.out").file).expect("a file");
    fs::set_permissions(&cvms[3].log("cerebro.out").file, fs::Permissions::from_mode(0o000)).expect("chmod");
    let silent = cvms[1].log("stargate.out");
    silent.put(line(7200, "INFO", "the last word"));
    silent.date(long_ago());
    Some((world, cvms))
}

/// Two hours ago.
fn long_ago() -> SystemTime {
    SystemTime::now() - Duration::from_hours(2)
}

/// The three logs.
const LOGS: [&str; 3] = ["genesis.out", "stargate.out", "cerebro.out"];

/// Rules that `troubled` breaches.
const RULES: [&str; 8] =
    ["--max-errors", "3", "--max-warnings", "5", "--max-silence", "1h", "--connect-timeout", "30s"];

#[test]
fn a_healthy_cluster_is_status_0_and_nothing_stays() {
    let Some((world, cvms)) = world() else { return };
    let strict = [
        "--max-errors",
        "0",
        "--max-warnings",
        "0",
        "--max-silence",
        "10m",
        "--fail-on",
        "long ago",
        "--json",
    ];
    let done = snapshot(&world, &cvms, &LOGS, &strict).finish(LONG).expect(0);
    assert!(done.stderr.is_empty() && done.closed, "{}", done.err());
    let told = document(&done);
    assert_eq!((&told["healthy"], &told["looked_everywhere"]), (&true.into(), &true.into()));
    assert_eq!(told["cvms"].as_array().expect("CVMs").len(), 4);
    for log in
        told["cvms"].as_array().expect("CVMs").iter().flat_map(|cvm| cvm["logs"].as_array().expect("logs"))
    {
        assert_eq!((&log["status"], &log["lines"]), (&"ok".into(), &2.into()), "{log}");
        assert_eq!(log["levels"]["info"], 2);
        assert_eq!(log["size"], fine().len());
    }
    nothing_left(&world, &cvms);
}

#[test]
fn the_document_tells_each_trouble_by_its_name() {
    let Some((world, cvms)) = troubled() else { return };
    let done = snapshot(&world, &cvms, &LOGS, &RULES)
        .args(["-o", "json", "--fail-on", "^Trace"])
        .finish(LONG)
        .expect(1);
    let told = document(&done);
    let cvm = |at: usize| &told["cvms"][at];
    assert_eq!((&cvm(0)["status"], &cvm(2)["status"]), (&"ok".into(), &"unreachable".into()));
    assert!(
        cvm(2)["message"].is_string() && cvm(2)["hint"].is_string() && cvm(2)["logs"] == Value::Array(vec![])
    );
    assert!(cvm(0)["clock_skew_ms"].as_i64().expect("a skew").abs() < 1000);
    let statuses: Vec<&str> = cvm(3)["logs"]
        .as_array()
        .expect("logs")
        .iter()
        .map(|log| log["status"].as_str().expect("a word"))
        .collect();
    assert_eq!(statuses, ["ok", "missing", "unreadable"]);
    let breaches: Vec<String> = told["breaches"]
        .as_array()
        .expect("breaches")
        .iter()
        .map(|it| format!("{} {} {} {}", it["rule"], it["cvm"], it["log"], it["limit"]).replace('"', ""))
        .collect();
    let b = cvms[1].target();
    let wanted = [
        format!("fail-on {b} genesis 0"),
        format!("max-errors {b} genesis 3"),
        format!("max-silence {b} stargate 3600.0"),
    ];
    assert_eq!(breaches, wanted);
    assert_eq!((&told["healthy"], &told["looked_everywhere"]), (&false.into(), &false.into()));
    let finding = &told["findings"][0];
    assert_eq!(finding["pattern"], "Rpc <n> to <ip> timed out after <n> msecs");
    assert_eq!((&finding["count"], finding["cvms"].as_array().expect("CVMs").len()), (&8.into(), 2));
    let genesis = &cvm(1)["logs"][0];
    assert_eq!(
        (&genesis["levels"]["error"], &genesis["levels"]["unknown"], &genesis["lines"]),
        (&7.into(), &2.into(), &12.into())
    );
    assert_eq!(genesis["top"][0]["count"], 7);
    assert_eq!(told["standing_still"][0]["cvm"], b.as_str());
    assert_eq!(told["standing_still"][0]["log"], "stargate");
    nothing_left(&world, &cvms[..2]);
}

#[test]
fn what_cannot_be_looked_at_is_status_2_unless_something_is_breached() {
    let Some((world, cvms)) = troubled() else { return };
    let done = snapshot(&world, &cvms, &LOGS, &["--connect-timeout", "30s"]).finish(LONG).expect(2);
    let out = done.out();
    assert!(out.starts_with("1 of 4 CVMs not reached; 1 log missing; 1 log not read to the end"), "{out}");
    for words in ["Not looked at", "Findings", "Standing still: quiet or dead?", "hint: "] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert!(!out.contains("no-follow"), "{out}");
    let future = snapshot(&world, &cvms[..1], &LOGS, &["--since", "2099-01-01"]).finish(LONG).expect(2);
    assert!(future.err().contains("--since is in the future"), "{}", future.err());
    // A service may write to the old file for a while after its log was rotated.
    let log = cvms[0].log("cerebro.out");
    fs::rename(&log.file, log.file.with_extension("out.1")).expect("renamed");
    log.put("");
    log.date(long_ago());
    let rotated = snapshot(&world, &cvms[..1], &["cerebro.out"], &["--json"]).finish(LONG).expect(0);
    assert_eq!(document(&rotated)["cvms"][0]["logs"][0]["lines"], 2, "{}", rotated.out());
    let only_missing = snapshot(&world, &cvms[3..], &["stargate.out"], &[]).finish(LONG).expect(2);
    assert!(only_missing.stderr.is_empty(), "{}", only_missing.err());
}

#[test]
fn every_form_is_read_by_its_reader() {
    let Some((world, cvms)) = troubled() else { return };
    let text = |form: &str| {
        let done = snapshot(&world, &cvms, &LOGS, &RULES).args(["-o", form]).finish(LONG).expect(1);
        assert!(done.stdout.ends_with(b"\n") && !done.stdout.contains(&0x1b), "{form}");
        let verdict = done.err();
        assert_eq!(
            verdict.contains("2 breaches; 1 of 4 CVMs not reached"),
            form != "text",
            "{form}: {verdict}"
        );
        done.stdout
    };
    let by = |reader: Option<(bool, String)>| {
        reader.map(|(well, said)| {
            assert!(well, "{said}");
            said
        })
    };
    let ndjson = text("ndjson");
    for object in crate::told::objects(&ndjson) {
        assert!(object["type"].as_str().is_some_and(|kind| kind.starts_with("snapshot_")), "{object}");
    }
    assert!(crate::told::objects(&ndjson).last().is_some_and(|last| last["type"] == "snapshot_summary"));
    let unreachable = ".cvms[] | select(.status == \"unreachable\") | .cvm";
    if let Some(said) = by(read_by("jq", &["-r", unreachable], &text("json"))) {
        assert_eq!(said.trim(), cvms[2].target());
    }
    let metrics = text("prometheus");
    by(read_by("promtool", &["check", "metrics"], &metrics));
    let metrics = String::from_utf8(metrics).expect("UTF-8");
    let down = format!("cvmtail_cvm_up{{cvm=\"{}\"}} 0\n", cvms[2].target());
    assert!(metrics.contains(&down) && metrics.contains("cvmtail_snapshot_breaches 2\n"), "{metrics}");
    let junit = text("junit");
    by(read_by("xmllint", &["--noout", "-"], &junit));
    let count = "import sys, xml.etree.ElementTree as t; r = t.parse(sys.stdin).getroot(); \
        print(len(r.findall('.//testcase')), len(r.findall('.//failure')), len(r.findall('.//error')))";
    if let Some(said) = by(read_by("python3", &["-c", count], &junit)) {
        assert_eq!(said.trim(), "12 2 5");
    }
    let markdown = text("markdown");
    by(read_by("cmark", &[], &markdown));
    let markdown = String::from_utf8(markdown).expect("UTF-8");
    assert!(markdown.starts_with("## ❌ cvmtail snapshot: 2 breaches"), "{markdown}");
    assert!(String::from_utf8(text("text")).expect("UTF-8").contains("\nBreaches\n"));
}

#[test]
fn a_file_is_written_as_a_whole_and_compared_with_later() {
    let Some((world, cvms)) = troubled() else { return };
    let file = world.home().join("last.json");
    let named = file.display().to_string();
    let done = snapshot(&world, &cvms[..2], &LOGS, &["--json", "-q", "--output-file", &named])
        .finish(LONG)
        .expect(0);
    assert!(done.stdout.is_empty() && done.stderr.is_empty(), "{}", done.err());
    cvms[0].log("genesis.out").push(line(1, "FATAL", "anew"));
    cvms[1].log("genesis.out").put(fine());
    cvms[1].kill_sshd();
    let run = snapshot(&world, &cvms[..2], &LOGS, &["--json", "--compare", &named, "--output-file", &named]);
    run.finish(LONG).expect(2);
    let told: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
    let comparison = &told["comparison"];
    assert_eq!(comparison["cvms_lost"][0], cvms[1].target());
    assert_eq!(
        (&comparison["new"][0]["pattern"], &comparison["new"][0]["after"]),
        (&"anew".into(), &1.into())
    );
    assert_eq!(comparison["gone"], Value::Array(vec![]), "what only the lost CVM had is not gone");
    // What was not there then cannot be compared, and is told.
    cvms[0].log("x.FATAL").put(line(1, "FATAL", "anew"));
    let arguments = ["*.FATAL", "--compare", &named];
    let text = snapshot(&world, &cvms[..1], &LOGS, &arguments).finish(LONG).expect(0).out();
    assert!(text.contains("logs gained: ") && text.contains(" x.FATAL\n"), "{text}");
    let left = fs::read_dir(world.home()).expect("a folder").flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".tmp")));
    let nowhere =
        snapshot(&world, &cvms[..1], &LOGS, &["--output-file", "/nonexistent/x"]).finish(LONG).expect(2);
    assert!(nowhere.err().contains("--output-file /nonexistent/x cannot be written"), "{}", nowhere.err());
    let none = snapshot(&world, &cvms[..1], &LOGS, &["--compare", "/dev/null"]).finish(LONG).expect(2);
    assert!(none.err().contains("is no earlier report"), "{}", none.err());
}

#[test]
fn a_glob_over_paths_stands_for_what_each_cvm_has() {
    let Some((world, cvms)) = world() else { return };
    let crash = line(5, "ERROR", "Check failed: disk");
    cvms[0].log("stargate.a.FATAL.1").put(&crash);
    cvms[1].log("stargate.b.FATAL.7").put(line(7200, "ERROR", "Check failed: long ago"));
    cvms[1].log("genesis.out").put(fine() + &crash);
    cvms[1].log("stargate.b.FATAL.7").date(long_ago());
    let more = ["--max-errors", "0", "--json", "*.FATAL.?"];
    let done = snapshot(&world, &cvms[..3], &["genesis.out", "*.out"], &more).finish(LONG).expect(1);
    assert_eq!(done.err(), "cvmtail: 2 breaches\n");
    let told = document(&done);
    let logs: Vec<String> = told["cvms"]
        .as_array()
        .expect("CVMs")
        .iter()
        .map(|cvm| {
            let logs = cvm["logs"].as_array().expect("logs").iter();
            logs.map(|log| format!("{}={} ", log["log"], log["lines"]).replace('"', "")).collect()
        })
        .collect();
    let wanted = [
        "genesis=2 cerebro=2 stargate.a.FATAL.1=1 stargate=2 ",
        "genesis=3 cerebro=2 stargate.b.FATAL.7=0 stargate=2 ",
        "genesis=2 cerebro=2 stargate=2 ",
    ];
    assert_eq!(logs, wanted);
    let breached: Vec<String> = told["breaches"]
        .as_array()
        .expect("breaches")
        .iter()
        .map(|it| format!("{} {}", it["cvm"], it["log"]).replace('"', ""))
        .collect();
    let (a, b) = (cvms[0].target(), cvms[1].target());
    assert_eq!(breached, [format!("{a} stargate.a.FATAL.1"), format!("{b} genesis")]);
    // Of the files of one series each is read once.
    for n in 1..=3 {
        cvms[2].log(&format!("x.WARN.2026110{n}-0{n}0000.{n}")).put(line(10 - n, "ERROR", "boom"));
    }
    let done = snapshot(&world, &cvms[2..3], &["*.WARN.*"], &["--max-errors", "1", "--json"]).finish(LONG);
    let told = document(&done.expect(0));
    let lines: Vec<&Value> =
        told["cvms"][0]["logs"].as_array().expect("logs").iter().map(|log| &log["lines"]).collect();
    assert_eq!(lines, [1, 1, 1]);
    // A glob alone, of which there is nothing on any of them.
    let done = snapshot(&world, &cvms[2..], &["*.FATAL.?"], &["--max-errors", "0"]).finish(LONG).expect(0);
    assert!(done.stderr.is_empty(), "{}", done.err());
    let out = done.out();
    let rows: Vec<&str> = out.lines().filter(|row| row.ends_with("no file")).collect();
    assert!(
        out.starts_with("healthy  ") && rows.len() == 2 && rows[0].starts_with(&cvms[2].target()),
        "{out}"
    );
    // Where a folder is not there, nobody looked.
    let nowhere = snapshot(&world, &cvms[2..], &[], &["--json", "/home/nutanix/data/lugs/*.FATAL"]);
    let told = document(&nowhere.finish(LONG).expect(2));
    let log = &told["cvms"][0]["logs"][0];
    assert_eq!((&log["log"], &log["status"]), (&"/home/nutanix/data/lugs/*.FATAL".into(), &"missing".into()));
    assert_eq!(log["message"], "/home/nutanix/data/lugs is not there");
    let no_folder = snapshot(&world, &cvms[2..3], &[], &["/home/nutanix/data/logs/genesis.out/*"]);
    let no_folder = no_folder.finish(LONG).expect(2);
    assert!(no_folder.out().contains("genesis.out is no folder"), "{}", no_folder.out());
    // Of a CVM that is down nobody knows.
    cvms[2].shut_down();
    let down = snapshot(&world, &cvms[2..], &["*.FATAL.?"], &["-o", "junit", "--connect-timeout", "5s"]);
    let out = down.finish(LONG).expect(2).out();
    assert!(out.contains("errors=\"1\"") && out.contains(".FATAL.?\""), "{out}");
    nothing_left(&world, &cvms);
}

#[test]
fn rules_come_from_the_config_and_flags_outrank_them() {
    let Some((world, cvms)) = troubled() else { return };
    let folder = world.home().join(".config/cvmtail");
    fs::create_dir_all(&folder).expect("a folder");
    let config = |text: &str| fs::write(folder.join("config.toml"), text).expect("a config");
    let rules = |done: &Finished| -> Vec<String> {
        let told = document(done);
        let breaches = told["breaches"].as_array().expect("breaches").clone();
        breaches.iter().map(|it| format!("{} {}", it["log"], it["limit"]).replace('"', "")).collect()
    };
    config("[snapshot]\nmax-silence = '1h'\nmax-errors = 100\n[snapshot.logs.genesis]\nmax-errors = 2\n");
    let run = |more: &[&str]| snapshot(&world, &cvms[1..2], &LOGS, &["--json"]).args(more);
    assert_eq!(rules(&run(&[]).finish(LONG).expect(1)), ["genesis 2", "stargate 3600.0"]);
    assert_eq!(rules(&run(&["--max-errors", "6"]).finish(LONG).expect(1)), ["genesis 6", "stargate 3600.0"]);
    assert_eq!(
        rules(&run(&["--max-errors", "7", "--max-silence", "1d"]).finish(LONG).expect(0)),
        Vec::<String>::new()
    );
    for (text, told) in [
        ("[snapshot]\nmax-error = 1\n", "config.toml:2:1: unknown field"),
        ("[snapshot.logs.gensis]\nmax-errors = 1\n", "config.toml:1:16: no log named `gensis`"),
        ("[snapshot]\nmax-silence = 'long'\n", "config.toml:2:15: write a duration"),
        ("[snapshot]\nfail-on = '('\n", "config.toml:2:11: `(` is not a valid regular expression"),
    ] {
        config(text);
        let done = run(&[]).finish(LONG).expect(2);
        assert!(done.err().contains(told), "{text}: {}", done.err());
    }
}
