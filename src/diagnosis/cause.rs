//! A cause of a failure: how it is recognised and how it is told.

use crate::failure::Kind;

/// Where a cause's words are heard: the same words mean different things at different moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// From ssh, before the connection is up.
    Connecting,
    /// From ssh before the connection is up, but about the way from the jump host on: the jump itself is fine.
    BehindJump,
    /// From ssh, before the connection is up, and only as the consequence of a line above, if one explains it.
    Echo,
    /// From ssh, about a connection that was up.
    Connected,
    /// From the CVM, in place of the remote script's first record.
    Shell,
    /// From the CVM, about one log.
    Log,
    /// Nowhere: cvmtail finds out by itself.
    Nowhere,
}

/// One row: a cause, how it is recognised, how it is told.
///
/// `{host}`, `{port}` … in the sentences are filled with what is known of the case: the named groups of
/// `words` first, then what the user asked for.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// Which kind of failure it is.
    pub kind: Kind,
    /// At which moment it is recognised.
    pub heard: Heard,
    /// A regular expression over one line; empty where nobody says it.
    pub words: &'static str,
    /// The cause, one sentence without a full stop.
    pub sentence: &'static str,
    /// What the user can do, with commands to copy.
    pub fix: &'static str,
}

/// A row, written in one line.
pub const fn row(
    kind: Kind,
    heard: Heard,
    words: &'static str,
    sentence: &'static str,
    fix: &'static str,
) -> Cause {
    Cause { kind, heard, words, sentence, fix }
}
