//! A flood of lines, and a reader of stdout that stalls for a while in the midst of it.

use std::fmt;
use std::time::{Duration, Instant};

use super::gauge;
use crate::world::World;
use crate::world::checker::{Checker, Report};
use crate::world::cvm::Cvm;
use crate::world::poll::{eventually, must};
use crate::world::writer::Writer;

/// What came of it.
#[derive(Debug)]
pub struct Flooded {
    /// How many streams.
    pub streams: usize,
    /// The most resident memory while nobody read, in KiB.
    pub memory: u64,
    /// The most resident memory afterwards, in KiB.
    pub after: u64,
    /// How many connections there were before and after the stall.
    pub connections: (usize, usize),
    /// How many connections were made meanwhile.
    pub made: u64,
    /// The judge's report on all lines.
    pub report: Report,
    /// How long it took to end on Ctrl-C, the reader having stalled again.
    pub ended: Duration,
    /// How long it took until nothing was left on the CVMs.
    pub clean: Duration,
    /// Its exit status.
    pub code: i32,
}

/// Has so many CVMs with so many logs that are followed; then so many lines come to each at once, and some
/// each second, and the reader takes nothing for `stall`, then everything, then nothing again.
pub fn stall(cvms: usize, logs: usize, lines: usize, stall: Duration) -> Flooded {
    let world = World::new();
    let names: Vec<String> = (1..=cvms).map(|n| format!("ntnx-{n:02}-cvm")).collect();
    let cvms = World::start(names.iter().map(|name| world.cvm(name).relayed()).collect());
    let mut writers = Vec::new();
    for cvm in &cvms {
        for n in 0..logs {
            let mut writer = Writer::new(&cvm.log(&format!("service{n:02}.out")), n as u64);
            writer.append(10);
            writers.push(writer);
        }
    }
    let mut paths: Vec<String> = writers.iter().map(|writer| writer.log.path.clone()).collect();
    paths.sort();
    paths.dedup();
    let targets = cvms.iter().map(Cvm::target).collect::<Vec<_>>().join(",");
    let run =
        world.cvmtail(&["-o", "raw", "-n", "+1", "--dead-after", "3s", "-c", &targets]).args(&paths).start();
    run.wait_for("ten lines of each", Duration::from_mins(2), |out| {
        memchr::memchr_iter(b'\n', out).count() >= 10 * writers.len()
    });
    run.stall();
    for writer in &mut writers {
        writer.append(lines);
    }
    let up = || cvms.iter().map(|cvm| cvm.relay().open()).sum::<usize>();
    let made = || cvms.iter().map(|cvm| cvm.relay().accepted()).sum::<u64>();
    // Until no more comes through, because nothing is taken.
    let moved = || cvms.iter().map(|cvm| cvm.relay().bytes()).sum::<u64>();
    let mut last = 0;
    must(Duration::from_mins(2), "all buffers are full", || {
        eventually(Duration::from_secs(2), || false);
        let now = moved();
        // Keepalives go on.
        std::mem::replace(&mut last, now) + 100_000 > now
    });
    let (before, began) = ((up(), made()), Instant::now());
    let mut memory = 0;
    while began.elapsed() < stall {
        memory = memory.max(gauge::memory(run.pid()));
        for writer in &mut writers {
            writer.append(20);
        }
        eventually(Duration::from_secs(1), || false);
    }
    let (connections, made) = ((before.0, up()), made() - before.1);
    run.resume_reading();
    let all: usize = writers.iter().map(|writer| usize::try_from(writer.ledger.count()).unwrap_or(0)).sum();
    let mut after = 0;
    let (mut count, mut seen) = (0, 0);
    run.wait_for("all lines", Duration::from_mins(5), |out| {
        count += memchr::memchr_iter(b'\n', &out[seen..]).count();
        seen = out.len();
        after = after.max(gauge::memory(run.pid()));
        count >= all
    });
    let report = Checker::new(writers.iter().map(|writer| &writer.ledger)).raw(&run.stdout());
    run.stall();
    for writer in &mut writers {
        writer.append(lines / 2);
    }
    eventually(Duration::from_secs(3), || false);
    let asked = Instant::now();
    run.interrupt();
    let pid = run.pid();
    must(Duration::from_secs(20), "it ends", || !crate::world::process::lives(pid));
    let ended = asked.elapsed();
    let code = run.finish(Duration::from_secs(20)).code();
    must(Duration::from_secs(30), "nothing is left on the CVMs", || {
        cvms.iter().all(|cvm| cvm.processes().is_empty())
    });
    let clean = asked.elapsed();
    assert!(world.here().is_empty(), "nothing is left here: {:?}", world.here());
    Flooded { streams: writers.len(), memory, after, connections, made, report, ended, clean, code }
}

impl fmt::Display for Flooded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { streams, memory, after, connections, made, report, ended, clean, code } = self;
        writeln!(f, "{streams} streams; at most {memory} KiB while stalled, {after} KiB after")?;
        writeln!(f, "connections {connections:?}, {made} made meanwhile")?;
        write!(f, "{report}\nended with {code} after {ended:?}, the CVMs were clean after {clean:?}")
    }
}
