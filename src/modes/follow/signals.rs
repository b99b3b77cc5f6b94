//! The signals a run answers to.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a run.
pub(super) struct Signals {
    /// SIGHUP: the terminal went away.
    hangup: Signal,
    /// SIGINT: Ctrl-C.
    interrupt: Signal,
    /// SIGTERM: someone wants it to end.
    terminate: Signal,
}

/// SIGUSR1: the summary, now.
pub(super) struct Asking(Signal);

impl Signals {
    /// Receives them from now on. An error: the system does not let us.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for one that ends the run, and gives its number.
    pub(super) async fn ending(&mut self) -> u8 {
        tokio::select! {
            _ = self.hangup.recv() => 1,
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
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
