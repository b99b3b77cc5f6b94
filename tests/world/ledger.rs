//! What a writer wrote: every line's hash and place, in order, so that any output can be judged.

use std::hash::Hasher;
use std::sync::{Arc, Mutex, MutexGuard};

/// One written line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The hash of its bytes without the newline.
    pub hash: u64,
    /// Where in its file it begins.
    pub offset: u64,
    /// Which of the ledger's files it was written to.
    pub file: u32,
}

/// One file the writer wrote to, from creation or truncation on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incarnation {
    /// The device number of its file system.
    pub device: u64,
    /// Its inode number.
    pub inode: u64,
    /// Whether its bytes were later moved or destroyed: truncated, copied, removed, compressed.
    pub disturbed: bool,
}

/// Everything one writer wrote.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The stream's id, which stands in every line.
    pub id: String,
    /// The CVM as a run of cvmtail names it, for NDJSON.
    pub cvm: String,
    /// The path as a run of cvmtail names it, for NDJSON.
    pub path: String,
    /// The lines; the index is the sequence number.
    pub lines: Vec<Entry>,
    /// The files, in the order in which they were begun.
    pub files: Vec<Incarnation>,
    /// How many rotations were made.
    pub rotations: u64,
}

/// A ledger that its writer and the checker share.
#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<Mutex<Ledger>>);

impl Shared {
    /// A ledger to share.
    pub fn new(ledger: Ledger) -> Self {
        Self(Arc::new(Mutex::new(ledger)))
    }

    /// The ledger as it stands, held still.
    pub fn open(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().expect("a ledger")
    }

    /// How many lines stand in it.
    pub fn count(&self) -> u64 {
        self.open().lines.len() as u64
    }
}

/// The hash of a line's bytes.
pub fn hash(line: &[u8]) -> u64 {
    // The default hasher without random keys: equal within one process is all that is asked.
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    hasher.write(line);
    hasher.finish()
}

/// The token at the end of every numbered line.
pub fn token(id: &str, number: u64) -> String {
    format!(" @@{id}#{number}@@")
}

/// The id and number in the token at the end of a line; `None` if the line has no whole token there.
pub fn read_token(line: &[u8]) -> Option<(&str, u64)> {
    let body = line.strip_suffix(b"@@")?;
    let start = body.windows(2).rposition(|pair| pair == b"@@")? + 2;
    let (id, number) = std::str::from_utf8(&body[start..]).ok()?.split_once('#')?;
    Some((id, number.parse().ok()?))
}
