//! The connections to one CVM: made on demand, and as few as its sshd allows.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::cluster::cvm::{Address, Cvm};
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::{Failure, Kind};
use crate::options::SshOptions;
use crate::ssh::backoff;
pub use crate::ssh::channel::Channel;
use crate::ssh::channel::OpenError;
pub use crate::ssh::connection::Connection;
use crate::ssh::connection::Link;
pub use crate::ssh::log_reader::{LogSink, Origin};
use crate::ssh::master::Master;
use crate::ssh::resolve::{self, DialPlan, Route};
pub use crate::ssh::resources::Resources;

/// How many handshakes are tried that sshd drops unseen (`MaxStartups`).
const HANDSHAKES: u32 = 5;

/// How often opening a channel is tried again while sshd may still count one that has ended: after 5, 10, … 320 ms.
const RETRIES: u32 = 7;

/// One CVM, shared by all its streams.
pub struct Session {
    cvm: Arc<Cvm>,
    ssh: Arc<SshOptions>,
    resources: Arc<Resources>,
    /// Receives what ssh writes.
    sink: Option<LogSink>,
    endpoint: Rc<Endpoint>,
    /// The oldest first.
    connections: RefCell<Vec<Rc<Connection>>>,
    /// Notified whenever a channel that was not possible may be possible now.
    changed: Arc<Notify>,
    /// The most channels that one connection held.
    most: Cell<usize>,
    /// A connection refused a channel, so `most` is what sshd allows.
    limited: Cell<bool>,
    /// How many wait for a new connection, those that make one included.
    wanting: Cell<usize>,
    /// How many new connections are being made.
    dialing: Cell<usize>,
    failures: RefCell<Failures>,
    /// The last plan.
    plan: RefCell<Option<Rc<DialPlan>>>,
    /// A connection was made before.
    was_reached: Cell<bool>,
    /// No more connections are made.
    closed: Cell<bool>,
}

/// The connections that could not be made.
#[derive(Debug, Default)]
struct Failures {
    count: u64,
    last: Option<Failure>,
}

/// The next step towards a channel.
enum OpenStep {
    /// Open it on this connection.
    On(Rc<Connection>),
    /// Make a new connection.
    Dial,
    /// Wait for a change.
    Wait,
}

impl Session {
    /// A session with `cvm`; nothing is connected yet.
    pub fn new(cvm: Arc<Cvm>, ssh: Arc<SshOptions>, resources: Arc<Resources>) -> Self {
        let ssh = match &cvm.address {
            // A cluster's own jump host outranks the one for all.
            Address::Ssh { jump: jump @ Some(_), .. } => {
                Arc::new(SshOptions { jump: jump.clone(), ..SshOptions::clone(&ssh) })
            }
            _ => ssh,
        };
        let endpoint = Rc::new(Endpoint::new(&cvm, &ssh));
        let session = Self {
            cvm,
            ssh,
            resources,
            sink: None,
            endpoint,
            connections: RefCell::default(),
            changed: Arc::default(),
            most: Cell::default(),
            limited: Cell::default(),
            wanting: Cell::default(),
            dialing: Cell::default(),
            failures: RefCell::default(),
            plan: RefCell::default(),
            was_reached: Cell::default(),
            closed: Cell::default(),
        };
        if session.cvm.address == Address::Local {
            let link = Link::Local(Arc::clone(&session.resources.children));
            let here = Connection::new(link, Rc::clone(&session.endpoint), Arc::clone(&session.changed));
            session.connections.borrow_mut().push(here);
        }
        session
    }

    /// Passes each line that ssh writes to `sink`.
    #[must_use]
    pub fn with_log_sink(mut self, sink: LogSink) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Has failures name the port and the user with which ssh reaches the CVM.
    #[must_use]
    pub fn with_route(mut self, route: &Route) -> Self {
        let endpoint = Rc::make_mut(&mut self.endpoint);
        endpoint.port = Some(route.port);
        endpoint.user = Some(route.user.clone());
        endpoint.set_route(route.clone());
        self
    }

    pub fn cvm(&self) -> &Arc<Cvm> {
        &self.cvm
    }

    /// The facts for failures.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How many connections are up.
    pub fn connections(&self) -> usize {
        self.connections.borrow().iter().filter(|connection| connection.is_up()).count()
    }

    /// Opens a remote shell, on a connection that has a place or on a new one. May be cancelled.
    ///
    /// If no connection can be made, all that wait for it get the same failure. Only handshakes that sshd dropped
    /// unseen are tried again: other pauses are up to the caller.
    pub async fn open(&self) -> Result<Channel, Failure> {
        let failures = self.failures.borrow().count;
        let mut wanting = None;
        let mut refusals = 0;
        loop {
            // Made before the decision, so that no change after it is missed.
            let changed = self.changed.notified();
            match self.next_step(wanting.is_some()) {
                OpenStep::On(connection) => {
                    drop(wanting.take());
                    match Channel::open(&connection).await {
                        Ok(channel) => {
                            let held = connection.slots().held();
                            tracing::debug!(cvm = self.cvm.name, on_connection = held, "channel opened");
                            self.most.set(self.most.get().max(held));
                            return Ok(channel);
                        }
                        Err(OpenError::Failed(failure)) => {
                            tracing::debug!(cvm = self.cvm.name, reason = failure.message, "channel failed");
                            return Err(failure);
                        }
                        Err(OpenError::Full) => self.on_full(&connection, &mut refusals).await,
                    }
                }
                _ if self.closed.get() => return Err(diagnosis::because(&table::LOST, &self.endpoint, "")),
                _ if self.failures.borrow().count != failures => return Err(self.last_failure()),
                // Those that come later do not fail the same login once more.
                OpenStep::Dial if !self.was_reached.get() && self.is_refused() => {
                    return Err(self.last_failure());
                }
                OpenStep::Dial => {
                    let _wanting = wanting.take().unwrap_or_else(|| Counted::new(&self.wanting));
                    return self.dial().await;
                }
                OpenStep::Wait => {
                    wanting.get_or_insert_with(|| Counted::new(&self.wanting));
                    changed.await;
                }
            }
        }
    }

    /// Decides the next step towards a channel, for a caller that may be `counted` as waiting already.
    fn next_step(&self, counted: bool) -> OpenStep {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| connection.is_up());
        if connections.is_empty() {
            // A new connection may meet another sshd.
            self.limited.set(false);
            self.most.set(0);
        }
        let limit = self.limited.get().then(|| self.most.get().max(1));
        if let Some(connection) = connections.iter().find(|connection| connection.slots().has_room(limit)) {
            return OpenStep::On(Rc::clone(connection));
        }
        // Those on which channels are being opened may turn out to have room.
        let opening = connections.iter().any(|connection| connection.slots().is_opening());
        let wanting = self.wanting.get() + usize::from(!counted);
        let coming = match limit {
            _ if self.dialing.get() == 0 => 0,
            None => usize::MAX,
            Some(limit) => self.dialing.get() * limit,
        };
        if wanting > coming && !opening && self.cvm.address != Address::Local {
            OpenStep::Dial
        } else {
            OpenStep::Wait
        }
    }

    /// A connection refused a channel: tries again soon if sshd may not have noticed the end of another one, else
    /// remembers that the connection is full.
    async fn on_full(&self, connection: &Connection, refusals: &mut u32) {
        if connection.slots().was_freed() && *refusals < RETRIES {
            sleep(Duration::from_millis(5 << *refusals)).await;
            *refusals += 1;
            return;
        }
        *refusals = 0;
        let held = connection.slots().held();
        tracing::debug!(cvm = self.cvm.name, held, "connection takes no more channels");
        connection.slots().set_full();
        self.most.set(self.most.get().max(held));
        self.limited.set(true);
        self.changed.notify_waiters();
    }

    /// Makes a connection and opens the first channel on it.
    async fn dial(&self) -> Result<Channel, Failure> {
        let _dialing = Dialing::new(self);
        let result = self.connect().await;
        match &result {
            Ok(channel) => {
                tracing::debug!(cvm = self.cvm.name, on_connection = 1, "channel opened");
                self.most.set(self.most.get().max(1));
                self.connections.borrow_mut().push(Rc::clone(channel.connection()));
            }
            Err(failure) => {
                let mut failures = self.failures.borrow_mut();
                failures.count += 1;
                failures.last = Some(failure.clone());
            }
        }
        result
    }

    /// Makes a connection with one channel on it: one that accepts none is of no use.
    async fn connect(&self) -> Result<Channel, Failure> {
        let master = self.start_master().await?;
        self.was_reached.set(true);
        let changed = Arc::clone(&self.changed);
        let connection = Connection::new(Link::Ssh(Box::new(master)), Rc::clone(&self.endpoint), changed);
        let opened = Channel::open(&connection).await;
        if opened.is_err() || self.closed.get() {
            connection.close().await;
        }
        match opened {
            Ok(channel) => Ok(channel),
            Err(OpenError::Failed(failure)) => Err(failure),
            Err(OpenError::Full) => Err(diagnosis::because(&table::SESSIONS, &self.endpoint, "")),
        }
    }

    /// Starts a master, again after a pause if sshd dropped it unseen. But not to a CVM that was lost: its
    /// streams have pauses of their own, and two within each other made one dial a second for each CVM.
    async fn start_master(&self) -> Result<Master, Failure> {
        let handshakes = if self.was_reached.get() && self.connections() == 0 { 1 } else { HANDSHAKES };
        let plan = self.plan().await?;
        let mut endpoint = self.endpoint.via(&plan.hops, plan.route.proxy.as_deref());
        endpoint.set_route(plan.route.clone());
        let mut attempt = 1;
        loop {
            let result = {
                let _permit = self.resources.limit.acquire(&plan.server).await;
                let started = Instant::now();
                tracing::debug!(cvm = self.cvm.name, server = plan.server, attempt, "connecting");
                let changed = Arc::clone(&self.changed);
                let (endpoint, sink) = (endpoint.clone(), self.sink.clone());
                let resources = &self.resources;
                let result =
                    Master::start(&self.cvm, endpoint, &self.ssh, &plan, resources, sink, changed).await;
                trace_login(&self.cvm, &result, started.elapsed());
                result
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
        self.failures.borrow().last.as_ref().is_some_and(|failure| failure.kind.is_refusal())
    }

    /// Why the last connection could not be made.
    fn last_failure(&self) -> Failure {
        let last = self.failures.borrow().last.clone();
        last.unwrap_or_else(|| diagnosis::because(&table::LOST, &self.endpoint, ""))
    }

    /// How to dial the CVM. It is planned anew when no connection is up: the user's config may depend on the network
    /// this machine is in.
    async fn plan(&self) -> Result<Rc<DialPlan>, Failure> {
        let known = self.plan.borrow().clone();
        if let Some(plan) = known.filter(|_| self.connections() > 0) {
            return Ok(plan);
        }
        let _permit = self.resources.limit.acquire_resolve().await;
        let children = &self.resources.children;
        let plan = resolve::plan(&self.cvm.address, &self.ssh, &self.endpoint, children);
        let plan = Rc::new(plan.await?);
        self.plan.replace(Some(Rc::clone(&plan)));
        Ok(plan)
    }

    /// Ends all connections, side by side, and makes no more.
    pub async fn close(&self) {
        tracing::debug!(cvm = self.cvm.name, connections = self.connections(), "closing");
        self.closed.set(true);
        self.changed.notify_waiters();
        let connections = std::mem::take(&mut *self.connections.borrow_mut());
        join_all(connections.iter().map(|connection| connection.close())).await;
    }
}

/// Traces how an attempt to connect ended.
fn trace_login(cvm: &Cvm, result: &Result<Master, Failure>, took: Duration) {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(_) => tracing::debug!(cvm = cvm.name, ms, "authenticated"),
        Err(failure) => tracing::debug!(cvm = cvm.name, ms, reason = failure.message, "not connected"),
    }
}

/// One more in a count, until dropped.
struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
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

/// A connection that is being made; when it is made or given up, those that wait decide again.
struct Dialing<'a>(&'a Session);

impl<'a> Dialing<'a> {
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
