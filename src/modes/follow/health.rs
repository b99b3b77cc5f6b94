//! Which streams and CVMs of a run are well: what the exit status and the progress line are made of.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, Status, Subject};

/// The state of all that was asked for.
#[derive(Debug)]
pub(super) struct Health {
    /// How many CVMs there are.
    cvms: usize,
    /// The CVMs that were reached, or told to be out of reach.
    settled: BTreeSet<String>,
    /// The CVMs that failed as a whole.
    lost: BTreeSet<String>,
    /// The streams, by number, that are not well now; true: they will not be again.
    ill: BTreeMap<usize, bool>,
    /// Something was not read though it may be there.
    unread: bool,
}

impl Health {
    /// Nothing is known yet of that many CVMs.
    pub(super) const fn new(cvms: usize) -> Self {
        Self { cvms, settled: BTreeSet::new(), lost: BTreeSet::new(), ill: BTreeMap::new(), unread: false }
    }

    /// Takes note of what an event says.
    pub(super) fn observe(&mut self, event: &Event) {
        self.unread |= event.unread;
        match &event.subject {
            Subject::Cvm(cvm) => {
                if event.status != Status::Connecting {
                    self.settled.insert(cvm.name.clone());
                }
                if event.status == Status::Error {
                    self.lost.insert(cvm.name.clone());
                }
            }
            Subject::Stream(target) => {
                self.settled.insert(target.cvm.name.clone());
                match event.status {
                    Status::Error => {
                        self.ill.insert(target.id, true);
                    }
                    Status::Reconnecting | Status::Missing => {
                        self.ill.entry(target.id).or_insert(false);
                    }
                    Status::Started | Status::Resumed | Status::Appeared
                        if self.ill.get(&target.id) == Some(&false) =>
                    {
                        self.ill.remove(&target.id);
                    }
                    _ => {}
                }
            }
        }
    }

    /// How many CVMs there are.
    pub(super) const fn cvms(&self) -> usize {
        self.cvms
    }

    /// How many of them were reached or given up.
    pub(super) fn settled(&self) -> usize {
        self.settled.len()
    }

    /// True if any stream has failed or left something unread, or is broken or without its log at this moment.
    pub(super) fn any_ill(&self) -> bool {
        self.unread || !self.ill.is_empty() || !self.lost.is_empty()
    }
}
