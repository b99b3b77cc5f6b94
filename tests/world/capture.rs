//! One output of a running program, read as it comes, or left unread on purpose.

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::relay::readable;

/// Everything is read as it comes.
const READING: u8 = 0;
/// Nothing is read: the program's writes will block.
const STALLED: u8 = 1;
/// The reading end is closed: the program's writes will fail.
const CLOSED: u8 = 2;

/// What came so far, and whether more can come.
#[derive(Debug, Default)]
struct Heard {
    /// The bytes.
    bytes: Vec<u8>,
    /// No more will come.
    ended: bool,
}

/// The capture; clones are the same one.
#[derive(Clone, Debug)]
pub struct Capture {
    /// What came, and who waits for it.
    heard: Arc<(Mutex<Heard>, Condvar)>,
    /// How it is read.
    mode: Arc<AtomicU8>,
}

impl Capture {
    /// Reads `source` in a thread of its own, or at first not at all.
    pub fn start(mut source: impl Read + AsFd + Send + 'static, stalled: bool) -> Self {
        let mode = Arc::new(AtomicU8::new(if stalled { STALLED } else { READING }));
        let capture = Self { heard: Arc::default(), mode };
        let mine = capture.clone();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match mine.mode.load(Ordering::Relaxed) {
                    CLOSED => break,
                    STALLED => std::thread::sleep(Duration::from_millis(5)),
                    _ if !readable(&source, Duration::from_millis(20)) => {}
                    _ => match source.read(&mut buffer) {
                        Ok(count) if count > 0 => {
                            mine.hear(&buffer[..count]);
                        }
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        // A terminal whose last user is gone answers with EIO, not with an end.
                        _ => break,
                    },
                }
            }
            drop(source);
            mine.tell(|heard| heard.ended = true);
        });
        capture
    }

    /// Adds bytes to what was heard.
    fn hear(&self, bytes: &[u8]) {
        self.tell(|heard| heard.bytes.extend_from_slice(bytes));
    }

    /// Changes what was heard and wakes who waits.
    fn tell(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.heard.0.lock().expect("what was heard"));
        self.heard.1.notify_all();
    }

    /// Stops reading.
    pub fn stall(&self) {
        self.mode.store(STALLED, Ordering::Relaxed);
    }

    /// Reads on after `stall`.
    pub fn resume(&self) {
        self.mode.store(READING, Ordering::Relaxed);
    }

    /// Closes the reading end, as `head` does when it has enough.
    pub fn close(&self) {
        self.mode.store(CLOSED, Ordering::Relaxed);
    }

    /// All bytes so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.heard.0.lock().expect("what was heard").bytes.clone()
    }

    /// How many bytes came so far.
    pub fn len(&self) -> usize {
        self.heard.0.lock().expect("what was heard").bytes.len()
    }

    /// Takes the bytes out, once no more will come or the time is over; gives whether it had ended.
    pub fn take(&self, within: Duration) -> (Vec<u8>, bool) {
        let ended = self.wait(within, |_| false);
        let mut heard = self.heard.0.lock().expect("what was heard");
        (std::mem::take(&mut heard.bytes), heard.ended || ended)
    }

    /// Waits until `enough` says so of all bytes so far; false if the time is over or no more will come.
    pub fn wait(&self, within: Duration, mut enough: impl FnMut(&[u8]) -> bool) -> bool {
        let end = Instant::now() + within;
        let mut heard = self.heard.0.lock().expect("what was heard");
        loop {
            if enough(&heard.bytes) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if heard.ended || left.is_zero() {
                return false;
            }
            heard = self.heard.1.wait_timeout(heard, left).expect("what was heard").0;
        }
    }
}
