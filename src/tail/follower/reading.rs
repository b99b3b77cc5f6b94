//! Reading a file from an offset to its end, and following it.

use crate::agent::file::Sibling;
use crate::agent::protocol::Request;
use crate::options::Backlog;
use crate::tail::follower::effect::{Effect, LossCause, Notice};
use crate::tail::follower::phase::Phase;
use crate::tail::follower::{Follower, MISSES, SMALL};

impl Follower {
    /// The log is open for the first time.
    pub(super) fn on_log_opened(&mut self, file: Sibling, effects: &mut Vec<Effect>) {
        self.open = Some(file.id);
        self.report_appeared(effects);
        match self.backlog {
            Backlog::Lines(0) => {
                let size = file.size;
                self.start(&file, size, effects);
            }
            Backlog::FromLine(0 | 1) => self.start(&file, 0, effects),
            Backlog::Lines(count) => {
                effects.push(Effect::Send(Request::FindLast { count }));
                self.phase = Phase::Measuring(file);
            }
            Backlog::FromLine(line) => {
                effects.push(Effect::Send(Request::FindFrom { line }));
                self.phase = Phase::Measuring(file);
            }
            Backlog::Since(wanted) | Backlog::SinceHere(wanted) => self.seek(wanted, file, true, effects),
        }
    }

    /// The log is open and the beginning is known.
    pub(super) fn start(&mut self, file: &Sibling, from: u64, effects: &mut Vec<Effect>) {
        self.place_at(file, from, effects);
        self.read_on(file.size, effects);
    }

    /// Reads the open file, which is the live one and at least so long, from `next` on.
    pub(super) fn read_on(&mut self, size: u64, effects: &mut Vec<Effect>) {
        // A file read from byte 0 cannot be recognized by content: its end shows whether it was truncated.
        let known = self.next > 0 || size == 0;
        let left = size.saturating_sub(self.next);
        // After an interruption `cat` reads what was missed, as it reports its end and `tail` does not.
        let missed = self.behind && left > 0;
        if self.follow && known && left <= SMALL && !missed {
            self.follow(effects);
        } else {
            self.copying = (self.next, size);
            effects.push(Effect::Send(Request::Copy { from: self.next }));
            self.phase = Phase::Copying { live: true };
        }
    }

    /// Starts `tail` on the open file.
    pub(super) fn follow(&mut self, effects: &mut Vec<Effect>) {
        let by_path = self.position.as_ref().filter(|_| self.misses < MISSES).map(|p| p.path.clone());
        effects
            .extend([Effect::Quarantine, Effect::Send(Request::Follow { from: self.next, path: by_path })]);
        self.phase = Phase::Verifying;
    }

    /// A file was sent to its end.
    pub(super) fn on_end(&mut self, live: bool, at: Option<u64>, effects: &mut Vec<Effect>) {
        if !self.is_in_sync(at, effects) {
            return;
        }
        let (from, least) = self.copying;
        let cut = live && at.is_some_and(|at| at < least);
        if cut && self.follow && from > 0 && self.next == from {
            return self.check(effects);
        }
        if let (true, Some(position)) = (cut, &self.position) {
            let cause = LossCause::TruncatedBeforeRead;
            effects.push(Effect::Report(Notice::Gap {
                file: position.file,
                offset: from,
                bytes: None,
                cause,
            }));
        }
        match (live, self.follow) {
            (true, true) => self.follow(effects),
            (true, false) => {
                self.report_caught_up(effects);
                effects.extend([Effect::Flush, Effect::Finish]);
                self.phase = Phase::Done;
            }
            (false, _) => self.list(Phase::Choosing, effects),
        }
    }

    /// Whether the offset that the agent reports is the one counted here.
    pub(super) fn is_in_sync(&mut self, at: Option<u64>, effects: &mut Vec<Effect>) -> bool {
        let in_step = at.is_none_or(|at| at == self.next);
        if !in_step {
            effects
                .push(Effect::Break(format!("the CVM sent up to byte {at:?}, received up to {}", self.next)));
        }
        in_step
    }
}
