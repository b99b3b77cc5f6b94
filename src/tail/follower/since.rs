//! Beginning with the lines of a time: in the live file, or in the rotated one where they stand.

use jiff::Timestamp;

use crate::agent::file::{Modified, Sibling};
use crate::agent::protocol::Request;
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::options::Backlog;
use crate::tail::bisect::{Bisect, Next};
use crate::tail::follower::act::{Act, Notice};
use crate::tail::follower::{Follower, Phase};
use crate::tail::position::Position;

impl Follower {
    /// The live file, or a rotated one, is open: search in it.
    pub(super) fn seek(&mut self, wanted: Timestamp, file: Sibling, live: bool, acts: &mut Vec<Act>) {
        let mut bisect = Bisect::new(wanted, file.size);
        let next = bisect.begin();
        self.seek_on(Seek { bisect, wanted, file, live, found: 0 }, &next, acts);
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
    fn seek_on(&mut self, mut seek: Seek, next: &Next, acts: &mut Vec<Act>) {
        match *next {
            Next::Look(from, count) => {
                acts.push(Act::Send(Request::Peek { from, count }));
                self.phase = Phase::Seeking(Box::new(seek));
            }
            // No line of the live file is earlier, so what was before it may be wanted too. A file may begin
            // with lines that tell no time: they go on with the last line of the file before.
            Next::Found(at) if seek.live && !seek.bisect.has_earlier() && !self.is_alone() => {
                seek.found = at;
                self.look(Phase::Dating(Box::new(seek)), acts);
            }
            Next::Found(at) => self.begin_at(&seek, at, acts),
        }
    }

    /// Whether the older files of the log are none of this stream's.
    const fn is_alone(&self) -> bool {
        matches!(self.backlog, Backlog::SinceHere(_))
    }

    /// Reads from the place that was found: what stands there is new, or tells its time. Of a file that was written
    /// to since then, and in which no line tells its time, it cannot be found.
    fn begin_at(&mut self, seek: &Seek, at: u64, acts: &mut Vec<Act>) {
        let is_undated = !seek.bisect.has_earlier() && !seek.bisect.has_later();
        if is_undated && seek.file.size > 0 && seek.file.modified >= Modified::of(seek.wanted) {
            if !self.follow {
                return acts.push(Act::Undated);
            }
            acts.push(Act::Tell(Notice::Undated(seek.file.size)));
        }
        acts.push(Act::Fresh);
        if seek.live {
            self.start(&seek.file, at, acts);
        } else {
            self.place_at(&seek.file, at, acts);
            acts.push(Act::Send(Request::Copy { from: at }));
            self.phase = Phase::Copying(false);
        }
    }

    /// The listing is there: begin with the oldest file that was written to at or after the instant.
    pub(super) fn dated(&mut self, seek: Seek, acts: &mut Vec<Act>) {
        self.tell_hidden(seek.path(), acts);
        let wanted = Modified::of(seek.wanted);
        let files = self.listing.unreadable_since(wanted, &seek.file);
        self.report_unreadable(files, acts);
        match self.listing.oldest_since(wanted, &seek.file) {
            None => {
                if self.open == Some(seek.file.id) {
                    self.begin_at(&seek, seek.found, acts);
                } else {
                    self.turn_back(seek, acts);
                }
            }
            Some(older) if older.is_packed() => {
                self.passed.push(older.id);
                self.place_at(&older, 0, acts);
                acts.push(Act::Send(Request::CopyCompressed { path: older.path, from: 0 }));
                self.phase = Phase::Copying(false);
            }
            Some(older) => {
                acts.push(Act::Send(Request::Open { path: older.path.clone() }));
                self.phase = Phase::Turning(Box::new(Seek { file: older, live: false, ..seek }));
            }
        }
    }

    /// A file is open, if it is still the one that was listed.
    pub(super) fn turned(&mut self, seek: Seek, file: Sibling, acts: &mut Vec<Act>) {
        self.open = Some(file.id);
        match (seek.live, file.id == seek.file.id) {
            (true, true) => self.begin_at(&Seek { file, ..seek }, seek.found, acts),
            (false, true) => self.seek(seek.wanted, file, false, acts),
            (true, false) => self.seek(seek.wanted, file, true, acts),
            (false, false) => self.turn_back(seek, acts),
        }
    }

    /// The rotated file is gone, packed or deleted: begin anew with the live one.
    pub(super) fn turn_back(&mut self, seek: Seek, acts: &mut Vec<Act>) {
        acts.push(Act::Send(Request::Open { path: self.path.clone() }));
        self.phase = Phase::Turning(Box::new(Seek { live: true, ..seek }));
    }

    /// Reading begins in that file, at that place.
    pub(super) fn place_at(&mut self, file: &Sibling, from: u64, acts: &mut Vec<Act>) {
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
    /// Where the lines begin that are wanted of the live one.
    found: u64,
}

impl Seek {
    /// Where the file is.
    pub(super) const fn path(&self) -> &RemotePath {
        &self.file.path
    }

    /// Which file it is.
    pub(super) const fn id(&self) -> FileId {
        self.file.id
    }

    /// Whether the live file is searched.
    pub(super) const fn is_live(&self) -> bool {
        self.live
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use crate::agent::file::{Modified, Sibling};
    use crate::agent::protocol::{Reply, Request};
    use crate::batch::FileId;
    use crate::cluster::target::RemotePath;
    use crate::failure::Refusal;
    use crate::line::reader::Reader;
    use crate::line::time::ClockContext;
    use crate::options::Backlog;
    use crate::tail::follower::Follower;
    use crate::tail::follower::act::Act;

    #[test]
    fn a_rotated_file_that_is_deleted_just_then_leaves_the_live_one() {
        let path = |name: &str| RemotePath(format!("/logs/x.out{name}").into_bytes());
        let file = |inode, name: &str, modified| Sibling {
            id: FileId { device: 1, inode },
            size: 0,
            modified: Modified(modified, 0),
            path: path(name),
            readable: true,
        };
        let wanted = Timestamp::from_second(100).unwrap();
        let mut follower = Follower::new(path(""), Backlog::Since(wanted), false, None);
        follower.read_times_with(Reader::new(ClockContext { zone: TimeZone::UTC, reference: wanted }));
        let rotated = Sibling { size: 9, ..file(2, ".1", 150) };
        let asked = [
            Reply::Serving { tail: b"/bin/tail".to_vec() },
            Reply::Opened(file(1, "", 200)),
            Reply::File(rotated),
            Reply::Listed,
            Reply::Refused(Refusal::Missing),
            Reply::Opened(file(1, "", 200)),
            Reply::Listed,
        ]
        .map(|record| {
            let mut acts = Vec::new();
            follower.on(record, &mut acts);
            acts.into_iter().find_map(|act| if let Act::Send(command) = act { Some(command) } else { None })
        });
        let list = || Some(Request::ListSeries { prefix: path("").0 });
        let open = |name| Some(Request::Open { path: path(name) });
        assert_eq!(
            asked,
            [open(""), list(), None, open(".1"), open(""), list(), Some(Request::Copy { from: 0 })]
        );
    }
}
