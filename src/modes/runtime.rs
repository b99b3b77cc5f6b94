//! What every verb that connects to CVMs runs in: one thread, until the work is done or a signal arrives.

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};

use crate::modes::signals::Signals;
use crate::modes::stop::Stop;

/// The runtime of all verbs. It has one thread because the masters die with the thread that started them.
pub fn single_threaded() -> anyhow::Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("cannot start")
}

/// Does `work`; a signal drops it, and all connections with it.
pub fn run<T>(work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = single_threaded()?;
    let result = runtime.block_on(async {
        let mut signals = Signals::listen().context("cannot receive signals")?;
        tokio::select! {
            done = work => done,
            number = signals.ending() => Err(Stop::Signal(number)),
        }
    });
    // A write into a full pipe or a look-up that hangs is not waited for.
    runtime.shutdown_background();
    result
}
