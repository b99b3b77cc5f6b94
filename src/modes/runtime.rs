//! What every verb that asks CVMs runs in: one thread, until the work is done or a signal comes.

use std::io::{self, Write as _};

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;
use crate::usage::Usage;

/// Does `work`; a signal drops it, and all connections with it, and is the exit.
pub fn run<T>(work: impl Future<Output = T>) -> Result<Result<T, Exit>, Usage> {
    let failed = |error: io::Error| Usage::new(format!("this machine cannot start the run: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let result = runtime.block_on(async {
        let mut signals = Vec::new();
        for kind in [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()] {
            signals.push((signal(kind).map_err(failed)?, kind.as_raw_value()));
        }
        let came = futures::future::select_all(signals.iter_mut().map(|(signal, number)| {
            Box::pin(async move {
                signal.recv().await;
                *number
            })
        }));
        Ok(tokio::select! {
            done = work => Ok(done),
            (number, ..) = came => Err(Exit::Signal(u8::try_from(number).unwrap_or(0))),
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
pub fn ear() -> crate::remote::session::Ear {
    std::sync::Arc::new(|cvm, line| {
        // stderr may be closed; the run is not about it.
        let _ = writeln!(io::stderr(), "{cvm}: ssh: {}", String::from_utf8_lossy(line).escape_debug());
    })
}
