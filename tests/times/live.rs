//! `--order time` while logs grow.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;
use serde_json::Value;

use crate::told::{LONG, events, list, nothing_left, objects};
use crate::world::World;
use crate::world::checker::Checker;
use crate::world::cvm::Cvm;
use crate::world::poll::{SOON, must};
use crate::world::run::Run;
use crate::world::running::Running;
use crate::world::schedule::{Schedule, Writing};
use crate::world::writer::Writer;

/// The lines of some NDJSON.
fn lines(output: &[u8]) -> Vec<Value> {
    objects(output).into_iter().filter(|object| object["type"] == "line").collect()
}

/// A world with two CVMs, each with an empty log, and a run that follows both by time.
fn two(window: &str) -> (World, Vec<Cvm>, Run) {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    for cvm in &cvms {
        cvm.log("genesis.out").put("");
    }
    let run = world
        .cvmtail(&["-c", &list(&cvms), "--order", "time", "--order-window", window])
        .arg(cvms[0].log("genesis.out").path);
    (world, cvms, run)
}

/// A line of genesis that was written a minute ago, by so many milliseconds more or less.
fn line(began: Timestamp, milli: i64, message: &str) -> String {
    let time = began - SignedDuration::from_mins(1) + SignedDuration::from_millis(milli);
    format!("{} INFO x.py:1 {message}\n", time.strftime("%Y-%m-%d %H:%M:%S,%3fZ"))
}

/// Waits until both logs are followed.
fn wait_for_both(run: &Running, cvms: &[Cvm]) {
    for cvm in cvms {
        run.wait_for_word(&format!("+ {} genesis", cvm.target()));
    }
}

#[test]
fn three_writers_come_in_order_but_for_what_is_marked_and_none_is_lost() {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm", "ntnx-c-cvm"]);
    let writers: Vec<Writer> =
        (1..).zip(&cvms).map(|(seed, cvm)| Writer::new(&cvm.log("genesis.out"), seed).real()).collect();
    let path = writers[0].log.path.clone();
    let run = world
        .cvmtail(&["-c", &list(&cvms), "--json", "--order", "time", "--order-window", "200ms", &path])
        .start();
    run.wait_for("three streams have started", LONG, |out| events(out, "started").len() == 3);
    // Pauses on both sides of the window: now a stream is waited for, now it is not.
    let schedule =
        |pause| Schedule { burst: 8, pause: Duration::from_millis(pause), ..Schedule::default().lines(60) };
    let working: Vec<Writing> =
        writers.into_iter().zip([20, 60, 600]).map(|(writer, pause)| writer.start(schedule(pause))).collect();
    let writers: Vec<Writer> = working.into_iter().map(Writing::join).collect();
    run.wait_for("every line has come", LONG, |out| {
        memchr::memmem::find_iter(out, b"{\"type\":\"line\",").count() == 180
    });
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    Checker::new(writers.iter().map(|writer| &writer.ledger)).ndjson(&done.stdout).assert_exact();
    let mut latest = String::new();
    for line in lines(&done.stdout) {
        let time = line["time"].as_str().expect("a time").to_owned();
        assert_eq!(line["late"] == true, time < latest, "{line} after {latest}");
        latest = latest.max(time);
    }
    nothing_left(&world, &cvms);
}

#[test]
fn a_line_waits_for_the_other_stream_and_goes_once_that_is_past_it() {
    let (world, cvms, run) = two("1h");
    let run = run.args(["-o", "raw", "--stats"]).start();
    wait_for_both(&run, &cvms);
    let began = Timestamp::now();
    let push = |cvm: usize, milli: i64| {
        cvms[cvm].log("genesis.out").push(line(began, milli, &format!("at {milli}")));
    };
    push(0, 10);
    // Read, by the summary, and not printed.
    must(SOON, "a line has been read", || {
        run.signal(Signal::USR1);
        String::from_utf8_lossy(&run.stderr()).lines().any(|row| {
            let words: Vec<&str> = row.split_whitespace().collect();
            matches!(words[..], [_, log, "1", "0", ..] if log.starts_with("genesis"))
        })
    });
    push(1, 5);
    push(1, 20);
    run.wait_for_line("at 10");
    push(0, 30);
    run.wait_for_line("at 20");
    let wanted = |times: &[i64]| -> String {
        times.iter().map(|milli| line(began, *milli, &format!("at {milli}"))).collect()
    };
    assert_eq!(String::from_utf8_lossy(&run.stdout()), wanted(&[5, 10, 20]));
    run.interrupt();
    assert_eq!(run.finish(SOON).expect(130).out(), wanted(&[5, 10, 20, 30]), "the end holds nothing back");
    nothing_left(&world, &cvms);
}

#[test]
fn a_quiet_stream_holds_nobody_beyond_the_window_and_what_it_says_then_is_late() {
    for form in ["text", "ndjson"] {
        let (world, cvms, run) = two("150ms");
        let run = run.args(["-o", form, "--prefix", "log"]).start();
        if form == "text" {
            wait_for_both(&run, &cvms);
        } else {
            run.wait_for("both have started", LONG, |out| events(out, "started").len() == 2);
        }
        let began = Timestamp::now();
        cvms[0].log("genesis.out").push(line(began, 20, "first"));
        run.wait_for_line("first");
        cvms[1].log("genesis.out").push(line(began, 10, "second"));
        run.wait_for_line("second");
        cvms[1].log("genesis.out").push(line(began, 20, "third"));
        run.wait_for_line("third");
        run.interrupt();
        let done = run.finish(SOON).expect(130);
        let late: Vec<bool> = if form == "text" {
            done.out().lines().map(|line| line.contains(" ~ ")).collect()
        } else {
            lines(&done.stdout).iter().map(|line| line["late"] == true).collect()
        };
        assert_eq!(late, [false, true, false], "{}", done.out());
        nothing_left(&world, &cvms);
    }
}
