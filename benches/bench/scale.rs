//! Whether a byte costs more where there are more streams, and what memory a flood takes.

use std::path::PathBuf;
use std::time::Instant;

use crate::cost::{LONG, Times, memory};
use crate::figure::{Reach, Table};
use crate::stage::{LOGS, MB, Sample, Stage, count, length};
use crate::world::poll::{SOON, must, poll};
use crate::world::running::Running;
use crate::world::writer::Log;

/// The same bytes through 1, 14, 56 and 224 streams that are being followed.
pub fn measure(stage: &Stage, table: &mut Table) {
    let total = stage.either(112 * MB, 448 * MB);
    let shapes = [(1, 1), (1, LOGS), (4, LOGS), (16, LOGS)];
    let rounds: Vec<Vec<Flood>> = stage
        .rounds(1, 3)
        .map(|_| shapes.iter().map(|&(cvms, logs)| flood(stage, cvms, logs, total)).collect())
        .collect();
    for (n, (cvms, logs)) in shapes.into_iter().enumerate() {
        let streams = cvms * logs;
        if n > 0 {
            let wall = rounds.iter().map(|round| round[n].wall / round[0].wall).collect();
            table.add(format!("wall per byte, {streams} streams"), "1 stream", wall, Reach::AtMost(1.15));
            let user = rounds.iter().map(|round| round[n].user / round[0].user).collect();
            table.add(
                format!("own processor time per byte, {streams} streams"),
                "1 stream",
                user,
                Reach::Told,
            );
        }
    }
    let peak = rounds.iter().map(|round| round[3].peak).collect();
    table.add("peak memory, 224 streams in full flood", "MB", peak, Reach::AtMost(64.0));
    let (cvms, logs) = shapes[2];
    let bare =
        stage.rounds(1, 3).map(|_| bare(stage, cvms, logs, total) / bare(stage, 1, 1, total)).collect();
    table.add(format!("wall per byte, {} x ssh tail -f", cvms * logs), "1 x ssh tail -f", bare, Reach::Told);
}

/// What a flood took.
struct Flood {
    /// Seconds per byte.
    wall: f64,
    /// Own processor seconds per byte.
    user: f64,
    /// The most memory, in MB.
    peak: f64,
}

/// Follows that many logs, lets `total` bytes come over them at once, and waits for the last.
fn flood(stage: &Stage, cvms: usize, each: usize, total: usize) -> Flood {
    let cvms = stage.cvms(cvms);
    let logs = stage.begun_logs(cvms, each);
    let output = stage.place();
    let running = stage.cvmtail(cvms, &["-n", "1"], &logs[..each]).stdout_to(&output).start();
    let newlines = |path| std::fs::read(path).map_or(0, |all| memchr::memchr_iter(b'\n', &all).count());
    must(SOON, "every log shows a line", || newlines(&output) == logs.len());
    let sample = Sample::new(total / logs.len());
    let name = |n: usize| cvms[n / each].name();
    let prefix = |(n, log): (usize, &Log)| sample.lines() * format!("{} {} | ", name(n), log.name).len();
    let expected =
        length(&output) + logs.iter().enumerate().map(|log| sample.bytes() + prefix(log)).sum::<usize>();
    let before = Times::of(running.pid());
    let wall = pour(&logs, &sample, || length(&output) >= expected);
    let user = Times::of(running.pid()).own - before.own;
    assert_eq!(length(&output), expected, "no more comes than that");
    let peak = memory(running.pid(), "VmHWM");
    running.interrupt();
    running.finish(LONG).expect(130);
    clear(&logs);
    let _ = std::fs::remove_file(&output);
    let bytes = count(sample.bytes() * logs.len());
    Flood { wall: wall / bytes, user: user / bytes, peak }
}

/// As [`flood`], through one `ssh tail -f` per log, each on a connection of its own; gives seconds per byte.
fn bare(stage: &Stage, cvms: usize, each: usize, total: usize) -> f64 {
    let cvms = stage.cvms(cvms);
    let logs = stage.begun_logs(cvms, each);
    let outputs: Vec<PathBuf> = logs.iter().map(|_| stage.place()).collect();
    let start = |(n, (log, output)): (usize, (&Log, &PathBuf))| {
        let running = stage.ssh(&cvms[n / each], &["tail", "-n1", "-f", &log.path]).stdout_to(output).start();
        must(SOON, "it shows a line", || length(output) > 0);
        running
    };
    let running: Vec<Running> = logs.iter().zip(&outputs).enumerate().map(start).collect();
    let sample = Sample::new(total / logs.len());
    let expected = length(&outputs[0]) + sample.bytes();
    let wall = pour(&logs, &sample, || outputs.iter().all(|output| length(output) == expected));
    for one in running {
        one.interrupt();
        one.finish(LONG);
    }
    clear(&logs);
    for output in outputs {
        let _ = std::fs::remove_file(output);
    }
    wall / count(sample.bytes() * logs.len())
}

/// Seconds from the first byte that is written to the logs until all have come.
fn pour(logs: &[Log], sample: &Sample, all_came: impl Fn() -> bool) -> f64 {
    let began = Instant::now();
    for log in logs {
        let mut file = std::fs::OpenOptions::new().append(true).open(&log.file).expect("the log");
        sample.write(&mut file);
    }
    poll(LONG, || all_came().then_some(())).expect("all of it comes");
    began.elapsed().as_secs_f64()
}

/// Gives the room of the logs back.
fn clear(logs: &[Log]) {
    for log in logs {
        log.put("");
    }
}
