//! Finding the place again: after an interruption, and after the file was cut.

use std::collections::VecDeque;

use crate::agent::file::{Sibling, Sum};
use crate::agent::protocol::Request;
use crate::failure::Refusal;
use crate::options::Backlog;
use crate::tail::follower::act::{Act, Notice};
use crate::tail::follower::{Follower, Phase};
use crate::tail::position::Position;

/// Why the place is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// The connection was interrupted.
    Interrupted,
    /// The file was cut while it was read.
    Cut,
}

impl Follower {
    /// `tail` ended after it said something: is the file still the one that was read?
    pub(super) fn check(&mut self, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        acts.extend([
            Act::Pass,
            Act::Send(Request::Checksum { before: position.offset, count: position.known() }),
        ]);
        self.phase = Phase::Checking;
    }

    /// The bytes before the place have been compared.
    pub(super) fn checked(&mut self, sum: Sum, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        if self.is_here(sum) && sum.size.is_none_or(|size| size >= self.next) {
            // Log text that only looked like tail's, or a cut behind the place: read on from there.
            self.next = position.offset;
            acts.push(Act::Forget);
            self.follow(acts);
        } else {
            acts.push(Act::Tell(Notice::Truncated(position.file, position.offset)));
            self.look(Phase::Finding(Search::Cut), acts);
        }
    }

    /// True if lines were handed on since the file was last found to be the one that was read.
    pub fn is_unverified(&self) -> bool {
        let moved = |position: &Position| position.witness().is_some_and(|w| w.offset != position.offset);
        matches!(self.phase, Phase::Following) && !self.asked && self.position.as_ref().is_some_and(moved)
    }

    /// Asks whether the file is still the one that was read: where it is cut and grows past the old place
    /// before `tail` looks at it again, `tail` notices nothing.
    pub fn verify(&mut self, acts: &mut Vec<Act>) {
        if let Some(witness) = self.position.as_ref().and_then(Position::witness)
            && !std::mem::replace(&mut self.asked, true)
        {
            acts.push(Act::Send(Request::Checksum { before: witness.offset, count: witness.known() }));
        }
    }

    /// What stands before the earlier place has been compared.
    pub(super) fn verified(&mut self, sum: Sum, acts: &mut Vec<Act>) {
        // What is shorter now than what came of it, a `tail` tells of.
        let shorter = sum.size.is_some_and(|size| size < self.next);
        match self.phase {
            Phase::Following | Phase::Looking if !shorter => {}
            Phase::Draining(_) => {}
            // Something is under way that looks at the file itself.
            _ => return,
        }
        let Some(position) = &mut self.position else { return };
        match position.witness() {
            Some(witness) if !witness.is_here(sum) => {
                let cause = "the file was cut and grew past that place before it was looked at again";
                acts.push(Act::Tell(Notice::Gap(witness.file, witness.offset, None, cause)));
                position.doubt();
            }
            _ => position.trust(),
        }
    }

    /// The listing is there: which files may hold the place?
    pub(super) fn find(&mut self, why: Search, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        let mut candidates: VecDeque<_> = position.candidates(&self.listing).into();
        if why == Search::Cut {
            candidates.retain(|candidate| candidate.id != position.file);
        }
        let count = candidates.len();
        candidates.retain(|candidate| candidate.readable);
        self.uncompared |= candidates.len() < count;
        self.attempt(why, candidates, acts);
    }

    /// Tries the first of the candidates.
    pub(super) fn attempt(&mut self, why: Search, mut candidates: VecDeque<Sibling>, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        let Some(candidate) = candidates.pop_front() else {
            // The file may have been cut or renamed after it was listed.
            if self.is_barred(why, acts) {
                (self.searched, self.uncompared) = (false, false);
            } else if std::mem::replace(&mut self.searched, true) {
                self.lose(why, acts);
            } else {
                self.look(Phase::Finding(why), acts);
            }
            return;
        };
        let path = candidate.path.clone();
        acts.push(Act::Send(if candidate.is_packed() {
            Request::ChecksumCompressed { path, before: position.offset, count: position.known() }
        } else {
            Request::Open { path }
        }));
        self.phase = Phase::Trying(why, candidate, candidates);
    }

    /// A candidate is open: is it the listed file, and does it hold the place?
    pub(super) fn try_opened(
        &mut self,
        why: Search,
        mut candidate: Sibling,
        rest: VecDeque<Sibling>,
        file: &Sibling,
        acts: &mut Vec<Act>,
    ) {
        let Some(position) = &self.position else { return };
        self.open = Some(file.id);
        if file.id == candidate.id {
            acts.push(Act::Send(Request::Checksum { before: position.offset, count: position.known() }));
            candidate.path.clone_from(&file.path);
            self.phase = Phase::Trying(why, candidate, rest);
        } else {
            // It was renamed just now; a new listing knows its name.
            self.look(Phase::Finding(why), acts);
        }
    }

    /// The place is in that file.
    pub(super) fn found(&mut self, file: Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &mut self.position else { return };
        (self.searched, self.uncompared, self.renames) = (false, false, 0);
        acts.push(Act::Forget);
        self.next = position.offset;
        position.modified = file.modified;
        position.held_by = Some(file.id);
        position.path = file.path.clone();
        if file.is_packed() {
            // Its lines keep the name of the file they were in when it was read.
            self.passed.push(file.id);
            acts.push(Act::Send(Request::CopyCompressed { path: file.path, from: self.next }));
            self.phase = Phase::Copying(false);
            return;
        }
        position.file = file.id;
        if self.listing.live.as_ref().is_some_and(|live| live.id == file.id) {
            self.tell_appeared(acts);
            self.read_on(file.size, acts);
        } else {
            acts.push(Act::Send(Request::Copy { from: self.next }));
            self.phase = Phase::Copying(false);
        }
    }

    /// The place is in none of the listed files: go on with the oldest file that is all new.
    ///
    /// It is told only when that file is entered: if the connection breaks before, the place is looked
    /// for again.
    fn lose(&mut self, why: Search, acts: &mut Vec<Act>) {
        let Some(position) = &mut self.position else { return };
        position.held_by = None;
        self.barred = false;
        let in_place = self.listing.live.clone().filter(|live| live.id == position.file);
        let is_hidden = self.uncompared || self.listing.hidden_of(&position.path).next().is_some();
        self.uncompared = is_hidden && why == Search::Interrupted;
        self.lost = (why == Search::Interrupted).then_some(match in_place {
            _ if is_hidden => "its file, or a copy of it, may be one that cannot be read",
            Some(_) => "its file was overwritten meanwhile",
            None => "its file was deleted or packed meanwhile",
        });
        self.new_place = true;
        let next = self.listing.successor_of(position, &self.passed).or(in_place);
        // Half a line whose other half is gone is part of what is lost.
        acts.push(Act::Forget);
        let refusal = self.listing.refusal(position);
        self.report_skipped(acts);
        if let Some(next) = next.or_else(|| self.listing.live.clone().filter(|live| live.readable)) {
            self.enter(next, acts);
        } else {
            self.tell_lost(acts);
            self.tell_absent(refusal.unwrap_or(Refusal::Denied), acts);
            (self.position, self.backlog) = (None, Backlog::FromLine(1));
            (self.new_place, self.uncompared) = (false, false);
            acts.push(Act::Send(Request::AwaitLog));
            self.phase = Phase::Waiting;
        }
    }

    /// Tells what is lost, if something is.
    pub(super) fn tell_lost(&mut self, acts: &mut Vec<Act>) {
        let (Some(cause), Some(position)) = (self.lost.take(), &self.position) else { return };
        acts.push(Act::Tell(Notice::Gap(position.file, position.offset, None, cause)));
    }

    /// True if that checksum is of the place.
    pub(super) fn is_here(&self, sum: Sum) -> bool {
        self.position.as_ref().is_some_and(|position| position.is_here(sum))
    }
}
