//! The CVM of the model: a folder, a writer and the script.

use std::collections::VecDeque;

use crate::agent::file::{Modified, Sibling, Sum};
use crate::agent::hidden::Hidden;
use crate::agent::protocol::{Flaw, Reply, Request};
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;
use crate::tail::position::cksum;

pub(super) const LOG: &[u8] = b"/logs/genesis.out";

/// How the log is rotated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rotation {
    /// The file gets another name, the writer opens a new one.
    Rename,
    /// As `Rename`, with an empty new file at once, which the writer opens some writes later.
    Late,
    /// The log's path is a link, which gets a new target with a new name.
    Repoint,
    /// Copied, then cut.
    CopyTruncate,
    /// Cut.
    Empty,
    /// Copied, then deleted and created anew.
    CopyDelete,
    /// Deleted and created anew.
    Delete,
}

/// What the CVM cannot do for now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Ailment {
    /// It can do all.
    #[default]
    None,
    /// The directory cannot be listed.
    Unlistable,
    /// Only the live file can be examined and opened by its name.
    Hiding,
    /// Files cannot be summed.
    Sumless,
    /// Permissions come and go.
    Closing,
}

/// A file of the model.
pub(super) struct File {
    pub(super) inode: u64,
    pub(super) data: Vec<u8>,
    pub(super) modified: i64,
    /// `None`: deleted.
    pub(super) path: Option<Vec<u8>>,
    /// It may be opened.
    pub(super) readable: bool,
}

impl File {
    /// A file that may be opened.
    fn new(inode: u64, data: Vec<u8>, modified: i64, path: Vec<u8>) -> Self {
        Self { inode, data, modified, path: Some(path), readable: true }
    }
}

/// The CVM: a folder, a writer, and the script with its one descriptor and its one `tail`.
pub(super) struct Cvm {
    pub(super) rotation: Rotation,
    pub(super) files: Vec<File>,
    /// Which file the log's path leads to.
    pub(super) live: usize,
    /// Which file the writer has open.
    pub(super) writing: usize,
    pub(super) clock: i64,
    pub(super) lines: u32,
    /// The half of a line that was not written yet.
    pub(super) torn: Vec<u8>,
    pub(super) open: Option<usize>,
    /// The file `tail` reads and how far.
    pub(super) tail: Option<(usize, usize)>,
    /// Where the descriptor stands.
    pub(super) place: usize,
    pub(super) watched: bool,
    /// How often the script has looked in vain.
    pub(super) looks: u32,
    /// `tail` was killed, and the file has not been looked at since.
    pub(super) killed: bool,
    pub(super) ailment: Ailment,
    pub(super) questions: VecDeque<Request>,
    /// What is on the way to the client.
    pub(super) answers: VecDeque<Answer>,
}

pub(super) enum Answer {
    Bytes(Vec<u8>),
    Message,
    Reply(Reply),
}

impl Cvm {
    pub(super) fn new(rotation: Rotation) -> Self {
        let path = if rotation == Rotation::Repoint { name(1) } else { LOG.to_vec() };
        let first = File::new(1, Vec::new(), 0, path);
        Self {
            rotation,
            files: vec![first],
            live: 0,
            writing: 0,
            clock: 0,
            lines: 0,
            torn: Vec::new(),
            open: None,
            tail: None,
            place: 0,
            watched: false,
            looks: 0,
            killed: false,
            ailment: Ailment::None,
            questions: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }

    pub(super) fn write(&mut self, torn: bool) {
        self.clock += 1;
        let mut bytes = std::mem::take(&mut self.torn);
        if bytes.is_empty() {
            self.lines += 1;
            bytes = line(self.lines).into_bytes();
            if torn {
                self.torn = bytes.split_off(bytes.len() / 2);
            }
        }
        let file = &mut self.files[self.writing];
        file.data.extend_from_slice(&bytes);
        file.modified = self.clock;
    }

    pub(super) fn rotate(&mut self) {
        self.clock += 1;
        let inode = self.files.len() as u64 + 1;
        if self.rotation == Rotation::Empty && !self.torn.is_empty() {
            self.write(false);
        }
        if matches!(self.rotation, Rotation::CopyTruncate | Rotation::Empty) {
            // tail wakes on every change of the file and keeps up with it, however slow the client is: a cut
            // of what it has not seen, or one after which the file is longer than before, shows nowhere.
            self.tail_reads();
            let data = std::mem::take(&mut self.files[self.live].data);
            self.files[self.live].modified = self.clock;
            if self.rotation == Rotation::CopyTruncate {
                self.shift();
                self.files.push(File::new(inode, data, self.clock, [LOG, b".1"].concat()));
            }
            self.tail_reads();
            return;
        }
        if !self.torn.is_empty() {
            self.write(false);
        }
        if self.rotation == Rotation::CopyDelete {
            self.shift();
            let data = self.files[self.live].data.clone();
            self.files[self.live].path = None;
            self.files.push(File::new(inode, data, self.clock, [LOG, b".1"].concat()));
            self.clock += 1;
        }
        if self.rotation == Rotation::Delete {
            self.files[self.live].path = None;
        }
        let inode = self.files.len() as u64 + 1;
        let path = if self.rotation == Rotation::Repoint {
            name(inode)
        } else {
            if !matches!(self.rotation, Rotation::CopyDelete | Rotation::Delete) {
                self.shift();
                self.files[self.live].path = Some([LOG, b".1"].concat());
            }
            LOG.to_vec()
        };
        self.files.push(File::new(inode, Vec::new(), self.clock, path));
        self.live = self.files.len() - 1;
        if self.rotation != Rotation::Late {
            self.writing = self.live;
        }
    }

    /// `.1` becomes `.2` and so on.
    pub(super) fn shift(&mut self) {
        for file in &mut self.files {
            let Some(path) = &mut file.path else { continue };
            let Some(number) = path.strip_prefix(LOG).and_then(|rest| rest.strip_prefix(b".")) else {
                continue;
            };
            let number: u32 = std::str::from_utf8(number).unwrap().parse().unwrap();
            *path = format!("{}.{}", String::from_utf8_lossy(LOG), number + 1).into_bytes();
        }
    }

    pub(super) fn sibling(&self, index: usize) -> Sibling {
        let file = &self.files[index];
        Sibling {
            id: FileId { device: 1, inode: file.inode },
            size: file.data.len() as u64,
            modified: Modified(file.modified, 0),
            path: RemotePath(file.path.clone().unwrap_or_default()),
            readable: file.readable,
        }
    }

    pub(super) fn at(&self, path: &[u8]) -> Option<usize> {
        if path == LOG {
            return Some(self.live);
        }
        self.files.iter().position(|file| file.path.as_deref() == Some(path))
    }

    pub(super) fn say(&mut self, record: Reply) {
        self.answers.push_back(Answer::Reply(record));
    }

    /// The script carries out one question.
    pub(super) fn answer(&mut self) {
        let Some(question) = self.questions.pop_front() else { return };
        match question {
            Request::Open { path } => {
                let found = self.at(&path.0);
                let is_shown = |index| self.ailment != Ailment::Hiding || index == self.live;
                let readable = found.filter(|&index| self.files[index].readable && is_shown(index));
                self.watched = readable.is_none();
                if let Some(index) = readable {
                    (self.open, self.place) = (Some(index), 0);
                    self.say(Reply::Opened(self.sibling(index)));
                } else {
                    let refusal = found.map_or(Refusal::Missing, |_| Refusal::Denied);
                    self.say(Reply::Refused(refusal));
                }
            }
            Request::Enter { path, file: id, prefix } => {
                // Its steps are taken one by one, and anything may happen in between.
                self.questions.push_front(Request::Open { path });
                self.answer();
                let opened = self.answers.back();
                if matches!(opened, Some(Answer::Reply(Reply::Opened(file))) if file.id == id) {
                    self.questions.push_front(Request::Copy { from: 0 });
                    self.questions.push_front(Request::ListSeries { prefix });
                }
            }
            Request::Copy { from } => {
                let File { data, readable, .. } = &self.files[self.open.unwrap()];
                let from = usize::try_from(from).unwrap();
                if !readable && self.place > from {
                    return self.say(Reply::Refused(Refusal::Denied));
                }
                self.place = data.len().max(from);
                let end = data.len().max(from);
                let bytes = data.get(from..).unwrap_or_default().to_vec();
                self.answers.push_back(Answer::Bytes(bytes));
                self.say(Reply::End(Some(end as u64)));
            }
            Request::Follow { from, path } => {
                let right = path.is_none_or(|path| self.at(&path.0) == self.open)
                    && self.open.is_some_and(|index| self.files[index].readable);
                if right {
                    self.tail = self.open.map(|index| (index, usize::try_from(from).unwrap()));
                    self.tail_reads();
                    self.say(Reply::Following);
                } else {
                    self.say(Reply::Halted);
                }
            }
            Request::StopTail => {
                self.tail = None;
                self.say(Reply::Halted);
            }
            Request::AwaitLog => self.watched = true,
            Request::Checksum { .. } if self.ailment == Ailment::Sumless => {
                self.say(Reply::Unread(Flaw::Failed));
            }
            Request::Checksum { before, count } => {
                let File { data, readable, .. } = &self.files[self.open.unwrap()];
                if !readable {
                    return self.say(Reply::Refused(Refusal::Denied));
                }
                self.killed = false;
                let before = usize::try_from(before).unwrap();
                let part = data.get(before - usize::try_from(count).unwrap()..).unwrap_or_default();
                let part = &part[..part.len().min(usize::try_from(count).unwrap())];
                let sum =
                    Sum { checksum: cksum(part), count: part.len() as u64, size: Some(data.len() as u64) };
                self.say(Reply::Sum(sum));
            }
            Request::ListSeries { .. } => {
                if let Some(open) = self.open {
                    self.say(Reply::Current {
                        file: self.sibling(open),
                        deleted: self.files[open].path.is_none(),
                    });
                }
                self.say(Reply::Live(self.sibling(self.live)));
                if self.ailment == Ailment::Unlistable {
                    self.say(Reply::Hidden(Hidden::Directory(RemotePath(b"/logs".into()))));
                    self.say(Reply::Listed);
                    return;
                }
                for index in 0..self.files.len() {
                    match &self.files[index].path {
                        None => {}
                        Some(path) if self.ailment == Ailment::Hiding && index != self.live => {
                            let hidden = Hidden::File(RemotePath(path.clone()));
                            self.say(Reply::Hidden(hidden));
                        }
                        Some(_) => self.say(Reply::File(self.sibling(index))),
                    }
                }
                self.say(Reply::Listed);
            }
            other => unreachable!("nothing is packed, all is read and nothing else is asked here: {other:?}"),
        }
    }

    /// `tail` sends what is new in its file.
    pub(super) fn tail_reads(&mut self) {
        let Some((index, place)) = self.tail else { return };
        let data = &self.files[index].data;
        let place = if data.len() < place {
            self.answers.push_back(Answer::Message);
            0
        } else {
            place
        };
        let bytes = data[place..].to_vec();
        self.tail = Some((index, data.len()));
        self.answers.push_back(Answer::Bytes(bytes));
    }

    /// The ailment comes or goes.
    pub(super) fn ail(&mut self, ailment: Ailment, of_live: bool) {
        if ailment == Ailment::Closing {
            self.change_mode(of_live);
        } else {
            self.ailment = if self.ailment == Ailment::None { ailment } else { Ailment::None };
        }
    }

    /// Permissions change: of the log, or of the newest rotated file.
    fn change_mode(&mut self, of_live: bool) {
        let rotated = [LOG, b".1"].concat();
        let index = if of_live { Some(self.live) } else { self.at(&rotated) };
        if let Some(index) = index {
            self.files[index].readable ^= true;
        }
    }

    /// `tail` ends, and the script notices.
    pub(super) fn kill_tail(&mut self) {
        if self.tail.take().is_some() {
            self.say(Reply::Halted);
            self.killed = true;
        }
    }

    pub(super) fn tick(&mut self) {
        if self.watched && self.files[self.live].readable {
            self.watched = false;
            self.say(Reply::Appeared);
        } else if self.watched {
            self.looks += 1;
            if self.looks.is_multiple_of(10) {
                self.say(Reply::Moved);
            }
        } else if let Some((index, _)) = self.tail
            && index != self.live
        {
            self.say(Reply::Moved);
        }
    }
}

pub(super) fn name(number: u64) -> Vec<u8> {
    format!("/logs/genesis.cvm.log.INFO.20260101-0000{number:02}.3103").into_bytes()
}

/// What the log says in that line.
pub(super) fn line(number: u32) -> String {
    format!("line {number:06} of the log\n")
}
