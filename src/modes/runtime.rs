//! What every verb that asks CVMs runs in: one thread, until the work is done or a signal comes.

use std::io::{self, Write as _};

use tokio::runtime::Builder;

use crate::exit::Exit;
use crate::modes::signals::Signals;
use crate::report;
use crate::sanitize;
use crate::usage::Usage;

/// Does `work`; a signal drops it, and all connections with it, and is the exit.
pub fn run<T>(work: impl Future<Output = T>) -> Result<Result<T, Exit>, Usage> {
    let failed = |error: io::Error| Usage::new(format!("this machine cannot start the run: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let result = runtime.block_on(async {
        let mut signals = Signals::listen().map_err(failed)?;
        Ok(tokio::select! {
            done = work => Ok(done),
            number = signals.ending() => Err(Exit::Signal(number)),
        })
    });
    // A write into a full pipe or a look-up that hangs is nothing to wait for.
    runtime.shutdown_background();
    result
}

/// Writes to stdout, beside the run: a reader that does not read must not keep a signal waiting.
pub async fn print(bytes: Vec<u8>) -> io::Result<()> {
    let write = move || {
        let mut out = io::stdout().lock();
        out.write_all(&bytes).and_then(|()| out.flush())
    };
    tokio::task::spawn_blocking(write).await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
}

/// What stdout's refusal means: a reader that went away is a normal end.
pub fn refused(error: &io::Error) -> Result<Exit, Usage> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(Exit::Found),
        _ => Err(Usage::new(format!("stdout cannot be written: {error}"))),
    }
}

/// Hears what ssh itself says, for stderr (`--verbose`).
pub fn ear() -> crate::ssh::session::LogSink {
    std::sync::Arc::new(|cvm, _, line| {
        let line = sanitize::bytes(line);
        report::say(&format!("{cvm}: ssh: {line}"));
    })
}
