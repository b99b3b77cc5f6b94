//! Finding the position again after an interruption or a truncation.

use std::collections::VecDeque;

use crate::agent::file::{Sibling, Sum};
use crate::agent::protocol::Request;
use crate::failure::Refusal;
use crate::options::Backlog;
use crate::tail::follower::Follower;
use crate::tail::follower::effect::{Effect, LossCause, Notice};
use crate::tail::follower::phase::{Phase, SearchReason};
use crate::tail::position::Position;

impl Follower {
    /// `tail` ended after it said something: is the file still the one that was read?
    pub(super) fn check(&mut self, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        effects.extend([
            Effect::StopDiscarding,
            Effect::Send(Request::Checksum { before: position.offset, count: position.known() }),
        ]);
        self.phase = Phase::Checking;
    }

    /// The bytes before the place have been compared.
    pub(super) fn on_checksum(&mut self, sum: Sum, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        if self.is_at_place(sum) && sum.size.is_none_or(|size| size >= self.next) {
            // Log text that only looked like tail's, or a cut behind the place: read on from there.
            self.next = position.offset;
            effects.push(Effect::Forget);
            self.follow(effects);
        } else {
            effects.push(Effect::Report(Notice::Truncated { file: position.file, offset: position.offset }));
            self.list(Phase::Searching(SearchReason::Truncated), effects);
        }
    }

    /// True if lines were handed on since the file was last found to be the one that was read.
    pub fn is_unverified(&self) -> bool {
        let moved = |position: &Position| position.witness().is_some_and(|w| w.offset != position.offset);
        matches!(self.phase, Phase::Following)
            && !self.is_verifying
            && self.position.as_ref().is_some_and(moved)
    }

    /// Asks whether the file is still the one that was read: where it is cut and grows past the old place
    /// before `tail` looks at it again, `tail` notices nothing.
    pub fn verify(&mut self, effects: &mut Vec<Effect>) {
        if let Some(witness) = self.position.as_ref().and_then(Position::witness)
            && !std::mem::replace(&mut self.is_verifying, true)
        {
            effects.push(Effect::Send(Request::Checksum { before: witness.offset, count: witness.known() }));
        }
    }

    /// What stands before the earlier place has been compared.
    pub(super) fn on_verification(&mut self, sum: Sum, effects: &mut Vec<Effect>) {
        // What is shorter now than what came of it, a `tail` tells of.
        let shorter = sum.size.is_some_and(|size| size < self.next);
        match self.phase {
            Phase::Following | Phase::Relisting if !shorter => {}
            Phase::Draining(_) => {}
            // Something is under way that looks at the file itself.
            _ => return,
        }
        let Some(position) = &mut self.position else { return };
        match position.witness() {
            Some(witness) if !witness.is_here(sum) => {
                let cause = LossCause::TruncatedAndRegrown;
                effects.push(Effect::Report(Notice::Gap {
                    file: witness.file,
                    offset: witness.offset,
                    bytes: None,
                    cause,
                }));
                position.doubt();
            }
            _ => position.trust(),
        }
    }

    /// The listing is there: which files may hold the place?
    pub(super) fn on_candidates_listed(&mut self, reason: SearchReason, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        let mut candidates: VecDeque<_> = position.candidates(&self.listing).into();
        if reason == SearchReason::Truncated {
            candidates.retain(|candidate| candidate.id != position.file);
        }
        let count = candidates.len();
        candidates.retain(|candidate| candidate.readable);
        self.uncompared |= candidates.len() < count;
        self.try_next(reason, candidates, effects);
    }

    /// Tries the first of the candidates.
    pub(super) fn try_next(
        &mut self,
        reason: SearchReason,
        mut candidates: VecDeque<Sibling>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(position) = &self.position else { return };
        let Some(candidate) = candidates.pop_front() else {
            // The file may have been cut or renamed after it was listed.
            if self.await_permission(reason, effects) {
                (self.searched, self.uncompared) = (false, false);
            } else if std::mem::replace(&mut self.searched, true) {
                self.give_up_place(reason, effects);
            } else {
                self.list(Phase::Searching(reason), effects);
            }
            return;
        };
        let path = candidate.path.clone();
        effects.push(Effect::Send(if candidate.is_packed() {
            Request::ChecksumCompressed { path, before: position.offset, count: position.known() }
        } else {
            Request::Open { path }
        }));
        self.phase = Phase::Trying { reason, candidate, rest: candidates };
    }

    /// A candidate is open: is it the listed file, and does it hold the place?
    pub(super) fn on_candidate_opened(
        &mut self,
        reason: SearchReason,
        mut candidate: Sibling,
        rest: VecDeque<Sibling>,
        file: &Sibling,
        effects: &mut Vec<Effect>,
    ) {
        let Some(position) = &self.position else { return };
        self.open = Some(file.id);
        if file.id == candidate.id {
            effects
                .push(Effect::Send(Request::Checksum { before: position.offset, count: position.known() }));
            candidate.path.clone_from(&file.path);
            self.phase = Phase::Trying { reason, candidate, rest };
        } else {
            // It was renamed just now; a new listing knows its name.
            self.list(Phase::Searching(reason), effects);
        }
    }

    /// The place is in that file.
    pub(super) fn resume_in(&mut self, file: Sibling, effects: &mut Vec<Effect>) {
        let Some(position) = &mut self.position else { return };
        (self.searched, self.uncompared, self.renames) = (false, false, 0);
        effects.push(Effect::Forget);
        self.next = position.offset;
        position.modified = file.modified;
        position.held_by = Some(file.id);
        position.path = file.path.clone();
        if file.is_packed() {
            // Its lines keep the name of the file they were in when it was read.
            self.passed.push(file.id);
            effects.push(Effect::Send(Request::CopyCompressed { path: file.path, from: self.next }));
            self.phase = Phase::Copying { live: false };
            return;
        }
        position.file = file.id;
        if self.listing.live.as_ref().is_some_and(|live| live.id == file.id) {
            self.report_appeared(effects);
            self.read_on(file.size, effects);
        } else {
            effects.push(Effect::Send(Request::Copy { from: self.next }));
            self.phase = Phase::Copying { live: false };
        }
    }

    /// The place is in none of the listed files: go on with the oldest file that is all new.
    ///
    /// It is told only when that file is entered: if the connection breaks before, the place is looked
    /// for again.
    fn give_up_place(&mut self, reason: SearchReason, effects: &mut Vec<Effect>) {
        let Some(position) = &mut self.position else { return };
        position.held_by = None;
        self.is_denied = false;
        let in_place = self.listing.live.clone().filter(|live| live.id == position.file);
        let is_hidden = self.uncompared || self.listing.hidden_of(&position.path).next().is_some();
        self.uncompared = is_hidden && reason == SearchReason::Interrupted;
        self.lost = (reason == SearchReason::Interrupted).then_some(match in_place {
            _ if is_hidden => LossCause::PossiblyUnreadable,
            Some(_) => LossCause::Overwritten,
            None => LossCause::DeletedOrCompressed,
        });
        self.new_place = true;
        let next = self.listing.successor_of(position, &self.passed).or(in_place);
        // Half a line whose other half is gone is part of what is lost.
        effects.push(Effect::Forget);
        let refusal = self.listing.refusal(position);
        self.report_skipped(effects);
        if let Some(next) = next.or_else(|| self.listing.live.clone().filter(|live| live.readable)) {
            self.enter(next, effects);
        } else {
            self.report_lost(effects);
            self.report_absent(refusal.unwrap_or(Refusal::Denied), effects);
            (self.position, self.backlog) = (None, Backlog::FromLine(1));
            (self.new_place, self.uncompared) = (false, false);
            effects.push(Effect::Send(Request::AwaitLog));
            self.phase = Phase::Waiting;
        }
    }

    /// Tells what is lost, if something is.
    pub(super) fn report_lost(&mut self, effects: &mut Vec<Effect>) {
        let (Some(cause), Some(position)) = (self.lost.take(), &self.position) else { return };
        effects.push(Effect::Report(Notice::Gap {
            file: position.file,
            offset: position.offset,
            bytes: None,
            cause,
        }));
    }

    /// True if that checksum is of the place.
    pub(super) fn is_at_place(&self, sum: Sum) -> bool {
        self.position.as_ref().is_some_and(|position| position.is_here(sum))
    }
}
