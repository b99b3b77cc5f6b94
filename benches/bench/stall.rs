//! What happens to memory when nobody reads what we print.

use std::thread::sleep;
use std::time::Duration;

use crate::cost::{LONG, memory};
use crate::figure::{Reach, Table};
use crate::stage::{CVMS, LOGS, MB, Sample, Stage};
use crate::world::poll::{SOON, must};

/// 224 streams in full flood, and a reader that has stopped.
pub fn measure(stage: &Stage, table: &mut Table) {
    let cvms = stage.cvms(CVMS);
    let logs = stage.begun_logs(cvms, LOGS);
    let running = stage.cvmtail(cvms, &["-n", "1"], &logs[..LOGS]).start();
    must(SOON, "every log shows a line", || running.lines() == logs.len());
    running.stall();
    let sample = Sample::new(MB);
    let write = || {
        for log in &logs {
            let mut file = std::fs::OpenOptions::new().append(true).open(&log.file).expect("the log");
            sample.write(&mut file);
        }
    };
    write();
    sleep(Duration::from_secs(5));
    let early = memory(running.pid(), "VmRSS");
    write();
    sleep(Duration::from_secs(stage.either(10, 60)));
    let late = memory(running.pid(), "VmRSS");
    table.add("memory, reader stalled, 224 streams flood", "MB", vec![late], Reach::AtMost(64.0));
    table.add("the same, at the end against 5 s", "itself", vec![late / early], Reach::AtMost(1.02));
    running.interrupt();
    running.finish(LONG).expect(130);
    for log in &logs {
        log.put("");
    }
}
