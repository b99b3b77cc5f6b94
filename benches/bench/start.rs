//! How long it takes until all streams of a cluster have started.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::figure::{Reach, Table};
use crate::stage::{CVMS, LOGS, Stage, interrupt};
use crate::world::cvm::Cvm;
use crate::world::writer::Log;

/// How many handshakes are in flight at a time, here as there (`--parallel`).
const PARALLEL: usize = 8;

/// All streams of 16 CVMs beside one bare login to each.
pub fn measure(stage: &Stage, table: &mut Table) {
    let cvms = stage.cvms(CVMS);
    let logs = stage.begun_logs(cvms, LOGS);
    logins(stage, cvms);
    // One log, as many as one connection takes (MaxSessions), all.
    let shapes = [1, 10, LOGS];
    let mut started = [const { Vec::new() }; 3];
    let mut shown = Vec::new();
    for _ in stage.rounds(2, 5) {
        for (each, started) in shapes.into_iter().zip(&mut started) {
            let theirs = logins(stage, cvms);
            let (ours, first_lines) = streams(stage, cvms, &logs[..each]);
            started.push(ours / theirs);
            if each == LOGS {
                shown.push(first_lines / theirs);
            }
        }
    }
    let against = "16 x ssh true";
    for (each, started) in shapes.into_iter().zip(started) {
        let reach = if each == LOGS { Reach::AtMost(1.3) } else { Reach::Told };
        table.add(format!("start, 16 CVMs x {each} logs, all started"), against, started, reach);
    }
    table.add("the same, until each log has shown a line", against, shown, Reach::Told);
}

/// Seconds for one bare login to each CVM.
fn logins(stage: &Stage, cvms: &[Cvm]) -> f64 {
    let waiting = Mutex::new(cvms.iter());
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                loop {
                    let Some(cvm) = waiting.lock().expect("a list").next() else { return };
                    let mut command = stage.ssh(cvm, &["true"]).command();
                    command.stdin(Stdio::null());
                    assert!(command.status().is_ok_and(|status| status.success()), "a login");
                }
            });
        }
    });
    began.elapsed().as_secs_f64()
}

/// Seconds until the last of all streams has started, and until the last has shown a line.
fn streams(stage: &Stage, cvms: &[Cvm], logs: &[Log]) -> (f64, f64) {
    let parallel = PARALLEL.to_string();
    let mut command = stage.cvmtail(cvms, &["--json", "-n", "1", "--parallel", &parallel], logs).command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().expect("cvmtail");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let (mut started, mut shown, mut all_started) = (0, 0, 0.0);
    while shown < cvms.len() * logs.len() {
        let line = lines.next().expect("it goes on").expect("it can be read");
        if line.starts_with("{\"type\":\"line\"") {
            shown += 1;
        } else if line.contains("\"status\":\"started\"") {
            started += 1;
            if started == cvms.len() * logs.len() {
                all_started = began.elapsed().as_secs_f64();
            }
        }
    }
    let all_shown = began.elapsed().as_secs_f64();
    interrupt(&mut child);
    (all_started, all_shown)
}
