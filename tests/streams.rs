//! Many streams at once: every line comes once, in order, under the right CVM, log and path.

use std::collections::{BTreeMap, BTreeSet};

use crate::told::{LONG, events, list, nothing_left, objects};
use crate::world::World;
use crate::world::checker::Checker;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::poll::SOON;
use crate::world::running::Finished;
use crate::world::schedule::{Schedule, Writing};
use crate::world::writer::{Content, Log, Writer};

/// The 14 logs everyone asks for: what they are called here, and their files.
const LOGS: [(&str, &str); 14] = [
    ("genesis", "genesis.out"),
    ("acropolis", "acropolis.out"),
    ("cerebro", "cerebro.out"),
    ("prism", "prism.out"),
    ("zookeeper", "zookeeper.out"),
    ("stargate", "stargate.out"),
    ("curator", "curator.out"),
    ("uhura", "uhura.out"),
    ("ergon", "ergon.out"),
    ("hades", "hades.out"),
    ("pithos", "pithos.out"),
    ("cassandra", "cassandra.out"),
    ("alerts", "alerts.out"),
    ("syslog", "messages"),
];

/// The 14 logs of a CVM.
fn logs(cvm: &Cvm) -> Vec<Log> {
    let place = |file: &str| if file == "messages" { cvm.system_log(file) } else { cvm.log(file) };
    LOGS.iter().map(|(_, file)| place(file)).collect()
}

/// The services that write these logs, with something in each and a line half written.
fn writers(logs: impl IntoIterator<Item = Log>) -> Vec<Writer> {
    let begun = |(seed, log): (u64, Log)| {
        let mut writer = Writer::new(&log, seed).content(Content::Hostile);
        writer.append(30);
        writer.begin_line();
        writer
    };
    (1..).zip(logs).map(begun).collect()
}

/// Lets all services write up to 150 lines each.
fn work(writers: Vec<Writer>) -> Vec<Writer> {
    let schedule = Schedule::default().lines(150);
    let working: Vec<_> = writers.into_iter().map(|writer| writer.start(schedule.clone())).collect();
    working.into_iter().map(Writing::join).collect()
}

/// How many lines came.
fn count(output: &[u8]) -> u64 {
    memchr::memmem::find_iter(output, b"{\"type\":\"line\",").count() as u64
}

/// Ends the test unless the CVMs and this side do what 14 streams need where `MaxSessions` is 10, no more.
fn assert_frugal(world: &World, cvms: &[Cvm]) {
    for cvm in cvms {
        let processes = cvm.processes();
        let tails = processes.iter().filter(|process| process.name == "tail").count();
        assert_eq!(tails, 14, "{processes:?}");
    }
    let masters = world.masters().len();
    assert_eq!(masters, 2 * cvms.len(), "14 streams need two connections where MaxSessions is 10");
}

/// Follows 14 logs of three CVMs while they are written; every line comes, once and in its place.
fn forty_two(world: &World, cvms: &[Cvm], names: &[String]) -> Finished {
    let writers = writers(cvms.iter().flat_map(logs));
    let run = world.cvmtail(&["-c", &list(cvms), "-n", "+1", "--json"]).args(names).start();
    run.wait_for("42 streams have started", LONG, |out| events(out, "started").len() == 42);
    let writers = work(writers);
    run.wait_for("every line has come", LONG, |out| count(out) == 42 * 150);
    assert_frugal(world, cvms);
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    Checker::new(writers.iter().map(|writer| &writer.ledger)).ndjson(&done.stdout).assert_exact();
    done
}

#[test]
fn forty_two_streams_by_name_come_whole_and_in_their_place() {
    let Some(world) = World::namespaces() else { return };
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm", "ntnx-c-cvm"]);
    let done = forty_two(&world, &cvms, &LOGS.map(|log| log.0.to_owned()));
    assert_eq!(done.err(), "", "NDJSON tells all on stdout");
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in objects(&done.stdout).iter().filter(|object| object["type"] == "line") {
        let word = |key: &str| line[key].as_str().expect(key).to_owned();
        names.entry(word("path")).or_default().insert(word("log"));
    }
    let expected: BTreeMap<_, _> = LOGS
        .iter()
        .zip(logs(&cvms[0]))
        .map(|((name, _), log)| (log.path, BTreeSet::from([(*name).to_owned()])))
        .collect();
    assert_eq!(names, expected, "each path has its catalogue name");
    nothing_left(&world, &cvms);
}

#[test]
fn forty_two_streams_by_path_come_whole_without_root() {
    let world = World::ports();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm", "ntnx-c-cvm"]);
    let paths: Vec<String> = logs(&cvms[0]).into_iter().map(|log| log.path).collect();
    forty_two(&world, &cvms, &paths);
    nothing_left(&world, &cvms);
}

#[test]
fn text_says_before_each_line_whose_it_is() {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    let mut run = world.cvmtail(&["-c", &list(&cvms), "-n", "+1", "--no-follow"]);
    for cvm in &cvms {
        cvm.log("genesis.out").put(format!("I am {}\n", cvm.name()));
        cvm.log("stargate.out").put("here too\n");
    }
    let log = |name: &str| cvms[0].log(name).path;
    run = run.args([log("genesis.out"), log("stargate.out")]);
    let done = run.finish(LONG).expect(0);
    let names = if world.grade() == Grade::Namespaces {
        ["genesis", "stargate"]
    } else {
        ["genesis.out", "stargate.out"]
    };
    let lines: BTreeSet<String> = done.out().lines().map(str::to_owned).collect();
    let expected: BTreeSet<String> = (0..2)
        .flat_map(|cvm| {
            let at = cvms[cvm].target();
            [
                format!("{at} {} | I am {}", names[0], cvms[cvm].name()),
                format!("{at} {} | here too", names[1]),
            ]
        })
        .collect();
    assert_eq!(lines, expected);
    let told: BTreeSet<String> = done.err().lines().map(str::to_owned).collect();
    let at = cvms[0].target();
    assert!(told.contains(&format!("+ {at} {}", names[0])), "{told:?}");
    nothing_left(&world, &cvms);
}
