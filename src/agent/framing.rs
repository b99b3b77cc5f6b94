//! Pure: the bytes of one channel, split into lines of the log, records of the agent and messages of `tail`.

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

use crate::agent::protocol::{HALTED, MARK, Secret};
use crate::batch::{Ending, PIECE};

/// No more of a line than that is waited for: a longer one is handed on in pieces.
pub const LINE_CAP: usize = PIECE;

/// The least room a read is given.
const LEAST: usize = 8 * 1024;

/// The most room a read is given: a stream that floods moves batches of this size.
const MOST: usize = 256 * 1024;

/// Records are short; what is longer is none.
pub const RECORD_CAP: usize = 512 * 1024;

/// What stands between the bytes of the log.
#[derive(Debug, PartialEq, Eq)]
pub enum Interjection {
    /// The text of a record of the agent.
    Record(Bytes),
    /// A message of `tail`.
    Message(Bytes),
}

/// The buffer of one channel. From its front: bytes of the log not handed on yet, then bytes not searched.
#[derive(Debug)]
pub struct Intake {
    /// Everything received and not handed on.
    buffer: BytesMut,
    /// How many bytes at the front are known to be of the log.
    clean: usize,
    /// How many of them are known to have no newline.
    searched: usize,
    /// How many bytes were clean when what followed was put on hold.
    held: Option<usize>,
    /// Bytes of the log are of no use for now.
    discarding: bool,
    /// How a record begins: the mark, the nonce, a space.
    opening: Vec<u8>,
    /// How a message of `tail` begins, once it is known which `tail` it is.
    message: Option<Finder<'static>>,
    /// A `tail` may be running. A search for its messages in all that `cat` sends would cost as much as all
    /// the rest of reading.
    tailing: bool,
    /// The room for the next read.
    room: usize,
    /// How much the buffer was made for.
    allotted: usize,
}

impl Intake {
    /// An empty buffer for a conversation with that secret.
    pub fn new(secret: &Secret) -> Self {
        let mut opening = vec![MARK];
        opening.extend_from_slice(secret.nonce.as_bytes());
        opening.push(b' ');
        Self {
            buffer: BytesMut::new(),
            clean: 0,
            searched: 0,
            held: None,
            discarding: false,
            opening,
            message: None,
            tailing: false,
            room: LEAST,
            allotted: 0,
        }
    }

    /// Every message of `tail` begins with `prefix`.
    pub fn expect_messages(&mut self, prefix: &[u8]) {
        self.message = Some(Finder::new(prefix).into_owned());
    }

    /// A `tail` is being started (true), or has ended and all it wrote is here (false).
    pub fn tail(&mut self, tailing: bool) {
        self.tailing = tailing;
    }

    /// How a message begins that may come now.
    fn expected(&self) -> Option<&Finder<'static>> {
        self.message.as_ref().filter(|_| self.tailing)
    }

    /// The buffer, with room to read into at its end.
    pub fn space(&mut self) -> &mut BytesMut {
        let filled = self.buffer.len();
        if self.buffer.capacity() - filled < LEAST {
            // What nobody holds any more is used again, but what a flood took is given back after it.
            let keeps = self.allotted <= 4 * self.room && self.buffer.try_reclaim(self.room);
            if !keeps {
                self.allotted = filled + self.room.max(filled);
                let mut other = BytesMut::with_capacity(self.allotted);
                other.extend_from_slice(&self.buffer);
                self.buffer = other;
            }
        }
        &mut self.buffer
    }

    /// Takes note that a read gave `count` bytes: a flood gets more room, a trickle less.
    pub fn filled(&mut self, count: usize) {
        self.room = if count >= self.room { (self.room * 2).min(MOST) } else { self.room.max(2 * LEAST) / 2 };
    }

    /// Searches on until something is found that is not of the log; `None`: more bytes are needed. The bytes
    /// of the log before it are clean then. Gives how many bytes became clean, too.
    pub fn scan(&mut self) -> (usize, Option<Interjection>) {
        let before = self.clean;
        let found = self.find_next();
        let fresh = self.clean - before;
        if self.discarding {
            self.cut(before, self.clean);
            return (0, found);
        }
        (fresh, found)
    }

    /// Moves `clean` on to the next thing that is not of the log, and takes that out.
    fn find_next(&mut self) -> Option<Interjection> {
        loop {
            let unseen = &self.buffer[self.clean..];
            let mark = memchr(MARK, unseen);
            let open = &unseen[..mark.unwrap_or(unseen.len())];
            if let Some(at) = self.expected().and_then(|message| message.find(open)) {
                self.clean += at;
                return self.take_message();
            }
            let Some(at) = mark else {
                self.clean += open.len() - self.unfinished_message(open);
                return None;
            };
            self.clean += at;
            let rest = &self.buffer[self.clean..];
            let seen = rest.len().min(self.opening.len());
            if rest[..seen] != self.opening[..seen] {
                self.clean += 1;
                continue;
            }
            if seen < self.opening.len() {
                return None;
            }
            match self.take_record(self.clean) {
                Some(record) => return Some(Interjection::Record(record)),
                None if self.buffer.len() - self.clean > self.opening.len() + RECORD_CAP => self.clean += 1,
                None => return None,
            }
        }
    }

    /// Takes out the record that begins at `mark`, if it is complete.
    fn take_record(&mut self, mark: usize) -> Option<Bytes> {
        let text = mark + self.opening.len();
        let end = text + memchr(0, &self.buffer[text..])?;
        let record = Bytes::copy_from_slice(&self.buffer[text..end]);
        self.cut(mark, end + 1);
        Some(record)
    }

    /// Takes out the message that begins at `clean`, if it is complete. A record may stand within it: it is
    /// taken out first.
    ///
    /// `tail` writes a message in pieces, and may be killed between two of them. The record of that ends its last
    /// message too.
    fn take_message(&mut self) -> Option<Interjection> {
        let rest = &self.buffer[self.clean..];
        let newline = memchr(b'\n', rest);
        let message = &rest[..newline.unwrap_or(rest.len())];
        if let Some(at) = memchr::memmem::find(message, &self.opening) {
            let record = self.take_record(self.clean + at)?;
            if record == HALTED {
                self.cut(self.clean, self.clean + at);
            }
            return Some(Interjection::Record(record));
        }
        let message = Bytes::copy_from_slice(&rest[..newline?]);
        self.cut(self.clean, self.clean + message.len() + 1);
        Some(Interjection::Message(message))
    }

    /// How many bytes at the end of `bytes` may be the beginning of a message.
    fn unfinished_message(&self, bytes: &[u8]) -> usize {
        let Some(message) = self.expected() else { return 0 };
        let needle = message.needle();
        let longest = bytes.len().min(needle.len() - 1);
        (1..=longest).rev().find(|&length| bytes.ends_with(&needle[..length])).unwrap_or(0)
    }

    /// Takes the bytes from `from` to `to` out of the buffer.
    fn cut(&mut self, from: usize, to: usize) {
        self.buffer.copy_within(to.., from);
        self.buffer.truncate(self.buffer.len() - (to - from));
        self.clean = self.clean.min(from.max(self.clean.saturating_sub(to - from)));
        self.searched = self.searched.min(self.clean);
    }

    /// The lines that are complete, as one batch. A line beyond the cap comes in pieces, the last of which may have
    /// lines behind it.
    pub fn take_lines(&mut self) -> Option<(Bytes, Ending)> {
        if self.held.is_some() {
            return None;
        }
        let newline = memrchr(b'\n', &self.buffer[self.searched..self.clean]);
        let (length, ending) = match newline {
            Some(at) => {
                let end = self.searched + at + 1;
                // A line that outgrew the cap comes first, by itself, in pieces.
                let first =
                    memchr(b'\n', &self.buffer[self.searched..end]).map_or(end, |at| self.searched + at + 1);
                if first > LINE_CAP + 1 { (LINE_CAP, Ending::Partial) } else { (end, Ending::Newline) }
            }
            None if self.clean > LINE_CAP => (LINE_CAP, Ending::Partial),
            None => {
                self.searched = self.clean;
                return None;
            }
        };
        Some((self.hand_on(length), ending))
    }

    /// What there is of a line that will not go on.
    pub fn take_rest(&mut self) -> Option<Bytes> {
        let rest = self.held.unwrap_or(self.clean);
        (rest > 0).then(|| self.hand_on(rest))
    }

    /// Takes the first `length` bytes off the front.
    fn hand_on(&mut self, length: usize) -> Bytes {
        self.clean -= length;
        self.searched = 0;
        if let Some(held) = &mut self.held {
            *held -= length;
        }
        self.buffer.split_to(length).freeze()
    }

    /// Forgets the line that is not complete.
    pub fn forget(&mut self) {
        self.held = None;
        self.cut(0, self.clean);
    }

    /// What comes from here on waits for a verdict.
    pub fn hold(&mut self) {
        self.held = Some(self.clean);
    }

    /// What waited is good.
    pub fn accept(&mut self) {
        self.held = None;
    }

    /// What waited is not of this log. Gives how many bytes that were.
    pub fn reject(&mut self) -> usize {
        let good = self.held.take().unwrap_or(self.clean);
        let bad = self.clean - good;
        self.cut(good, self.clean);
        bad
    }

    /// What comes from here on is of no use (true), or is again (false).
    pub fn discard(&mut self, discarding: bool) {
        self.discarding = discarding;
    }

    /// What came so far, to find out what writes there if it is not the agent.
    pub fn noise(&self) -> &[u8] {
        &self.buffer
    }
}

#[cfg(test)]
mod equal;

#[cfg(test)]
mod tests;
