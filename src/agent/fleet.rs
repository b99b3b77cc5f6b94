//! All CVMs of a run, and what ssh writes about them.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::agent::client::new_secret;
use crate::agent::heartbeat::Heartbeat;
use crate::agent::protocol::Secret;
use crate::cluster::cvm::Cvm;
use crate::item::CvmClock;
use crate::options;
use crate::ssh::backoff::Backoff;
use crate::ssh::session::{LogSink, Resources, Session};

/// A CVM as its streams share it.
pub struct Host {
    /// The connections.
    pub session: Session,
    /// When it is tried again.
    pub backoff: Backoff,
    /// Gives its agents their heartbeat.
    pub heartbeat: Rc<Heartbeat>,
    /// Marks what its agents reply.
    pub secret: Secret,
    /// A stream has reported that it is being connected to.
    pub approached: Cell<bool>,
    /// A stream has reported that it is reached.
    pub reached: Cell<bool>,
    /// Its clock when it was first read. By answering it has shown that it has a shell.
    pub clock: RefCell<Option<CvmClock>>,
    /// The turn to ask a connection for its shell: what one stream learns is good for all.
    pub greeting: Arc<Semaphore>,
}

impl Host {
    /// The CVM behind `session`. An error: this machine gives no random bytes.
    pub fn new(session: Session, heartbeat: Rc<Heartbeat>) -> io::Result<Rc<Self>> {
        Ok(Rc::new(Self {
            secret: new_secret()?,
            session,
            backoff: Backoff::default(),
            heartbeat,
            approached: Cell::default(),
            reached: Cell::default(),
            clock: RefCell::default(),
            greeting: Arc::new(Semaphore::new(1)),
        }))
    }
}

/// The CVMs, not connected yet; they share the pace of handshakes. An error: this machine lacks what any run needs.
pub fn hosts(
    cvms: &[Arc<Cvm>],
    ssh: &options::SshOptions,
    heartbeat: &Rc<Heartbeat>,
    ssh_log: Option<&LogSink>,
) -> io::Result<Vec<Rc<Host>>> {
    let ssh = Arc::new(ssh.clone());
    let resources = Resources::new(&ssh);
    let host = |cvm: &Arc<_>| {
        let session = Session::new(Arc::clone(cvm), Arc::clone(&ssh), Arc::clone(&resources));
        let session = match ssh_log {
            Some(ssh_log) => session.with_log_sink(Arc::clone(ssh_log)),
            None => session,
        };
        Host::new(session, Rc::clone(heartbeat))
    };
    cvms.iter().map(host).collect()
}

/// A receiver of what ssh writes, and where it comes out; without `verbose` nothing does.
pub fn ssh_log(verbose: bool) -> (Option<LogSink>, UnboundedReceiver<String>) {
    let (sender, lines) = unbounded_channel();
    let ssh_log: LogSink = Arc::new(move |cvm, _, words| {
        // Nobody receives any more when the run is over.
        let _ = sender.send(format!("{cvm}: ssh: {}", String::from_utf8_lossy(words)));
    });
    (verbose.then_some(ssh_log), lines)
}
