//! sshds that allow little: few sessions on a connection, few handshakes at a time.

use crate::told::{LONG, events, judge_alone, list, nothing_left};
use crate::world::World;
use crate::world::checker::Checker;
use crate::world::cvm::Cvm;
use crate::world::poll::SOON;
use crate::world::writer::Writer;

/// One writer per log, with lines in each.
fn writers(cvm: &Cvm, count: u64) -> Vec<Writer> {
    let writer = |n: u64| {
        let mut writer = Writer::new(&cvm.log(&format!("log_{n}.out")), n);
        writer.append(20);
        writer
    };
    (0..count).map(writer).collect()
}

/// Follows that many logs of a CVM that allows so many sessions a connection, and gives how many
/// connections that took.
fn follow_many(sessions: u32, logs: u64) -> usize {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").option(&format!("MaxSessions {sessions}")).start();
    let mut writers = writers(&cvm, logs);
    let paths = writers.iter().map(|writer| writer.log.path.clone());
    let run = world.cvmtail(&["-c", &cvm.target(), "-n", "+1", "--json"]).args(paths).start();
    run.wait_for("all have started", LONG, |out| events(out, "started").len() as u64 == logs);
    for writer in &mut writers {
        writer.append(20);
    }
    let count = |out: &[u8]| memchr::memmem::find_iter(out, b"{\"type\":\"line\",").count() as u64;
    run.wait_for("every line has come", LONG, |out| count(out) == logs * 40);
    let masters = world.masters().len();
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    judge_alone(&writers).ndjson(&done.stdout).assert_exact();
    assert!(events(&done.stdout, "error").is_empty() && events(&done.stdout, "reconnecting").is_empty());
    nothing_left(&world, &[cvm]);
    masters
}

#[test]
fn forty_logs_of_one_cvm_take_the_four_connections_that_max_sessions_10_asks_for() {
    assert_eq!(follow_many(10, 40), 4);
}

#[test]
fn ten_logs_take_ten_connections_where_max_sessions_is_1() {
    assert_eq!(follow_many(1, 10), 10);
}

#[test]
fn a_drop_under_max_startups_is_tried_again_and_costs_no_line() {
    let world = World::new();
    // Of two handshakes at a time every second one is dropped, and every one beyond three.
    let cvm = world.cvm("ntnx-a-cvm").option("MaxSessions 1").option("MaxStartups 2:50:3").start();
    let writers = writers(&cvm, 12);
    let paths = writers.iter().map(|writer| writer.log.path.clone());
    let run = world.cvmtail(&["-c", &cvm.target(), "-n", "+1", "--no-follow", "--json"]).args(paths);
    let done = run.finish(LONG).expect(0);
    judge_alone(&writers).ndjson(&done.stdout).assert_exact();
    nothing_left(&world, &[cvm]);
}

#[test]
fn sixty_four_cvms_with_the_usual_max_startups_are_all_followed() {
    let world = World::new();
    let builders = (0..64).map(|n| world.cvm(&format!("cvm-{n:02}")).option("MaxStartups 10:30:100"));
    let cvms = World::start(builders.collect());
    let mut writers: Vec<Writer> = Vec::new();
    // Without root the CVMs share one file system, and all are asked for the log of the first.
    let own_files = cvms[0].log("genesis.out").path == cvms[1].log("genesis.out").path;
    for (seed, cvm) in (0..).zip(&cvms) {
        let mut writer = Writer::new(&cvm.log("genesis.out"), seed);
        writer.append(3);
        writers.push(writer);
    }
    let run =
        world.cvmtail(&["-c", &list(&cvms), "-n", "+1", "--json", &cvms[0].log("genesis.out").path]).start();
    run.wait_for("64 streams have started", LONG, |out| events(out, "started").len() == 64);
    for writer in &mut writers {
        writer.append(3);
    }
    let count = |out: &[u8]| memchr::memmem::find_iter(out, b"{\"type\":\"line\",").count();
    run.wait_for("every line has come", LONG, |out| count(out) == 64 * 6);
    run.signal(rustix::process::Signal::TERM);
    let done = run.finish(SOON).expect(143);
    if own_files {
        Checker::new(writers.iter().map(|writer| &writer.ledger)).ndjson(&done.stdout).assert_exact();
    }
    nothing_left(&world, &cvms);
}
