//! `--debug FILE`: a trace of what a run asks of its CVMs and what they answer.
//!
//! Rooms report their steps with `tracing::debug!`; without the flag no subscriber is installed, and such a call is one
//! comparison. Each record is one line: UTC time, level, module, message, fields. What a log contains is never traced,
//! only how many bytes of it came, and neither is the nonce by which an agent is recognized.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::OFlags;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::usage::Usage;

/// Appends the trace of this run to `path`, which is created for its owner alone. Call it once.
///
/// Fails if the file cannot be opened. A record that cannot be written later is dropped.
pub fn start(path: &Path) -> Result<(), Usage> {
    // Without O_NONBLOCK a FIFO that nobody reads would stall the run.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(nonblocking).open(path);
    let file = file.map_err(|error| {
        Usage::new(format!("cannot write the trace to {}: {error}", path.display()))
            .hint("--debug and CVMTAIL_LOG take a file in a directory that you may write to")
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .with_timer(Utc)
        .log_internal_errors(false)
        .with_writer(TraceFile(file))
        .finish();
    // It fails only if one is set already.
    let _ = tracing::subscriber::set_global_default(subscriber);
    tracing::debug!(version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "trace started");
    Ok(())
}

/// The file; writing to it never fails.
struct TraceFile(File);

impl<'a> MakeWriter<'a> for TraceFile {
    type Writer = RecordWriter<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        RecordWriter(&self.0)
    }
}

/// Writes one record with one call, so that runs that share a file do not mix their lines.
struct RecordWriter<'a>(&'a File);

impl Write for RecordWriter<'_> {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let _ = self.0.write(record);
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// UTC with microseconds, as in NDJSON.
struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.6}", Timestamp::now())
    }
}
