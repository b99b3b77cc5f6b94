//! Properties that hold for any bytes.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::batch::{Batch, Ending, FileId};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::target::{RemotePath, Target};
use crate::line::layout::{Layout, Memory, recognize};
use crate::line::reader::LineInfo;
use crate::line::split::{Line, lines};
use crate::line::tests::{head, reader};

/// Lines to build logs of, one of every family.
const LINES: [&str; 24] = [
    "I20250611 03:12:45.123456Z 21034 vdisk_controller.cc:1187] vdisk_id=90211 opened",
    "E0611 03:12:45.123456 21034 a.cc:1] x",
    "2025-06-11 03:12:44,001Z INFO 81234512 node_manager.py:2210 Starting",
    "2025-06-11 03:12:44,007Z - WARN  [a:B@228] - x",
    "2025-06-11 03:12:44,001:21034(0x7f2a11b0c700):ZOO_INFO@check_events@1728: x",
    "2025-06-11T12:12:44.413144+09:00 host kernel: [1.2] x",
    "2025-06-11T03:12:44.001Z|00012|bridge|ERR|x",
    "INFO  2025-06-11 03:12:44,120Z thread [] a.B.c:88 x",
    " WARN [FlushWriter:519] 2025-06-11 03:12:40,000 Memtable.java (line 337) x",
    "ERROR daemon.py:1 x",
    "Jun 11 03:12:44 host tag[1]: x",
    "Jun 11, 2025 3:12:44 AM a.B c",
    "SEVERE: x",
    "11/06/2025 03:12:44 : epoch 6848f0aa : h : n-1[a] f :FSAL :CRIT :x",
    "11-Jun-2025 03:12:44.123 INFO [main] a.b.C.d x",
    "[2025/06/11 03:12:44.123456,  0, pid=12] a.c:1(f)",
    "[2025-06-11 03:12:44 +0000] [123] [INFO] x",
    "<34>1 2025-06-11T03:12:44Z host app - - - x",
    "time=\"2025-06-11T03:12:46-07:00\" level=error msg=x",
    "{\"level\":30,\"a\":{\"b\":\"}\\\"\"},\"time\":1749611564123}",
    "10.0.0.1 - - [11/Jun/2025:03:12:44 +0000] \"GET /\" 200",
    "Traceback (most recent call last):",
    "  File \"x\", line 1",
    "",
];

/// Any bytes, or a real line cut, joined to another, or with bytes changed.
fn hostile() -> BoxedStrategy<Vec<u8>> {
    let real = (0..LINES.len()).prop_map(|at| LINES[at].as_bytes().to_vec());
    let changed = (real.clone(), vec((any::<usize>(), any::<u8>()), 0..4)).prop_map(|(mut line, changes)| {
        for (at, byte) in changes {
            let length = line.len().max(1);
            if let Some(place) = line.get_mut(at % length) {
                *place = byte;
            }
        }
        line
    });
    let cut = (real.clone(), any::<usize>()).prop_map(|(mut line, at)| {
        line.truncate(at % (line.len() + 1));
        line
    });
    let joined = (cut.clone(), real.clone()).prop_map(|(first, second)| [first, second].concat());
    let sort_time = "[-0-9TZ:., +/|\\[\\]{}\"=<>()A-Za-z#@]{0,60}".prop_map(String::into_bytes);
    prop_oneof![real, changed, cut, joined, sort_time, vec(any::<u8>(), 0..120)].boxed()
}

/// A log of hostile lines, with or without a newline at its end.
fn log() -> impl Strategy<Value = Vec<u8>> {
    (vec(hostile(), 1..40), any::<bool>()).prop_map(|(lines, newline)| {
        let mut log = lines.join(&b'\n');
        if newline || log.is_empty() {
            log.push(b'\n');
        }
        log
    })
}

/// The stream that all batches here belong to.
fn target() -> Arc<Target> {
    let cvm = Cvm { name: "a".to_owned(), address: Address::Local, source: String::new() };
    Arc::new(Target { id: 0, cvm: Arc::new(cvm), log: "x".to_owned(), path: RemotePath(b"/x".to_vec()) })
}

/// A batch of `bytes` at `offset`.
fn batch(bytes: &[u8], offset: usize, continues: bool, ending: Ending) -> Batch {
    let file = FileId { device: 1, inode: 2 };
    let bytes = Bytes::copy_from_slice(bytes);
    Batch { target: target(), file, offset: offset as u64, received: UNIX_EPOCH, bytes, continues, ending }
}

/// Splits a log as streams do: each chunk of the input makes a batch of the lines that it completes.
fn batches(log: &[u8], cuts: &[usize]) -> Vec<Batch> {
    let mut ends: Vec<usize> = cuts
        .iter()
        .filter_map(|cut| memchr::memrchr(b'\n', &log[..cut % (log.len() + 1)]).map(|newline| newline + 1))
        .collect();
    ends.push(memchr::memrchr(b'\n', log).map_or(0, |newline| newline + 1));
    ends.push(log.len());
    ends.sort_unstable();
    let mut start = 0;
    let mut batches = Vec::new();
    for end in ends {
        if end > start {
            let ending = if log[end - 1] == b'\n' { Ending::Newline } else { Ending::EndOfFile };
            batches.push(batch(&log[start..end], start, false, ending));
            start = end;
        }
    }
    batches
}

/// A simple reference: offset and bytes of the lines of a log.
fn reference(log: &[u8]) -> Vec<(u64, &[u8])> {
    let mut offset = 0;
    let mut lines: Vec<_> = log
        .split(|&byte| byte == b'\n')
        .map(|line| {
            let place = offset;
            offset += line.len() as u64 + 1;
            (place, line)
        })
        .collect();
    if log.ends_with(b"\n") {
        lines.pop();
    }
    lines
}

/// What a reader returns for each line, with offset and bytes.
fn read(batches: &[Batch]) -> Vec<(u64, Vec<u8>, LineInfo)> {
    let mut reader = reader();
    batches
        .iter()
        .flat_map(lines)
        .map(|line| (line.offset, line.bytes.to_vec(), reader.read(&line)))
        .collect()
}

#[test]
fn a_batch_has_the_offset_and_ending_of_its_lines() {
    let batch = batch(b"one\n\r\n\ntwo", 100, true, Ending::EndOfFile);
    let line = |bytes, offset, continues, ending| Line { bytes, offset, continues, ending };
    let expected = [
        line(&b"one"[..], 100, true, Ending::Newline),
        line(b"\r", 104, false, Ending::Newline),
        line(b"", 106, false, Ending::Newline),
        line(b"two", 107, false, Ending::EndOfFile),
    ];
    assert_eq!(lines(&batch).collect::<Vec<_>>(), expected);
}

proptest! {
    /// No input makes the reader panic, and the message never starts beyond the line.
    #[test]
    fn any_line_is_read(line in hostile()) {
        if let Some(found) = head(&line) {
            prop_assert!(found.message <= line.len());
            prop_assert!(found.time.is_some() || found.level.is_some());
        }
    }

    /// The family that is tried first does not change the result.
    #[test]
    fn the_memory_only_saves_time(lines in vec(hostile(), 1..20)) {
        let mut memory = Memory::default();
        for line in &lines {
            prop_assert_eq!(recognize(line, &mut memory), head(line), "{:?}", String::from_utf8_lossy(line));
        }
    }

    /// Lines, times, levels and records do not depend on how the input is split.
    #[test]
    fn splitting_the_input_changes_nothing(log in log(), cuts in vec(any::<usize>(), 0..12)) {
        let whole = read(&batches(&log, &[]));
        let places: Vec<_> = whole.iter().map(|(offset, bytes, _)| (*offset, bytes.as_slice())).collect();
        prop_assert_eq!(places, reference(&log));
        prop_assert_eq!(read(&batches(&log, &cuts)), whole);
    }

    /// Every line without a head has the time and level of the previous line, except after a j.u.l. header; the number
    /// increases by one with each line that opens a record.
    #[test]
    fn records_are_numbered_in_order(log in log()) {
        let mut number = 0;
        let mut before: Option<LineInfo> = None;
        for (_, _, line) in read(&batches(&log, &[])) {
            number += u64::from(line.opens);
            prop_assert_eq!(line.record, number);
            prop_assert_eq!(line.opens, line.layout.is_some() || before.is_none());
            if let (None, Some(before)) = (line.layout, before) {
                prop_assert_eq!(line.time, before.time);
                let told = before.layout.is_some_and(Layout::level_follows);
                prop_assert!(told || line.level == before.level);
            }
            before = Some(line);
        }
    }
}
