//! A service of a CVM: writes its log at its own pace, rotates it, and does what the faults want of it.

use std::fs;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::kind::Life;
use super::play::Record;
use crate::world::ledger::Shared;
use crate::world::rotate::Rotation;
use crate::world::seed::Seed;
use crate::world::writer::{Content, Log, Writer};

/// How many lines at most are kept unread when old files are thrown away.
const KEPT_FILES: usize = 4;

/// How many bytes a log has before it is cut under the eyes of a tail.
const LONG: u64 = 24 * 1024;

/// What a fault wants of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Rotate so often in a row.
    Rotate(usize),
    /// Rotate, unless the log would be cut while it is so short that it may be longer again before anybody
    /// can look: nobody can notice that.
    RotateLong,
    /// Append so many lines at once.
    Grow(usize),
    /// Write nothing until told.
    Hold,
    /// Write on.
    Go,
    /// End.
    Stop,
}

/// How fast a service writes and rotates.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// At most so many lines in one write.
    pub burst: u64,
    /// At most so long between two writes.
    pub pause: Duration,
    /// About so long between two rotations.
    pub rotate_every: Duration,
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    /// What it wrote.
    pub ledger: Shared,
    /// How its log lives.
    pub life: Life,
    /// Takes orders.
    orders: Sender<Order>,
    /// The thread.
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts a service that writes `log`.
    pub fn start(log: &Log, life: Life, pace: Pace, mut seed: Seed, record: &Record) -> Self {
        let number = seed.next();
        let writer = if life == Life::Linked { Writer::glog(log, number) } else { Writer::new(log, number) };
        let writer = match life {
            Life::Wide => writer.content(Content::Wide(2_000)),
            _ if seed.percent(30) => writer.content(Content::Hostile),
            _ => writer.real(),
        };
        let ledger = writer.ledger.clone();
        let (orders, taken) = channel();
        let record = record.clone();
        let thread = std::thread::spawn(move || {
            Worker { writer, life, pace, seed, record }.work(&taken);
        });
        Self { ledger, life, orders, thread: Some(thread) }
    }

    /// Gives it an order.
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a service works with.
struct Worker {
    /// Its pen.
    writer: Writer,
    /// How its log lives.
    life: Life,
    /// How fast.
    pace: Pace,
    /// Its chances.
    seed: Seed,
    /// Where it notes what it did.
    record: Record,
}

impl Worker {
    /// Works until told to stop.
    fn work(&mut self, orders: &Receiver<Order>) {
        let mut next = Instant::now();
        let (mut held, mut known) = (false, false);
        loop {
            let pause = if held {
                Duration::from_mins(1)
            } else {
                self.seed.between(Duration::ZERO, self.pace.pause)
            };
            match orders.recv_timeout(pause) {
                Ok(Order::Rotate(times)) if known => {
                    for _ in 0..times {
                        self.rotate();
                        self.writer.append(1 + self.seed.index(50));
                    }
                }
                Ok(Order::Grow(lines)) => self.writer.append(lines),
                Ok(Order::Hold) => held = true,
                Ok(Order::RotateLong) if known && self.is_long() => {
                    self.rotate();
                    self.writer.append(1 + self.seed.index(50));
                }
                Ok(Order::Go) => held = false,
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Order::Rotate(_) | Order::RotateLong) | Err(RecvTimeoutError::Timeout) => {}
            }
            if held {
                continue;
            }
            if self.seed.percent(10) {
                self.writer.begin_line();
            } else {
                let lines = 1 + self.seed.below(self.pace.burst);
                self.writer.append(usize::try_from(lines).unwrap_or(1));
            }
            if !known {
                // What was rotated before the log was first opened is not asked for.
                known = self.record.next_of(&self.writer.log.cvm, &self.writer.log.path) > 0;
                next = Instant::now() + self.seed.between(Duration::ZERO, self.pace.rotate_every);
                continue;
            }
            if Instant::now() >= next && self.is_long() {
                self.rotate();
                let every = self.pace.rotate_every;
                next = Instant::now() + self.seed.between(every / 2, every * 3 / 2);
            }
        }
        // A writer that is late moves on at last.
        self.writer.append(401);
    }

    /// True if the log may be cut and nobody can miss it.
    fn is_long(&self) -> bool {
        let cut = matches!(self.life, Life::Copied | Life::Emptied);
        !cut || fs::metadata(&self.writer.log.file).is_ok_and(|meta| meta.len() > LONG)
    }

    /// Rotates the log.
    fn rotate(&mut self) {
        let rotation = *self.seed.pick(self.life.rotations());
        let name = match rotation {
            Rotation::Late(_) => "Late".to_owned(),
            other => format!("{other:?}"),
        };
        self.writer.rotate(rotation);
        let log = &self.writer.log;
        self.record.rotation(&name, &format!("{} {} #{}", log.cvm, log.name, self.writer.ledger.count()));
        let count = self.writer.ledger.count();
        if self.record.next_of(&log.cvm, &log.path) + 2_000 >= count {
            self.tidy();
        }
    }

    /// Throws away old files of the series, as every rotation does in the end: but none that may not have
    /// been read yet.
    fn tidy(&mut self) {
        // Asked before the ledger is opened: the judge opens ledgers, too.
        let next = self.record.next_of(&self.writer.log.cvm, &self.writer.log.path);
        let ledger = self.writer.ledger.open();
        // The file of the oldest line that has not come, and those begun after it, stay.
        let first = ledger.lines.get(usize::try_from(next).unwrap_or(usize::MAX)).map(|entry| entry.file);
        let unread = first.map_or(1, |file| ledger.files.len() - file as usize);
        drop(ledger);
        let file = &self.writer.log.file;
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return };
        let name = name.to_string_lossy();
        let stem = if self.life == Life::Linked { name.split('.').next() } else { Some(&*name) };
        let begin = format!("{}.", stem.unwrap_or_default());
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut old: Vec<_> = entries
            .flatten()
            .filter(|entry| {
                let other = entry.file_name();
                other != *file.file_name().unwrap_or_default() && other.to_string_lossy().starts_with(&begin)
            })
            // Files that stayed empty, because their writer was late, are in no ledger.
            .filter(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 0))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        old.sort();
        let keep = KEPT_FILES + unread;
        for (_, path) in &old[..old.len().saturating_sub(keep)] {
            let _ = fs::remove_file(path);
        }
    }
}
