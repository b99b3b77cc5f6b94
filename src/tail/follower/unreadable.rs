//! What may not be read: reported once, with the reason, and skipped or waited for.

use crate::agent::file::Sibling;
use crate::agent::protocol::Request;
use crate::batch::FileId;
use crate::failure::Refusal;
use crate::options::Backlog;
use crate::tail::follower::Follower;
use crate::tail::follower::effect::{Effect, LossCause, Notice};
use crate::tail::follower::phase::{Phase, SearchReason};

impl Follower {
    /// What was asked for cannot be opened.
    pub(super) fn on_refused(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Opening | Phase::Measuring(_) | Phase::Seeking(_) => self.on_log_refused(refusal, effects),
            Phase::OpeningByTime(seek) if seek.is_live() => self.on_log_refused(refusal, effects),
            Phase::OpeningByTime(seek) => {
                self.mark_unreadable(seek.id(), refusal);
                self.open_live(*seek, effects);
            }
            Phase::Copying { live: true } => self.wait(refusal, effects),
            Phase::Copying { live: false } if self.is_in_compressed() => {
                self.on_compressed_missing(refusal, effects);
            }
            Phase::Draining(next) => self.give_up_rest(next, effects),
            Phase::Entering(next) | Phase::Comparing(next) | Phase::ComparingCompressed(next) => {
                self.mark_unreadable(next.id, refusal);
                self.list(Phase::Choosing, effects);
            }
            Phase::Trying { reason, candidate, rest } => {
                self.mark_unreadable(candidate.id, refusal);
                self.uncompared |= refusal == Refusal::Denied;
                self.try_next(reason, rest, effects);
            }
            Phase::Skipping => {
                effects.push(Effect::StopDiscarding);
                self.list(Phase::Choosing, effects);
            }
            Phase::Copying { live: false } | Phase::Checking => self.list(Phase::Choosing, effects),
            phase => effects.push(Effect::Break(format!("{refusal:?} while {phase:?}"))),
        }
    }

    /// The log cannot be opened for the first time.
    pub(super) fn on_log_refused(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) {
        if !self.follow || !(refusal.is_missing() || refusal == Refusal::Denied) {
            return effects.push(Effect::Refuse(refusal));
        }
        self.report_absent(refusal, effects);
        if refusal.is_missing() {
            // All that will be in it is new.
            self.backlog = Backlog::FromLine(1);
            effects.push(Effect::Fresh);
        }
        self.phase = Phase::Waiting;
    }

    /// True while the log's own path has no file that can be read.
    pub const fn is_waiting(&self) -> bool {
        self.reported.absent.is_some()
    }

    /// Reports reason the log cannot be read, once per reason.
    pub(super) fn report_absent(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) {
        if self.reported.absent.replace(refusal) != Some(refusal) {
            effects.push(Effect::Report(Notice::Absent(refusal)));
        }
    }

    /// Reports once that the log can be read again.
    pub(super) fn report_appeared(&mut self, effects: &mut Vec<Effect>) {
        if self.reported.absent.take().is_some() {
            effects.push(Effect::Report(Notice::Appeared));
        }
    }

    /// There is nothing to read until the log can be opened.
    pub(super) fn wait(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) {
        if !self.follow {
            return effects.push(Effect::Refuse(refusal));
        }
        self.report_absent(refusal, effects);
        self.report_caught_up(effects);
        effects.push(Effect::Send(Request::AwaitLog));
        self.phase = Phase::Waiting;
    }

    /// That file could not be opened: neither this listing nor the next one offers it again.
    pub(super) fn mark_unreadable(&mut self, file: FileId, refusal: Refusal) {
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
    pub(super) fn report_unreadable(&mut self, files: Vec<Sibling>, effects: &mut Vec<Effect>) {
        let reported = &mut self.reported.files;
        reported.retain(|file| files.iter().any(|listed| listed.id == *file));
        for file in files {
            if !reported.contains(&file.id) {
                reported.push(file.id);
                effects.push(Effect::Report(Notice::Unreadable { path: file.path, bytes: file.size }));
            }
        }
    }

    /// Reports what comes after the place and cannot be read.
    pub(super) fn report_skipped(&mut self, effects: &mut Vec<Effect>) {
        if let Some(position) = &self.position {
            let files = self.listing.unreadable_after(position, &self.passed);
            self.report_unreadable(files, effects);
        }
    }

    /// The rest of the file cannot be read any more: go on with that file.
    pub(super) fn give_up_rest(&mut self, next: Sibling, effects: &mut Vec<Effect>) {
        if let Some(position) = &self.position {
            effects.push(Effect::Report(Notice::Gap {
                file: position.file,
                offset: position.offset,
                bytes: None,
                cause: LossCause::PermissionLost,
            }));
        }
        self.cut_short = true;
        effects.push(Effect::Flush);
        self.enter(next, effects);
    }

    /// Reports what stands beyond the place in a file that could not be opened again, when the log goes on in a file of
    /// that size.
    pub(super) fn give_up_denied(&mut self, next: u64, effects: &mut Vec<Effect>) {
        let Some(position) = self.position.as_ref().filter(|_| self.is_denied) else { return };
        let own = position.held_by.and_then(|file| self.listing.get(file));
        let lost = own.and_then(|own| own.size.checked_sub(position.offset));
        self.is_denied = false;
        match lost {
            // Once there is something in the next file, nothing more comes to this one.
            Some(0) if next > 0 => return,
            lost => {
                let lost = lost.filter(|lost| *lost > 0);
                effects.push(Effect::Report(Notice::Gap {
                    file: position.file,
                    offset: position.offset,
                    bytes: lost,
                    cause: LossCause::PermissionLost,
                }));
            }
        }
        self.cut_short = true;
    }

    /// True if the file that could not be opened again can be by now.
    pub(super) fn is_open_again(&self) -> bool {
        let own = self.position.as_ref().filter(|_| self.is_denied).and_then(|position| position.held_by);
        own.and_then(|file| self.listing.get(file)).is_some_and(|own| own.readable)
    }

    /// No file that can be read holds the place. True: the one that it was in is still there, and may not be read.
    pub(super) fn await_permission(&mut self, reason: SearchReason, effects: &mut Vec<Effect>) -> bool {
        let Some(position) = &mut self.position else { return false };
        let own = self.listing.get(position.file).filter(|own| !own.readable).cloned();
        let Some(own) = own else {
            // Where the directory may not be entered nobody knows what is in it.
            let is_hidden = self.listing.live.is_none() && self.listing.absent == Some(Refusal::Denied);
            if is_hidden {
                self.wait(Refusal::Denied, effects);
                self.phase = Phase::Denied(reason);
            }
            return is_hidden;
        };
        if reason == SearchReason::Truncated {
            return false;
        }
        if self.listing.live.as_ref().is_some_and(|live| live.id == own.id) {
            self.wait(Refusal::Denied, effects);
            self.phase = Phase::Denied(reason);
            return true;
        }
        (position.held_by, position.modified, position.path) = (Some(own.id), own.modified, own.path);
        self.is_denied = true;
        effects.push(Effect::Forget);
        self.list(Phase::Choosing, effects);
        true
    }
}
