//! CVMs and logs that nobody named: what a CVM says of its cluster, what it has, and what a glob comes to match.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use crate::told::{LONG, events, judge_alone, nothing_left, objects};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::SOON;
use crate::world::rotate::{Packer, Rotation};
use crate::world::run::Run;
use crate::world::running::Running;
use crate::world::trouble::command;
use crate::world::writer::Writer;

/// Three CVMs with a log each; `None` where CVMs have no files of their own.
fn world() -> Option<(World, Vec<Cvm>)> {
    let world = World::namespaces()?;
    let cvms = world.cvms(&["a", "b", "c"]);
    for cvm in &cvms {
        cvm.log("genesis.out").put("one\n");
    }
    Some((world, cvms))
}

/// Has a CVM say this of its cluster, and count how often it is asked.
fn answers(cvm: &Cvm, script: &str) {
    cvm.install("nutanix/cluster/bin/svmips", &format!("#!/bin/sh\necho asked >>~/asked\n{script}\n"));
}

/// How often it was asked.
fn asked(cvm: &Cvm) -> usize {
    fs::read_to_string(cvm.home().join("asked")).unwrap_or_default().lines().count()
}

/// The addresses of the CVMs as `svmips` prints them.
fn addresses(cvms: &[Cvm]) -> String {
    cvms.iter().map(|cvm| cvm.address().to_string()).collect::<Vec<_>>().join(" ")
}

/// Reads the log of each CVM of the cluster that the first one tells of.
fn discover(world: &World, cvms: &[Cvm]) -> Run {
    let seed = cvms[0].target();
    let path = cvms[0].log("genesis.out").path;
    world.cvmtail(&["--no-follow", "--prefix", "cvm", "--discover", &seed, "--connect-timeout", "30s", &path])
}

/// Writes the config of the person.
fn config(world: &World, text: &str) {
    let folder = world.home().join(".config/cvmtail");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), text).expect("a config");
}

/// How many lines came as NDJSON.
fn count(out: &[u8]) -> u64 {
    memchr::memmem::find_iter(out, b"{\"type\":\"line\",").count() as u64
}

#[test]
fn all_that_one_cvm_tells_of_are_followed_and_one_that_is_down_is_told() {
    let Some((world, cvms)) = world() else { return };
    answers(&cvms[0], &format!("echo {}", addresses(&cvms)));
    let done = discover(&world, &cvms).finish(LONG).expect(0);
    let mut lines: Vec<String> = done.out().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, cvms.iter().map(|cvm| format!("{} | one", cvm.address())).collect::<Vec<_>>());
    nothing_left(&world, &cvms);
    cvms[2].shut_down();
    let done = discover(&world, &cvms).finish(LONG).expect(2);
    assert_eq!(done.out().lines().count(), 2, "{}{}", done.out(), done.err());
    let told = format!("{} genesis: error: ", cvms[2].address());
    assert_eq!(done.err().lines().filter(|line| line.contains(&told)).count(), 1, "{}", done.err());
    assert_eq!(done.err().matches(": error: ").count(), 1, "{}", done.err());
    nothing_left(&world, &cvms[..2]);
}

#[test]
fn an_answer_that_is_no_list_of_addresses_is_refused() {
    let Some((world, cvms)) = world() else { return };
    let owned = cvms[0].home().join("owned");
    let seed = cvms[0].target();
    for (script, why) in [
        ("echo '10.0.0.1;touch ~/owned'", "svmips says “10.0.0.1;touch”, which is no address"),
        ("echo -oProxyCommand=id", "svmips says “-oProxyCommand=id”, which is no address"),
        ("printf '\\033[31m'", "svmips says “\\u{1b}[31m”, which is no address"),
        ("echo 0.0.0.0", "svmips says 0.0.0.0, which is no host"),
        (":", "svmips names no CVM"),
        ("echo zookeeper is down >&2; exit 3", "svmips ended with status 3: zookeeper is down"),
    ] {
        answers(&cvms[0], script);
        let done = discover(&world, &cvms).finish(LONG).expect(2);
        let told = format!("--discover {seed}: {seed} did not list its cluster: {why}\n");
        assert!(done.err().contains(&told), "{script}: {}", done.err());
        assert_eq!(done.out(), "");
    }
    assert!(!owned.exists());
    let by_hand = discover(&world, &cvms).finish(LONG).expect(2).err();
    assert_eq!(command(&by_hand, "ssh "), format!("ssh {seed} /usr/local/nutanix/cluster/bin/svmips"));
    fs::remove_dir_all(cvms[0].folder().join("local/nutanix")).expect("no cluster");
    let none = discover(&world, &cvms).finish(LONG).expect(2);
    assert!(none.err().contains("svmips ended with status 127"), "{}", none.err());
    cvms[0].shut_down();
    let down = discover(&world, &cvms).finish(LONG).expect(2);
    assert!(down.err().contains(&format!("--discover {seed}: ")), "{}", down.err());
    nothing_left(&world, &cvms[1..]);
}

#[test]
fn a_cluster_of_the_config_is_asked_once_an_hour_or_by_refresh() {
    let Some((world, cvms)) = world() else { return };
    config(&world, &format!("[clusters.lab]\ndiscover = \"{}\"\n", cvms[0].address()));
    let named = |more: &[&str]| {
        let done = world.cvmtail(&["cvms", "-c", "@lab", "--json"]).args(more).finish(LONG).expect(0);
        let cvms = objects(&done.stdout);
        assert!(cvms.iter().all(|cvm| cvm["source"] == "@lab"), "{cvms:?}");
        cvms.iter().map(|cvm| cvm["cvm"].as_str().expect("a name").to_owned()).collect::<Vec<_>>().join(" ")
    };
    answers(&cvms[0], &format!("echo {}", addresses(&cvms[..2])));
    assert_eq!(named(&[]), addresses(&cvms[..2]));
    answers(&cvms[0], &format!("echo {}", addresses(&cvms)));
    assert_eq!((named(&[]), asked(&cvms[0])), (addresses(&cvms[..2]), 1));
    assert_eq!((named(&["--refresh"]), asked(&cvms[0])), (addresses(&cvms), 2));
    assert_eq!((named(&[]), asked(&cvms[0])), (addresses(&cvms), 2), "a new answer is kept too");
    let path = cvms[0].log("genesis.out").path;
    let done = world.cvmtail(&["--no-follow", "-c", "@lab", &path]).finish(LONG).expect(0);
    assert_eq!((done.out().lines().count(), asked(&cvms[0])), (3, 2));
    let cache = world.home().join(".cache/cvmtail");
    let files: Vec<_> = fs::read_dir(&cache).expect("a folder").flatten().map(|entry| entry.path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let age = |age: Duration| {
        let file = fs::File::options().write(true).open(&files[0]).expect("a file");
        file.set_modified(SystemTime::now() - age).expect("a time");
    };
    age(Duration::from_mins(59));
    assert_eq!((named(&[]), asked(&cvms[0])), (addresses(&cvms), 2));
    age(Duration::from_mins(61));
    assert_eq!((named(&[]), asked(&cvms[0])), (addresses(&cvms), 3));
    fs::write(&files[0], "10.0.0.1;id").expect("a file");
    assert_eq!(
        (named(&[]), asked(&cvms[0])),
        (addresses(&cvms), 4),
        "what is kept is looked at like an answer"
    );
    nothing_left(&world, &cvms);
}

#[test]
fn what_a_cvm_has_is_listed_as_a_table_and_as_objects() {
    let Some((world, cvms)) = world() else { return };
    let a = &cvms[0];
    a.log("own.out").put("12345");
    a.log("own.ntnx.log.INFO.1").put("123\n");
    symlink("own.ntnx.log.INFO.1", &a.log("own.INFO").file).expect("a link");
    symlink("gone", &a.log("lost.out").file).expect("a link");
    let old = SystemTime::now() - Duration::from_hours(30);
    a.log("own.out").date(old);
    let done = world.cvmtail(&["logs", "-c", "a,b", "--json"]).finish(LONG).expect(0);
    assert_eq!((done.err().as_str(), done.closed), ("", true));
    let all = objects(&done.stdout);
    let one = |cvm: &str, path: &str| {
        let mut its = all.iter().filter(|it| it["cvm"] == cvm && it["path"] == path);
        let it = its.next().unwrap_or_else(|| panic!("{cvm} {path}: {}", done.out())).clone();
        assert!(its.next().is_none() && it["type"] == "log_file", "{it}");
        it
    };
    let facts = |path: &str| {
        let it = one("a", path);
        format!("{} {} {} {}", it["log"], it["size"], it["target"], it["known"]).replace('"', "")
    };
    assert_eq!(facts(&a.log("genesis.out").path), "genesis 4 null true");
    assert_eq!(facts(&a.log("own.out").path), "own.out 5 null false");
    assert_eq!(facts(&a.log("own.INFO").path), "own.INFO 4 own.ntnx.log.INFO.1 false");
    assert_eq!(facts(&a.log("lost.out").path), "lost.out null gone false");
    one("b", &a.log("genesis.out").path);
    let modified: jiff::Timestamp =
        one("a", &a.log("own.out").path)["modified"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(modified.duration_since(old.try_into().expect("a time")).abs().as_secs() < 2, "{modified}");
    assert!(one("a", &a.log("lost.out").path)["modified"].is_null());
    let table =
        world.cvmtail(&["logs", "-c", "a", "genesis", "*.out", "*.INFO"]).finish(LONG).expect(0).out();
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split_whitespace().collect()).collect();
    let path = |name: &str| a.log(name).path;
    assert_eq!(rows[0], ["CVM", "LOG", "KNOWN", "SIZE", "AGE", "PATH"]);
    assert_eq!(
        (&rows[1][..5], rows[1].last()),
        (&["a", "genesis", "yes", "4", "B"][..], Some(&path("genesis.out").as_str()))
    );
    assert_eq!(rows[2], ["a", "lost.out", "-", "-", "-", &path("lost.out"), "->", "gone"]);
    assert_eq!(rows[3][rows[3].len() - 2..], ["->", "own.ntnx.log.INFO.1"]);
    assert_eq!(rows[4], ["a", "own.out", "-", "5", "B", "1", "d", "6", "h", &path("own.out")]);
    assert_eq!(rows.len(), 5, "{table}");
    let part = world.cvmtail(&["logs", "-c", "a,10.20.254.254", "genesis"]).finish(LONG).expect(2);
    assert!(
        part.out().contains("genesis") && part.err().contains("no route to 10.20.254.254"),
        "{}",
        part.err()
    );
    nothing_left(&world, &cvms);
}

/// Follows these globs on the CVM, from the tenth line before the end of what is there.
fn follow(world: &World, cvm: &Cvm, globs: &[&str]) -> Running {
    world.cvmtail(&["-c", &cvm.target(), "--json"]).args(globs).start()
}

/// Has each service write so many lines.
fn append(writers: &mut [Writer], lines: usize) {
    for writer in writers {
        writer.append(lines);
    }
}

/// Waits until all lines of the writers have come.
#[track_caller]
fn wait_for_all(run: &Running, writers: &[Writer]) {
    let all: u64 = writers.iter().map(|writer| writer.ledger.count()).sum();
    run.wait_for(&format!("all {all} lines have come"), LONG, |out| count(out) >= all);
}

#[test]
fn files_that_come_to_match_are_read_from_their_first_byte_and_those_that_go_are_told() {
    let Some((world, cvms)) = world() else { return };
    let a = &cvms[0];
    let writer = |name: &str, lines| {
        let mut writer = Writer::new(&a.log(name), 1);
        writer.append(lines);
        writer
    };
    let mut writers = vec![writer("stargate.FATAL", 10)];
    let run = follow(&world, a, &["*.FATAL", "/home/nutanix/data/logs/stargate*.out"]);
    wait_for_all(&run, &writers);
    run.wait_for("the glob without a match is told", LONG, |out| !events(out, "missing").is_empty());
    let missing = events(&run.stdout(), "missing").remove(0);
    assert_eq!(missing["message"], "no file matches /home/nutanix/data/logs/stargate*.out");
    let hint = format!("`cvmtail logs -c {}` lists what there is", a.target());
    assert_eq!(missing["hint"], hint);
    writers.extend([writer("cerebro.FATAL", 300), writer("stargate_1.out", 30)]);
    wait_for_all(&run, &writers);
    let appeared = events(&run.stdout(), "appeared");
    let mut paths: Vec<&str> = appeared.iter().map(|event| event["path"].as_str().expect("a path")).collect();
    paths.sort_unstable();
    assert_eq!(paths, [a.log("cerebro.FATAL").path, a.log("stargate_1.out").path], "only what has come");
    append(&mut writers, 5);
    wait_for_all(&run, &writers);
    let gone = writers[2].log.path.clone();
    fs::remove_file(&writers[2].log.file).expect("a file");
    run.wait_for("what is gone is told", LONG, |out| {
        events(out, "missing").iter().any(|it| it["path"] == *gone)
    });
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    judge_alone(&writers).ndjson(&done.stdout).assert_exact();
    nothing_left(&world, &cvms);
}

#[test]
fn a_file_of_several_names_is_followed_once_however_it_is_rotated() {
    let Some((world, cvms)) = world() else { return };
    let a = &cvms[0];
    // A glob that matches the link, the files behind it, and what rotation makes of a plain log.
    let mut writers = vec![Writer::glog(&a.log("stargate.INFO"), 1), Writer::new(&a.log("stargate.out"), 2)];
    append(&mut writers, 10);
    let run = follow(&world, a, &["/home/nutanix/data/logs/stargate*"]);
    wait_for_all(&run, &writers);
    writers[0].rotate(Rotation::Link);
    writers[1].rotate(Rotation::Compress(Packer::Gzip));
    writers[1].rotate(Rotation::Rename);
    append(&mut writers, 20);
    // Its lines show that the CVM was asked again since the rotation.
    let mut later = Writer::new(&a.log("stargate_later.out"), 3);
    later.append(20);
    writers.push(later);
    wait_for_all(&run, &writers);
    let done = world.cvmtail(&["check", "--json", "-c", "a", "/home/nutanix/data/logs/stargate.*INFO*"]);
    let checked = objects(&done.finish(LONG).expect(0).stdout);
    let logs: Vec<_> = checked.iter().filter(|it| it["step"] == "log_exists").map(|it| &it["log"]).collect();
    assert_eq!(logs.len(), 2, "the link, and the file before the present one: {logs:?}");
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    judge_alone(&writers).ndjson(&done.stdout).assert_exact();
    assert_eq!(events(&done.stdout, "started").len(), 3, "{}", done.out());
    nothing_left(&world, &cvms);
}

#[test]
fn a_hint_names_the_port_and_the_user_that_the_cvm_was_reached_by() {
    let world = World::ports();
    let cvm = world.cvm("a").start();
    let target = format!("{}@{}", crate::world::client::user(), cvm.target());
    let glob = cvm.log("none*.out").path;
    let run = world.cvmtail(&["-c", &target, "--json", &glob]).start();
    run.wait_for("the glob without a match is told", LONG, |out| !events(out, "missing").is_empty());
    let hint = events(&run.stdout(), "missing").remove(0)["hint"].as_str().expect("a hint").to_owned();
    run.interrupt();
    run.finish(SOON).expect(130);
    cvm.log("there.out").put("x\n");
    let copied = command(&hint, "cvmtail ").replacen("cvmtail", env!("CARGO_BIN_EXE_cvmtail"), 1);
    let everywhere = format!("{copied} '{}'", cvm.log("*.out").path);
    let done = world.run("sh", &["-c", &everywhere]).finish(LONG).expect(0);
    assert!(done.out().contains("there.out"), "{}", done.out());
    nothing_left(&world, &[cvm]);
}
