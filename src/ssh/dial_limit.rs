//! How many handshakes may be in flight: in all, and with one server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Handshakes with one server at once. sshd's `MaxStartups` is 10 by default, and other people log in too;
/// with 16 at once, 16 of 64 were dropped, with 8 none.
const PER_SERVER: usize = 4;

/// The limit of handshakes, shared by all sessions of a run.
#[derive(Debug)]
pub struct DialLimit {
    /// Handshakes in all.
    all: Arc<Semaphore>,
    /// Runs of `ssh -G`.
    resolving: Arc<Semaphore>,
    /// Handshakes with each server that is dialled directly: a jump host counts for all CVMs behind it.
    servers: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A turn to dial, over when dropped.
#[derive(Debug)]
pub struct DialPermit {
    _server: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl DialLimit {
    /// A limit of `parallel` handshakes (at least one) at once.
    pub fn new(parallel: usize) -> Self {
        let places = || Arc::new(Semaphore::new(parallel.max(1)));
        Self { all: places(), resolving: places(), servers: Mutex::new(HashMap::new()) }
    }

    /// Waits for a turn to run `ssh -G`.
    pub async fn acquire_resolve(&self) -> DialPermit {
        DialPermit { _server: None, _all: Arc::clone(&self.resolving).acquire_owned().await.ok() }
    }

    /// Waits for a turn to dial `server`, the one that ssh connects to first.
    pub async fn acquire(&self, server: &str) -> DialPermit {
        let server = {
            let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
            let server = servers.entry(server.to_owned());
            Arc::clone(server.or_insert_with(|| Arc::new(Semaphore::new(PER_SERVER))))
        };
        // The server first: waiting for it must not hold a place that another CVM could use.
        let server = server.acquire_owned().await.ok();
        DialPermit { _server: server, _all: Arc::clone(&self.all).acquire_owned().await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::DialLimit;

    #[test]
    fn one_server_cannot_take_all_places() {
        let limit = DialLimit::new(6);
        let mut held: Vec<_> = (0..4).filter_map(|_| limit.acquire("a:22").now_or_never()).collect();
        assert_eq!(held.len(), 4);
        assert!(limit.acquire("a:22").now_or_never().is_none(), "a fifth with one server");
        held.extend((0..2).filter_map(|_| limit.acquire("b:22").now_or_never()));
        assert_eq!(held.len(), 6, "another server has its turn");
        assert!(limit.acquire("c:22").now_or_never().is_none(), "a seventh in all");
        held.truncate(1);
        assert!(limit.acquire("c:22").now_or_never().is_some());
    }
}
