//! Pure: the bytes of one channel, told apart into lines of the log, records of the script and messages of
//! `tail`.

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

use crate::batch::Ending;
use crate::remote::script::{MARK, Secret};

/// A longer line comes in pieces; INTERFACE's cap.
pub const LINE_CAP: usize = 1024 * 1024;

/// The least room a read is given.
const LEAST: usize = 8 * 1024;

/// The most room a read is given: a stream that floods moves batches of this size.
const MOST: usize = 128 * 1024;

/// The script's records are short; what is longer is no record.
const RECORD_CAP: usize = 64 * 1024;

/// What stands between the bytes of the log.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The text of a record of the script.
    Record(Bytes),
    /// A message of `tail`.
    Message(Bytes),
}

/// The buffer of one channel. From its front: bytes of the log not handed on yet, then bytes not looked at.
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
        }
    }

    /// Every message of `tail` begins with `prefix`.
    pub fn expect_messages(&mut self, prefix: &[u8]) {
        self.message = Some(Finder::new(prefix).into_owned());
    }

    /// A `tail` is being started (true), or has ended with all it said (false).
    pub fn tail(&mut self, tailing: bool) {
        self.tailing = tailing;
    }

    /// How a message begins that may come now.
    fn expected(&self) -> Option<&Finder<'static>> {
        self.message.as_ref().filter(|_| self.tailing)
    }

    /// The buffer, with room to read into at its end.
    pub fn space(&mut self) -> &mut BytesMut {
        if self.buffer.capacity() - self.buffer.len() < LEAST {
            self.buffer.reserve(self.room);
        }
        &mut self.buffer
    }

    /// Takes note that a read gave `count` bytes: a flood gets more room, a trickle less.
    pub fn filled(&mut self, count: usize) {
        self.room = if count >= self.room { (self.room * 2).min(MOST) } else { self.room.max(2 * LEAST) / 2 };
    }

    /// Looks on until something is found that is not of the log; `None`: more bytes are needed. The bytes
    /// of the log before it are clean then. Gives how many bytes became clean, too.
    pub fn scan(&mut self) -> (usize, Option<Found>) {
        let before = self.clean;
        let found = self.look();
        let fresh = self.clean - before;
        if self.discarding {
            self.cut(before, self.clean);
            return (0, found);
        }
        (fresh, found)
    }

    /// Moves `clean` on to the next thing that is not of the log, and takes that out.
    fn look(&mut self) -> Option<Found> {
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
            let text = self.clean + self.opening.len();
            let Some(length) = memchr(0, &self.buffer[text..]) else {
                if self.buffer.len() - text > RECORD_CAP {
                    self.clean += 1;
                    continue;
                }
                return None;
            };
            let record = Bytes::copy_from_slice(&self.buffer[text..text + length]);
            self.cut(self.clean, text + length + 1);
            return Some(Found::Record(record));
        }
    }

    /// Takes out the message that begins at `clean`, if it is complete. A record may stand within it.
    fn take_message(&mut self) -> Option<Found> {
        let rest = &self.buffer[self.clean..];
        let length = memchr(b'\n', rest)? + 1;
        if let Some(at) = memchr::memmem::find(&rest[..length], &self.opening) {
            // The script spoke while tail did; its record is taken out first, the message then is whole.
            let text = self.clean + at + self.opening.len();
            let end = text + memchr(0, &self.buffer[text..])?;
            let record = Bytes::copy_from_slice(&self.buffer[text..end]);
            self.cut(self.clean + at, end + 1);
            return Some(Found::Record(record));
        }
        let message = Bytes::copy_from_slice(&rest[..length - 1]);
        self.cut(self.clean, self.clean + length);
        Some(Found::Message(message))
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

    /// The lines that are complete, as one batch. A line beyond the cap comes in pieces.
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

    /// What came so far, for telling what speaks there if it is not the script.
    pub fn noise(&self) -> &[u8] {
        &self.buffer
    }
}

#[cfg(test)]
mod equal;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Found, Intake, LINE_CAP};
    use crate::batch::Ending;
    use crate::remote::script::Secret;

    /// One piece of what a channel carries.
    #[derive(Clone, Debug)]
    enum Piece {
        Log(Vec<u8>),
        Record,
        Message,
    }

    fn intake() -> (Intake, Vec<u8>, Vec<u8>) {
        let secret = Secret::new(&[7; 20]);
        let prefix = secret.message_prefix(b"/usr/bin/tail");
        let mut intake = Intake::new(&secret);
        intake.expect_messages(&prefix);
        intake.tail(true);
        (
            intake,
            format!("\x1e{} R\0", secret.nonce).into_bytes(),
            [&prefix[..], b"x: file truncated\n"].concat(),
        )
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let byte = prop_oneof![Just(b'\n'), Just(0x1e), Just(0), Just(b'/'), any::<u8>()];
        let piece = prop_oneof![
            4 => prop::collection::vec(byte, 0..40).prop_map(Piece::Log),
            1 => Just(Piece::Record),
            1 => Just(Piece::Message),
        ];
        prop::collection::vec(piece, 0..20)
    }

    proptest! {
        #[test]
        fn whatever_the_reads_log_bytes_come_out_whole_and_the_rest_in_its_place(
            pieces in pieces(),
            cuts in prop::collection::vec(1usize..60, 1..40),
        ) {
            let (mut intake, record, message) = intake();
            let (mut wire, mut log, mut marks) = (Vec::new(), Vec::new(), Vec::new());
            for piece in &pieces {
                match piece {
                    Piece::Log(bytes) => {
                        wire.extend_from_slice(bytes);
                        log.extend_from_slice(bytes);
                    }
                    Piece::Record => {
                        wire.extend_from_slice(&record);
                        marks.push((log.len(), true));
                    }
                    Piece::Message => {
                        wire.extend_from_slice(&message);
                        marks.push((log.len(), false));
                    }
                }
            }
            let (mut out, mut found, mut counted, mut rest) = (Vec::new(), Vec::new(), 0, wire.as_slice());
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                intake.space().extend_from_slice(now);
                rest = later;
                loop {
                    let (fresh, what) = intake.scan();
                    counted += fresh;
                    while let Some((lines, ending)) = intake.take_lines() {
                        prop_assert_eq!(ending, Ending::Newline);
                        prop_assert_eq!(lines.last(), Some(&b'\n'));
                        out.extend_from_slice(&lines);
                    }
                    match what {
                        Some(Found::Record(text)) => {
                            prop_assert_eq!(&text[..], b"R");
                            found.push((counted, true));
                        }
                        Some(Found::Message(_)) => found.push((counted, false)),
                        None => break,
                    }
                }
            }
            out.extend_from_slice(&intake.take_rest().unwrap_or_default());
            out.extend_from_slice(intake.noise());
            prop_assert_eq!(out, log);
            prop_assert_eq!(found, marks);
        }
    }

    #[test]
    fn a_line_beyond_the_cap_comes_in_pieces_and_nothing_of_it_is_lost() {
        let (mut intake, ..) = intake();
        let mut sent = vec![b'x'; 3 * LINE_CAP + 10];
        sent.extend_from_slice(b"\nnext\n");
        let (mut got, mut endings) = (Vec::new(), Vec::new());
        for chunk in sent.chunks(100_000) {
            intake.space().extend_from_slice(chunk);
            intake.scan();
            while let Some((bytes, ending)) = intake.take_lines() {
                got.extend_from_slice(&bytes);
                endings.push(ending);
            }
        }
        assert!(got == sent, "the bytes differ");
        assert_eq!(endings, [Ending::Partial, Ending::Partial, Ending::Partial, Ending::Newline]);
    }

    #[test]
    fn rejected_bytes_are_gone_and_the_half_line_before_them_stays() {
        let (mut intake, ..) = intake();
        intake.space().extend_from_slice(b"whole\nha");
        intake.scan();
        assert_eq!(&intake.take_lines().unwrap().0[..], b"whole\n");
        intake.hold();
        intake.space().extend_from_slice(b"of another file\n");
        intake.scan();
        assert_eq!(intake.take_lines(), None);
        assert_eq!(intake.reject(), 16);
        intake.space().extend_from_slice(b"lf\n");
        intake.scan();
        assert_eq!(&intake.take_lines().unwrap().0[..], b"half\n");
    }
}
