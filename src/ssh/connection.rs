//! One connection to a CVM.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::diagnosis::{self, Endpoint};
use crate::failure::Failure;
use crate::ssh::children::Children;
use crate::ssh::master::Master;
use crate::ssh::slots::Slots;

/// How long the master of a broken connection may take to say why it broke.
const REASON: Duration = Duration::from_secs(1);

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
    endpoint: Rc<Endpoint>,
    slots: Rc<Slots>,
}

/// What carries a connection.
#[derive(Debug)]
pub enum Link {
    Ssh(Box<Master>),
    /// This machine: its shells are children of this process.
    Local(Arc<Children>),
}

impl Connection {
    /// A connection without channels. `changed` is notified when a place on it is taken or becomes free.
    pub fn new(link: Link, endpoint: Rc<Endpoint>, changed: Arc<Notify>) -> Rc<Self> {
        Rc::new(Self {
            guarded: Cell::new(matches!(link, Link::Local(_))),
            has_shell: Cell::new(false),
            link,
            endpoint,
            slots: Slots::new(changed),
        })
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    pub(super) fn slots(&self) -> &Rc<Slots> {
        &self.slots
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn master(&self) -> Option<&Master> {
        match &self.link {
            Link::Ssh(master) => Some(master),
            Link::Local(_) => None,
        }
    }

    /// Whether the connection is not known to be broken.
    pub fn is_up(&self) -> bool {
        self.master().is_none_or(|master| !master.has_ended())
    }

    /// Why the connection broke, if it did; waits a moment for the reason.
    pub async fn broken(&self) -> Option<Failure> {
        self.master()?.ended_within(REASON).await
    }

    /// An error of this machine, as a failure of the CVM.
    pub fn local_failure(&self, error: &io::Error) -> Failure {
        diagnosis::local_failure(error, &self.endpoint)
    }

    /// Ends the connection and all its channels.
    pub async fn close(&self) {
        if let Some(master) = self.master() {
            master.end().await;
        }
    }
}
