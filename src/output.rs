//! stdout, with one owner. Whole buffers go to a thread that may be held up in a write for as long as the
//! reader likes, while the run stays awake for Ctrl-C and keepalives. A file has no reader that could hold up
//! anything: it is written at once, which spares each buffer the way to another processor.

use std::fmt;
use std::future::pending;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::retry_on_intr;
use rustix::pipe::fcntl_setpipe_size;
use tokio::sync::{mpsc, watch};

use crate::descriptor::Descriptor;

/// A buffer that has grown to this many bytes is worth a write of its own.
pub const FULL: usize = 128 << 10;

/// A buffer that one long line has blown up beyond this is given back rather than kept.
const KEPT: usize = 4 * FULL;

/// How large a pipe is asked for: what Linux allows everyone (`/proc/sys/fs/pipe-max-size`).
const PIPE: usize = 1 << 20;

/// Why nothing more can be written.
#[derive(Clone, Debug)]
pub enum Closed {
    /// The reader has seen enough (`| head`): a normal end.
    Gone,
    /// Writing failed: no space left, an I/O error.
    Failed(Arc<io::Error>),
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("stdout was closed by its reader"),
            Self::Failed(error) => write!(f, "stdout cannot be written: {error}"),
        }
    }
}

impl std::error::Error for Closed {}

/// Writes all of `text` to stdout, for a run that has nothing else to do meanwhile.
pub fn print(text: &[u8]) -> Result<(), Closed> {
    let mut stdout = Descriptor::of(&io::stdout()).map_err(|error| Closed::Failed(Arc::new(error)))?;
    write_whole(&mut stdout, &mut text.to_vec())
}

/// stdout.
#[derive(Debug)]
pub struct Output {
    /// Who writes.
    destination: Destination,
    /// Says true when the reader has gone; `None` where that cannot happen.
    reader: Option<watch::Receiver<bool>>,
}

/// Who writes.
#[derive(Debug)]
enum Destination {
    /// The thread of the run, to a file; `closed`: why nothing more can be written.
    File { file: Descriptor, closed: Option<Closed> },
    /// A thread of its own.
    Thread(WriterThread),
}

/// A thread that writes. At most three buffers are under destination: one being filled, one waiting, one being
/// written. Dropping it leaves the thread alone, so that the process can end while a write is stuck.
#[derive(Debug)]
struct WriterThread {
    /// Buffers to be written.
    full: mpsc::Sender<Vec<u8>>,
    /// Buffers that were written.
    empty: std_mpsc::Receiver<Vec<u8>>,
    /// How far the thread has come.
    progress: watch::Receiver<WriteProgress>,
    /// How many buffers were handed over.
    sent: u64,
}

/// How far the thread has come.
#[derive(Debug, Default)]
struct WriteProgress {
    /// How many buffers are written.
    written: u64,
    /// Since when one is being written.
    writing: Option<Instant>,
    /// Why it ended.
    closed: Option<Closed>,
}

impl Output {
    /// This process's stdout. A stdout that was closed
    /// at the start is `/dev/null` by now: Rust sees to it that no other file takes its number.
    pub fn stdout() -> io::Result<Self> {
        Self::of(Descriptor::of(&io::stdout())?)
    }

    /// An output to that descriptor.
    fn of(descriptor: Descriptor) -> io::Result<Self> {
        // One that cannot be asked is as good as a terminal.
        let kind =
            fstat(&descriptor).map_or(FileType::Unknown, |about| FileType::from_raw_mode(about.st_mode));
        let reader = match kind {
            FileType::RegularFile => {
                return Ok(Self {
                    destination: Destination::File { file: descriptor, closed: None },
                    reader: None,
                });
            }
            FileType::Fifo | FileType::Socket => watch_reader(&descriptor),
            _ => None,
        };
        // Fewer and larger exchanges with a slow reader. Where a larger pipe is refused, the usual one does.
        let _ = fcntl_setpipe_size(&descriptor, PIPE);
        Ok(Self { destination: Destination::Thread(WriterThread::start(descriptor)?), reader })
    }

    /// An output to any writer; that its reader has gone is noticed only by writing.
    #[cfg(test)]
    pub fn to(writer: impl Write + Send + 'static) -> io::Result<Self> {
        Ok(Self { destination: Destination::Thread(WriterThread::start(writer)?), reader: None })
    }

    /// Hands `buffer` over as soon as there is room, and puts an empty one in its place; nothing happens
    /// if it is empty. May be cancelled: then `buffer` is as it was.
    pub async fn send(&mut self, buffer: &mut Vec<u8>) -> Result<(), Closed> {
        if buffer.is_empty() {
            return Ok(());
        }
        match &mut self.destination {
            Destination::File { closed: Some(closed), .. } => Err(closed.clone()),
            Destination::File { file, closed } => {
                write_whole(file, buffer).inspect_err(|why| *closed = Some(why.clone()))
            }
            Destination::Thread(writer) => writer.send(buffer).await,
        }
    }

    /// Waits until all that was handed over is written. May be cancelled.
    pub async fn drained(&mut self) -> Result<(), Closed> {
        match &mut self.destination {
            Destination::File { closed, .. } => closed.clone().map_or(Ok(()), Err),
            Destination::Thread(writer) => writer.drained().await,
        }
    }

    /// For how long the reader has left a buffer untaken.
    pub fn held_up(&self) -> Duration {
        match &self.destination {
            Destination::File { .. } => Duration::ZERO,
            Destination::Thread(writer) => {
                writer.progress.borrow().writing.map_or(Duration::ZERO, |since| since.elapsed())
            }
        }
    }

    /// Waits until the reader of stdout has gone, which for a file or a terminal is for ever. May be
    /// cancelled.
    pub async fn gone(&self) {
        let Some(reader) = &self.reader else { return pending().await };
        if reader.clone().wait_for(|gone| *gone).await.is_err() {
            pending::<()>().await;
        }
    }
}

impl WriterThread {
    /// Starts the thread.
    fn start(writer: impl Write + Send + 'static) -> io::Result<Self> {
        let (full, waiting) = mpsc::channel(1);
        let (written, empty) = std_mpsc::channel();
        let (report, progress) = watch::channel(WriteProgress::default());
        let work = move || write_all(writer, waiting, &written, &report);
        thread::Builder::new().name("stdout".into()).spawn(work)?;
        Ok(Self { full, empty, progress, sent: 0 })
    }

    /// As [`Output::send`].
    async fn send(&mut self, buffer: &mut Vec<u8>) -> Result<(), Closed> {
        let Ok(room) = self.full.reserve().await else {
            return Err(self.reason().await);
        };
        let next = self.empty.try_recv().unwrap_or_default();
        room.send(std::mem::replace(buffer, next));
        self.sent += 1;
        Ok(())
    }

    /// As [`Output::drained`].
    async fn drained(&mut self) -> Result<(), Closed> {
        let sent = self.sent;
        let done =
            self.progress.wait_for(|progress| progress.closed.is_some() || progress.written == sent).await;
        match done.ok().map(|progress| progress.closed.clone()) {
            Some(None) => Ok(()),
            Some(Some(closed)) => Err(closed),
            None => Err(self.reason().await),
        }
    }

    /// Why the thread has ended, or is about to.
    async fn reason(&mut self) -> Closed {
        let said = self.progress.wait_for(|progress| progress.closed.is_some()).await;
        let closed = said.ok().and_then(|progress| progress.closed.clone());
        closed.unwrap_or_else(|| Closed::Failed(Arc::new(io::Error::other("the writing thread has ended"))))
    }
}

/// The thread: writes buffers whole until no more can come or none can be written.
fn write_all(
    mut writer: impl Write,
    mut waiting: mpsc::Receiver<Vec<u8>>,
    written: &std_mpsc::Sender<Vec<u8>>,
    report: &watch::Sender<WriteProgress>,
) {
    while let Some(mut buffer) = waiting.blocking_recv() {
        report.send_modify(|progress| progress.writing = Some(Instant::now()));
        if let Err(closed) = write_whole(&mut writer, &mut buffer) {
            // Nothing may be taken on once the end is known.
            waiting.close();
            report.send_modify(|progress| progress.closed = Some(closed));
            return;
        }
        // Nobody wants it any more when the run has ended.
        let _ = written.send(buffer);
        report.send_modify(|progress| {
            progress.written += 1;
            progress.writing = None;
        });
    }
}

/// Writes all of `buffer` and empties it.
fn write_whole(writer: &mut impl Write, buffer: &mut Vec<u8>) -> Result<(), Closed> {
    writer.write_all(buffer).and_then(|()| writer.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Closed::Gone,
        _ => Closed::Failed(Arc::new(error)),
    })?;
    buffer.clear();
    buffer.shrink_to(KEPT);
    Ok(())
}

/// Watches the other end of stdout, a pipe or a socket. A thread does it: tokio can wait for an
/// error state only by leave of `unsafe`, and its own pipes would make one non-blocking that is not ours
/// alone.
fn watch_reader(stdout: &impl AsFd) -> Option<watch::Receiver<bool>> {
    let stdout = stdout.as_fd().try_clone_to_owned().ok()?;
    let (sender, receiver) = watch::channel(false);
    let work = move || {
        // The kernel reports the error state (of a socket: the hang-up) without being asked for more.
        let mut state = [PollFd::new(&stdout, PollFlags::empty())];
        if retry_on_intr(|| poll(&mut state, None)).is_ok() {
            // Nobody listens when the run has ended.
            let _ = sender.send(true);
        }
    };
    thread::Builder::new().name("reader".into()).spawn(work).ok()?;
    Some(receiver)
}

#[cfg(test)]
mod tests;
