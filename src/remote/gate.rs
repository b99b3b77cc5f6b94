//! How many handshakes may be in flight: in all, and with one server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cluster::cvm::Address;
use crate::plan;

/// Handshakes with one server at once. sshd's `MaxStartups` is 10 by default, and other people log in too;
/// with 16 at once, 16 of 64 were dropped, with 8 none.
const PER_SERVER: usize = 4;

/// The pacing of handshakes, shared by all sessions of a run.
#[derive(Debug)]
pub struct Gate {
    /// Handshakes in all.
    all: Arc<Semaphore>,
    /// Handshakes with each server that is dialled directly: a jump host counts for all CVMs behind it.
    servers: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The leave to shake hands, until dropped.
#[derive(Debug)]
pub struct Leave {
    /// One of the handshakes with this server.
    _server: Option<OwnedSemaphorePermit>,
    /// One of the handshakes in all.
    _all: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// A gate through which `parallel` handshakes (at least one) pass at once.
    pub fn new(parallel: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(parallel.max(1))), servers: Mutex::new(HashMap::new()) }
    }

    /// Waits for the leave to shake hands with the server that an ssh to `address` dials.
    pub async fn pass(&self, address: &Address, ssh: &plan::Ssh) -> Leave {
        let server = {
            let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
            let server = servers.entry(first_hop(address, ssh));
            Arc::clone(server.or_insert_with(|| Arc::new(Semaphore::new(PER_SERVER))))
        };
        // The server first: who waits for it must not hold a place that another CVM could use.
        let server = server.acquire_owned().await.ok();
        Leave { _server: server, _all: Arc::clone(&self.all).acquire_owned().await.ok() }
    }
}

/// The name of the server that is dialled first: the first jump host, else the CVM. A jump host of the
/// user's ssh config is not known here; a server that is asked too much is asked again.
fn first_hop(address: &Address, ssh: &plan::Ssh) -> String {
    match (&ssh.jump, address) {
        (Some(jump), _) => {
            let first = jump.split(',').next().unwrap_or_default();
            first.rsplit_once('@').map_or(first, |(_, host)| host).to_owned()
        }
        (None, Address::Ssh { host, port, .. }) => format!("{host}:{}", port.or(ssh.port).unwrap_or(22)),
        (None, Address::Local) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::Gate;
    use crate::cluster::cvm::Address;
    use crate::plan;

    /// A CVM's address by its host.
    fn at(host: &str) -> Address {
        Address::Ssh { host: host.into(), port: None, user: None, jump: None }
    }

    #[test]
    fn one_server_cannot_take_all_places() {
        let gate = Gate::new(6);
        let ssh = plan::Ssh::default();
        let mut held: Vec<_> = (0..4).filter_map(|_| gate.pass(&at("a"), &ssh).now_or_never()).collect();
        assert_eq!(held.len(), 4);
        assert!(gate.pass(&at("a"), &ssh).now_or_never().is_none(), "a fifth with one server");
        held.extend((0..2).filter_map(|_| gate.pass(&at("b"), &ssh).now_or_never()));
        assert_eq!(held.len(), 6, "another server still has its turn");
        assert!(gate.pass(&at("c"), &ssh).now_or_never().is_none(), "a seventh in all");
        held.truncate(1);
        assert!(gate.pass(&at("c"), &ssh).now_or_never().is_some());
    }

    #[test]
    fn a_jump_host_counts_once_for_all_behind_it() {
        let gate = Gate::new(64);
        let ssh = plan::Ssh { jump: Some("me@bastion,inner".into()), ..plan::Ssh::default() };
        let held: Vec<_> =
            (0..9).filter_map(|i| gate.pass(&at(&i.to_string()), &ssh).now_or_never()).collect();
        assert_eq!(held.len(), 4);
    }
}
