//! Files that could not be read to their end or not be examined: reported, while everything else is read.

use crate::agent::hidden::Hidden;
use crate::agent::protocol::{Flaw, Request};
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;
use crate::series::is_packed;
use crate::tail::follower::Follower;
use crate::tail::follower::effect::{Effect, Notice};
use crate::tail::follower::phase::Phase;

/// How often in a row a packed file may have another name when it is to be read.
const RENAMES: u32 = 5;

impl Follower {
    /// Reports what of the series of `path` could not be examined when it was listed, unless that was done before.
    pub(super) fn report_hidden(&mut self, path: &RemotePath, effects: &mut Vec<Effect>) {
        let reported = &mut self.reported.hidden;
        reported.retain(|it| matches!(it, Hidden::Directory(_)) || self.listing.hidden.contains(it));
        for hidden in self.listing.hidden_of(path) {
            if !reported.contains(hidden) {
                reported.push(hidden.clone());
                effects.push(Effect::Report(Notice::Hidden(hidden.clone())));
            }
        }
    }

    /// A file, or a part of one, was open and could not be read to its end.
    pub(super) fn on_unread(&mut self, flaw: Flaw, effects: &mut Vec<Effect>) {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Copying { live: false } => self.break_off(flaw, effects),
            Phase::Trying { reason, candidate, rest } if candidate.is_packed() => {
                self.uncompared = true;
                self.try_next(reason, rest, effects);
            }
            Phase::ComparingCompressed(packed) => {
                self.passed.push(packed.id);
                let Some(position) = &self.position else { return };
                // Compressing keeps the time of the last write, in seconds: it is what was read to its end.
                if packed.modified.0 != position.modified.0 {
                    effects.push(Effect::Report(Notice::Unread { path: packed.path, place: None, flaw }));
                }
                self.list(Phase::Choosing, effects);
            }
            _ => effects.push(Effect::Fail("its bytes could not be compared".to_owned())),
        }
    }

    /// True if the current file is a packed one.
    pub(super) fn is_in_compressed(&self) -> bool {
        self.position.as_ref().is_some_and(|position| is_packed(&position.path))
    }

    /// The packed file that was to be sent could not be opened.
    pub(super) fn on_compressed_missing(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) {
        if !refusal.is_missing() {
            self.break_off(Flaw::Denied, effects);
        } else if self.renames < RENAMES {
            self.renames += 1;
            self.list(Phase::Relocating, effects);
        } else {
            self.break_off(Flaw::Deleted, effects);
        }
    }

    /// The packed file that is being sent ends before its end. What there is of a line is none.
    fn break_off(&mut self, flaw: Flaw, effects: &mut Vec<Effect>) {
        let Some(position) = &self.position else { return };
        let place = Some((position.file, position.offset));
        effects.extend([
            Effect::Forget,
            Effect::Report(Notice::Unread { path: position.path.clone(), place, flaw }),
        ]);
        self.cut_short = true;
        self.list(Phase::Choosing, effects);
    }

    /// The listing is there: which name has the packed file that is to be sent?
    pub(super) fn on_relocated(&mut self, effects: &mut Vec<Effect>) {
        let Some(position) = &mut self.position else { return };
        match position.held_by.and_then(|file| self.listing.path_of(file)) {
            Some(path) => {
                position.path.clone_from(&path);
                effects.push(Effect::Send(Request::CopyCompressed { path, from: self.next }));
                self.phase = Phase::Copying { live: false };
            }
            None => self.break_off(Flaw::Deleted, effects),
        }
    }
}
