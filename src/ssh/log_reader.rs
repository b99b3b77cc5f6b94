//! What an `ssh` writes: its log, kept apart from what others write on its stderr.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::cluster::cvm::Cvm;
use crate::diagnosis::repeats_server;

/// How many of the last bytes are kept to find a cause in: a changed key takes 1 KiB, a banner a few.
const KEPT: usize = 16 * 1024;

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// ssh's log.
    Log,
    /// ssh before it has a log, the server in its banner, or the `ssh` to a jump host.
    Other,
}

/// Receives what an ssh writes, line by line (`--verbose`).
pub type LogSink = Arc<dyn Fn(&Cvm, Origin, &[u8]) + Send + Sync>;

/// The last bytes of what an ssh wrote.
#[derive(Clone, Debug, Default)]
pub struct LastOutput {
    pub log: Vec<u8>,
    pub other: Vec<u8>,
}

/// Reads what an ssh writes.
pub struct LogReader {
    cvm: Arc<Cvm>,
    sink: Option<LogSink>,
    last: Arc<Mutex<LastOutput>>,
    /// Lines that are not complete yet.
    partial: LastOutput,
    /// ssh's log has begun to repeat what the server said: what follows may be the server's, too.
    repeats: bool,
}

impl LogReader {
    /// Keeps the last of it in `last`, and passes each line to `sink`.
    pub fn new(cvm: Arc<Cvm>, sink: Option<LogSink>, last: Arc<Mutex<LastOutput>>) -> Self {
        Self { cvm, sink, last, partial: LastOutput::default(), repeats: false }
    }

    /// Reads until both have ended. The log is read first, so that it is ahead of what it explains.
    pub async fn run(&mut self, log: Option<impl AsyncRead + Unpin>, other: Option<impl AsyncRead + Unpin>) {
        let (mut log, mut other) = (log, other);
        let (mut logged, mut said) = ([0; 4096], [0; 4096]);
        while log.is_some() || other.is_some() {
            tokio::select! {
                biased;
                read = read(&mut log, &mut logged), if log.is_some() => match read {
                    Some(count) => self.on_bytes(Origin::Log, &logged[..count]),
                    None => log = None,
                },
                read = read(&mut other, &mut said), if other.is_some() => match read {
                    Some(count) => self.on_bytes(Origin::Other, &said[..count]),
                    None => other = None,
                },
            }
        }
    }

    fn on_bytes(&mut self, origin: Origin, bytes: &[u8]) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let last = last.from(origin);
            last.extend_from_slice(bytes);
            let surplus = last.len().saturating_sub(KEPT);
            last.drain(..surplus);
        }
        let Some(sink) = &self.sink else { return };
        let partial = self.partial.from(origin);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") || partial.len() > KEPT {
                let line = partial.trim_ascii_end();
                sink(&self.cvm, if self.repeats { Origin::Other } else { origin }, line);
                self.repeats |= origin == Origin::Log && repeats_server(&String::from_utf8_lossy(line));
                partial.clear();
            }
        }
    }
}

impl LastOutput {
    fn from(&mut self, origin: Origin) -> &mut Vec<u8> {
        match origin {
            Origin::Log => &mut self.log,
            Origin::Other => &mut self.other,
        }
    }
}

/// How many bytes came; `None` at the end.
async fn read(source: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> Option<usize> {
    let count = source.as_mut()?.read(buffer).await.ok()?;
    (count > 0).then_some(count)
}
