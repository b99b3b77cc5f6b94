//! The promise, held against a model: whatever the interleaving of writes, rotations, answers and cuts,
//! every line comes out once and in order.

use std::collections::VecDeque;

use proptest::prelude::*;

use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::plan::Backlog;
use crate::remote::follower::Follower;
use crate::remote::follower::act::{Act, Notice};
use crate::remote::position::{Modified, Sibling, cksum};
use crate::remote::script::{Command, Record, Refusal, Sum};

const LOG: &[u8] = b"/logs/genesis.out";

/// How the log is rotated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rotation {
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

/// A file of the model.
struct File {
    inode: u64,
    data: Vec<u8>,
    modified: i64,
    /// `None`: deleted.
    path: Option<Vec<u8>>,
}

/// The CVM: a folder, a writer, and the script with its one descriptor and its one `tail`.
struct Cvm {
    rotation: Rotation,
    files: Vec<File>,
    /// Which file the log's path leads to.
    live: usize,
    /// Which file the writer has open.
    writing: usize,
    clock: i64,
    lines: u32,
    /// The half of a line that was not written yet.
    torn: Vec<u8>,
    open: Option<usize>,
    /// The file `tail` reads and how far.
    tail: Option<(usize, usize)>,
    watched: bool,
    /// `tail` was killed, and the file has not been looked at since.
    killed: bool,
    questions: VecDeque<Command>,
    /// What is on the way to the client.
    answers: VecDeque<Answer>,
}

enum Answer {
    Bytes(Vec<u8>),
    Message,
    Record(Record),
}

impl Cvm {
    fn new(rotation: Rotation) -> Self {
        let path = if rotation == Rotation::Repoint { name(1) } else { LOG.to_vec() };
        let first = File { inode: 1, data: Vec::new(), modified: 0, path: Some(path) };
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
            watched: false,
            killed: false,
            questions: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }

    fn write(&mut self, torn: bool) {
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

    fn rotate(&mut self) {
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
                let path = Some([LOG, b".1"].concat());
                self.files.push(File { inode, data, modified: self.clock, path });
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
            let path = Some([LOG, b".1"].concat());
            self.files.push(File { inode, data, modified: self.clock, path });
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
        self.files.push(File { inode, data: Vec::new(), modified: self.clock, path: Some(path) });
        self.live = self.files.len() - 1;
        if self.rotation != Rotation::Late {
            self.writing = self.live;
        }
    }

    /// `.1` becomes `.2` and so on.
    fn shift(&mut self) {
        for file in &mut self.files {
            let Some(path) = &mut file.path else { continue };
            let Some(number) = path.strip_prefix(LOG).and_then(|rest| rest.strip_prefix(b".")) else {
                continue;
            };
            let number: u32 = std::str::from_utf8(number).unwrap().parse().unwrap();
            *path = format!("{}.{}", String::from_utf8_lossy(LOG), number + 1).into_bytes();
        }
    }

    fn sibling(&self, index: usize) -> Sibling {
        let file = &self.files[index];
        Sibling {
            id: FileId { device: 1, inode: file.inode },
            size: file.data.len() as u64,
            modified: Modified(file.modified, 0),
            path: RemotePath(file.path.clone().unwrap_or_default()),
        }
    }

    fn at(&self, path: &[u8]) -> Option<usize> {
        if path == LOG {
            return Some(self.live);
        }
        self.files.iter().position(|file| file.path.as_deref() == Some(path))
    }

    fn say(&mut self, record: Record) {
        self.answers.push_back(Answer::Record(record));
    }

    /// The script carries out one question.
    fn answer(&mut self) {
        let Some(question) = self.questions.pop_front() else { return };
        match question {
            Command::Open(path) => {
                let found = self.at(&path.0);
                self.watched = found.is_none();
                if let Some(index) = found {
                    self.open = Some(index);
                    self.say(Record::Opened(self.sibling(index)));
                } else {
                    self.say(Record::Refused(Refusal::Missing));
                }
            }
            Command::Copy(from) => {
                let data = &self.files[self.open.unwrap()].data;
                let from = usize::try_from(from).unwrap();
                let end = data.len().max(from);
                let bytes = data.get(from..).unwrap_or_default().to_vec();
                self.answers.push_back(Answer::Bytes(bytes));
                self.say(Record::End(Some(end as u64)));
            }
            Command::Follow(from, path) => {
                let right = path.is_none_or(|path| self.at(&path.0) == self.open);
                if right {
                    self.tail = self.open.map(|index| (index, usize::try_from(from).unwrap()));
                    self.tail_reads();
                    self.say(Record::Following);
                } else {
                    self.say(Record::Halted);
                }
            }
            Command::Halt => {
                self.tail = None;
                self.say(Record::Halted);
            }
            Command::Watch => self.watched = true,
            Command::Sum(before, count) => {
                self.killed = false;
                let data = &self.files[self.open.unwrap()].data;
                let before = usize::try_from(before).unwrap();
                let part = data.get(before - usize::try_from(count).unwrap()..).unwrap_or_default();
                let part = &part[..part.len().min(usize::try_from(count).unwrap())];
                let sum =
                    Sum { checksum: cksum(part), count: part.len() as u64, size: Some(data.len() as u64) };
                self.say(Record::Sum(sum));
            }
            Command::List(_) => {
                if let Some(open) = self.open {
                    self.say(Record::Current(self.sibling(open), self.files[open].path.is_none()));
                }
                self.say(Record::Live(self.sibling(self.live)));
                for index in 0..self.files.len() {
                    if self.files[index].path.is_some() {
                        self.say(Record::Sibling(self.sibling(index)));
                    }
                }
                self.say(Record::Listed);
            }
            Command::SumPacked(..)
            | Command::CopyPacked(..)
            | Command::Peek(..)
            | Command::MeasureLast(_)
            | Command::MeasureFrom(_) => unreachable!("nothing is packed and all is read here"),
        }
    }

    /// `tail` sends what is new in its file.
    fn tail_reads(&mut self) {
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

    /// `tail` ends, and the script notices.
    fn kill_tail(&mut self) {
        if self.tail.take().is_some() {
            self.say(Record::Halted);
            self.killed = true;
        }
    }

    fn tick(&mut self) {
        if self.watched {
            self.watched = false;
            self.say(Record::Appeared);
        } else if let Some((index, _)) = self.tail
            && index != self.live
        {
            self.say(Record::Moved);
        }
    }
}

fn name(number: u64) -> Vec<u8> {
    format!("/logs/genesis.cvm.log.INFO.20260101-0000{number:02}.3103").into_bytes()
}

/// The stream at the client's end, as `tail.rs` has it, with unbounded patience.
struct Client {
    follower: Follower,
    half: Vec<u8>,
    held: Option<usize>,
    discard: bool,
    delivered: Vec<u8>,
    notices: Vec<Notice>,
    broken: bool,
}

impl Client {
    fn new(follower: Follower, cvm: &mut Cvm) -> Self {
        cvm.say(Record::Here(Vec::new()));
        Self {
            follower,
            half: Vec::new(),
            held: None,
            discard: false,
            delivered: Vec::new(),
            notices: Vec::new(),
            broken: false,
        }
    }

    fn receive(&mut self, cvm: &mut Cvm) {
        let mut acts = Vec::new();
        match cvm.answers.pop_front() {
            None => {}
            Some(Answer::Bytes(_)) if self.discard => {}
            Some(Answer::Bytes(bytes)) => {
                self.half.extend_from_slice(&bytes);
                self.follower.received(bytes.len());
                self.deliver();
            }
            Some(Answer::Message) => self.follower.on_message(b"file truncated", &mut acts),
            Some(Answer::Record(record)) => self.follower.on(record, &mut acts),
        }
        for act in acts {
            match act {
                Act::Send(command) => cvm.questions.push_back(command),
                Act::Tell(notice) => self.notices.push(notice),
                Act::Flush => {
                    let half = std::mem::take(&mut self.half);
                    self.follower.delivered(&half);
                    self.delivered.extend_from_slice(&half);
                }
                Act::Forget => self.half.clear(),
                Act::Hold => self.held = Some(self.half.len()),
                Act::Accept => {
                    self.held = None;
                    self.deliver();
                }
                Act::Reject => {
                    let good = self.held.take().unwrap_or(self.half.len());
                    self.follower.rejected(self.half.len() - good);
                    self.half.truncate(good);
                }
                Act::Discard => self.discard = true,
                Act::Pass => self.discard = false,
                Act::Break(why) => panic!("out of step: {why}"),
                Act::Finish | Act::Refuse(_) => self.broken = true,
            }
        }
    }

    fn deliver(&mut self) {
        if self.held.is_none() {
            let end = self.half.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let lines: Vec<u8> = self.half.drain(..end).collect();
            self.follower.delivered(&lines);
            self.delivered.extend_from_slice(&lines);
        }
    }

    /// The connection breaks and a new one is made.
    fn reconnect(self, cvm: &mut Cvm) -> Self {
        (cvm.open, cvm.tail, cvm.watched, cvm.killed) = (None, None, false, false);
        cvm.questions.clear();
        cvm.answers.clear();
        let (backlog, position) = self.follower.into_start();
        let mut next = Self::new(Follower::new(RemotePath(LOG.to_vec()), backlog, true, position), cvm);
        next.delivered = self.delivered;
        next.notices = self.notices;
        next
    }
}

/// Plays one story and returns what was delivered, what was told, and how many lines were written.
fn play(rotation: Rotation, story: &[u8]) -> (String, Vec<Notice>, u32) {
    let mut cvm = Cvm::new(rotation);
    let first = Follower::new(RemotePath(LOG.to_vec()), Backlog::FromLine(1), true, None);
    let mut client = Client::new(first, &mut cvm);
    for _ in 0..10 {
        cvm.answer();
        client.receive(&mut cvm);
    }
    for &step in story {
        match step % 32 {
            0..=6 => cvm.write(step & 128 != 0),
            7..=12 => cvm.answer(),
            13..=18 => cvm.tail_reads(),
            19..=26 => client.receive(&mut cvm),
            27 => cvm.tick(),
            28 if step & 128 != 0 => cvm.kill_tail(),
            28 => cvm.tick(),
            29 if rotation == Rotation::Late => cvm.writing = cvm.live,
            29 => cvm.write(false),
            30 if matches!(rotation, Rotation::CopyTruncate | Rotation::Empty)
                && !can_show(&cvm, &client) => {}
            30 => cvm.rotate(),
            _ => client = client.reconnect(&mut cvm),
        }
    }
    // The writer ends its last line where the log is now, and all comes to rest.
    if !cvm.torn.is_empty() {
        cvm.write(false);
    }
    cvm.writing = cvm.live;
    cvm.write(false);
    for _ in 0..200 {
        cvm.tail_reads();
        cvm.tick();
        for _ in 0..40 {
            cvm.answer();
            client.receive(&mut cvm);
        }
    }
    (String::from_utf8(client.delivered).unwrap(), client.notices, cvm.lines)
}

/// True if a cut of the log can be noticed at all: not while nothing was read of the file, as it has
/// nothing to be recognised by then, and not in the moment between recognising the file and reading on,
/// should it grow beyond the old place in it.
fn can_show(cvm: &Cvm, client: &Client) -> bool {
    let known = client.follower.position().is_some_and(|position| position.known() > 0);
    known && (cvm.tail.is_some() || cvm.open.is_none() || cvm.killed)
}

fn all_lines(count: u32) -> String {
    (1..=count).map(line).collect()
}

fn line(number: u32) -> String {
    format!("line {number:06} of the log\n")
}

fn is_gap(notice: &Notice) -> bool {
    matches!(notice, Notice::Gap(..) | Notice::Truncated(..) | Notice::Deleted(..))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_line_comes_once_and_in_order_over_renames_and_cuts(story in prop::collection::vec(any::<u8>(), 0..500)) {
        for rotation in [Rotation::Rename, Rotation::Late, Rotation::Repoint] {
            let (delivered, notices, written) = play(rotation, &story);
            prop_assert_eq!(delivered, all_lines(written), "{:?}", rotation);
            prop_assert!(!notices.iter().any(is_gap), "{:?}: {:?}", rotation, notices);
        }
    }

    #[test]
    fn a_cut_copied_or_deleted_file_repeats_nothing_and_loses_nothing_in_silence(
        story in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        for rotation in [Rotation::CopyTruncate, Rotation::Empty, Rotation::CopyDelete, Rotation::Delete] {
            let (delivered, notices, written) = play(rotation, &story);
            let numbers: Vec<u32> = delivered
                .lines()
                .filter_map(|line| line.strip_prefix("line ")?.strip_suffix(" of the log")?.parse().ok())
                .collect();
            // The writer goes on in the middle of a line only where it does not notice the cut.
            let whole = rotation == Rotation::CopyTruncate || numbers.len() == delivered.lines().count();
            prop_assert!(whole, "{:?}: torn: {}", rotation, delivered);
            prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{:?}: {:?}", rotation, numbers);
            let lost = written as usize - numbers.len();
            prop_assert!(
                lost == 0 || notices.iter().any(is_gap),
                "{:?}: {} lost, {:?}", rotation, lost, notices
            );
        }
    }
}

#[test]
fn a_log_that_is_cut_between_being_opened_and_being_read_says_so() {
    let mut cvm = Cvm::new(Rotation::Empty);
    (0..5).for_each(|_| cvm.write(false));
    let first = Follower::new(RemotePath(LOG.to_vec()), Backlog::FromLine(1), true, None);
    let mut client = Client::new(first, &mut cvm);
    client.receive(&mut cvm);
    cvm.answer();
    client.receive(&mut cvm);
    cvm.rotate();
    cvm.write(false);
    for _ in 0..20 {
        cvm.answer();
        client.receive(&mut cvm);
    }
    assert_eq!(String::from_utf8(client.delivered).unwrap(), line(6));
    assert!(client.notices.iter().any(is_gap), "{:?}", client.notices);
}
