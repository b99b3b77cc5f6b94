//! A cause of a failure: how it is recognised, and how it is reported.

use crate::failure::Kind;

/// When a message is read: the same message means different things at different stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// From ssh, before the connection is up.
    Connecting,
    /// From ssh, before the connection is up, about the route from the jump host on: the jump itself is fine.
    BehindJump,
    /// From ssh, before the connection is up, and only the consequence of a line above, if one explains it.
    Echo,
    /// From ssh, about a connection that was up.
    Connected,
    /// From the CVM, instead of the remote script's first record.
    Shell,
    /// Never: cvmtail finds it out by itself.
    Nowhere,
}

/// One row of the table: a cause, how it is recognised, how it is reported.
///
/// `{host}`, `{port}` … in the sentences are filled with what is known of the case: the named groups of
/// `pattern` first, then what the user asked for.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    pub kind: Kind,
    pub stage: Stage,
    /// A regular expression over one line; empty if there is no such line.
    pub pattern: &'static str,
    /// The cause, one sentence without a full stop.
    pub sentence: &'static str,
    /// What the user can do, with commands to copy.
    pub fix: &'static str,
}

/// A row, written in one line.
pub const fn row(
    kind: Kind,
    stage: Stage,
    pattern: &'static str,
    sentence: &'static str,
    fix: &'static str,
) -> Cause {
    Cause { kind, stage, pattern, sentence, fix }
}
