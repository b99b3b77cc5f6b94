//! `--order time --no-follow`: what several files hold, as one stable sort would have it.

use std::collections::HashMap;

use serde_json::Value;

use super::{Made, instant};
use crate::told::{LONG, list, nothing_left, objects};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::layout::Layout;
use crate::world::poll::SOON;
use crate::world::run::Run;

/// The names of the two logs of each CVM.
const NAMES: [&str; 2] = ["one.out", "two.out"];

/// What is known of a printed line: its time, its stream, its place in the file, and itself.
type Printed = (Option<i64>, usize, usize, Vec<u8>);

/// Puts the logs on the CVMs, two on each; gives a run that reads them to their ends, by time. The streams are
/// numbered as they are named: by CVM, and on each CVM by log.
fn run(world: &World, cvms: &[Cvm], logs: &[Made]) -> Run {
    for (stream, log) in logs.iter().enumerate() {
        cvms[stream / 2].log(NAMES[stream % 2]).put(&log.bytes);
    }
    let paths = NAMES.map(|name| cvms[0].log(name).path);
    world
        .cvmtail(&["-c", &list(cvms), "-n", "+1", "--no-follow", "--order", "time"])
        .args(&paths[..logs.len().min(2)])
}

/// The oracle: a stable sort by (time, stream, offset). A line without a time of its own has that of the head it
/// follows, so that records stay whole; what stands before the first head of a file comes before all times.
fn sorted(logs: &[Made]) -> Vec<Printed> {
    let lines = |(stream, log): (usize, &Made)| -> Vec<Printed> {
        let line = |(number, (at, time)): (usize, &(usize, Option<i64>))| {
            (*time, stream, *at, log.line(number).to_vec())
        };
        log.lines.iter().enumerate().map(line).collect()
    };
    let mut all: Vec<Printed> = logs.iter().enumerate().flat_map(lines).collect();
    all.sort_by_key(|(time, stream, at, _)| (*time, *stream, *at));
    all
}

/// The lines of some NDJSON in the same form, and whether each is late.
fn printed(cvms: &[Cvm], output: &[u8]) -> Vec<(Printed, bool)> {
    let streams: HashMap<(String, String), usize> = (0..2 * cvms.len())
        .map(|stream| {
            let log = cvms[stream / 2].log(NAMES[stream % 2]);
            ((log.cvm, log.path), stream)
        })
        .collect();
    // A CVM that is alone goes by its address.
    let cvm = |object: &Value| if cvms.len() == 1 { cvms[0].target() } else { word(object, "cvm") };
    let line = |object: &Value| {
        let time = object["time"].as_str().map(|time| {
            let time: jiff::Timestamp = time.parse().expect("an instant");
            i64::try_from(time.duration_since(instant(0)).as_millis()).expect("some hours")
        });
        let stream = streams[&(cvm(object), word(object, "path"))];
        let at = usize::try_from(object["offset"].as_u64().expect("a place")).expect("a place");
        ((time, stream, at, word(object, "line").into_bytes()), object["late"] == true)
    };
    objects(output).iter().filter(|object| object["type"] == "line").map(line).collect()
}

/// A text of an object.
fn word(object: &Value, key: &str) -> String {
    object[key].as_str().expect(key).to_owned()
}

/// Ends the test at the first line that is not the expected one.
#[track_caller]
fn assert_same(came: &[(Printed, bool)], expected: &[Printed]) {
    for (number, ((line, late), wanted)) in came.iter().zip(expected).enumerate() {
        assert!(!late && line == wanted, "line {number}: {line:?} (late: {late}), not {wanted:?}");
    }
    assert_eq!(came.len(), expected.len());
}

#[test]
fn several_files_are_printed_as_one_stable_sort_by_time_stream_and_offset() {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm", "ntnx-c-cvm"]);
    let layouts =
        [Layout::Python, Layout::Glog, Layout::Prism, Layout::Zookeeper, Layout::Cassandra, Layout::Syslog];
    let log = |(seed, layout): (u64, Layout)| {
        let mut log = Made::new(layout, seed);
        // What a rotation cut off from its head.
        log.follow(if seed == 2 { 3 } else { 0 });
        let mut now = 0;
        for record in 0..2_500 {
            // Every instant is one of several streams, and of several lines of each.
            now += 10 * i64::try_from(log.seed.below(4)).expect("a digit");
            // A service with threads is out of order by less than the window of a second.
            let back = if log.seed.percent(20) { log.seed.below(90) } else { 0 };
            log.head((now - 10 * i64::try_from(back).expect("less than a second")).max(0));
            let following = if log.seed.percent(10) { log.seed.index(5) } else { 0 };
            log.follow(if record % 500 == 7 { 60 } else { following });
        }
        log
    };
    let logs: Vec<Made> = (1..).zip(layouts).map(log).collect();
    let expected = sorted(&logs);
    for more in [&["--json"][..], &["--json", "-M"]] {
        let done = run(&world, &cvms, &logs).args(more).finish(LONG).expect(0);
        assert_same(&printed(&cvms, &done.stdout), &expected);
    }
    nothing_left(&world, &cvms);
}

#[test]
fn files_of_different_hours_and_more_than_is_held_come_in_the_order_of_time() {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    // Half an hour each; the second begins when the first is over, the third halfway, and the last goes on and on.
    let of = [(0, 100), (1_800_000, 100), (900_000, 100), (0, 300)];
    let log = |(seed, (begin, step)): (u64, (i64, u64))| {
        let mut log = Made::new(Layout::Python, seed);
        let mut now = begin;
        for _ in 0..7_000 {
            now += i64::try_from(log.seed.below(5) * step).expect("a pause");
            log.long_head(now, 700);
        }
        log
    };
    let logs: Vec<Made> = (1..).zip(of).map(log).collect();
    assert!(logs.iter().all(|log| log.bytes.len() > 5 << 20), "more than is held of one that is ahead");
    let expected: Vec<u8> =
        sorted(&logs).into_iter().flat_map(|line| [&line.3[..], b"\n"].concat()).collect();
    let done = run(&world, &cvms, &logs).args(["-o", "raw"]).finish(LONG).expect(0);
    assert!(done.stdout == expected, "{} bytes, not {}", done.stdout.len(), expected.len());
    nothing_left(&world, &cvms);
}

#[test]
fn a_line_older_than_the_window_comes_marked_and_a_wider_window_has_it_in_its_place() {
    let world = World::new();
    let cvms = [world.cvm("ntnx-a-cvm").start()];
    let mut log = Made::new(Layout::Glog, 5);
    (0..10_000).for_each(|record| log.head(3_600_000 + record));
    log.head(1_000);
    log.follow(2);
    let logs = [log];
    let done = run(&world, &cvms, &logs).arg("--json").finish(LONG).expect(0);
    let (late, in_order): (Vec<_>, Vec<_>) =
        printed(&cvms, &done.stdout).into_iter().partition(|(_, late)| *late);
    assert_same(&in_order, &sorted(&logs)[3..]);
    let late: Vec<_> = late.into_iter().map(|(line, _)| line).collect();
    assert_eq!(late, sorted(&logs)[..3], "the whole record");
    let done = run(&world, &cvms, &logs).args(["--prefix", "log"]).finish(LONG).expect(0);
    assert_eq!(done.out().lines().filter(|line| line.starts_with("one.out ~ ")).count(), 3);
    let wide = run(&world, &cvms, &logs).args(["--json", "--order-window", "2h"]).finish(SOON).expect(0);
    assert_same(&printed(&cvms, &wide.stdout), &sorted(&logs));
    nothing_left(&world, &cvms);
}

/// Ends the test unless the lines that two CVMs wrote in turn come in turn, one each `step` milliseconds. The
/// clock of the first CVM is `ahead` by so many, and its login runs `script`.
fn assert_in_turn(step: i64, ahead: i64, script: &str) {
    let Some(world) = World::namespaces() else { return };
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    std::fs::write(cvms[0].home().join(".bashrc"), script).expect("a login script");
    let mut logs = [Made::new(Layout::Python, 1), Made::new(Layout::Python, 2)];
    for turn in 0..100 {
        logs[0].head(2 * turn * step + ahead);
        logs[1].head((2 * turn + 1) * step);
    }
    for (cvm, log) in cvms.iter().zip(&logs) {
        cvm.log("one.out").put(&log.bytes);
    }
    let in_turn = (0..100).flat_map(|turn| [logs[0].line(turn), logs[1].line(turn)]);
    let expected: Vec<u8> = in_turn.flat_map(|line| [line, b"\n"].concat()).collect();
    let done = world
        .cvmtail(&["-c", &list(&cvms), "-n", "+1", "--no-follow", "--order", "time", "-o", "raw"])
        .arg(cvms[0].log("one.out").path)
        .finish(LONG)
        .expect(0);
    assert!(done.stdout == expected, "{}", done.out());
    nothing_left(&world, &cvms);
}

#[test]
fn a_login_that_takes_its_time_does_not_pass_for_a_clock_that_is_wrong() {
    assert_in_turn(10, 0, "sleep 1.5\n");
}

#[test]
fn a_clock_that_is_wrong_is_set_right() {
    let script = "mkdir -p ~/bin && printf '#!/bin/sh\\nexec /bin/date -d \"1 hour\" \"$@\"\\n' >~/bin/date\n\
        chmod +x ~/bin/date\nPATH=~/bin:$PATH\n";
    // So far apart that it does not matter how long the answer took.
    assert_in_turn(20_000, 3_600_000, script);
}

#[test]
fn a_clock_that_is_wrong_is_set_right_behind_a_slow_login() {
    let script = "mkdir -p ~/bin && printf '#!/bin/sh\\nexec /bin/date -d \"3 seconds\" \"$@\"\\n' >~/bin/date\n\
        chmod +x ~/bin/date\nPATH=~/bin:$PATH\nsleep 6\n";
    assert_in_turn(1_000, 3_000, script);
}
