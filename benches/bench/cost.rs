//! What a program costs: time on the wall, time on the processor, memory.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::world::run::Run;
use crate::world::running::Running;

/// How long any program of the benchmark may take.
pub const LONG: Duration = Duration::from_mins(2);

/// Ticks per second in /proc, for every Linux that people run (`USER_HZ`).
const TICKS: f64 = 100.0;

/// What one or several programs cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// From the start of the first to the end of the last, in seconds.
    pub wall: f64,
    /// Their own user time, without that of their children, in seconds.
    pub user: f64,
}

/// Starts the programs together and waits for all of them; each must end with status 0.
pub fn of(runs: Vec<Run>) -> Cost {
    ending(runs, 0)
}

/// As `of`, but each must end with status `code`.
pub fn ending(runs: Vec<Run>, code: i32) -> Cost {
    let began = Instant::now();
    let running: Vec<Running> = runs.into_iter().map(Run::start).collect();
    for one in &running {
        // Left a zombie for now, whose times can still be read.
        let pid = Pid::from_raw(one.pid()).expect("a child");
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).expect("a child");
    }
    let wall = began.elapsed().as_secs_f64();
    let user = running.iter().map(|one| Times::of(one.pid()).user).sum();
    for one in running {
        one.finish(LONG).expect(code);
    }
    Cost { wall, user }
}

/// Processor time of a process so far, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Its own in user mode.
    pub user: f64,
    /// Its own in all.
    pub own: f64,
    /// Its own and that of the children it has waited for.
    pub family: f64,
}

impl Times {
    /// Those of the process with that number; nothing if it is gone.
    pub fn of(pid: i32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // proc(5): utime, stime, cutime and cstime are the fields 14 to 17, the third one follows the name.
        let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
        let mut ticks = after.split(' ').skip(11).map(|field| field.parse().unwrap_or(0.0) / TICKS);
        let mut next = || ticks.next().unwrap_or(0.0);
        let (user, system, children) = (next(), next(), next() + next());
        Self { user, own: user + system, family: user + system + children }
    }
}

/// A line of /proc/PID/status in megabytes, such as `VmRSS` or `VmHWM`.
pub fn memory(pid: i32, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}
