//! One connection to a CVM and the channels on it.

use std::cell::Cell;
use std::io;
use std::process::Stdio;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::diagnosis::{self, About, table};
use crate::failure::Failure;
use crate::ssh::channel::{Channel, Child, Ours, Process, SHELL, Theirs, pipes};
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::children::Children;
use crate::ssh::master::Master;

/// How many channels may be asked for at once. The master's socket has a queue of 64 (openssh `misc.c`), and
/// the fewer are asked for at once, the fewer are asked for in vain where sshd allows few.
const OPENING: usize = 8;

/// How long after the end of a channel sshd may still count it.
const LINGER: Duration = Duration::from_secs(2);

/// How long a broken connection's master may take to tell why.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A connection to a CVM, or this machine.
#[derive(Debug)]
pub struct Connection {
    /// Set by the one stream of this connection that watches over it on the CVM. Set from the start for this
    /// machine, where no connection needs to be cut.
    pub guarded: Cell<bool>,
    /// A script on it has shown that there is a shell at the other end. Another connection may find a menu:
    /// the CVM may have been rebooted into one.
    pub has_shell: Cell<bool>,
    link: Link,
    /// What is known of the CVM.
    about: Rc<About>,
    /// Told whenever a place on the connection comes or goes, or the connection ends.
    changed: Arc<Notify>,
    /// How many channels are open.
    held: Cell<usize>,
    /// How many channels are asked for.
    opening: Cell<usize>,
    /// When a place became free last.
    freed: Cell<Option<Instant>>,
    /// sshd refused a channel, and none has ended since.
    full: Cell<bool>,
}

/// What a connection goes over.
#[derive(Debug)]
pub enum Link {
    /// The `ssh` that holds it.
    Ssh(Master),
    /// Nothing: it is this machine, and its shells are children of this process.
    Local(Arc<Children>),
}

/// Why a channel could not be opened.
#[derive(Debug)]
pub enum Refusal {
    /// sshd opens no more on this connection.
    Full,
    /// Something else.
    Failed(Failure),
}

impl Connection {
    /// A connection without channels.
    pub fn new(link: Link, about: Rc<About>, changed: Arc<Notify>) -> Rc<Self> {
        Rc::new(Self {
            guarded: Cell::new(matches!(link, Link::Local(_))),
            has_shell: Cell::new(false),
            link,
            about,
            changed,
            held: Cell::default(),
            opening: Cell::default(),
            freed: Cell::default(),
            full: Cell::default(),
        })
    }

    /// True as long as the connection is not known to be broken.
    pub fn is_up(&self) -> bool {
        self.master().is_none_or(|master| !master.has_ended())
    }

    /// How many channels are open.
    pub fn held(&self) -> usize {
        self.held.get()
    }

    /// True if another channel may be asked for, where `limit` are possible (`None`: not known yet).
    pub fn has_room(&self, limit: Option<usize>) -> bool {
        let taken = self.held.get() + self.opening.get();
        !self.full.get() && self.opening.get() < OPENING && limit.is_none_or(|limit| taken < limit)
    }

    /// True if channels are being asked for.
    pub fn is_opening(&self) -> bool {
        self.opening.get() > 0
    }

    /// True if a channel ended so lately that sshd may still count it.
    pub fn was_freed(&self) -> bool {
        self.freed.get().is_some_and(|freed| freed.elapsed() < LINGER)
    }

    /// Asks for no more channels until one has ended.
    pub fn set_full(&self) {
        self.full.set(true);
    }

    /// Opens a channel.
    pub async fn open(self: &Rc<Self>) -> Result<Channel, Refusal> {
        let mut opening = Opening::new(self);
        let (ours, theirs) = pipes().map_err(|error| Refusal::Failed(self.here(&error)))?;
        let child = match &self.link {
            Link::Local(children) => {
                start_shell(children, theirs).map_err(|error| Refusal::Failed(self.here(&error)))?
            }
            Link::Ssh(master) => {
                self.open_remote(master, theirs).await.inspect_err(|_| opening.settled = true)?
            }
        };
        let Ours { stdin, stdout, stderr } = ours;
        Ok(Channel { stdin, stdout, stderr, process: Process::new(child, opening.opened()) })
    }

    /// The `ssh` that holds it; `None` for this machine.
    fn master(&self) -> Option<&Master> {
        match &self.link {
            Link::Ssh(master) => Some(master),
            Link::Local(_) => None,
        }
    }

    /// Has sshd start a shell.
    async fn open_remote(&self, master: &Master, theirs: Theirs) -> Result<Child, Refusal> {
        let [stdin, stdout, stderr] = theirs;
        let mut command = openssh::Session::to_raw_command(Arc::clone(master.session()), SHELL);
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        // May be dropped in the middle: a master reads on from a client only when the channel is open, and
        // then closes it if the client is gone (openssh mux.c, `mux_pause`; tried with a stopped sshd).
        match timeout(self.about.connect_timeout(), command.spawn()).await {
            Ok(Ok(child)) => Ok(Child::Remote(child)),
            Ok(Err(error)) => Err(self.refusal(&error).await),
            Err(_) => Err(Refusal::Failed(diagnosis::because(&table::SILENT, &self.about, ""))),
        }
    }

    /// Why the master did not open a channel.
    async fn refusal(&self, error: &openssh::Error) -> Refusal {
        let why = match error {
            openssh::Error::SshMux(error) => error.to_string(),
            openssh::Error::ChildIo(error) => return Refusal::Failed(self.here(error)),
            other => other.to_string(),
        };
        if why.contains("Session open refused by peer") {
            return Refusal::Full;
        }
        if why.contains("os error 24") {
            return Refusal::Failed(diagnosis::because(&table::FILES, &self.about, ""));
        }
        let lost = self.ended().await;
        Refusal::Failed(
            lost.unwrap_or_else(|| diagnosis::because(&table::LOST, &self.about, &format!(": {why}"))),
        )
    }

    /// Why the connection broke, if it did; waits a moment for the reason.
    pub async fn ended(&self) -> Option<Failure> {
        self.master()?.ended_within(LAST_WORDS).await
    }

    /// An error of this machine, as a failure of the CVM.
    pub fn here(&self, error: &io::Error) -> Failure {
        diagnosis::here(error, &self.about)
    }

    /// Ends the connection and all its channels.
    pub async fn close(&self) {
        if let Some(master) = self.master() {
            master.end().await;
        }
    }
}

/// Starts a shell on this machine.
fn start_shell(children: &Arc<Children>, [stdin, stdout, stderr]: Theirs) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.stdin(Stdio::from(stdin)).stdout(Stdio::from(stdout)).stderr(Stdio::from(stderr));
    ChildGuard::start(&mut command, children).map(Child::Local)
}

/// A channel that is being asked for: counted until it is open or given up.
struct Opening<'a> {
    /// Where.
    connection: &'a Rc<Connection>,
    /// Whether it is known what became of it.
    settled: bool,
}

impl<'a> Opening<'a> {
    /// Counts one more.
    fn new(connection: &'a Rc<Connection>) -> Self {
        connection.opening.update(|count| count + 1);
        Self { connection, settled: false }
    }

    /// The channel is open.
    fn opened(mut self) -> Slot {
        self.settled = true;
        self.connection.held.update(|count| count + 1);
        Slot { connection: Rc::clone(self.connection) }
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.connection.opening.update(|count| count - 1);
        if !self.settled {
            // Given up in the middle, it may still be opened there, and closed at once.
            self.connection.freed.set(Some(Instant::now()));
        }
        self.connection.changed.notify_waiters();
    }
}

/// An open channel's place on its connection.
#[derive(Debug)]
pub struct Slot {
    /// Where.
    pub connection: Rc<Connection>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connection.held.update(|count| count - 1);
        self.connection.freed.set(Some(Instant::now()));
        self.connection.full.set(false);
        self.connection.changed.notify_waiters();
    }
}
