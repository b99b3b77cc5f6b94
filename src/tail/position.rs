//! Pure: how far a log has been read, and which file of its rotation series comes next.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::agent::file::{Modified, Sibling, Sum};
use crate::agent::hidden::Hidden;
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;
use crate::series::{is_later_name, is_of_series, stem, unpacked_name};

/// How many of the last delivered bytes are kept to recognise the place again.
pub const RECENT: usize = 1024;

/// How many files that were given up are remembered.
const GIVEN_UP: usize = 16;

/// Each is opened and summed, and a directory may have thousands.
const CANDIDATES: usize = 200;

/// Fewer bytes than this prove nothing about a file that has another inode.
const TELLING: usize = 16;

/// What the CVM says about the files around a log.
#[derive(Clone, Debug, Default)]
pub struct SeriesListing {
    /// The file at the log's own path, if there is one.
    pub live: Option<Sibling>,
    /// Why there is none.
    pub absent: Option<Refusal>,
    /// The file that is open could not be opened again.
    pub is_open_closed: bool,
    /// The files whose path begins with the series' stem; the live one may be among them.
    pub siblings: Vec<Sibling>,
    /// What could not be examined.
    pub hidden: Vec<Hidden>,
}

impl SeriesListing {
    /// Where that file is, if it still has a name in the series. The log's own path, which may be a link, is none.
    pub fn path_of(&self, file: FileId) -> Option<RemotePath> {
        self.siblings.iter().find(|sibling| sibling.id == file).map(|sibling| sibling.path.clone())
    }

    /// True if the file is packed by its name, and the file it is made of is still there: it is not complete.
    fn is_being_packed(&self, file: &Sibling) -> bool {
        file.is_packed() && self.siblings.iter().any(|s| s.path.0 == unpacked_name(&file.path.0))
    }

    /// The file with that identity, if it has a name in the series.
    pub fn get(&self, file: FileId) -> Option<&Sibling> {
        self.siblings.iter().chain(&self.live).find(|sibling| sibling.id == file)
    }

    /// What could not be examined and may be of the series of `path`.
    pub fn hidden_of(&self, path: &RemotePath) -> impl Iterator<Item = &Hidden> {
        let stem = stem(path);
        self.hidden.iter().filter(move |hidden| match hidden {
            Hidden::Directory(_) => true,
            Hidden::File(path) => is_of_series(stem, path),
        })
    }

    /// The files of the series of `live` that were written to at or after `since`, itself apart.
    fn since<'a>(&'a self, since: Modified, live: &'a Sibling) -> impl Iterator<Item = &'a Sibling> {
        let stem = stem(&live.path);
        let others = self.siblings.iter().filter(|s| s.id != live.id && s.size > 0);
        others.filter(move |s| s.modified >= since && is_of_series(stem, &s.path) && !self.is_being_packed(s))
    }

    /// The oldest of these files that can be read.
    pub fn oldest_since(&self, since: Modified, live: &Sibling) -> Option<Sibling> {
        self.since(since, live).filter(|s| s.readable).min_by(|a, b| by_age(a, b)).cloned()
    }

    /// Those of these files that cannot be read.
    pub fn unreadable_since(&self, since: Modified, live: &Sibling) -> Vec<Sibling> {
        self.since(since, live).filter(|s| !s.readable).cloned().collect()
    }

    /// The files of the series between that place's and the live one, in no order: younger, and not empty.
    fn between<'a>(
        &'a self,
        position: &'a Position,
        passed: &'a [FileId],
    ) -> impl Iterator<Item = &'a Sibling> {
        let live = self.live.as_ref().map(|live| live.id);
        let stem = stem(&position.path);
        let own_name = position.held_by.and_then(|file| self.path_of(file));
        // Nothing comes after the file that still is the log, whatever was written to later: that is a copy of it.
        let siblings =
            if live.is_some() && live == position.held_by { &[] } else { self.siblings.as_slice() };
        siblings
            .iter()
            .filter(move |s| Some(s.id) != position.held_by && Some(s.id) != live && !passed.contains(&s.id))
            .filter(move |s| s.size > 0 && is_of_series(stem, &s.path) && !self.is_being_packed(s))
            .filter(|s| !position.given_up.contains(&s.id))
            .filter(move |s| match s.modified.cmp(&position.modified) {
                Ordering::Less => false,
                Ordering::Greater => true,
                Ordering::Equal => own_name.as_ref().is_some_and(|own| is_later_name(&s.path, own)),
            })
    }

    /// The file that comes after that place's: the oldest of the series that is younger, not empty and can be
    /// read, else the live one once something is in it. `None`: nothing is there yet. `passed`: files that are
    /// known not to come after it.
    ///
    /// A file that is empty is no successor: after logrotate's `create` a writer may go on for a while
    /// in the old file, and what it writes there comes first.
    pub fn successor_of(&self, position: &Position, passed: &[FileId]) -> Option<Sibling> {
        let between = self.between(position, passed).filter(|s| s.readable).min_by(|a, b| by_age(a, b));
        let live = self.live.as_ref();
        let live = live.filter(|l| Some(l.id) != position.held_by && l.size > 0 && l.readable);
        between.or(live).cloned()
    }

    /// The files between that place's and the live one that cannot be read.
    pub fn unreadable_after(&self, position: &Position, passed: &[FileId]) -> Vec<Sibling> {
        self.between(position, passed).filter(|s| !s.readable).cloned().collect()
    }

    /// Why the log's own path has no file that can be read; `None`: it has one, or it is the file of that place.
    pub fn refusal(&self, position: &Position) -> Option<Refusal> {
        match &self.live {
            None => Some(self.absent.unwrap_or(Refusal::Missing)),
            Some(live) => (!live.readable && Some(live.id) != position.held_by).then_some(Refusal::Denied),
        }
    }
}

/// The older file first; where the times do not tell, the names do.
fn by_age(a: &Sibling, b: &Sibling) -> Ordering {
    let by_name = || if is_later_name(&a.path, &b.path) { Ordering::Greater } else { Ordering::Less };
    a.modified.cmp(&b.modified).then_with(by_name)
}

/// How far a log has been read: everything before it was handed on, nothing after it.
#[derive(Clone, Debug)]
pub struct Position {
    /// The file being read, by the name that its lines are given.
    pub file: FileId,
    /// The file that holds the place now: another one if it was packed meanwhile, whose inode number may be
    /// a third one's by now. `None`: no file that is known.
    pub held_by: Option<FileId>,
    /// The first byte of it that was not handed on.
    pub offset: u64,
    /// Where the file was when it was last seen.
    pub path: RemotePath,
    /// When it had last been written to when that was last asked.
    pub modified: Modified,
    /// Files that were given up, as not all could be examined: should they be seen again, they do not come next.
    given_up: Vec<FileId>,
    /// The bytes before `offset`, at most [`RECENT`].
    recent: Vec<u8>,
    /// The end of the file before this one, kept until something of this one was handed on: a file of
    /// which nothing is known but its inode is no anchor.
    before: Option<Box<Position>>,
    /// An earlier place in the file, up to which it was found to be the one that was read. A file that is cut and
    /// outgrows its old place before anybody looks is betrayed by it alone.
    witness: Option<Box<Position>>,
}

impl Position {
    /// The place `offset` in a file of which nothing was read yet.
    pub fn new(file: FileId, offset: u64, path: RemotePath, modified: Modified) -> Self {
        let (recent, before, witness) = (Vec::new(), None, None);
        let given_up = Vec::new();
        Self { file, held_by: Some(file), offset, path, modified, given_up, recent, before, witness }
    }

    /// Moves to the beginning of the series' next file.
    pub fn enter(&mut self, next: &Sibling) {
        let anchor = if self.recent.is_empty() { self.before.take() } else { None };
        let mut entered = Self::new(next.id, 0, next.path.clone(), next.modified);
        entered.given_up.clone_from(&self.given_up);
        let left = std::mem::replace(self, entered);
        self.before = Some(anchor.unwrap_or_else(|| Box::new(left)));
    }

    /// Moves to the beginning of a file, and gives up the one before for ever.
    pub fn give_up(&mut self, next: &Sibling) {
        let mut entered = Self::new(next.id, 0, next.path.clone(), next.modified);
        entered.given_up = self.given_up.iter().rev().take(GIVEN_UP - 1).rev().copied().collect();
        entered.given_up.extend((self.file != next.id).then_some(self.file));
        *self = entered;
    }

    /// Takes note of bytes handed on.
    pub fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        if bytes.len() >= RECENT {
            self.recent.clear();
            self.recent.extend_from_slice(&bytes[bytes.len() - RECENT..]);
        } else {
            let surplus = (self.recent.len() + bytes.len()).saturating_sub(RECENT);
            self.recent.drain(..surplus);
            self.recent.extend_from_slice(bytes);
        }
        if !bytes.is_empty() {
            self.before = None;
            if self.witness.is_none() {
                self.trust();
            }
        }
    }

    /// The file was found to be the one that was read.
    pub fn trust(&mut self) {
        self.witness = None;
        self.witness = (!self.recent.is_empty()).then(|| Box::new(self.clone()));
    }

    /// The bytes before `offset` are not all of the file as it is now: nothing is recognised by them.
    pub fn doubt(&mut self) {
        self.recent.clear();
        self.witness = None;
    }

    /// The earlier place up to which the file was found to be the one that was read.
    pub fn witness(&self) -> Option<&Self> {
        self.witness.as_deref()
    }

    /// The place to look for after an interruption.
    pub fn anchor(self) -> Self {
        match self.before {
            Some(before) => *before,
            None => self,
        }
    }

    /// How many bytes before `offset` can be compared.
    pub fn known(&self) -> u64 {
        self.recent.len() as u64
    }

    /// True if the file of which this is the checksum before `offset` is the one that was read.
    pub fn is_here(&self, sum: Sum) -> bool {
        let long_enough = sum.size.is_none_or(|size| size >= self.offset);
        long_enough && sum.count == self.known() && sum.checksum == cksum(&self.recent)
    }

    /// The files that may hold the place, the likeliest first: the same inode, then by content alone, and of those
    /// the ones first that were written to since.
    pub fn candidates(&self, listing: &SeriesListing) -> Vec<Sibling> {
        let all = || listing.live.iter().chain(&listing.siblings);
        let (mut found, mut known) = (Vec::new(), HashSet::new());
        let mut offer = |sibling: &Sibling| {
            if known.insert((sibling.id.device, sibling.id.inode)) {
                found.push(sibling.clone());
            }
        };
        all().filter(|s| s.id == self.file && s.size >= self.offset && !s.is_packed()).for_each(&mut offer);
        if self.recent.len() >= TELLING {
            all().filter(|s| s.size >= self.offset && !s.is_packed()).for_each(&mut offer);
            all().filter(|s| s.is_packed()).for_each(&mut offer);
        }
        // Compressing keeps whole seconds.
        found.sort_by_key(|s: &Sibling| (s.id != self.file || s.is_packed(), s.modified.0 < self.modified.0));
        found.truncate(CANDIDATES);
        found
    }
}

/// The checksum that POSIX `cksum` prints: CRC-32 with the polynomial of Ethernet, most significant bit
/// first, the length appended.
pub fn cksum(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x04c1_1db7;
    let step = |crc: u32, byte: u8| {
        (0..8).fold(crc ^ (u32::from(byte) << 24), |crc, _| {
            if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ POLYNOMIAL }
        })
    };
    let mut crc = bytes.iter().fold(0, |crc, &byte| step(crc, byte));
    let length = bytes.len().to_le_bytes();
    let digits = length.iter().rposition(|&digit| digit != 0).map_or(0, |last| last + 1);
    crc = length[..digits].iter().fold(crc, |crc, &digit| step(crc, digit));
    !crc
}

#[cfg(test)]
mod tests;
