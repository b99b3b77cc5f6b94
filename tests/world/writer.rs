//! A service that appends numbered lines to its log, and remembers each of them.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::time::SystemTime;

use jiff::Timestamp;

use super::layout::Layout;
use super::ledger::{Entry, Incarnation, Ledger, Shared, hash, token};
use super::seed::Seed;

/// A log of a CVM: where it is here, and what it is called there.
#[derive(Clone, Debug)]
pub struct Log {
    /// The CVM as `-c` takes it.
    pub cvm: String,
    /// The file's name in its folder.
    pub name: String,
    /// The file as a path of this machine.
    pub file: PathBuf,
    /// The file as a path of the CVM, for cvmtail.
    pub path: String,
}

impl Log {
    /// Replaces what the file holds by exactly these bytes, with no ledger.
    pub fn put(&self, bytes: impl AsRef<[u8]>) {
        fs::write(&self.file, bytes).expect("room in /tmp");
    }

    /// Lets it look as if it had been written to last at that time.
    pub fn date(&self, time: SystemTime) {
        let file = OpenOptions::new().write(true).open(&self.file).expect("the log");
        file.set_modified(time).expect("a time");
    }

    /// Appends exactly these bytes, with no ledger.
    pub fn push(&self, bytes: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.file).expect("the log");
        file.write_all(bytes.as_ref()).expect("room in /tmp");
    }
}

/// What the lines look like before their token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// `line of <id>`.
    Plain,
    /// Lines as the real service writes them, with the present time.
    Real(Layout),
    /// NUL, escapes, bad UTF-8, carriage returns, control records, tabs, nothing.
    Hostile,
    /// Padded to at least this many bytes.
    Wide(usize),
}

/// Bytes that have broken a follower, a terminal or a parser somewhere.
pub const HOSTILE: [&[u8]; 13] = [
    b"\0nul\0",
    b"\x1b[31mred\x1b]0;title\x07",
    b"\xff\xfe not utf-8 \xc3",
    b"carriage\rreturn",
    b"\x1eH 1:1 0 0",
    b"\x1e0123456789abcdef0123456789abcdef E 0",
    b"tabs\tand  spaces ",
    "right to left \u{202e} and é".as_bytes(),
    b"==> /home/nutanix/data/logs/genesis.out <==",
    b"tail: genesis.out: file truncated",
    b"{\"type\":\"line\"}",
    b"$(touch /tmp/owned) `id` ; | & ' \"",
    b"",
];

/// Writes one log, as one service.
#[derive(Debug)]
pub struct Writer {
    /// The log it writes.
    pub log: Log,
    /// What it wrote so far.
    pub ledger: Shared,
    /// What its lines look like.
    content: Content,
    /// Its lines carry tokens and stand in the ledger.
    numbered: bool,
    /// Where its chances come from.
    pub(super) seed: Seed,
    /// The open log.
    pub(super) file: File,
    /// The file behind the name: the log itself, or what a glog link points to.
    pub(super) current: PathBuf,
    /// The rotated files, oldest first.
    pub rotated: Vec<PathBuf>,
    /// A glog series: the log's name is a link.
    pub(super) glog: bool,
    /// After a late rotation: how many more lines go to the old file.
    pub(super) late: Option<usize>,
    /// The second of the last rotation, so that no two rotated files have one name.
    pub(super) stamp: i64,
    /// Bytes of a line begun and not ended.
    half: Option<(Vec<u8>, usize)>,
}

impl Writer {
    /// A service that writes `log` as a plain file; lines and rotations follow from `seed`.
    pub fn new(log: &Log, seed: u64) -> Self {
        Self::open(log, seed, false)
    }

    /// A service that writes `log` as glog does: a link to a file with host and time in its name.
    pub fn glog(log: &Log, seed: u64) -> Self {
        Self::open(log, seed, true)
    }

    /// Opens or creates the log.
    fn open(log: &Log, seed: u64, glog: bool) -> Self {
        let id = format!("{}/{}", log.cvm, log.name).replace(['@', '#', '['], "_").replace(']', "_");
        let (cvm, path) = (log.cvm.clone(), log.path.clone());
        let ledger = Shared::new(Ledger { id, cvm, path, ..Ledger::default() });
        let mut writer = Self {
            log: log.clone(),
            ledger,
            content: Content::Plain,
            numbered: true,
            seed: Seed::new(seed),
            file: File::open("/dev/null").expect("/dev/null"),
            current: log.file.clone(),
            rotated: Vec::new(),
            glog,
            late: None,
            stamp: 0,
            half: None,
        };
        if glog {
            writer.current = writer.glog_name();
            writer.point_link();
        }
        writer.reopen();
        writer
    }

    /// Writes lines of this kind.
    #[must_use]
    pub const fn content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }

    /// Writes lines in the layout that belongs to the log's name.
    #[must_use]
    pub fn real(self) -> Self {
        let layout = Layout::of(&self.log.name);
        self.content(Content::Real(layout))
    }

    /// Writes lines without tokens, tracebacks among them, and keeps no ledger: for people to look at.
    #[must_use]
    pub const fn unnumbered(mut self) -> Self {
        self.numbered = false;
        self
    }

    /// Opens the file that has the name now, created if need be, and begins an incarnation.
    pub(super) fn reopen(&mut self) {
        self.file = OpenOptions::new().append(true).create(true).open(&self.current).expect("the log");
        let _ = fs::set_permissions(&self.current, fs::Permissions::from_mode(0o644));
        self.late = None;
        self.begin();
    }

    /// Begins an incarnation with the open file.
    pub(super) fn begin(&mut self) {
        let meta = self.file.metadata().expect("an open file");
        let incarnation = Incarnation { device: meta.dev(), inode: meta.ino(), disturbed: false };
        self.ledger.open().files.push(incarnation);
    }

    /// Says that the bytes of the current incarnation will not stay where they are.
    pub(super) fn disturb(&self) {
        if let Some(file) = self.ledger.open().files.last_mut() {
            file.disturbed = true;
        }
    }

    /// The bytes of the next line, newline included.
    fn next_line(&mut self, number: u64) -> Vec<u8> {
        let id = self.ledger.open().id.clone();
        let mut line = match self.content {
            Content::Plain => format!("line of {id}").into_bytes(),
            Content::Real(layout) => layout.line(Timestamp::now(), &mut self.seed).into_bytes(),
            Content::Hostile => self.seed.pick(&HOSTILE).to_vec(),
            Content::Wide(width) => vec![b'w'; width],
        };
        if self.numbered {
            line.extend_from_slice(token(&id, number).as_bytes());
        } else if let Content::Real(layout) = self.content
            && self.seed.percent(2)
        {
            for more in layout.traceback() {
                line.push(b'\n');
                line.extend_from_slice(more.as_bytes());
            }
        }
        line.push(b'\n');
        line
    }

    /// Enters a line that begins at `offset` of the current file into the ledger.
    fn enter(&self, line: &[u8], offset: u64) {
        if !self.numbered {
            return;
        }
        let mut ledger = self.ledger.open();
        let file = u32::try_from(ledger.files.len() - 1).expect("few files");
        ledger.lines.push(Entry { hash: hash(&line[..line.len() - 1]), offset, file });
    }

    /// Where the open file ends now.
    fn end(&mut self) -> u64 {
        self.file.seek(SeekFrom::End(0)).expect("an open file")
    }

    /// Appends whole lines in one write; a line begun before is ended first.
    pub fn append(&mut self, lines: usize) {
        self.end_line();
        let mut left = lines;
        while left > 0 {
            // A late rotation moves the service to the new file between two lines.
            let now = self.late.map_or(left, |late| late.min(left)).min(10_000);
            self.append_here(now);
            left -= now;
            if let Some(late) = self.late.map(|late| late - now) {
                self.late = Some(late);
                if late == 0 {
                    self.reopen();
                }
            }
        }
    }

    /// Appends whole lines to the open file in one write.
    fn append_here(&mut self, lines: usize) {
        let mut offset = self.end();
        let first = self.ledger.count();
        let mut bytes = Vec::new();
        for number in first..first + lines as u64 {
            let line = self.next_line(number);
            // Entered before it is written: whoever reads it finds it in the ledger.
            self.enter(&line, offset);
            offset += line.len() as u64;
            bytes.extend_from_slice(&line);
        }
        self.file.write_all(&bytes).expect("room in /tmp");
    }

    /// Writes the first part of a line and leaves it so.
    pub fn begin_line(&mut self) {
        self.end_line();
        let (offset, number) = (self.end(), self.ledger.count());
        let line = self.next_line(number);
        let cut = 1 + self.seed.index(line.len() - 1);
        self.file.write_all(&line[..cut]).expect("room in /tmp");
        self.enter(&line, offset);
        self.half = Some((line, cut));
    }

    /// Writes the rest of a line begun before; without one, nothing.
    pub fn end_line(&mut self) {
        if let Some((line, cut)) = self.half.take() {
            self.file.write_all(&line[cut..]).expect("room in /tmp");
        }
    }
}
