//! What may not be read: reported once, with the reason, and passed over or waited for.

use crate::agent::file::Sibling;
use crate::agent::hidden::Hidden;
use crate::agent::protocol::Request;
use crate::batch::FileId;
use crate::failure::Refusal;
use crate::options::Backlog;
use crate::tail::follower::act::{Act, Notice};
use crate::tail::follower::{Follower, Phase, Search};

/// What was reported as unreadable, and is not reported again by the next conversation.
#[derive(Debug, Default)]
pub struct Reported {
    /// Why the log cannot be read.
    absent: Option<Refusal>,
    /// Files that were passed over.
    files: Vec<FileId>,
    /// What could not be examined.
    pub(super) hidden: Vec<Hidden>,
}

impl Reported {
    /// The log is being followed: what is rotated from now on in a directory that cannot be listed is a new loss.
    pub(super) fn forget_directories(&mut self) {
        self.hidden.retain(|hidden| matches!(hidden, Hidden::File(_)));
    }
}

impl Follower {
    /// What was asked for cannot be opened.
    pub(super) fn on_refused(&mut self, refusal: Refusal, acts: &mut Vec<Act>) {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Opening | Phase::Measuring(_) | Phase::Seeking(_) => self.refused(refusal, acts),
            Phase::Turning(seek) if seek.is_live() => self.refused(refusal, acts),
            Phase::Turning(seek) => {
                self.note(seek.id(), refusal);
                self.turn_back(*seek, acts);
            }
            Phase::Copying(true) => self.wait(refusal, acts),
            Phase::Copying(false) if self.is_in_packed() => self.missed(refusal, acts),
            Phase::Draining(next) => self.give_up_rest(next, acts),
            Phase::Entering(next) | Phase::Comparing(next) | Phase::Weighing(next) => {
                self.note(next.id, refusal);
                self.look(Phase::Choosing, acts);
            }
            Phase::Trying(why, candidate, rest) => {
                self.note(candidate.id, refusal);
                self.uncompared |= refusal == Refusal::Denied;
                self.attempt(why, rest, acts);
            }
            Phase::Skipping => {
                acts.push(Act::Pass);
                self.look(Phase::Choosing, acts);
            }
            Phase::Copying(false) | Phase::Checking => self.look(Phase::Choosing, acts),
            phase => acts.push(Act::Break(format!("{refusal:?} while {phase:?}"))),
        }
    }

    /// The log cannot be opened for the first time.
    pub(super) fn refused(&mut self, refusal: Refusal, acts: &mut Vec<Act>) {
        if !self.follow || !(refusal.is_missing() || refusal == Refusal::Denied) {
            return acts.push(Act::Refuse(refusal));
        }
        self.tell_absent(refusal, acts);
        if refusal.is_missing() {
            // All that will be in it is new.
            self.backlog = Backlog::FromLine(1);
            acts.push(Act::Fresh);
        }
        self.phase = Phase::Waiting;
    }

    /// True while the log's own path has no file that can be read.
    pub const fn is_waiting(&self) -> bool {
        self.reported.absent.is_some()
    }

    /// Reports why the log cannot be read, once per reason.
    pub(super) fn tell_absent(&mut self, refusal: Refusal, acts: &mut Vec<Act>) {
        if self.reported.absent.replace(refusal) != Some(refusal) {
            acts.push(Act::Tell(Notice::Absent(refusal)));
        }
    }

    /// Reports once that the log can be read again.
    pub(super) fn tell_appeared(&mut self, acts: &mut Vec<Act>) {
        if self.reported.absent.take().is_some() {
            acts.push(Act::Tell(Notice::Appeared));
        }
    }

    /// There is nothing to read until the log can be opened.
    pub(super) fn wait(&mut self, refusal: Refusal, acts: &mut Vec<Act>) {
        if !self.follow {
            return acts.push(Act::Refuse(refusal));
        }
        self.tell_absent(refusal, acts);
        self.caught_up(acts);
        acts.push(Act::Send(Request::AwaitLog));
        self.phase = Phase::Waiting;
    }

    /// That file could not be opened: neither this listing nor the next one offers it again.
    pub(super) fn note(&mut self, file: FileId, refusal: Refusal) {
        if refusal != Refusal::Denied {
            return;
        }
        let listed = self.listing.siblings.iter_mut().chain(&mut self.listing.live);
        listed.filter(|listed| listed.id == file).for_each(|listed| listed.readable = false);
        if !self.refused.contains(&file) {
            self.refused.push(file);
        }
    }

    /// Reports each of these files once.
    pub(super) fn report_unreadable(&mut self, files: Vec<Sibling>, acts: &mut Vec<Act>) {
        let reported = &mut self.reported.files;
        reported.retain(|file| files.iter().any(|listed| listed.id == *file));
        for file in files {
            if !reported.contains(&file.id) {
                reported.push(file.id);
                acts.push(Act::Tell(Notice::Unreadable(file.path, file.size)));
            }
        }
    }

    /// Reports what comes after the place and cannot be read.
    pub(super) fn report_skipped(&mut self, acts: &mut Vec<Act>) {
        if let Some(position) = &self.position {
            let files = self.listing.unreadable_after(position, &self.passed);
            self.report_unreadable(files, acts);
        }
    }

    /// The rest of the file cannot be read any more: go on with that file.
    pub(super) fn give_up_rest(&mut self, next: Sibling, acts: &mut Vec<Act>) {
        if let Some(position) = &self.position {
            acts.push(Act::Tell(Notice::Gap(position.file, position.offset, None, NOT_READABLE)));
        }
        self.cut_short = true;
        acts.push(Act::Flush);
        self.enter(next, acts);
    }

    /// Reports what stands beyond the place in a file that could not be opened again, when the log goes on in a file of
    /// that size.
    pub(super) fn give_up_barred(&mut self, next: u64, acts: &mut Vec<Act>) {
        let Some(position) = self.position.as_ref().filter(|_| self.barred) else { return };
        let own = position.held_by.and_then(|file| self.listing.get(file));
        let lost = own.and_then(|own| own.size.checked_sub(position.offset));
        self.barred = false;
        match lost {
            // Once there is something in the next file, nothing more comes to this one.
            Some(0) if next > 0 => return,
            lost => {
                let lost = lost.filter(|lost| *lost > 0);
                acts.push(Act::Tell(Notice::Gap(position.file, position.offset, lost, NOT_READABLE)));
            }
        }
        self.cut_short = true;
    }

    /// True if the file that could not be opened again can be by now.
    pub(super) fn is_open_again(&self) -> bool {
        let own = self.position.as_ref().filter(|_| self.barred).and_then(|position| position.held_by);
        own.and_then(|file| self.listing.get(file)).is_some_and(|own| own.readable)
    }

    /// No file that can be read holds the place. True: the one that it was in is still there, and may not be read.
    pub(super) fn is_barred(&mut self, why: Search, acts: &mut Vec<Act>) -> bool {
        let Some(position) = &mut self.position else { return false };
        let own = self.listing.get(position.file).filter(|own| !own.readable).cloned();
        let Some(own) = own else {
            // Where the directory may not be entered nobody knows what is in it.
            let is_hidden = self.listing.live.is_none() && self.listing.absent == Some(Refusal::Denied);
            if is_hidden {
                self.wait(Refusal::Denied, acts);
                self.phase = Phase::Barred(why);
            }
            return is_hidden;
        };
        if why == Search::Cut {
            return false;
        }
        if self.listing.live.as_ref().is_some_and(|live| live.id == own.id) {
            self.wait(Refusal::Denied, acts);
            self.phase = Phase::Barred(why);
            return true;
        }
        (position.held_by, position.modified, position.path) = (Some(own.id), own.modified, own.path);
        self.barred = true;
        acts.push(Act::Forget);
        self.look(Phase::Choosing, acts);
        true
    }
}

/// Why the rest of a file is lost.
const NOT_READABLE: &str = "the file may not be read any more";
