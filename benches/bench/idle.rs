//! What 224 streams cost that have nothing to say.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cost::{LONG, Times, memory};
use crate::figure::{Reach, Table};
use crate::stage::{CVMS, LOGS, Stage, count};
use crate::world::cvm::Cvm;
use crate::world::poll::{SOON, must};
use crate::world::process::{self, Process};

/// Memory and processor time, here and on the CVMs.
pub fn measure(stage: &Stage, table: &mut Table) {
    let cvms = stage.cvms(CVMS);
    let logs = stage.begun_logs(cvms, LOGS);
    let running = stage.cvmtail(cvms, &["-n", "1"], &logs[..LOGS]).start();
    must(SOON, "every log shows a line", || running.lines() == logs.len());
    table.add("memory, 224 idle streams", "MB", vec![memory(running.pid(), "VmHWM")], Reach::AtMost(24.0));
    // A log that has just moved is asked after more often.
    sleep(Duration::from_secs(stage.either(11, 12)));
    let there: Vec<Process> = cvms.iter().flat_map(Cvm::processes).collect();
    let (sshds, commands): (Vec<Process>, Vec<Process>) = there.into_iter().partition(Process::is_sshd);
    let masters: Vec<Process> = process::descendants(&process::all(), [running.pid()])
        .into_iter()
        .filter(|process| process.pid != running.pid())
        .collect();
    let spent = |processes: &[Process]| processes.iter().map(|p| Times::of(p.pid).family).sum::<f64>();
    let all = || [Times::of(running.pid()).own, spent(&masters), spent(&commands), spent(&sshds)];
    let (before, began) = (all(), Instant::now());
    sleep(Duration::from_secs(stage.either(12, 60)));
    let (after, took) = (all(), began.elapsed().as_secs_f64());
    let percent = |n: usize| (after[n] - before[n]) / took * 100.0;
    table.add("224 quiet streams: cvmtail", "% of a core", vec![percent(0)], Reach::AtMost(0.2));
    table.add("its ssh processes, together", "% of a core", vec![percent(1)], Reach::Told);
    let each = count(CVMS);
    table.add("per CVM: shells and tails", "% of a core", vec![percent(2) / each], Reach::AtMost(0.2));
    table.add("per CVM: sshd", "% of a core", vec![percent(3) / each], Reach::Told);
    running.interrupt();
    running.finish(LONG).expect(130);
}
