//! The heartbeat of every agent that serves a log: it asks for changes that `tail` does not report, and keeps the
//! watchdog on the CVM from considering this client dead.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use rustix::io::ioctl_fionread;
use rustix::pipe::fcntl_setpipe_size;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::agent::protocol::Request;
use crate::ssh::connection::Connection;

/// How often an agent is asked about a log that moves.
const LIVELY: Duration = Duration::from_secs(1);

/// Every how many beats it is asked about one that stands still.
const QUIET: u32 = 4;

/// How long after its last line a log counts as moving.
const CALM_AFTER: Duration = Duration::from_secs(10);

/// How long a stream may have bytes that nobody reads before its agent is let go. Until then, the `tail` there keeps
/// a deleted file from being freed.
const PATIENCE: Duration = Duration::from_mins(5);

/// After how many seconds without a beat a CVM's watchdog ends the connection, twice that at most. It is
/// three quiet beats.
const WATCHDOG: u32 = 12;

/// The size of the pipe that a flood is given, so that ssh need not buffer what does not fit: it moves all of its
/// buffer for each packet, which took nearly half of its time where 56 logs flooded.
const WIDE: usize = 1024 * 1024;

/// How large such pipes may be together. A user may have 64 MiB of them (`fs.pipe-user-pages-soft`), and 224
/// streams have 16 anyway.
const WIDE_IN_ALL: usize = 24 * WIDE;

/// One of them gets this part of what is left: the first floods get large pipes, and later ones smaller ones.
const SHARE: usize = 8;

/// Less than that is no more than any pipe has.
const NARROW: usize = 128 * 1024;

/// The standard input of one agent, and what is known of its output.
#[derive(Debug)]
pub struct AgentStdin {
    /// The pipe.
    stdin: RefCell<Option<Sender>>,
    /// The connection it is on.
    connection: Rc<Connection>,
    /// It serves its log, and may be given beats.
    serves: Cell<bool>,
    /// It runs the connection's watchdog.
    guards: Cell<bool>,
    /// Its standard output, with what waits there to be read.
    stdout: Rc<Receiver>,
    /// The stream waits for bytes. If it does not, nobody may be reading, and an answer might not fit.
    listening: Cell<bool>,
    /// The log cannot be read: whether it can be is asked as often as of a log that moves.
    watching: Cell<bool>,
    /// When the last bytes came.
    moved: Cell<Instant>,
    /// Since when bytes wait and none are taken.
    waiting: Cell<Option<Instant>>,
    /// It was let go, because nobody read what it sent.
    let_go: Cell<bool>,
    /// How large its standard output was made; 0: it was not.
    wide: Cell<usize>,
    /// How large those of all are together.
    wide_in_all: Rc<Cell<usize>>,
}

impl AgentStdin {
    /// The standard input of an agent on `connection` that writes to `stdout`.
    fn new(
        stdin: Sender,
        stdout: Rc<Receiver>,
        connection: Rc<Connection>,
        wide_in_all: Rc<Cell<usize>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            stdin: RefCell::new(Some(stdin)),
            connection,
            serves: Cell::new(false),
            guards: Cell::new(false),
            stdout,
            listening: Cell::new(false),
            watching: Cell::new(false),
            moved: Cell::new(Instant::now()),
            waiting: Cell::new(None),
            let_go: Cell::new(false),
            wide: Cell::new(0),
            wide_in_all,
        })
    }

    /// Writes all of `text`. An error needs no report: the agent's output ends then, which is reported.
    pub async fn write(&self, text: &[u8]) {
        // Out of its cell meanwhile, so that no beat falls into the text.
        let Some(mut stdin) = self.stdin.take() else { return };
        let _ = stdin.write_all(text).await;
        self.stdin.replace(Some(stdin));
    }

    /// The request that makes an agent its connection's watchdog; nothing if the connection has one. Not left to the
    /// first beat: a cable that is cut before it would leave everything running on the CVM.
    pub fn guard(&self) -> Vec<u8> {
        if self.connection.guarded.replace(true) {
            return Vec::new();
        }
        self.guards.set(true);
        Request::Watchdog { seconds: WATCHDOG }.line()
    }

    /// The connection it is on.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The agent serves its log from now on.
    pub fn set_serving(&self) {
        self.serves.set(true);
    }

    /// The stream waits for bytes, or is busy with them.
    pub fn listen(&self, listening: bool) {
        self.listening.set(listening);
    }

    /// The log cannot be read now, or can be again.
    pub fn watch(&self, watching: bool) {
        self.watching.set(watching);
    }

    /// Bytes came.
    pub fn moved(&self) {
        self.moved.set(Instant::now());
        self.waiting.set(None);
    }

    /// The log comes faster than it is taken: gives it a larger pipe, if there is room for one.
    pub fn widen(&self) {
        if self.wide.get() > 0 {
            return;
        }
        let left = WIDE_IN_ALL.saturating_sub(self.wide_in_all.get());
        let size = WIDE.min(left / SHARE);
        if size < NARROW {
            return;
        }
        self.wide.set(size);
        self.wide_in_all.update(|all| all + size);
        // A pipe that must stay small works as well.
        let _ = fcntl_setpipe_size(&*self.stdout, size);
    }

    /// True if the agent was let go because nobody read what it sent.
    pub fn was_let_go(&self) -> bool {
        self.let_go.get()
    }

    /// Since when bytes wait that nobody reads; a moment of it only means a busy machine.
    ///
    /// The stream does not know: when stdout takes nothing, streams are not asked for more, and those that
    /// waited for bytes then still seem to.
    fn unread_since(&self) -> Option<Instant> {
        if ioctl_fionread(&*self.stdout).is_ok_and(|unread| unread > 0) {
            let now = Instant::now();
            Some(self.waiting.get().unwrap_or(now))
        } else {
            None
        }
    }

    /// Lets the agent go if what it sent has not been read for longer than `patience`: it sees the end of its input,
    /// and ends. What it sent before can still be read; the stream goes on from there on another channel.
    fn lose_patience(&self, patience: Duration) {
        let since = self.unread_since();
        self.waiting.set(since);
        if since.is_some_and(|since| since.elapsed() >= patience) && self.stdin.take().is_some() {
            self.let_go.set(true);
            if self.guards.replace(false) {
                self.connection.guarded.set(false);
            }
        }
    }

    /// One beat. What does not fit into the pipe is dropped: the next beat will do.
    fn beat(&self, quiet_beat: bool) {
        let is_due = quiet_beat || self.watching.get() || self.moved.get().elapsed() < CALM_AFTER;
        if !self.serves.get() || !is_due {
            return;
        }
        self.lose_patience(PATIENCE);
        let stdin = self.stdin.borrow();
        let Some(stdin) = stdin.as_ref() else { return };
        if !self.connection.guarded.get()
            && stdin.try_write(&Request::Watchdog { seconds: WATCHDOG }.line()).is_ok()
        {
            self.connection.guarded.set(true);
            self.guards.set(true);
            return;
        }
        let answer = self.listening.get() && self.waiting.get().is_none();
        let _ = stdin.try_write(&if answer { Request::Tick } else { Request::Alive }.line());
    }
}

impl Drop for AgentStdin {
    fn drop(&mut self) {
        self.wide_in_all.update(|all| all - self.wide.get());
        if self.guards.get() {
            self.connection.guarded.set(false);
        }
    }
}

/// The heartbeat of a run.
#[derive(Debug, Default)]
pub struct Heartbeat {
    /// All agents that serve a log.
    agents: RefCell<Vec<Weak<AgentStdin>>>,
    /// How large those of their pipes are together that were made larger.
    wide_in_all: Rc<Cell<usize>>,
}

impl Heartbeat {
    /// Includes an agent on `connection` that writes to `stdout`.
    pub fn join(&self, stdin: Sender, stdout: Rc<Receiver>, connection: Rc<Connection>) -> Rc<AgentStdin> {
        let agent = AgentStdin::new(stdin, stdout, connection, Rc::clone(&self.wide_in_all));
        self.agents.borrow_mut().push(Rc::downgrade(&agent));
        agent
    }

    /// Beats until dropped.
    pub async fn run(&self) {
        let mut beats = interval(LIVELY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut count = 0;
        loop {
            beats.tick().await;
            count = (count + 1) % QUIET;
            self.agents.borrow_mut().retain(|agent| match agent.upgrade() {
                Some(agent) => {
                    agent.beat(count == 0);
                    true
                }
                None => false,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncWriteExt as _;
    use tokio::net::unix::pipe::pipe;

    use super::AgentStdin;
    use crate::cluster::cvm::{Address, Cvm};
    use crate::diagnosis::Endpoint;
    use crate::options::SshOptions;
    use crate::ssh::connection::{Connection, Link};

    #[tokio::test]
    async fn an_agent_whose_output_nobody_reads_is_let_go_and_no_other() {
        let cvm = Cvm { name: "local".into(), address: Address::Local, source: String::new() };
        let about = std::rc::Rc::new(Endpoint::new(&cvm, &SshOptions::default()));
        let connection =
            Connection::new(Link::Local(std::sync::Arc::default()), about, std::sync::Arc::default());
        let (mut output, stdout) = pipe().unwrap();
        let (ours, theirs) = pipe().unwrap();
        let stdout = std::rc::Rc::new(stdout);
        let line = AgentStdin::new(ours, std::rc::Rc::clone(&stdout), connection, std::rc::Rc::default());
        line.lose_patience(Duration::ZERO);
        assert!(!line.was_let_go(), "it writes nothing");
        output.write_all(b"a line\n").await.unwrap();
        line.lose_patience(Duration::from_mins(1));
        assert!(!line.was_let_go(), "it has waited for a moment only");
        stdout.readable().await.unwrap();
        assert_eq!(stdout.try_read(&mut [0; 9]).unwrap(), 7);
        line.moved();
        line.lose_patience(Duration::ZERO);
        assert!(!line.was_let_go(), "all was taken");
        output.write_all(b"a line\n").await.unwrap();
        line.lose_patience(Duration::ZERO);
        assert!(line.was_let_go());
        theirs.readable().await.unwrap();
        assert_eq!(theirs.try_read(&mut [0; 1]).unwrap(), 0, "the agent sees the end of its input");
    }
}
