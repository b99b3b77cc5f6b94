//! What could not be read to its end, or not be examined: it is reported, and what can be read is read.

use crate::agent::hidden::Hidden;
use crate::agent::protocol::{Flaw, Request};
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;
use crate::series::is_packed;
use crate::tail::follower::act::{Act, Notice};
use crate::tail::follower::{Follower, Phase};

/// How often in a row a packed file may have another name when it is to be read.
const RENAMES: u32 = 5;

impl Follower {
    /// Reports what of the series of `path` could not be examined when it was listed, unless that was done before.
    pub(super) fn tell_hidden(&mut self, path: &RemotePath, acts: &mut Vec<Act>) {
        let reported = &mut self.reported.hidden;
        reported.retain(|it| matches!(it, Hidden::Directory(_)) || self.listing.hidden.contains(it));
        for hidden in self.listing.hidden_of(path) {
            if !reported.contains(hidden) {
                reported.push(hidden.clone());
                acts.push(Act::Tell(Notice::Hidden(hidden.clone())));
            }
        }
    }

    /// A file, or a part of one, was open and could not be read to its end.
    pub(super) fn on_unread(&mut self, flaw: Flaw, acts: &mut Vec<Act>) {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Copying(false) => self.break_off(flaw, acts),
            Phase::Trying(why, candidate, rest) if candidate.is_packed() => {
                self.uncompared = true;
                self.attempt(why, rest, acts);
            }
            Phase::Weighing(packed) => {
                self.passed.push(packed.id);
                let Some(position) = &self.position else { return };
                // Compressing keeps the time of the last write, in seconds: it is what was read to its end.
                if packed.modified.0 != position.modified.0 {
                    acts.push(Act::Tell(Notice::Unread(packed.path, None, flaw)));
                }
                self.look(Phase::Choosing, acts);
            }
            _ => acts.push(Act::Fail("its bytes could not be compared".to_owned())),
        }
    }

    /// True if the current file is a packed one.
    pub(super) fn is_in_packed(&self) -> bool {
        self.position.as_ref().is_some_and(|position| is_packed(&position.path))
    }

    /// The packed file that was to be sent could not be opened.
    pub(super) fn missed(&mut self, refusal: Refusal, acts: &mut Vec<Act>) {
        if !refusal.is_missing() {
            self.break_off(Flaw::Denied, acts);
        } else if self.renames < RENAMES {
            self.renames += 1;
            self.look(Phase::Renaming, acts);
        } else {
            self.break_off(Flaw::Deleted, acts);
        }
    }

    /// The packed file that is being sent ends before its end. What there is of a line is none.
    fn break_off(&mut self, flaw: Flaw, acts: &mut Vec<Act>) {
        let Some(position) = &self.position else { return };
        let place = Some((position.file, position.offset));
        acts.extend([Act::Forget, Act::Tell(Notice::Unread(position.path.clone(), place, flaw))]);
        self.cut_short = true;
        self.look(Phase::Choosing, acts);
    }

    /// The listing is there: which name has the packed file that is to be sent?
    pub(super) fn renamed(&mut self, acts: &mut Vec<Act>) {
        let Some(position) = &mut self.position else { return };
        match position.held_by.and_then(|file| self.listing.path_of(file)) {
            Some(path) => {
                position.path.clone_from(&path);
                acts.push(Act::Send(Request::CopyCompressed { path, from: self.next }));
                self.phase = Phase::Copying(false);
            }
            None => self.break_off(Flaw::Deleted, acts),
        }
    }
}
