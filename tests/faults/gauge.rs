//! What a run costs on this machine, read from /proc (proc(5)).

use std::fs;
use std::time::Duration;

use crate::world::process::Process;

/// The processor's ticks in a second: `sysconf(_SC_CLK_TCK)`, 100 on every Linux.
const TICKS: u64 = 100;

/// One look at cvmtail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// When, since the start.
    pub at: Duration,
    /// Its resident memory in KiB.
    pub memory: u64,
    /// How many files it has open.
    pub files: usize,
    /// Its processor time.
    pub cpu: Duration,
    /// How many ssh processes it has.
    pub masters: usize,
}

/// Looks at the process `pid`, whose ssh processes are among `here`.
pub fn look(pid: i32, at: Duration, here: &[Process]) -> Look {
    Look {
        at,
        memory: memory(pid),
        files: fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count),
        cpu: cpu(pid),
        masters: here.iter().filter(|process| process.name == "ssh").count(),
    }
}

/// The resident memory of a process in KiB.
pub fn memory(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// The processor time of a process.
pub fn cpu(pid: i32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    // utime and stime are fields 14 and 15; what is left begins with field 3.
    let ticks = |n: usize| fields.get(n - 3).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(14) + ticks(15)) * 1000 / TICKS)
}
