//! Reading a file from a place on, to its end and beyond.

use crate::agent::file::Sibling;
use crate::agent::protocol::Request;
use crate::options::Backlog;
use crate::tail::follower::act::{Act, Notice};
use crate::tail::follower::{Follower, MISSES, Phase, SMALL};

impl Follower {
    /// The log is open for the first time.
    pub(super) fn first_opened(&mut self, file: Sibling, acts: &mut Vec<Act>) {
        self.open = Some(file.id);
        self.tell_appeared(acts);
        match self.backlog {
            Backlog::Lines(0) => {
                let size = file.size;
                self.start(&file, size, acts);
            }
            Backlog::FromLine(0 | 1) => self.start(&file, 0, acts),
            Backlog::Lines(count) => {
                acts.push(Act::Send(Request::FindLast { count }));
                self.phase = Phase::Measuring(file);
            }
            Backlog::FromLine(line) => {
                acts.push(Act::Send(Request::FindFrom { line }));
                self.phase = Phase::Measuring(file);
            }
            Backlog::Since(wanted) | Backlog::SinceHere(wanted) => self.seek(wanted, file, true, acts),
        }
    }

    /// The log is open and the beginning is known.
    pub(super) fn start(&mut self, file: &Sibling, from: u64, acts: &mut Vec<Act>) {
        self.place_at(file, from, acts);
        self.read_on(file.size, acts);
    }

    /// Reads the open file, which is the live one and at least so long, from `next` on.
    pub(super) fn read_on(&mut self, size: u64, acts: &mut Vec<Act>) {
        // What is read from its beginning has nothing to be recognised by: its end tells whether it was cut.
        let known = self.next > 0 || size == 0;
        let left = size.saturating_sub(self.next);
        // After an interruption `cat` reads what was missed: it tells when that is complete, `tail` does not.
        let missed = self.behind && left > 0;
        if self.follow && known && left <= SMALL && !missed {
            self.follow(acts);
        } else {
            self.copying = (self.next, size);
            acts.push(Act::Send(Request::Copy { from: self.next }));
            self.phase = Phase::Copying(true);
        }
    }

    /// Starts `tail` on the open file.
    pub(super) fn follow(&mut self, acts: &mut Vec<Act>) {
        let by_path = self.position.as_ref().filter(|_| self.misses < MISSES).map(|p| p.path.clone());
        acts.extend([Act::Hold, Act::Send(Request::Follow { from: self.next, path: by_path })]);
        self.phase = Phase::Verifying;
    }

    /// A file was sent to its end.
    pub(super) fn copied(&mut self, live: bool, at: Option<u64>, acts: &mut Vec<Act>) {
        if !self.is_in_step(at, acts) {
            return;
        }
        let (from, least) = self.copying;
        let cut = live && at.is_some_and(|at| at < least);
        if cut && self.follow && from > 0 && self.next == from {
            return self.check(acts);
        }
        if let (true, Some(position)) = (cut, &self.position) {
            let cause = "it was cut before that was read";
            acts.push(Act::Tell(Notice::Gap(position.file, from, None, cause)));
        }
        match (live, self.follow) {
            (true, true) => self.follow(acts),
            (true, false) => {
                self.caught_up(acts);
                acts.extend([Act::Flush, Act::Finish]);
                self.phase = Phase::Done;
            }
            (false, _) => self.look(Phase::Choosing, acts),
        }
    }

    /// Compares the place the script says with our own count.
    pub(super) fn is_in_step(&mut self, at: Option<u64>, acts: &mut Vec<Act>) -> bool {
        let in_step = at.is_none_or(|at| at == self.next);
        if !in_step {
            acts.push(Act::Break(format!("the CVM sent up to byte {at:?}, received up to {}", self.next)));
        }
        in_step
    }
}
