//! Pure: the state machine of one conversation about one log, from the first open to the end.
//!
//! It has no I/O: replies go in, [`Effect`]s come out, and bytes of the log are only counted ([`Follower::received`],
//! [`Follower::delivered`]). So "never lost, never twice" is tested against a model of a file system (`model.rs`).
//!
//! The states are those of [`Phase`]; the events are the replies of the agent. "list" asks for a listing of the rotation
//! series, "read on" goes to `Copying` (live) or `Verifying`, "enter" to `Entering`, `Comparing`, `ComparingCompressed` or
//! `Copying` (compressed), "search" to `Searching`, "try" to `Trying`, `Searching`, `Denied` or, given up, to enter or
//! `Waiting`, "wait" to `Waiting` (without `-f` it ends), and "end" to `Done`.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Starting` | `Here` | `Opening`; with a position: search |
//! | `Opening` | `Opened` | read on, `Measuring` (`-n`) or `Seeking` (`--since`) |
//! | `Measuring` | `Backlog` | read on |
//! | `Seeking` | `Peeked` | `Seeking`, `ListingByTime`, or found: read on, `Copying` |
//! | `ListingByTime` | `Listed` | found: read on; `OpeningByTime`; `Copying` (compressed) |
//! | `OpeningByTime` | `Opened` | `Seeking`; found: read on; replaced: `OpeningByTime` |
//! | `Copying` (live) | `End` | `Verifying`; truncated: `Checking`; without `-f`: end |
//! | `Copying` (rotated) | `End` | `Choosing` |
//! | `Verifying` | `Following` | `Following` |
//! | `Verifying` | `Halted` | `Choosing` |
//! | `Following` | `Moved`, `Appeared` | `Relisting` |
//! | `Following` | `Halted` | `Choosing` |
//! | `Relisting` | `Listed` | `Following`; with a successor: `Stopping` |
//! | `Relisting` | `Halted` | `Choosing` |
//! | `Choosing` | `Listed` | `Draining`, enter, `Checking`, `Verifying`, try, wait, end |
//! | `Stopping` | `Halted` | `Draining` |
//! | `Draining` | `End` | enter |
//! | `Entering` | `Opened` | `Confirming`; replaced: `Choosing` |
//! | `Confirming` | `Listed` | `Copying`; no longer next: `Skipping` |
//! | `Skipping` | `End` | `Choosing` |
//! | `Relocating` | `Listed` | `Copying` (compressed); gone: `Choosing` |
//! | `ComparingCompressed` | `Sum` | the same content: `Choosing`; else `Copying` (compressed) |
//! | `Comparing` | `Opened` | `Comparing`; replaced: `Choosing` |
//! | `Comparing` | `Sum` | the same content: `Choosing`; else `Entering` |
//! | `Verifying`, `Following`, `Relisting` | a message of `tail` | `Suspecting` |
//! | `Suspecting` | `Halted` | `Checking` |
//! | `Checking` | `Sum` | the same content: `Verifying`; else search |
//! | `Searching` | `Listed` | try |
//! | `Trying` | `Opened` | `Trying`; replaced: try |
//! | `Trying` | `Sum` | the place: read on, `Copying`; else try |
//! | `Waiting` | `Appeared` | `Opening`; with a position: `Choosing` |
//! | `Waiting` | `Moved` | with a position: `Choosing` |
//! | `Denied` | `Moved`, `Appeared` | search |
//! | any that opens or reads | `Refused`, `Unread` | see `unreadable.rs`, `unread.rs` |
//! | any | `Moved`, `Appeared`, `Halted` elsewhere | the same: the pending reply settles it |
//! | any | any other reply | the conversation is broken off ([`Effect::Break`]) |

pub mod effect;
#[cfg(test)]
mod model;
mod phase;
mod reading;
pub mod reported;
mod rotation;
mod search;
mod seek;
mod since;
pub mod start;
mod unread;
mod unreadable;

use crate::agent::protocol::{Reply, Request};
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::line::reader::Reader;
use crate::options::Backlog;
use crate::series::stem;
use crate::tail::follower::effect::{Effect, LossCause, Notice};
use crate::tail::follower::phase::{Phase, SearchReason};
use crate::tail::follower::reported::Reported;
use crate::tail::follower::start::Start;
use crate::tail::position::{Position, SeriesListing};

/// The most that is left to `tail` alone; `cat` reads a longer rest first, as it is faster.
const SMALL: u64 = 64 * 1024;

/// How often `tail` may find another file at the path before it gets the descriptor instead, with which it cannot fail but
/// has to poll.
const MISSES: u32 = 3;

/// What is known of a log during one conversation, and across conversations its position.
#[expect(clippy::struct_excessive_bools, reason = "each is set and cleared independently")]
#[derive(Debug)]
pub struct Follower {
    path: RemotePath,
    backlog: Backlog,
    /// Continue at the end of the log.
    follow: bool,
    phase: Phase,
    /// Up to where lines were delivered; `None` until the first file is open.
    position: Option<Position>,
    /// The next byte of the current file that the agent will send.
    next: u64,
    /// Where copying of the live file started, and the least length of the file at that time.
    copying: (u64, u64),
    /// The file that the agent has open.
    open: Option<FileId>,
    /// Parses the times of lines, for `--since`.
    reader: Option<Reader>,
    /// The listing being received.
    listing: SeriesListing,
    /// Files known to be older than the position: compressed ones, and copies.
    passed: Vec<FileId>,
    /// The position was not in the first listing; the second one decides.
    searched: bool,
    /// The position is given up: the next file that is entered starts afresh.
    new_place: bool,
    /// Why bytes are lost, until that is reported.
    lost: Option<LossCause>,
    /// A checksum is pending that shows whether the file is still the one that was read.
    is_verifying: bool,
    /// The file being read was deleted, and no copy of it was found.
    deleted: bool,
    /// What was written during an interruption is still being read.
    behind: bool,
    reported: Reported,
    /// Files that could not be opened, though they were listed as readable.
    refused: Vec<FileId>,
    /// How often in a row `tail` was started on the wrong file.
    misses: u32,
    /// How often in a row a compressed file had been renamed when it was to be read.
    renames: u32,
    /// A file that may contain the position could not be compared.
    uncompared: bool,
    /// The file with the position could not be opened again: nothing after the position was read.
    is_denied: bool,
    /// The current file was not read to its end.
    cut_short: bool,
}

impl Follower {
    /// A conversation about the log at `path`.
    pub fn new(path: RemotePath, start: Start, follow: bool) -> Self {
        let Start { backlog, position, reported } = start;
        Self {
            path,
            backlog,
            follow,
            phase: Phase::Starting,
            deleted: false,
            behind: position.is_some(),
            next: position.as_ref().map_or(0, |p| p.offset),
            position: position.map(Position::anchor),
            copying: (0, 0),
            open: None,
            reader: None,
            listing: SeriesListing::default(),
            passed: Vec::new(),
            searched: false,
            new_place: false,
            lost: None,
            is_verifying: false,
            reported,
            refused: Vec::new(),
            misses: 0,
            renames: 0,
            uncompared: false,
            is_denied: false,
            cut_short: false,
        }
    }

    /// Up to where lines were delivered.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Sets what parses the times of lines.
    pub fn read_times_with(&mut self, reader: Reader) {
        self.reader = Some(reader);
    }

    /// What the next conversation starts with.
    pub fn into_start(self) -> Start {
        Start { backlog: self.backlog, position: self.position, reported: self.reported }
    }

    /// Counts bytes of the log that came from the agent and were not discarded.
    pub fn received(&mut self, count: usize) {
        self.next += count as u64;
    }

    /// Uncounts bytes that turned out to be from another file.
    pub fn rejected(&mut self, count: usize) {
        self.next -= count as u64;
    }

    /// Advances the position over bytes that were delivered.
    pub fn delivered(&mut self, bytes: &[u8]) {
        if let Some(position) = &mut self.position {
            position.advance(bytes);
        }
    }

    /// A message of `tail` arrived among the bytes of the log.
    pub fn on_message(&mut self, text: &[u8], effects: &mut Vec<Effect>) {
        let harmless = memchr::memmem::find(text, b"polling").is_some()
            || memchr::memmem::find(text, b"unrecognized file system").is_some();
        if harmless {
            return;
        }
        match self.phase {
            Phase::Following | Phase::Relisting => {}
            Phase::Verifying => effects.push(Effect::Reject),
            // It is being stopped anyway, and its output is not relied on.
            _ => return,
        }
        effects.extend([Effect::Discard, Effect::Send(Request::StopTail)]);
        self.phase = Phase::Suspecting;
    }

    /// A reply of the agent arrived.
    pub fn on(&mut self, record: Reply, effects: &mut Vec<Effect>) {
        match record {
            Reply::Broken(why) => effects.push(Effect::Fail(why)),
            Reply::Sum(sum) if std::mem::take(&mut self.is_verifying) => self.on_verification(sum, effects),
            // A file that cannot be compared is not known to be another one.
            Reply::Refused(_) | Reply::Unread(_) if std::mem::take(&mut self.is_verifying) => {}
            Reply::Refused(refusal) => self.on_refused(refusal, effects),
            Reply::Unread(flaw) => self.on_unread(flaw, effects),
            record => {
                if let Some(answer) = self.add_to_listing(record) {
                    self.on_answer(answer, effects);
                }
            }
        }
    }

    /// Adds a reply to the listing; returns any reply that is not part of one.
    fn add_to_listing(&mut self, record: Reply) -> Option<Reply> {
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

    /// A reply arrived that ends what was asked, or that nobody asked for.
    fn on_answer(&mut self, record: Reply, effects: &mut Vec<Effect>) {
        match &record {
            // It may be readable now.
            Reply::Moved | Reply::Appeared => self.refused.clear(),
            Reply::Opened(file) => self.refused.retain(|refused| *refused != file.id),
            _ => {}
        }
        match (std::mem::replace(&mut self.phase, Phase::Done), record) {
            (Phase::Starting, Reply::Serving { .. }) => self.begin(effects),
            (Phase::Opening, Reply::Opened(file)) => self.on_log_opened(file, effects),
            (Phase::Measuring(file), Reply::Backlog(from)) => self.start(&file, from, effects),
            (Phase::Seeking(seek), Reply::Peeked(bytes)) => self.on_peeked(*seek, &bytes, effects),
            (Phase::ListingByTime(seek), Reply::Listed) => self.on_listed_by_time(*seek, effects),
            (Phase::OpeningByTime(seek), Reply::Opened(file)) => {
                self.on_opened_by_time(*seek, file, effects);
            }
            (Phase::Copying { live }, Reply::End(at)) => self.on_end(live, at, effects),
            (Phase::Verifying, Reply::Following) => {
                self.misses = 0;
                self.reported.forget_directories();
                effects.push(Effect::Accept);
                self.report_caught_up(effects);
                if self.is_waiting() {
                    effects.push(Effect::Send(Request::AwaitLog));
                }
                self.phase = Phase::Following;
            }
            (Phase::Verifying, Reply::Halted) => {
                self.misses += 1;
                effects.push(Effect::Reject);
                self.list(Phase::Choosing, effects);
            }
            (Phase::Following, Reply::Moved | Reply::Appeared) => self.list(Phase::Relisting, effects),
            (Phase::Relisting, Reply::Halted) => self.phase = Phase::Choosing,
            (Phase::Relisting, Reply::Listed) => self.on_relisted(effects),
            (Phase::Choosing, Reply::Listed) => self.on_listed(effects),
            (Phase::Stopping(next), Reply::Halted) => self.drain(next, effects),
            (Phase::Draining(next), Reply::End(at)) => {
                if self.is_in_sync(at, effects) {
                    effects.push(Effect::Flush);
                    self.enter(next, effects);
                }
            }
            (Phase::Relocating, Reply::Listed) => self.on_relocated(effects),
            (Phase::ComparingCompressed(packed), Reply::Sum(sum)) => {
                self.on_compressed_checksum(&packed, sum, effects);
            }
            (Phase::Comparing(next), Reply::Opened(file)) => self.on_copy_opened(next, &file, effects),
            (Phase::Comparing(next), Reply::Sum(sum)) => self.on_copy_checksum(next, sum, effects),
            (Phase::Entering(next), Reply::Opened(file)) => self.on_next_opened(next, file, effects),
            (Phase::Confirming { listed: next, opened: file }, Reply::Listed) => {
                self.on_next_listed(&next, &file, effects);
            }
            (Phase::Skipping, Reply::End(_)) => {
                effects.push(Effect::StopDiscarding);
                self.list(Phase::Choosing, effects);
            }
            (Phase::Following, Reply::Halted) => self.list(Phase::Choosing, effects),
            // Its output is discarded by now.
            (Phase::Suspecting, Reply::Following | Reply::Listed) => self.phase = Phase::Suspecting,
            (Phase::Suspecting, Reply::Halted) => self.check(effects),
            (Phase::Checking, Reply::Sum(sum)) => self.on_checksum(sum, effects),
            (Phase::Searching(reason), Reply::Listed) => self.on_candidates_listed(reason, effects),
            (Phase::Trying { reason, candidate, rest }, Reply::Opened(file)) => {
                self.on_candidate_opened(reason, candidate, rest, &file, effects);
            }
            (Phase::Trying { reason, candidate, rest }, Reply::Sum(sum)) => {
                if self.is_at_place(sum) {
                    self.resume_in(candidate, effects);
                } else {
                    self.try_next(reason, rest, effects);
                }
            }
            (Phase::Waiting, Reply::Appeared) => {
                if self.position.is_none() {
                    effects.push(Effect::Send(Request::Open { path: self.path.clone() }));
                    self.phase = Phase::Opening;
                } else {
                    self.list(Phase::Choosing, effects);
                }
            }
            (Phase::Waiting, Reply::Moved) if self.position.is_some() => self.list(Phase::Choosing, effects),
            (Phase::Denied(reason), Reply::Moved | Reply::Appeared) => {
                self.list(Phase::Searching(reason), effects);
            }
            // It crossed with a request, whose reply settles it.
            (phase, Reply::Moved | Reply::Appeared | Reply::Halted) => self.phase = phase,
            (phase, record) => {
                effects.push(Effect::Break(format!("{record:?} while {phase:?}")));
            }
        }
    }

    /// The agent runs: opens the log, or searches for the position of the previous conversation.
    fn begin(&mut self, effects: &mut Vec<Effect>) {
        if self.position.is_some() {
            self.list(Phase::Searching(SearchReason::Interrupted), effects);
        } else {
            effects.push(Effect::Send(Request::Open { path: self.path.clone() }));
            self.phase = Phase::Opening;
        }
    }

    /// Requests a listing of the series, to be awaited in `phase`.
    fn list(&mut self, phase: Phase, effects: &mut Vec<Effect>) {
        let path = match &phase {
            // The log may be a link: older files are named after its target.
            Phase::ListingByTime(seek) => seek.path(),
            _ => self.position.as_ref().map_or(&self.path, |p| &p.path),
        };
        self.listing = SeriesListing::default();
        effects.push(Effect::Send(Request::ListSeries { prefix: stem(path).to_vec() }));
        self.phase = phase;
    }

    /// Reports once that everything written during an interruption has been read.
    fn report_caught_up(&mut self, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.behind) {
            effects.push(Effect::Report(Notice::CaughtUp));
        }
    }
}
