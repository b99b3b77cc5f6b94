//! The places for channels on one connection: how many are held or being opened, and whether sshd may open more.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How many channels may be opening at once. The master's socket has a queue of 64 (openssh `misc.c`), and
/// the fewer are opening at once, the fewer are refused where sshd allows few.
const OPENING: usize = 8;

/// How long after the end of a channel sshd may still count it.
const LINGER: Duration = Duration::from_secs(2);

/// The places for channels on one connection.
#[derive(Debug)]
pub struct Slots {
    held: Cell<usize>,
    opening: Cell<usize>,
    /// When a place became free last.
    freed: Cell<Option<Instant>>,
    /// sshd refused a channel, and none has ended since.
    full: Cell<bool>,
    /// Notified whenever a place is taken or becomes free.
    changed: Arc<Notify>,
}

impl Slots {
    /// All free.
    pub fn new(changed: Arc<Notify>) -> Rc<Self> {
        Rc::new(Self {
            held: Cell::default(),
            opening: Cell::default(),
            freed: Cell::default(),
            full: Cell::default(),
            changed,
        })
    }

    /// How many channels are open.
    pub fn held(&self) -> usize {
        self.held.get()
    }

    /// Whether another channel may be opened, where `limit` are possible (`None`: not known yet).
    pub fn has_room(&self, limit: Option<usize>) -> bool {
        let taken = self.held.get() + self.opening.get();
        !self.full.get() && self.opening.get() < OPENING && limit.is_none_or(|limit| taken < limit)
    }

    /// Whether channels are being opened.
    pub fn is_opening(&self) -> bool {
        self.opening.get() > 0
    }

    /// Whether a channel ended so lately that sshd may still count it.
    pub fn was_freed(&self) -> bool {
        self.freed.get().is_some_and(|freed| freed.elapsed() < LINGER)
    }

    /// Has no more channels opened until one has ended.
    pub fn set_full(&self) {
        self.full.set(true);
    }

    /// Counts a channel that is being opened.
    pub fn open(self: &Rc<Self>) -> Opening {
        self.opening.update(|count| count + 1);
        Opening { slots: Rc::clone(self), is_settled: false }
    }
}

/// The place of a channel that is being opened: counted until the channel is open or given up.
#[derive(Debug)]
pub struct Opening {
    slots: Rc<Slots>,
    /// Whether the outcome is known.
    is_settled: bool,
}

impl Opening {
    /// The channel is open.
    pub fn on_opened(mut self) -> Slot {
        self.is_settled = true;
        self.slots.held.update(|count| count + 1);
        Slot { slots: Rc::clone(&self.slots) }
    }

    /// The channel was refused.
    pub fn on_refused(mut self) {
        self.is_settled = true;
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.slots.opening.update(|count| count - 1);
        if !self.is_settled {
            // Given up half-way, it may still be opened there, and closed at once.
            self.slots.freed.set(Some(Instant::now()));
        }
        self.slots.changed.notify_waiters();
    }
}

/// The place of an open channel, free again when this is dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Rc<Slots>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.held.update(|count| count - 1);
        self.slots.freed.set(Some(Instant::now()));
        self.slots.full.set(false);
        self.slots.changed.notify_waiters();
    }
}
