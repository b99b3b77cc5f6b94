//! The connections to one CVM: made on demand, as few as its sshd allows.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::cluster::cvm::{Address, Cvm};
use crate::diagnosis::{self, About, table};
use crate::failure::{Failure, Kind};
use crate::options;
use crate::ssh::backoff;
pub use crate::ssh::channel::Channel;
pub use crate::ssh::connection::Connection;
use crate::ssh::connection::{Link, Refusal};
pub use crate::ssh::listener::{Ear, Writer};
use crate::ssh::master::Master;
use crate::ssh::resolve::{self, Route, Way};
pub use crate::ssh::resources::Resources;

/// How often a handshake is tried that sshd drops before it looks at it.
const HANDSHAKES: u32 = 5;

/// How often a channel is asked for again while sshd may still count one that has ended: 5, 10, … 320 ms.
const PATIENCE: u32 = 7;

/// One CVM, shared by all its streams.
pub struct Session {
    /// The CVM.
    cvm: Arc<Cvm>,
    /// How ssh is called.
    ssh: Arc<options::SshOptions>,
    /// What it shares with the other sessions of the run.
    resources: Arc<Resources>,
    /// Who hears what ssh says.
    ear: Option<Ear>,
    /// What is known of the CVM.
    about: Rc<About>,
    /// The connections, oldest first.
    connections: RefCell<Vec<Rc<Connection>>>,
    /// Told whenever there is a reason to look again.
    changed: Arc<Notify>,
    /// The most channels that one connection held.
    most: Cell<usize>,
    /// A connection refused a channel, so `most` is what sshd allows.
    limited: Cell<bool>,
    /// How many are waiting for a new connection, those that make one included.
    wanting: Cell<usize>,
    /// How many new connections are being made.
    dialing: Cell<usize>,
    /// How many connections failed to be made, and why the last one did.
    failed: RefCell<(u64, Option<Failure>)>,
    /// The way to the CVM, as it was found last.
    way: RefCell<Option<Rc<Way>>>,
    /// A connection was made before.
    was_reached: Cell<bool>,
    /// No more connections are made.
    closed: Cell<bool>,
}

/// What one who wants a channel does next.
enum Step {
    /// Asks on this connection.
    Ask(Rc<Connection>),
    /// Makes a new connection.
    Dial,
    /// Waits for a change.
    Wait,
}

impl Session {
    /// A session with `cvm`; nothing is connected yet.
    pub fn new(cvm: Arc<Cvm>, ssh: Arc<options::SshOptions>, resources: Arc<Resources>) -> Self {
        let ssh = match &cvm.address {
            // A cluster's own jump host outranks the one for all.
            Address::Ssh { jump: jump @ Some(_), .. } => {
                Arc::new(options::SshOptions { jump: jump.clone(), ..options::SshOptions::clone(&ssh) })
            }
            _ => ssh,
        };
        let about = Rc::new(About::new(&cvm, &ssh));
        let session = Self {
            cvm,
            ssh,
            resources,
            ear: None,
            about,
            connections: RefCell::default(),
            changed: Arc::default(),
            most: Cell::default(),
            limited: Cell::default(),
            wanting: Cell::default(),
            dialing: Cell::default(),
            failed: RefCell::default(),
            way: RefCell::default(),
            was_reached: Cell::default(),
            closed: Cell::default(),
        };
        if session.cvm.address == Address::Local {
            let link = Link::Local(Arc::clone(&session.resources.children));
            let here = Connection::new(link, Rc::clone(&session.about), Arc::clone(&session.changed));
            session.connections.borrow_mut().push(here);
        }
        session
    }

    /// Has `ear` hear each line that ssh itself says.
    #[must_use]
    pub fn heard_by(mut self, ear: Ear) -> Self {
        self.ear = Some(ear);
        self
    }

    /// Has failures name the port and the user by which ssh reaches the CVM.
    #[must_use]
    pub fn routed(mut self, route: &Route) -> Self {
        let about = Rc::make_mut(&mut self.about);
        about.port = Some(route.port);
        about.user = Some(route.user.clone());
        about.set_route(route.clone());
        self
    }

    /// The CVM.
    pub fn cvm(&self) -> &Arc<Cvm> {
        &self.cvm
    }

    /// What is known of the CVM, to word failures with.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How many connections are up.
    pub fn connections(&self) -> usize {
        self.connections.borrow().iter().filter(|connection| connection.is_up()).count()
    }

    /// Opens a remote shell, on a connection that has a place or on a new one. May be dropped at any time.
    ///
    /// If no connection can be made, all who wait for it are told the same failure; there is no second try
    /// other than for handshakes that sshd dropped unseen, because pauses are the caller's.
    pub async fn open(&self) -> Result<Channel, Failure> {
        let failures = self.failed.borrow().0;
        let mut wanting = None;
        let mut refusals = 0;
        loop {
            // Made before the look, so that no change after it is missed.
            let changed = self.changed.notified();
            match self.look(wanting.is_some()) {
                Step::Ask(connection) => {
                    drop(wanting.take());
                    match connection.open().await {
                        Ok(channel) => {
                            self.most.set(self.most.get().max(connection.held()));
                            return Ok(channel);
                        }
                        Err(Refusal::Failed(failure)) => return Err(failure),
                        Err(Refusal::Full) => self.learn(&connection, &mut refusals).await,
                    }
                }
                _ if self.closed.get() => return Err(diagnosis::because(&table::LOST, &self.about, "")),
                _ if self.failed.borrow().0 != failures => {
                    let told = self.failed.borrow().1.clone();
                    return Err(told.unwrap_or_else(|| diagnosis::because(&table::LOST, &self.about, "")));
                }
                // Those who come later do not fail the same login once more.
                Step::Dial if !self.was_reached.get() && self.is_refused() => {
                    let told = self.failed.borrow().1.clone();
                    return Err(told.unwrap_or_else(|| diagnosis::because(&table::LOST, &self.about, "")));
                }
                Step::Dial => {
                    let _wanting = wanting.take().unwrap_or_else(|| Counted::new(&self.wanting));
                    return self.dial().await;
                }
                Step::Wait => {
                    wanting.get_or_insert_with(|| Counted::new(&self.wanting));
                    changed.await;
                }
            }
        }
    }

    /// Decides the next step of one who wants a channel, who may be counted as waiting already.
    fn look(&self, counted: bool) -> Step {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| connection.is_up());
        if connections.is_empty() {
            // A new connection may meet another sshd.
            self.limited.set(false);
            self.most.set(0);
        }
        let limit = self.limited.get().then(|| self.most.get().max(1));
        if let Some(connection) = connections.iter().find(|connection| connection.has_room(limit)) {
            return Step::Ask(Rc::clone(connection));
        }
        // Those who are being asked may yet turn out to have room.
        let asked = connections.iter().any(|connection| connection.is_opening());
        let wanting = self.wanting.get() + usize::from(!counted);
        let coming = match limit {
            _ if self.dialing.get() == 0 => 0,
            None => usize::MAX,
            Some(limit) => self.dialing.get() * limit,
        };
        if wanting > coming && !asked && self.cvm.address != Address::Local { Step::Dial } else { Step::Wait }
    }

    /// After a refusal: asks again soon if sshd may not have noticed the end of a channel, else remembers that
    /// the connection is full.
    async fn learn(&self, connection: &Connection, refusals: &mut u32) {
        if connection.was_freed() && *refusals < PATIENCE {
            sleep(Duration::from_millis(5 << *refusals)).await;
            *refusals += 1;
            return;
        }
        *refusals = 0;
        connection.set_full();
        self.most.set(self.most.get().max(connection.held()));
        self.limited.set(true);
        self.changed.notify_waiters();
    }

    /// Makes a connection and opens the first channel on it.
    async fn dial(&self) -> Result<Channel, Failure> {
        let _dialing = Dialing::new(self);
        let result = self.connect().await;
        match &result {
            Ok(channel) => {
                self.most.set(self.most.get().max(1));
                self.connections.borrow_mut().push(Rc::clone(channel.connection()));
            }
            Err(failure) => {
                let mut failed = self.failed.borrow_mut();
                *failed = (failed.0 + 1, Some(failure.clone()));
            }
        }
        result
    }

    /// Makes a connection with one channel on it: one that accepts none is of no use.
    async fn connect(&self) -> Result<Channel, Failure> {
        let master = self.shake_hands().await?;
        self.was_reached.set(true);
        let changed = Arc::clone(&self.changed);
        let connection = Connection::new(Link::Ssh(master), Rc::clone(&self.about), changed);
        let opened = connection.open().await;
        if opened.is_err() || self.closed.get() {
            connection.close().await;
        }
        match opened {
            Ok(channel) => Ok(channel),
            Err(Refusal::Failed(failure)) => Err(failure),
            Err(Refusal::Full) => Err(diagnosis::because(&table::SESSIONS, &self.about, "")),
        }
    }

    /// Starts a master, again after a pause if sshd dropped it unseen: but not to a CVM that was lost, whose
    /// streams have pauses of their own. Two pauses within each other made one dial a second for each CVM.
    async fn shake_hands(&self) -> Result<Master, Failure> {
        let handshakes = if self.was_reached.get() && self.connections() == 0 { 1 } else { HANDSHAKES };
        let way = self.way().await?;
        let mut about = self.about.on(&way.hops, way.route.proxy.as_deref());
        about.set_route(way.route.clone());
        let mut attempt = 1;
        loop {
            let result = {
                let _leave = self.resources.limit.pass(&way.server).await;
                let changed = Arc::clone(&self.changed);
                let (about, ear) = (about.clone(), self.ear.clone());
                Master::start(&self.cvm, about, &self.ssh, &way, &self.resources, ear, changed).await
            };
            match result {
                Err(failure) if failure.kind == Kind::Dropped && attempt < handshakes => {
                    sleep(backoff::pause(attempt)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// Whether the last login was refused.
    fn is_refused(&self) -> bool {
        self.failed.borrow().1.as_ref().is_some_and(|failure| failure.kind.is_refusal())
    }

    /// The way to the CVM. It is found anew when no connection is up: the user's config may depend on the network
    /// this machine is in.
    async fn way(&self) -> Result<Rc<Way>, Failure> {
        let known = self.way.borrow().clone();
        if let Some(way) = known.filter(|_| self.connections() > 0) {
            return Ok(way);
        }
        let _leave = self.resources.limit.resolve().await;
        let children = &self.resources.children;
        let found = resolve::find(&self.cvm.address, &self.ssh, &self.about, children);
        let way = Rc::new(found.await?);
        self.way.replace(Some(Rc::clone(&way)));
        Ok(way)
    }

    /// Ends all connections, side by side, and makes no more.
    pub async fn close(&self) {
        self.closed.set(true);
        self.changed.notify_waiters();
        let connections = std::mem::take(&mut *self.connections.borrow_mut());
        join_all(connections.iter().map(|connection| connection.close())).await;
    }
}

/// One more in a count, until dropped.
struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
    /// Counts one more.
    fn new(count: &'a Cell<usize>) -> Self {
        count.update(|count| count + 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.update(|count| count - 1);
    }
}

/// A connection that is being made; when it is made or given up, those who wait look again.
struct Dialing<'a>(&'a Session);

impl<'a> Dialing<'a> {
    /// Counts one more.
    fn new(session: &'a Session) -> Self {
        session.dialing.update(|count| count + 1);
        Self(session)
    }
}

impl Drop for Dialing<'_> {
    fn drop(&mut self) {
        self.0.dialing.update(|count| count - 1);
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
