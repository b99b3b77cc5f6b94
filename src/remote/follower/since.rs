//! Beginning with the lines of a time: in the live file, or in the rotated one where they stand.

use jiff::Timestamp;

use crate::remote::bisect::{Bisect, Next};
use crate::remote::follower::act::{Act, Notice};
use crate::remote::follower::{Follower, Phase};
use crate::remote::position::{Modified, Position, Sibling};
use crate::remote::script::Command;

impl Follower {
    /// The live file, or a rotated one, is open: search in it.
    pub(super) fn seek(&mut self, wanted: Timestamp, file: Sibling, live: bool, acts: &mut Vec<Act>) {
        let mut bisect = Bisect::new(wanted, file.size);
        let next = bisect.begin();
        self.seek_on(Seek { bisect, wanted, file, live }, &next, acts);
    }

    /// A part of the file is there.
    pub(super) fn peeked(&mut self, mut seek: Seek, bytes: &[u8], acts: &mut Vec<Act>) {
        let next = match &mut self.reader {
            Some(reader) => seek.bisect.see(bytes, reader),
            None => Next::Found(0),
        };
        self.seek_on(seek, &next, acts);
    }

    /// Does what the search wants done.
    fn seek_on(&mut self, seek: Seek, next: &Next, acts: &mut Vec<Act>) {
        match *next {
            Next::Look(from, count) => {
                acts.push(Act::Send(Command::Peek(from, count)));
                self.phase = Phase::Seeking(Box::new(seek));
            }
            // Everything in the live file is wanted, and what was before it may be.
            Next::Found(0) if seek.live => self.look(Phase::Dating(Box::new(seek)), acts),
            Next::Found(at) if seek.live => self.start(seek.file, at, acts),
            Next::Found(at) => {
                self.place_at(&seek.file, at, acts);
                acts.push(Act::Send(Command::Copy(at)));
                self.phase = Phase::Copying(false);
            }
        }
    }

    /// The listing is there: begin with the oldest file that was written to at or after the instant.
    pub(super) fn dated(&mut self, seek: Seek, acts: &mut Vec<Act>) {
        let wanted = Modified(seek.wanted.as_second(), seek.wanted.subsec_nanosecond().unsigned_abs());
        match self.listing.oldest_since(wanted, &seek.file) {
            None => {
                if self.open == Some(seek.file.id) {
                    self.start(seek.file, 0, acts);
                } else {
                    acts.push(Act::Send(Command::Open(self.path.clone())));
                    self.phase = Phase::Turning(Box::new(Seek { live: true, ..seek }));
                }
            }
            Some(older) if older.is_packed() => {
                self.passed.push(older.id);
                self.place_at(&older, 0, acts);
                acts.push(Act::Send(Command::CopyPacked(older.path, 0)));
                self.phase = Phase::Copying(false);
            }
            Some(older) => {
                acts.push(Act::Send(Command::Open(older.path.clone())));
                self.phase = Phase::Turning(Box::new(Seek { file: older, live: false, ..seek }));
            }
        }
    }

    /// A rotated file is open, if it is still the one that was listed.
    pub(super) fn turned(&mut self, seek: Seek, file: Sibling, acts: &mut Vec<Act>) {
        self.open = Some(file.id);
        if file.id != seek.file.id {
            return self.look(Phase::Dating(Box::new(seek)), acts);
        }
        if seek.live { self.start(file, 0, acts) } else { self.seek(seek.wanted, file, false, acts) }
    }

    /// Reading begins in that file, at that place.
    fn place_at(&mut self, file: &Sibling, from: u64, acts: &mut Vec<Act>) {
        acts.push(Act::Tell(Notice::Started(file.id, from)));
        self.position = Some(Position::new(file.id, from, file.path.clone(), file.modified));
        self.next = from;
    }
}

/// The search for the beginning.
#[derive(Debug)]
pub(super) struct Seek {
    /// The search in the file.
    bisect: Bisect,
    /// The instant.
    wanted: Timestamp,
    /// The file.
    file: Sibling,
    /// It is the live one.
    live: bool,
}
