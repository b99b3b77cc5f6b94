//! The reader of cvmtail's stdout: a pipe that is read line by line and never kept, or not read for a while.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::world::client::find;

/// The pipe's reading end.
#[derive(Debug)]
pub struct Reader {
    /// Nothing is read.
    stalled: Arc<AtomicBool>,
    /// How many lines came.
    lines: Arc<AtomicU64>,
    /// The thread.
    thread: Option<JoinHandle<()>>,
    /// The pipe, for the writer to open.
    pub path: PathBuf,
}

impl Reader {
    /// Makes a pipe at `path` and gives each line that comes through it to `hear`.
    pub fn start(path: &Path, mut hear: impl FnMut(&[u8]) + Send + 'static) -> Self {
        let made = std::process::Command::new(find("mkfifo")).arg(path).status();
        assert!(made.is_ok_and(|status| status.success()), "a pipe at {}", path.display());
        // Opened for both at first: else either end would wait for the other.
        let both = OpenOptions::new().read(true).write(true).open(path).expect("a pipe");
        let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).expect("a flag");
        let plain = OpenOptions::new().read(true).custom_flags(nonblocking).open(path).expect("a pipe");
        let (stalled, lines) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (held, count, own) = (Arc::clone(&stalled), Arc::clone(&lines), path.to_owned());
        let thread = std::thread::spawn(move || {
            let mut pipe = BufReader::with_capacity(1 << 16, Patient(plain, Some(both), held));
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                hear(line.strip_suffix(b"\n").unwrap_or(&line));
                count.fetch_add(1, Ordering::Relaxed);
                line.clear();
            }
        });
        Self { stalled, lines, thread: Some(thread), path: own }
    }

    /// Reads no more, or on again.
    pub fn stall(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Relaxed);
    }

    /// How many lines came.
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// Waits until the writer has ended and all is read.
    pub fn finish(mut self) {
        self.stall(false);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A pipe that is read when it may be, by someone who waits for its writers.
struct Patient(File, Option<File>, Arc<AtomicBool>);

impl std::io::Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if !self.2.load(Ordering::Relaxed) {
                match self.0.read(buffer) {
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    other => {
                        // Something came, so there is a writer: from now on its end is the end.
                        self.1 = None;
                        return other;
                    }
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
