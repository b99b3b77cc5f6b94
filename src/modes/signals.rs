//! The signals a run answers to.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a run. One that this process was started to ignore (`nohup`, a job in the
/// background of a script) stays ignored.
pub(super) struct Signals {
    /// SIGHUP: the terminal went away.
    hangup: Option<Signal>,
    /// SIGINT: Ctrl-C.
    interrupt: Option<Signal>,
    /// SIGTERM: someone wants it to end.
    terminate: Option<Signal>,
}

/// SIGUSR1: the summary, now.
pub(super) struct Asking(Signal);

impl Signals {
    /// Receives them from now on. An error: the system does not let us.
    pub(super) fn listen() -> io::Result<Self> {
        let ignored = ignored();
        let unless_ignored = |kind: SignalKind| -> io::Result<Option<Signal>> {
            let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
            if is_ignored { Ok(None) } else { signal(kind).map(Some) }
        };
        Ok(Self {
            hangup: unless_ignored(SignalKind::hangup())?,
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: unless_ignored(SignalKind::terminate())?,
        })
    }

    /// Waits for one that ends the run, and gives its number.
    pub(super) async fn ending(&mut self) -> u8 {
        tokio::select! {
            () = came(&mut self.hangup) => 1,
            () = came(&mut self.interrupt) => 2,
            () = came(&mut self.terminate) => 15,
        }
    }
}

/// Waits for that signal; for ever if it is ignored.
async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// The signals this process ignores, bit 0 for signal 1: `SigIgn` of proc(5), since asking the system
/// call would take `unsafe`. None where /proc is not available.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

impl Asking {
    /// Receives it from now on. An error: the system does not let us.
    pub(super) fn listen() -> io::Result<Self> {
        signal(SignalKind::user_defined1()).map(Self)
    }

    /// Waits until it is asked for. May be cancelled.
    pub(super) async fn asked(&mut self) {
        self.0.recv().await;
    }
}
