//! Pure: the conversation with the script about one log, from the first open to the end.
//!
//! It has no I/O: records go in, [`Act`]s come out, and between them the bytes of the log are accounted
//! for by [`Follower::received`] and [`Follower::delivered`]. So the promise that nothing is lost and
//! nothing comes twice can be tested against a model of a file system.

pub mod act;
#[cfg(test)]
mod model;
mod reading;
mod refusal;
mod rotation;
mod search;
mod since;
mod unread;

use std::collections::VecDeque;

use crate::agent::file::Sibling;
use crate::agent::protocol::{Reply, Request};
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::line::reader::Reader;
use crate::options::Backlog;
use crate::series::stem;
use crate::tail::follower::act::{Act, Notice};
pub use crate::tail::follower::refusal::Reported;
use crate::tail::follower::search::Search;
use crate::tail::follower::since::Seek;
use crate::tail::position::{Listing, Position};

/// How much may be left to read for `tail` to do it alone; beyond, `cat` goes first, as it is faster.
const SMALL: u64 = 64 * 1024;

/// How often `tail` may find another file at the path before it is given the descriptor instead of a
/// path, by which it cannot go wrong but has to poll.
const MISSES: u32 = 3;

/// Where the conversation stands.
#[derive(Debug)]
enum Phase {
    /// The script was not heard yet.
    Greeting,
    /// The log is being opened for the first time.
    Opening,
    /// The beginning of the backlog was asked for.
    Measuring(Sibling),
    /// The beginning of a time is being searched for.
    Seeking(Box<Seek>),
    /// The file where a time begins is being chosen, a listing was asked for.
    Dating(Box<Seek>),
    /// The file where a time begins is being opened.
    Turning(Box<Seek>),
    /// A file is being sent to its end; true: it was the live one.
    Copying(bool),
    /// `tail` was started; is it on the right file?
    Verifying,
    /// `tail` runs.
    Following,
    /// `tail` runs, a listing was asked for.
    Looking,
    /// Nothing runs, the file was read to its end, a listing was asked for.
    Choosing,
    /// `tail` is being ended, to go on to that file.
    Leaving(Sibling),
    /// The rest of the file is being sent, to go on to that file.
    Draining(Sibling),
    /// That file is being opened, to go on with it if it still comes next.
    Entering(Sibling),
    /// That file (as listed, as opened) was opened; does it still come next?
    Confirming(Sibling, Sibling),
    /// A file that does not come next is being sent.
    Skipping,
    /// The packed file to be sent has another name by now, a listing was asked for.
    Renaming,
    /// Is that packed file the one that was just read?
    Weighing(Sibling),
    /// That file seems to come next, or is it a copy of the one that was just read?
    Comparing(Sibling),
    /// `tail` said something about the file and is being ended.
    Suspecting,
    /// Is the file still the one that was read?
    Checking,
    /// The place is being looked for, a listing was asked for.
    Finding(Search),
    /// A candidate is being opened, then summed; the others are still to be tried.
    Trying(Search, Sibling, VecDeque<Sibling>),
    /// There is nothing to read now; the script tells when there is.
    Waiting,
    /// The log holds the place and may not be read now; the script tells when it may.
    Barred(Search),
    /// Over.
    Done,
}

/// The client's end of one conversation.
#[expect(clippy::struct_excessive_bools, reason = "each is told or asked once, in any order")]
#[derive(Debug)]
pub struct Follower {
    /// The log.
    path: RemotePath,
    /// What to read of it first.
    backlog: Backlog,
    /// Go on at its end.
    follow: bool,
    /// Where the conversation stands.
    phase: Phase,
    /// How far lines were handed on; `None` until the first file is open.
    position: Option<Position>,
    /// The next byte of the current file that the script will send.
    next: u64,
    /// Where the copying of the live file began, and how long the file was then, at least.
    copying: (u64, u64),
    /// The file that is open on the CVM.
    open: Option<FileId>,
    /// Reads the times of lines, where that is needed.
    reader: Option<Reader>,
    /// The listing being received.
    listing: Listing,
    /// Files that are known to be older than the place: packed ones, and copies.
    passed: Vec<FileId>,
    /// A second listing did not show the place either.
    searched: bool,
    /// The place is given up: the next file that is entered is a new beginning.
    new_place: bool,
    /// Why bytes are lost, until it is told.
    lost: Option<&'static str>,
    /// It was asked whether the file is still the one that was read.
    asked: bool,
    /// The file being read was deleted, and no copy of it was met.
    deleted: bool,
    /// An interruption is being caught up.
    behind: bool,
    /// What was reported as unreadable.
    reported: Reported,
    /// Files that could not be opened, though they were listed as readable.
    refused: Vec<FileId>,
    /// How often in a row `tail` was started on the wrong file.
    misses: u32,
    /// How often in a row a packed file had another name when it was to be read.
    renames: u32,
    /// A file that may hold the place could not be compared.
    uncompared: bool,
    /// The file that holds the place could not be opened again: nothing beyond the place was read.
    barred: bool,
    /// The current file was not read to its end.
    cut_short: bool,
}

impl Follower {
    /// Begins a conversation about the log at `path`; `position`: where an earlier one stopped.
    pub fn new(path: RemotePath, backlog: Backlog, follow: bool, position: Option<Position>) -> Self {
        Self {
            path,
            backlog,
            follow,
            phase: Phase::Greeting,
            deleted: false,
            behind: position.is_some(),
            next: position.as_ref().map_or(0, |p| p.offset),
            position: position.map(Position::anchor),
            copying: (0, 0),
            open: None,
            reader: None,
            listing: Listing::default(),
            passed: Vec::new(),
            searched: false,
            new_place: false,
            lost: None,
            asked: false,
            reported: Reported::default(),
            refused: Vec::new(),
            misses: 0,
            renames: 0,
            uncompared: false,
            barred: false,
            cut_short: false,
        }
    }

    /// How far lines were handed on.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Times of lines are read by this from now on.
    pub fn read_times_with(&mut self, reader: Reader) {
        self.reader = Some(reader);
    }

    /// What an earlier conversation reported is not reported again.
    #[must_use]
    pub fn having(self, reported: Reported) -> Self {
        Self { reported, ..self }
    }

    /// What the next conversation begins with.
    pub fn into_start(self) -> (Backlog, Option<Position>, Reported) {
        (self.backlog, self.position, self.reported)
    }

    /// Counts bytes of the log that came from the script and were not discarded.
    pub fn received(&mut self, count: usize) {
        self.next += count as u64;
    }

    /// Takes back bytes that were counted and turned out to be of another file.
    pub fn rejected(&mut self, count: usize) {
        self.next -= count as u64;
    }

    /// Takes note of bytes handed on.
    pub fn delivered(&mut self, bytes: &[u8]) {
        if let Some(position) = &mut self.position {
            position.advance(bytes);
        }
    }

    /// `tail` said something that is not of the log.
    pub fn on_message(&mut self, text: &[u8], acts: &mut Vec<Act>) {
        let harmless = memchr::memmem::find(text, b"polling").is_some()
            || memchr::memmem::find(text, b"unrecognized file system").is_some();
        if harmless {
            return;
        }
        match self.phase {
            Phase::Following | Phase::Looking => {}
            Phase::Verifying => acts.push(Act::Reject),
            // It is being ended anyway, and what it sent is not relied on.
            _ => return,
        }
        acts.extend([Act::Discard, Act::Send(Request::StopTail)]);
        self.phase = Phase::Suspecting;
    }

    /// The script said something.
    pub fn on(&mut self, record: Reply, acts: &mut Vec<Act>) {
        match record {
            Reply::Broken(why) => acts.push(Act::Fail(why)),
            Reply::Sum(sum) if std::mem::take(&mut self.asked) => self.verified(sum, acts),
            // What cannot be compared is not known to be another file.
            Reply::Refused(_) | Reply::Unread(_) if std::mem::take(&mut self.asked) => {}
            Reply::Refused(refusal) => self.on_refused(refusal, acts),
            Reply::Unread(flaw) => self.on_unread(flaw, acts),
            record => {
                if let Some(answer) = self.list(record) {
                    self.on_answer(answer, acts);
                }
            }
        }
    }

    /// Adds to the listing; gives any other record back.
    fn list(&mut self, record: Reply) -> Option<Reply> {
        match record {
            Reply::Current { file, deleted } => {
                self.open = Some(file.id);
                self.listing.is_open_closed = !file.readable;
                if let Some(position) = self.position.as_mut().filter(|p| p.held_by == Some(file.id)) {
                    position.modified = file.modified;
                    self.deleted = deleted;
                }
            }
            Reply::Live(mut file) => {
                file.path.clone_from(&self.path);
                file.readable &= !self.refused.contains(&file.id);
                self.listing.live = Some(file);
            }
            Reply::Absent(refusal) => self.listing.absent = Some(refusal),
            Reply::File(mut file) => {
                file.readable &= !self.refused.contains(&file.id);
                self.listing.siblings.push(file);
            }
            Reply::Hidden(hidden) => self.listing.hidden.push(hidden),
            Reply::Relisted => {
                self.listing.siblings.clear();
                self.listing.hidden.clear();
            }
            answer => return Some(answer),
        }
        None
    }

    /// The script answered, or something happened there.
    fn on_answer(&mut self, record: Reply, acts: &mut Vec<Act>) {
        match &record {
            // Another try: it may be different now.
            Reply::Moved | Reply::Appeared => self.refused.clear(),
            Reply::Opened(file) => self.refused.retain(|refused| *refused != file.id),
            _ => {}
        }
        match (std::mem::replace(&mut self.phase, Phase::Done), record) {
            (Phase::Greeting, Reply::Serving { .. }) => self.begin(acts),
            (Phase::Opening, Reply::Opened(file)) => self.first_opened(file, acts),
            (Phase::Measuring(file), Reply::Backlog(from)) => self.start(&file, from, acts),
            (Phase::Seeking(seek), Reply::Peeked(bytes)) => self.peeked(*seek, &bytes, acts),
            (Phase::Dating(seek), Reply::Listed) => self.dated(*seek, acts),
            (Phase::Turning(seek), Reply::Opened(file)) => self.turned(*seek, file, acts),
            (Phase::Copying(live), Reply::End(at)) => self.copied(live, at, acts),
            (Phase::Verifying, Reply::Following) => {
                self.misses = 0;
                self.reported.forget_directories();
                acts.push(Act::Accept);
                self.caught_up(acts);
                if self.is_waiting() {
                    acts.push(Act::Send(Request::AwaitLog));
                }
                self.phase = Phase::Following;
            }
            (Phase::Verifying, Reply::Halted) => {
                self.misses += 1;
                acts.push(Act::Reject);
                self.look(Phase::Choosing, acts);
            }
            (Phase::Following, Reply::Moved | Reply::Appeared) => self.look(Phase::Looking, acts),
            (Phase::Looking, Reply::Halted) => self.phase = Phase::Choosing,
            (Phase::Looking, Reply::Listed) => self.looked(acts),
            (Phase::Choosing, Reply::Listed) => self.choose(acts),
            (Phase::Leaving(next), Reply::Halted) => self.drain(next, acts),
            (Phase::Draining(next), Reply::End(at)) => {
                if self.is_in_step(at, acts) {
                    acts.push(Act::Flush);
                    self.enter(next, acts);
                }
            }
            (Phase::Renaming, Reply::Listed) => self.renamed(acts),
            (Phase::Weighing(packed), Reply::Sum(sum)) => self.weighed(&packed, sum, acts),
            (Phase::Comparing(next), Reply::Opened(file)) => self.opened_copy(next, &file, acts),
            (Phase::Comparing(next), Reply::Sum(sum)) => self.compared(next, sum, acts),
            (Phase::Entering(next), Reply::Opened(file)) => self.opened_next(next, file, acts),
            (Phase::Confirming(next, file), Reply::Listed) => self.confirmed(&next, &file, acts),
            (Phase::Skipping, Reply::End(_)) => {
                acts.push(Act::Pass);
                self.look(Phase::Choosing, acts);
            }
            (Phase::Following, Reply::Halted) => self.look(Phase::Choosing, acts),
            // Whatever it was doing: what it sends counts no more.
            (Phase::Suspecting, Reply::Following | Reply::Listed) => self.phase = Phase::Suspecting,
            (Phase::Suspecting, Reply::Halted) => self.check(acts),
            (Phase::Checking, Reply::Sum(sum)) => self.checked(sum, acts),
            (Phase::Finding(why), Reply::Listed) => self.find(why, acts),
            (Phase::Trying(why, candidate, rest), Reply::Opened(file)) => {
                self.try_opened(why, candidate, rest, &file, acts);
            }
            (Phase::Trying(why, candidate, rest), Reply::Sum(sum)) => {
                if self.is_here(sum) {
                    self.found(candidate, acts);
                } else {
                    self.attempt(why, rest, acts);
                }
            }
            (Phase::Waiting, Reply::Appeared) => {
                if self.position.is_none() {
                    acts.push(Act::Send(Request::Open { path: self.path.clone() }));
                    self.phase = Phase::Opening;
                } else {
                    self.look(Phase::Choosing, acts);
                }
            }
            (Phase::Waiting, Reply::Moved) if self.position.is_some() => self.look(Phase::Choosing, acts),
            (Phase::Barred(why), Reply::Moved | Reply::Appeared) => self.look(Phase::Finding(why), acts),
            // A tick that crossed with a question: the answer settles it.
            (phase, Reply::Moved | Reply::Appeared | Reply::Halted) => self.phase = phase,
            (phase, record) => {
                acts.push(Act::Break(format!("{record:?} while {phase:?}")));
            }
        }
    }

    /// The script runs: open the log, or look for the place where an earlier conversation stopped.
    fn begin(&mut self, acts: &mut Vec<Act>) {
        if self.position.is_some() {
            self.look(Phase::Finding(Search::Interrupted), acts);
        } else {
            acts.push(Act::Send(Request::Open { path: self.path.clone() }));
            self.phase = Phase::Opening;
        }
    }

    /// Asks for a listing of the series, to go on with it in `phase`.
    fn look(&mut self, phase: Phase, acts: &mut Vec<Act>) {
        let path = match &phase {
            // The log may be a link: the older files are named as the one it leads to.
            Phase::Dating(seek) => seek.path(),
            _ => self.position.as_ref().map_or(&self.path, |p| &p.path),
        };
        self.listing = Listing::default();
        acts.push(Act::Send(Request::ListSeries { prefix: stem(path).to_vec() }));
        self.phase = phase;
    }

    /// Tells once that an interruption has been caught up.
    fn caught_up(&mut self, acts: &mut Vec<Act>) {
        if std::mem::take(&mut self.behind) {
            acts.push(Act::Tell(Notice::CaughtUp));
        }
    }
}
