//! Going on from one file of the log to the next.

use crate::remote::follower::act::{Act, Notice};
use crate::remote::follower::{Follower, MISSES, Phase};
use crate::remote::position::{Position, Sibling};
use crate::remote::script::{Command, Refusal, Sum};

impl Follower {
    /// The listing is there while `tail` runs.
    pub(super) fn looked(&mut self, acts: &mut Vec<Act>) {
        if let Some(next) = self.successor() {
            acts.push(Act::Send(Command::Halt));
            self.phase = Phase::Leaving(next);
            return;
        }
        match self.listing.live {
            None => self.tell_absent(Refusal::Missing, acts),
            Some(_) => self.tell_appeared(acts),
        }
        self.phase = Phase::Following;
    }

    /// The listing is there and nothing runs: go on with the next file, or stay with this one.
    pub(super) fn choose(&mut self, acts: &mut Vec<Act>) {
        let Some(position) = &mut self.position else { return };
        // A place that is given up is not gone on from, though its file be there again.
        let is_open = self.open.is_some() && self.open == position.held_by && !self.new_place;
        let next = self.listing.successor_of(position, &self.passed);
        match (next, &self.listing.live) {
            (Some(next), _) if is_open => {
                // Once there is something in the next file, nothing more comes to this one: read its rest.
                acts.push(Act::Send(Command::Copy(self.next)));
                self.phase = Phase::Draining(next);
            }
            (Some(next), _) => {
                acts.push(Act::Flush);
                self.enter(next, acts);
            }
            (None, _) if !self.follow => {
                self.caught_up(acts);
                acts.extend([Act::Flush, Act::Finish]);
            }
            (None, _) if is_open => {
                match position.held_by.and_then(|file| self.listing.path_of(file)) {
                    Some(path) => position.path = path,
                    None => self.misses = MISSES,
                }
                if position.known() > 0 {
                    // No tail ran for a moment, so none saw whether the file was cut meanwhile.
                    self.check(acts);
                } else {
                    self.follow(acts);
                }
            }
            (None, Some(live)) => {
                let live = live.clone();
                acts.push(Act::Flush);
                self.enter(live, acts);
            }
            (None, None) => {
                self.tell_absent(Refusal::Missing, acts);
                acts.push(Act::Send(Command::Watch));
                self.phase = Phase::Waiting;
            }
        }
    }

    /// The next file of the series, by the last listing.
    pub(super) fn successor(&self) -> Option<Sibling> {
        self.listing.successor_of(self.position.as_ref()?, &self.passed)
    }

    /// Goes on with a file of the series, after everything of the one before was handed on.
    pub(super) fn enter(&mut self, next: Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        if !next.is_packed() {
            acts.push(Act::Send(Command::Open(next.path.clone())));
            self.phase = Phase::Entering(next);
        } else if position.known() > 0 {
            let (offset, known) = (position.offset, position.known());
            acts.push(Act::Send(Command::SumPacked(next.path.clone(), offset, known)));
            self.phase = Phase::Weighing(next);
        } else {
            self.enter_packed(&next, acts);
        }
    }

    /// A packed file that seems to come next was compared with the one that was just read: compressing
    /// gives a file another inode, and may give it another time.
    pub(super) fn weighed(&mut self, packed: &Sibling, sum: Sum, acts: &mut Vec<Act>) {
        self.passed.push(packed.id);
        if self.is_here(sum) {
            self.deleted = false;
            self.look(Phase::Choosing, acts);
        } else {
            self.enter_packed(packed, acts);
        }
    }

    /// Reads a whole packed file.
    pub(super) fn enter_packed(&mut self, packed: &Sibling, acts: &mut Vec<Act>) {
        self.passed.push(packed.id);
        self.rotate(packed, acts);
        acts.push(Act::Send(Command::CopyPacked(packed.path.clone(), 0)));
        self.phase = Phase::Copying(false);
    }

    /// The next file is open. Where the file that was just read has no name any more, it may have been
    /// copied before it was deleted, and its copy is younger than itself.
    pub(super) fn opened_next(&mut self, next: Sibling, file: Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        let live = self.listing.live.as_ref().is_some_and(|live| live.id == file.id);
        let nameless = position.held_by.and_then(|file| self.listing.path_of(file)).is_none();
        if nameless && !live && !self.new_place && position.known() > 0 && file.size >= position.offset {
            self.open = Some(file.id);
            acts.push(Act::Send(Command::Sum(position.offset, position.known())));
            self.phase = Phase::Comparing(next, file);
        } else {
            self.entered(&next, &file, acts);
        }
    }

    /// The file that seems to come next was compared with the one that was just read.
    pub(super) fn compared(&mut self, next: &Sibling, file: &Sibling, sum: Sum, acts: &mut Vec<Act>) {
        if self.is_here(sum) {
            self.passed.push(file.id);
            self.deleted = false;
            self.look(Phase::Choosing, acts);
        } else {
            self.entered(next, file, acts);
        }
    }

    /// The next file is open, if it is still the one that was listed.
    pub(super) fn entered(&mut self, next: &Sibling, file: &Sibling, acts: &mut Vec<Act>) {
        self.open = Some(file.id);
        if file.id != next.id || file.size < next.size {
            // Renamed, or cut, since it was listed.
            return self.look(Phase::Choosing, acts);
        }
        let live = self.listing.live.as_ref().is_some_and(|live| live.id == file.id);
        self.rotate(file, acts);
        self.tell_appeared(acts);
        if live {
            self.read_on(file.size, acts);
        } else {
            acts.push(Act::Send(Command::Copy(0)));
            self.phase = Phase::Copying(false);
        }
    }

    /// The place is now the beginning of that file.
    pub(super) fn rotate(&mut self, file: &Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &mut self.position else { return };
        if std::mem::take(&mut self.new_place) {
            self.tell_lost(acts);
            self.position = Some(Position::new(file.id, 0, file.path.clone(), file.modified));
        } else {
            let packed = |s: &Sibling| s.is_packed() && s.modified.0 == position.modified.0;
            if self.deleted && !self.listing.siblings.iter().any(packed) {
                acts.push(Act::Tell(Notice::Deleted(position.file, position.offset)));
            }
            acts.push(Act::Tell(Notice::Rotated((position.file, position.offset), file.id)));
            position.enter(file);
        }
        self.searched = false;
        self.deleted = false;
        self.next = 0;
    }
}
