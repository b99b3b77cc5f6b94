//! The heartbeat that every script on every CVM is given: it asks whether the log moved, and keeps the
//! watchdog on the CVM from taking us for dead.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe::Sender;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::remote::connection::Connection;

/// How often a log that moves is asked about.
const LIVELY: Duration = Duration::from_secs(1);

/// Every how many beats a log that stands still is asked about.
const QUIET: u32 = 4;

/// How long after its last line a log counts as moving.
const CALM_AFTER: Duration = Duration::from_secs(10);

/// After how many seconds without a beat a CVM's watchdog ends the connection, twice that at most. It is
/// three quiet beats.
const WATCHDOG: u32 = 12;

/// The standard input of one script.
#[derive(Debug)]
pub struct Line {
    /// The pipe.
    stdin: RefCell<Option<Sender>>,
    /// The connection it is on.
    connection: Rc<Connection>,
    /// The script was heard: it has read itself, and may be given beats.
    heard: Cell<bool>,
    /// This script runs the connection's watchdog.
    guards: Cell<bool>,
    /// The stream waits for bytes. If it does not, nobody may be reading, and an answer might find no room.
    listening: Cell<bool>,
    /// When the last bytes came.
    moved: Cell<Instant>,
}

impl Line {
    /// The standard input of a script on that connection.
    pub fn new(stdin: Sender, connection: Rc<Connection>) -> Rc<Self> {
        Rc::new(Self {
            stdin: RefCell::new(Some(stdin)),
            connection,
            heard: Cell::new(false),
            guards: Cell::new(false),
            listening: Cell::new(false),
            moved: Cell::new(Instant::now()),
        })
    }

    /// Writes all of `text`. An error is not told: the script's output ends then, which is.
    pub async fn write(&self, text: &[u8]) {
        // Out of its cell meanwhile, so that no beat falls into the text.
        let Some(mut stdin) = self.stdin.take() else { return };
        let _ = stdin.write_all(text).await;
        self.stdin.replace(Some(stdin));
    }

    /// The connection it is on.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The script was heard.
    pub fn hear(&self) {
        self.heard.set(true);
    }

    /// The stream waits for bytes, or is busy with them.
    pub fn listen(&self, listening: bool) {
        self.listening.set(listening);
    }

    /// Bytes came.
    pub fn moved(&self) {
        self.moved.set(Instant::now());
    }

    /// One beat. What finds no room in the pipe is left out: the next beat does as well.
    fn beat(&self, quiet_beat: bool) {
        if !self.heard.get() || !(quiet_beat || self.moved.get().elapsed() < CALM_AFTER) {
            return;
        }
        let stdin = self.stdin.borrow();
        let Some(stdin) = stdin.as_ref() else { return };
        if !self.connection.guarded.get() && stdin.try_write(format!("g {WATCHDOG}\n").as_bytes()).is_ok() {
            self.connection.guarded.set(true);
            self.guards.set(true);
            return;
        }
        let _ = stdin.try_write(if self.listening.get() { b"t\n" } else { b"a\n" });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.guards.get() {
            self.connection.guarded.set(false);
        }
    }
}

/// The heartbeat of a run.
#[derive(Debug, Default)]
pub struct Pulse {
    /// All scripts there are.
    lines: RefCell<Vec<Weak<Line>>>,
}

impl Pulse {
    /// Includes a script.
    pub fn join(&self, line: &Rc<Line>) {
        self.lines.borrow_mut().push(Rc::downgrade(line));
    }

    /// Beats until dropped.
    pub async fn run(&self) {
        let mut beats = interval(LIVELY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut count = 0;
        loop {
            beats.tick().await;
            count = (count + 1) % QUIET;
            self.lines.borrow_mut().retain(|line| match line.upgrade() {
                Some(line) => {
                    line.beat(count == 0);
                    true
                }
                None => false,
            });
        }
    }
}
