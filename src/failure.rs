//! The vocabulary of what can go wrong with a CVM or a log: one kind, one wording, one fix each.
//!
//! Two species: a *fatal* error ends the run before it began (usage, config; carried by `anyhow`), a
//! [`Failure`] concerns one CVM or one log, is told, marks the exit status and never stops the others.

use crate::hint::Hint;

/// One CVM or one log cannot be had: why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which entry of the table of causes.
    pub kind: Kind,
    /// The cause in one sentence without a full stop, in the reader's words.
    pub message: String,
    /// What to do about it, as a command to copy where there is one.
    pub hint: Option<Hint>,
}

/// The causes that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The CVM's name has no address.
    Resolve,
    /// The network knows no way to the CVM.
    Unroutable,
    /// Nothing listens on the port.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The server ended the connection before it was set up (sshd's `MaxStartups`, a firewall).
    Dropped,
    /// The server's key is in no `known_hosts`.
    HostKeyUnknown,
    /// The server's key is another than the known one.
    HostKeyChanged,
    /// The user or the key was refused.
    Auth,
    /// The jump host could not be passed.
    Jump,
    /// The jump host refused: the login, the forwarding, or this ssh its key.
    JumpRefused,
    /// The user's ssh does not start, or its configuration is wrong.
    Ssh,
    /// The CVM answers with a menu or a forced command instead of a shell.
    NoShell,
    /// The CVM has no usable `tail`.
    NoTail,
    /// sshd opens no more channels on any connection.
    Sessions,
    /// The established connection broke.
    Lost,
    /// The log's file is not there.
    Missing,
    /// The log's file may not be read.
    Unreadable,
    /// The path names no file that can be followed (a folder, a socket).
    NotAFile,
    /// Lines of the log are asked for by their time, and none tells it.
    Undated,
    /// Reading the log failed on the CVM.
    Read,
}

impl Kind {
    /// True if trying again can heal it; false if only the user can.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Resolve
            | Self::Unroutable
            | Self::Refused
            | Self::TimedOut
            | Self::Dropped
            | Self::Jump
            | Self::Sessions
            | Self::Lost
            | Self::Missing
            | Self::Unreadable
            | Self::Read => true,
            Self::HostKeyUnknown
            | Self::HostKeyChanged
            | Self::Auth
            | Self::JumpRefused
            | Self::Ssh
            | Self::NoShell
            | Self::NoTail
            | Self::NotAFile
            | Self::Undated => false,
        }
    }

    /// True if a server was reached and does not let this user in, or is not trusted: another login as it is would
    /// only be one more failed login.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Auth | Self::JumpRefused | Self::HostKeyUnknown | Self::HostKeyChanged)
    }
}
