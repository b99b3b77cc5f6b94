//! Going on from one file of the log to the next.

use crate::agent::file::{Sibling, Sum};
use crate::agent::protocol::Request;
use crate::failure::Refusal;
use crate::series::stem;
use crate::tail::follower::act::{Act, Notice};
use crate::tail::follower::search::Search;
use crate::tail::follower::{Follower, MISSES, Phase};
use crate::tail::position::{Listing, Position};

impl Follower {
    /// The listing is there while `tail` runs.
    pub(super) fn looked(&mut self, acts: &mut Vec<Act>) {
        self.report_skipped(acts);
        if let Some(next) = self.successor() {
            acts.push(Act::Send(Request::StopTail));
            self.phase = Phase::Leaving(next);
            return;
        }
        self.tell_state(acts);
        self.phase = Phase::Following;
    }

    /// Reports whether the log's own path has a file that can be read, and has the script say when it has again.
    fn tell_state(&mut self, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        match self.listing.refusal(position) {
            None => self.tell_appeared(acts),
            Some(refusal) => {
                self.tell_absent(refusal, acts);
                acts.push(Act::Send(Request::AwaitLog));
            }
        }
    }

    /// The listing is there and nothing runs: go on with the next file, or stay with this one.
    pub(super) fn choose(&mut self, acts: &mut Vec<Act>) {
        if self.uncompared && std::mem::take(&mut self.new_place) {
            // It was given up because not all could be examined, and something else is there by now.
            (self.searched, self.uncompared, self.lost) = (false, false, None);
            return self.find(Search::Interrupted, acts);
        }
        if self.is_open_again() {
            self.barred = false;
            return self.find(Search::Interrupted, acts);
        }
        self.report_skipped(acts);
        let Some(position) = &mut self.position else { return };
        // A place that is given up is not gone on from, though its file be there again.
        let is_open = self.open.is_some() && self.open == position.held_by && !self.new_place;
        let refusal = self.listing.refusal(position);
        match (self.listing.successor_of(position, &self.passed), refusal) {
            // Once there is something in the next file, nothing more comes to this one: read its rest.
            (Some(next), _) if is_open => self.drain(next, acts),
            (Some(next), _) => {
                acts.push(Act::Flush);
                self.enter(next, acts);
            }
            (None, Some(refusal)) if !self.follow && !refusal.is_missing() => {
                acts.extend([Act::Flush, Act::Refuse(refusal)]);
            }
            (None, _) if !self.follow => {
                let path = position.path.clone();
                self.tell_hidden(&path, acts);
                self.give_up_barred(1, acts);
                self.caught_up(acts);
                acts.extend([Act::Flush, Act::Finish]);
            }
            (None, refusal) if is_open && self.listing.is_open_closed => {
                self.wait(refusal.unwrap_or(Refusal::Denied), acts);
            }
            (None, _) if is_open => {
                match position.held_by.and_then(|file| self.listing.path_of(file)) {
                    Some(path) => position.path = path,
                    // The directory could not be listed: it is where it was.
                    None if self
                        .listing
                        .live
                        .as_ref()
                        .is_some_and(|live| Some(live.id) == position.held_by) => {}
                    None => self.misses = MISSES,
                }
                let known = position.known();
                self.tell_state(acts);
                if known > 0 {
                    // No tail ran for a moment, so none saw whether the file was cut meanwhile.
                    self.check(acts);
                } else {
                    self.follow(acts);
                }
            }
            (None, Some(refusal)) => self.wait(refusal, acts),
            (None, None) => match self.listing.live.clone().filter(|live| live.readable) {
                Some(live) => {
                    acts.push(Act::Flush);
                    self.enter(live, acts);
                }
                None => self.wait(Refusal::Denied, acts),
            },
        }
    }

    /// The next file of the series, by the last listing.
    pub(super) fn successor(&self) -> Option<Sibling> {
        self.listing.successor_of(self.position.as_ref()?, &self.passed)
    }

    /// Reads what is left of the file. Nobody looks at it again: now or never it shows whether it is what was read.
    pub(super) fn drain(&mut self, next: Sibling, acts: &mut Vec<Act>) {
        self.verify(acts);
        acts.push(Act::Send(Request::Copy { from: self.next }));
        self.phase = Phase::Draining(next);
    }

    /// Goes on with a file of the series, after everything of the one before was handed on.
    pub(super) fn enter(&mut self, next: Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        if !next.is_packed() {
            let live = self.listing.live.as_ref().is_some_and(|live| live.id == next.id);
            let nameless = position.held_by.and_then(|file| self.listing.get(file)).is_none();
            let as_long = position.known() > 0 && next.size >= position.offset;
            if nameless && !live && !self.new_place && as_long {
                // What was read was deleted, and may have been copied before: a copy is younger than itself.
                acts.push(Act::Send(Request::Open { path: next.path.clone() }));
                self.phase = Phase::Comparing(next);
            } else {
                self.open_next(next, acts);
            }
        } else if position.known() > 0 {
            let (offset, known) = (position.offset, position.known());
            acts.push(Act::Send(Request::ChecksumCompressed {
                path: next.path.clone(),
                before: offset,
                count: known,
            }));
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
        acts.push(Act::Send(Request::CopyCompressed { path: packed.path.clone(), from: 0 }));
        self.phase = Phase::Copying(false);
    }

    /// A file that may be a copy of the one that was just read is open, if it is still the one that was listed.
    pub(super) fn opened_copy(&mut self, next: Sibling, file: &Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        self.open = Some(file.id);
        if file.id == next.id {
            acts.push(Act::Send(Request::Checksum { before: position.offset, count: position.known() }));
            self.phase = Phase::Comparing(next);
        } else {
            self.look(Phase::Choosing, acts);
        }
    }

    /// The file that seems to come next was compared with the one that was just read.
    pub(super) fn compared(&mut self, next: Sibling, sum: Sum, acts: &mut Vec<Act>) {
        if self.is_here(sum) {
            self.passed.push(next.id);
            self.deleted = false;
            self.look(Phase::Choosing, acts);
        } else {
            self.open_next(next, acts);
        }
    }

    /// Asks for the next file. It may be renamed, or cut and copied, after it was listed, and another have its
    /// inode number: so the listing that counts is made when it is open, and its bytes come right after.
    fn open_next(&mut self, next: Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        let stem = stem(&position.path).to_vec();
        acts.push(Act::Send(Request::Enter { path: next.path.clone(), file: next.id, prefix: stem }));
        self.listing = Listing::default();
        self.phase = Phase::Entering(next);
    }

    /// The next file is open, if it is still the one that was listed.
    pub(super) fn opened_next(&mut self, next: Sibling, file: Sibling, acts: &mut Vec<Act>) {
        self.open = Some(file.id);
        if file.id == next.id {
            self.phase = Phase::Confirming(next, file);
        } else {
            self.look(Phase::Choosing, acts);
        }
    }

    /// What was there once the next file was open: does it still come next?
    pub(super) fn confirmed(&mut self, next: &Sibling, file: &Sibling, acts: &mut Vec<Act>) {
        let still = self
            .successor()
            .or_else(|| self.listing.live.clone())
            .filter(|still| still.id == file.id && !self.is_open_again());
        let Some(mut still) = still else {
            acts.push(Act::Discard);
            self.phase = Phase::Skipping;
            return;
        };
        // By the log's own name it is listed as a link may have it.
        let named = self.listing.siblings.iter().find(|sibling| sibling.id == file.id);
        still.path.clone_from(&named.unwrap_or(file).path);
        let live = self.listing.live.as_ref().is_some_and(|live| live.id == still.id);
        self.rotate(&still, acts);
        if still.size < next.size.max(file.size) {
            let cause = "it was cut before it was read";
            acts.push(Act::Tell(Notice::Gap(still.id, 0, None, cause)));
        }
        self.tell_appeared(acts);
        self.copying = (0, still.size);
        self.phase = Phase::Copying(live);
    }

    /// The place is now the beginning of that file.
    pub(super) fn rotate(&mut self, file: &Sibling, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        let path = position.path.clone();
        self.tell_hidden(&path, acts);
        self.report_skipped(acts);
        self.give_up_barred(file.size, acts);
        let Some(position) = &mut self.position else { return };
        let whole = !std::mem::take(&mut self.cut_short);
        if std::mem::take(&mut self.new_place) {
            self.tell_lost(acts);
            match &mut self.position {
                // It may be seen again, and what was read of it must not come twice.
                Some(position) if self.uncompared => position.give_up(file),
                place => *place = Some(Position::new(file.id, 0, file.path.clone(), file.modified)),
            }
        } else {
            let packed = |s: &Sibling| s.is_packed() && s.modified.0 == position.modified.0;
            if self.deleted && !self.listing.siblings.iter().any(packed) {
                acts.push(Act::Tell(Notice::Deleted(position.file, position.offset)));
            }
            acts.push(Act::Tell(Notice::Rotated((position.file, position.offset), file.id, whole)));
            position.enter(file);
        }
        self.searched = false;
        self.deleted = false;
        (self.uncompared, self.renames) = (false, 0);
        self.next = 0;
    }
}
