//! `--since`: starting at the first line of a time, in the live file or in a rotated one.

use jiff::Timestamp;

use crate::agent::file::{Modified, Sibling};
use crate::agent::protocol::Request;
use crate::options::Backlog;
use crate::tail::bisect::{Bisect, NextRead};
use crate::tail::follower::Follower;
use crate::tail::follower::effect::{Effect, Notice};
use crate::tail::follower::phase::Phase;
use crate::tail::follower::seek::Seek;
use crate::tail::position::Position;

impl Follower {
    /// The live file, or a rotated one, is open: search in it.
    pub(super) fn seek(&mut self, wanted: Timestamp, file: Sibling, live: bool, effects: &mut Vec<Effect>) {
        let mut bisect = Bisect::new(wanted, file.size);
        let next = bisect.first_read();
        self.follow_bisect(Seek { bisect, wanted, file, live, found: 0 }, &next, effects);
    }

    /// A part of the file is there.
    pub(super) fn on_peeked(&mut self, mut seek: Seek, bytes: &[u8], effects: &mut Vec<Effect>) {
        let next = match &mut self.reader {
            Some(reader) => seek.bisect.on_bytes(bytes, reader),
            None => NextRead::Found(0),
        };
        self.follow_bisect(seek, &next, effects);
    }

    /// Does what the search wants done.
    fn follow_bisect(&mut self, mut seek: Seek, next: &NextRead, effects: &mut Vec<Effect>) {
        match *next {
            NextRead::Read { from, count } => {
                effects.push(Effect::Send(Request::Peek { from, count }));
                self.phase = Phase::Seeking(Box::new(seek));
            }
            // No line of the live file is earlier, so what was before it may be wanted too. A file may begin
            // with lines that tell no time: they go on with the last line of the file before.
            NextRead::Found(at) if seek.live && !seek.bisect.has_earlier() && !self.is_alone() => {
                seek.found = at;
                self.list(Phase::ListingByTime(Box::new(seek)), effects);
            }
            NextRead::Found(at) => self.begin_at(&seek, at, effects),
        }
    }

    /// Whether the older files of the log are none of this stream's.
    const fn is_alone(&self) -> bool {
        matches!(self.backlog, Backlog::SinceHere(_))
    }

    /// Reads from the place that was found: what stands there is new, or tells its time. Of a file that was written
    /// to since then, and in which no line tells its time, it cannot be found.
    fn begin_at(&mut self, seek: &Seek, at: u64, effects: &mut Vec<Effect>) {
        let is_undated = !seek.bisect.has_earlier() && !seek.bisect.has_later();
        if is_undated && seek.file.size > 0 && seek.file.modified >= Modified::of(seek.wanted) {
            if !self.follow {
                return effects.push(Effect::Undated);
            }
            effects.push(Effect::Report(Notice::Undated { bytes: seek.file.size }));
        }
        effects.push(Effect::Fresh);
        if seek.live {
            self.start(&seek.file, at, effects);
        } else {
            self.place_at(&seek.file, at, effects);
            effects.push(Effect::Send(Request::Copy { from: at }));
            self.phase = Phase::Copying { live: false };
        }
    }

    /// The listing is there: begin with the oldest file that was written to at or after the instant.
    pub(super) fn on_listed_by_time(&mut self, seek: Seek, effects: &mut Vec<Effect>) {
        self.report_hidden(seek.path(), effects);
        let wanted = Modified::of(seek.wanted);
        let files = self.listing.unreadable_since(wanted, &seek.file);
        self.report_unreadable(files, effects);
        match self.listing.oldest_since(wanted, &seek.file) {
            None => {
                if self.open == Some(seek.file.id) {
                    self.begin_at(&seek, seek.found, effects);
                } else {
                    self.open_live(seek, effects);
                }
            }
            Some(older) if older.is_packed() => {
                self.passed.push(older.id);
                self.place_at(&older, 0, effects);
                effects.push(Effect::Send(Request::CopyCompressed { path: older.path, from: 0 }));
                self.phase = Phase::Copying { live: false };
            }
            Some(older) => {
                effects.push(Effect::Send(Request::Open { path: older.path.clone() }));
                self.phase = Phase::OpeningByTime(Box::new(Seek { file: older, live: false, ..seek }));
            }
        }
    }

    /// A file is open, if it is still the one that was listed.
    pub(super) fn on_opened_by_time(&mut self, seek: Seek, file: Sibling, effects: &mut Vec<Effect>) {
        self.open = Some(file.id);
        match (seek.live, file.id == seek.file.id) {
            (true, true) => self.begin_at(&Seek { file, ..seek }, seek.found, effects),
            (false, true) => self.seek(seek.wanted, file, false, effects),
            (true, false) => self.seek(seek.wanted, file, true, effects),
            (false, false) => self.open_live(seek, effects),
        }
    }

    /// The rotated file is gone, packed or deleted: begin anew with the live one.
    pub(super) fn open_live(&mut self, seek: Seek, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send(Request::Open { path: self.path.clone() }));
        self.phase = Phase::OpeningByTime(Box::new(Seek { live: true, ..seek }));
    }

    /// Reading begins in that file, at that place.
    pub(super) fn place_at(&mut self, file: &Sibling, from: u64, effects: &mut Vec<Effect>) {
        effects.push(Effect::Report(Notice::Started { file: file.id, offset: from }));
        self.position = Some(Position::new(file.id, from, file.path.clone(), file.modified));
        self.next = from;
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
    use crate::tail::follower::effect::Effect;
    use crate::tail::follower::start::Start;

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
        let mut follower = Follower::new(path(""), Start::new(Backlog::Since(wanted)), false);
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
            let mut effects = Vec::new();
            follower.on(record, &mut effects);
            effects
                .into_iter()
                .find_map(|effect| if let Effect::Send(command) = effect { Some(command) } else { None })
        });
        let list = || Some(Request::ListSeries { prefix: path("").0 });
        let open = |name| Some(Request::Open { path: path(name) });
        assert_eq!(
            asked,
            [open(""), list(), None, open(".1"), open(""), list(), Some(Request::Copy { from: 0 })]
        );
    }
}
