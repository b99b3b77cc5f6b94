//! However its bytes come, a line is what it is in the file.

use std::time::UNIX_EPOCH;

use bytes::Bytes;
use proptest::prelude::*;

use crate::batch::{Batch, Ending, FileId};
use crate::tail::long_line::LongLine;
use crate::tally::tests::target;

/// What is held of a line.
const LONGEST: usize = 8;

/// What comes at once of the rest.
const PIECE: usize = 3;

/// A batch of a file.
fn batch(inode: u64, offset: usize, bytes: &[u8], ending: Ending) -> Batch {
    Batch {
        target: target(0, "a", "x"),
        file: FileId { device: 1, inode },
        offset: offset as u64,
        received: UNIX_EPOCH,
        bytes: Bytes::copy_from_slice(bytes),
        continues: false,
        ending,
    }
}

/// A line or a piece of one, as it is given: its place, whether it continues, its bytes and how it ends.
type Given = (u64, bool, Vec<u8>, Ending);

/// The lines and pieces in what is given.
fn record(all: &mut Vec<Given>, batch: &Batch) {
    assert!(!batch.bytes.is_empty());
    let mut offset = batch.offset;
    let lines: Vec<_> = batch.bytes.split_inclusive(|&byte| byte == b'\n').collect();
    assert!(lines.len() == 1 || !batch.continues && batch.ending != Ending::Partial, "a piece is alone");
    for line in lines {
        let ending = if line.ends_with(b"\n") { Ending::Newline } else { batch.ending };
        all.push((offset, batch.continues, line.to_vec(), ending));
        offset += line.len() as u64;
    }
}

/// The same, straight from the file.
fn plain(log: &[u8]) -> Vec<Given> {
    let (mut all, mut offset) = (Vec::new(), 0);
    for line in log.split_inclusive(|&byte| byte == b'\n') {
        let (mut rest, mut continues) = (line, false);
        while rest.strip_suffix(b"\n").unwrap_or(rest).len() > if continues { PIECE } else { LONGEST } {
            let (piece, behind) = rest.split_at(if continues { PIECE } else { LONGEST });
            all.push((offset, continues, piece.to_vec(), Ending::Partial));
            (rest, continues, offset) = (behind, true, offset + piece.len() as u64);
        }
        let ending = if rest.ends_with(b"\n") { Ending::Newline } else { Ending::EndOfFile };
        all.push((offset, continues, rest.to_vec(), ending));
        offset += rest.len() as u64;
    }
    all
}

proptest! {
    #[test]
    fn the_cuts_do_not_show(
        log in prop::collection::vec(prop_oneof![6 => Just(b'a'), 1 => Just(b'\n')], 1..120),
        cuts in prop::collection::vec(1..=LONGEST, 1..20),
    ) {
        let (mut long, mut all) = (LongLine::with_limits(LONGEST, PIECE), Vec::new());
        let (mut at, mut cuts) = (0, cuts.iter().cycle());
        while at < log.len() {
            let to = log.len().min(at + cuts.next().unwrap());
            let ending = match log[to - 1] {
                b'\n' => Ending::Newline,
                _ if to == log.len() => Ending::EndOfFile,
                _ => Ending::Partial,
            };
            long.take(batch(1, at, &log[at..to], ending), |batch| record(&mut all, &batch));
            at = to;
        }
        prop_assert_eq!(all, plain(&log));
    }
}

#[test]
fn a_line_that_does_not_go_on_ends_where_it_broke_off() {
    let mut long = LongLine::with_limits(LONGEST, PIECE);
    let mut all = Vec::new();
    let mut take = |batch: Batch| long.take(batch, |batch| record(&mut all, &batch));
    take(batch(1, 0, b"abc", Ending::Partial));
    // The same place of another file, and another place of the same file.
    take(batch(2, 3, b"d\nef", Ending::Partial));
    take(batch(2, 100, b"g\n", Ending::Newline));
    take(batch(2, 102, b"123456789", Ending::Partial));
    long.break_off(|batch| record(&mut all, &batch));
    long.break_off(|_| panic!("nothing is open"));
    let given: Vec<_> =
        all.iter().map(|(_, continues, bytes, ending)| (*continues, bytes.as_slice(), *ending)).collect();
    assert_eq!(
        given,
        [
            (false, &b"abc"[..], Ending::EndOfFile),
            (false, b"d\n", Ending::Newline),
            (false, b"ef", Ending::EndOfFile),
            (false, b"g\n", Ending::Newline),
            (false, b"12345678", Ending::Partial),
            (true, b"9", Ending::EndOfFile),
        ]
    );
}
