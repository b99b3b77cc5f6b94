//! Moving from one file of the rotation series to the next.

use crate::agent::file::{Sibling, Sum};
use crate::agent::protocol::Request;
use crate::failure::Refusal;
use crate::series::stem;
use crate::tail::follower::effect::{Effect, LossCause, Notice};
use crate::tail::follower::phase::{Phase, SearchReason};
use crate::tail::follower::{Follower, MISSES};
use crate::tail::position::{Position, SeriesListing};

impl Follower {
    /// The listing is there while `tail` runs.
    pub(super) fn on_relisted(&mut self, effects: &mut Vec<Effect>) {
        self.report_skipped(effects);
        if let Some(next) = self.successor() {
            effects.push(Effect::Send(Request::StopTail));
            self.phase = Phase::Stopping(next);
            return;
        }
        self.report_availability(effects);
        self.phase = Phase::Following;
    }

    /// Reports whether the log's own path has a file that can be read, and has the script say when it has again.
    fn report_availability(&mut self, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        match self.listing.refusal(position) {
            None => self.report_appeared(effects),
            Some(refusal) => {
                self.report_absent(refusal, effects);
                effects.push(Effect::Send(Request::AwaitLog));
            }
        }
    }

    /// The listing is there and nothing runs: go on with the next file, or stay with this one.
    pub(super) fn on_listed(&mut self, effects: &mut Vec<Effect>) {
        if self.uncompared && std::mem::take(&mut self.new_place) {
            // It was given up because not all could be examined, and something else is there by now.
            (self.searched, self.uncompared, self.lost) = (false, false, None);
            return self.on_candidates_listed(SearchReason::Interrupted, effects);
        }
        if self.is_open_again() {
            self.is_denied = false;
            return self.on_candidates_listed(SearchReason::Interrupted, effects);
        }
        self.report_skipped(effects);
        let Some(position) = &mut self.position else { return };
        // A place that is given up is not gone on from, though its file be there again.
        let is_open = self.open.is_some() && self.open == position.held_by && !self.new_place;
        let refusal = self.listing.refusal(position);
        match (self.listing.successor_of(position, &self.passed), refusal) {
            // Once there is something in the next file, nothing more comes to this one: read its rest.
            (Some(next), _) if is_open => self.drain(next, effects),
            (Some(next), _) => {
                effects.push(Effect::Flush);
                self.enter(next, effects);
            }
            (None, Some(refusal)) if !self.follow && !refusal.is_missing() => {
                effects.extend([Effect::Flush, Effect::Refuse(refusal)]);
            }
            (None, _) if !self.follow => {
                let path = position.path.clone();
                self.report_hidden(&path, effects);
                self.give_up_denied(1, effects);
                self.report_caught_up(effects);
                effects.extend([Effect::Flush, Effect::Finish]);
            }
            (None, refusal) if is_open && self.listing.is_open_closed => {
                self.wait(refusal.unwrap_or(Refusal::Denied), effects);
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
                self.report_availability(effects);
                if known > 0 {
                    // No tail ran for a moment, so none saw whether the file was cut meanwhile.
                    self.check(effects);
                } else {
                    self.follow(effects);
                }
            }
            (None, Some(refusal)) => self.wait(refusal, effects),
            (None, None) => match self.listing.live.clone().filter(|live| live.readable) {
                Some(live) => {
                    effects.push(Effect::Flush);
                    self.enter(live, effects);
                }
                None => self.wait(Refusal::Denied, effects),
            },
        }
    }

    /// The next file of the series, by the last listing.
    pub(super) fn successor(&self) -> Option<Sibling> {
        self.listing.successor_of(self.position.as_ref()?, &self.passed)
    }

    /// Reads what is left of the file. Nobody looks at it again: now or never it shows whether it is what was read.
    pub(super) fn drain(&mut self, next: Sibling, effects: &mut Vec<Effect>) {
        self.verify(effects);
        effects.push(Effect::Send(Request::Copy { from: self.next }));
        self.phase = Phase::Draining(next);
    }

    /// Goes on with a file of the series, after everything of the one before was handed on.
    pub(super) fn enter(&mut self, next: Sibling, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        if !next.is_packed() {
            let live = self.listing.live.as_ref().is_some_and(|live| live.id == next.id);
            let nameless = position.held_by.and_then(|file| self.listing.get(file)).is_none();
            let as_long = position.known() > 0 && next.size >= position.offset;
            if nameless && !live && !self.new_place && as_long {
                // What was read was deleted, and may have been copied before: a copy is younger than itself.
                effects.push(Effect::Send(Request::Open { path: next.path.clone() }));
                self.phase = Phase::Comparing(next);
            } else {
                self.open_next(next, effects);
            }
        } else if position.known() > 0 {
            let (offset, known) = (position.offset, position.known());
            effects.push(Effect::Send(Request::ChecksumCompressed {
                path: next.path.clone(),
                before: offset,
                count: known,
            }));
            self.phase = Phase::ComparingCompressed(next);
        } else {
            self.enter_compressed(&next, effects);
        }
    }

    /// A packed file that seems to come next was compared with the one that was just read: compressing
    /// gives a file another inode, and may give it another time.
    pub(super) fn on_compressed_checksum(&mut self, packed: &Sibling, sum: Sum, effects: &mut Vec<Effect>) {
        self.passed.push(packed.id);
        if self.is_at_place(sum) {
            self.deleted = false;
            self.list(Phase::Choosing, effects);
        } else {
            self.enter_compressed(packed, effects);
        }
    }

    /// Reads a whole packed file.
    pub(super) fn enter_compressed(&mut self, packed: &Sibling, effects: &mut Vec<Effect>) {
        self.passed.push(packed.id);
        self.rotate(packed, effects);
        effects.push(Effect::Send(Request::CopyCompressed { path: packed.path.clone(), from: 0 }));
        self.phase = Phase::Copying { live: false };
    }

    /// A file that may be a copy of the one that was just read is open, if it is still the one that was listed.
    pub(super) fn on_copy_opened(&mut self, next: Sibling, file: &Sibling, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        self.open = Some(file.id);
        if file.id == next.id {
            effects
                .push(Effect::Send(Request::Checksum { before: position.offset, count: position.known() }));
            self.phase = Phase::Comparing(next);
        } else {
            self.list(Phase::Choosing, effects);
        }
    }

    /// The file that seems to come next was compared with the one that was just read.
    pub(super) fn on_copy_checksum(&mut self, next: Sibling, sum: Sum, effects: &mut Vec<Effect>) {
        if self.is_at_place(sum) {
            self.passed.push(next.id);
            self.deleted = false;
            self.list(Phase::Choosing, effects);
        } else {
            self.open_next(next, effects);
        }
    }

    /// Asks for the next file. It may be renamed, or cut and copied, after it was listed, and another have its
    /// inode number: so the listing that counts is made when it is open, and its bytes come right after.
    fn open_next(&mut self, next: Sibling, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        let stem = stem(&position.path).to_vec();
        effects.push(Effect::Send(Request::Enter { path: next.path.clone(), file: next.id, prefix: stem }));
        self.listing = SeriesListing::default();
        self.phase = Phase::Entering(next);
    }

    /// The next file is open, if it is still the one that was listed.
    pub(super) fn on_next_opened(&mut self, next: Sibling, file: Sibling, effects: &mut Vec<Effect>) {
        self.open = Some(file.id);
        if file.id == next.id {
            self.phase = Phase::Confirming { listed: next, opened: file };
        } else {
            self.list(Phase::Choosing, effects);
        }
    }

    /// What was there once the next file was open: does it still come next?
    pub(super) fn on_next_listed(&mut self, next: &Sibling, file: &Sibling, effects: &mut Vec<Effect>) {
        let still = self
            .successor()
            .or_else(|| self.listing.live.clone())
            .filter(|still| still.id == file.id && !self.is_open_again());
        let Some(mut still) = still else {
            effects.push(Effect::Discard);
            self.phase = Phase::Skipping;
            return;
        };
        // By the log's own name it is listed as a link may have it.
        let named = self.listing.siblings.iter().find(|sibling| sibling.id == file.id);
        still.path.clone_from(&named.unwrap_or(file).path);
        let live = self.listing.live.as_ref().is_some_and(|live| live.id == still.id);
        self.rotate(&still, effects);
        if still.size < next.size.max(file.size) {
            let cause = LossCause::TruncatedBeforeRead;
            effects.push(Effect::Report(Notice::Gap { file: still.id, offset: 0, bytes: None, cause }));
        }
        self.report_appeared(effects);
        self.copying = (0, still.size);
        self.phase = Phase::Copying { live };
    }

    /// The place is now the beginning of that file.
    pub(super) fn rotate(&mut self, file: &Sibling, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        let path = position.path.clone();
        self.report_hidden(&path, effects);
        self.report_skipped(effects);
        self.give_up_denied(file.size, effects);
        let Some(position) = &mut self.position else { return };
        let whole = !std::mem::take(&mut self.cut_short);
        if std::mem::take(&mut self.new_place) {
            self.report_lost(effects);
            match &mut self.position {
                // It may be seen again, and what was read of it must not come twice.
                Some(position) if self.uncompared => position.give_up(file),
                place => *place = Some(Position::new(file.id, 0, file.path.clone(), file.modified)),
            }
        } else {
            let packed = |s: &Sibling| s.is_packed() && s.modified.0 == position.modified.0;
            if self.deleted && !self.listing.siblings.iter().any(packed) {
                effects
                    .push(Effect::Report(Notice::Deleted { file: position.file, offset: position.offset }));
            }
            effects.push(Effect::Report(Notice::Rotated { read: position.offset, to: file.id, whole }));
            position.enter(file);
        }
        self.searched = false;
        self.deleted = false;
        (self.uncompared, self.renames) = (false, 0);
        self.next = 0;
    }
}
