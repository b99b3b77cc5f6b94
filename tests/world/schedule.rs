//! A writer at work in the background: bursts, torn lines and rotations by a seeded schedule.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::ledger::Shared;
use super::rotate::Rotation;
use super::writer::Writer;

/// How a writer works.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// At most this many lines in one write.
    pub burst: usize,
    /// At most this long between two writes.
    pub pause: Duration,
    /// How many of a hundred writes leave a line half written over the pause.
    pub torn: u64,
    /// The ways to rotate, one chosen each time; none for never.
    pub rotations: Vec<Rotation>,
    /// About how long between two rotations: between half of it and one and a half.
    pub rotate_every: Duration,
    /// Stop by itself after this many lines.
    pub lines: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            burst: 10,
            pause: Duration::from_millis(20),
            torn: 10,
            rotations: Vec::new(),
            rotate_every: Duration::from_secs(1),
            lines: u64::MAX,
        }
    }
}

impl Schedule {
    /// With these rotations, about so often.
    #[must_use]
    pub fn rotating(mut self, rotations: &[Rotation], every: Duration) -> Self {
        self.rotations = rotations.to_vec();
        self.rotate_every = every;
        self
    }

    /// Ending by itself after this many lines.
    #[must_use]
    pub const fn lines(mut self, lines: u64) -> Self {
        self.lines = lines;
        self
    }
}

/// A writer in a thread of its own; dropped, it stops.
#[derive(Debug)]
pub struct Writing {
    /// What it wrote so far.
    pub ledger: Shared,
    /// Set to stop it.
    stop: Arc<AtomicBool>,
    /// The thread, which gives the writer back.
    thread: Option<JoinHandle<Writer>>,
}

impl Writer {
    /// Lets the writer work in the background.
    pub fn start(mut self, schedule: Schedule) -> Writing {
        let stop = Arc::new(AtomicBool::new(false));
        let (ledger, told) = (self.ledger.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            self.work(&schedule, &told);
            self
        });
        Writing { ledger, stop, thread: Some(thread) }
    }

    /// Follows the schedule until told to stop; no line is left half written.
    fn work(&mut self, schedule: &Schedule, stop: &AtomicBool) {
        let wait = |writer: &mut Self| {
            let every = schedule.rotate_every;
            Instant::now() + writer.seed.between(every / 2, every * 3 / 2)
        };
        let mut next = wait(self);
        while !stop.load(Ordering::Relaxed) {
            let left = schedule.lines.saturating_sub(self.ledger.count());
            if left == 0 {
                break;
            }
            let burst = 1 + self.seed.below((schedule.burst as u64).min(left));
            if self.seed.percent(schedule.torn) {
                self.begin_line();
            } else {
                self.append(usize::try_from(burst).unwrap_or(1));
            }
            if !schedule.pause.is_zero() {
                // Whoever stops the writer unparks it.
                std::thread::park_timeout(self.seed.between(Duration::ZERO, schedule.pause));
            }
            if !schedule.rotations.is_empty() && Instant::now() >= next {
                let rotation = *self.seed.pick(&schedule.rotations);
                self.rotate(rotation);
                next = wait(self);
            }
        }
        self.end_line();
    }
}

impl Writing {
    /// How many lines it wrote so far.
    pub fn count(&self) -> u64 {
        self.ledger.count()
    }

    /// Tells it to stop, and wakes it to hear that.
    fn halt(&self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Stops it, if it has not stopped by itself, and gives the writer back.
    pub fn stop(mut self) -> Writer {
        self.halt();
        self.thread.take().expect("stopped once").join().expect("the writer")
    }

    /// Waits for it to end by its schedule and gives the writer back.
    pub fn join(mut self) -> Writer {
        self.thread.take().expect("joined once").join().expect("the writer")
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.halt();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
