//! What can go wrong with a CVM or a log.
//!
//! A [`Usage`](crate::usage::Usage) error ends the run before it starts. A [`Failure`] concerns one CVM or one log: it is
//! reported and sets the exit status, and the others go on.

use crate::hint::Hint;

/// Why a CVM or a log is not available, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    /// The cause in one sentence without a full stop.
    pub message: String,
    /// How to fix it, with a command to copy if there is one.
    pub hint: Option<Hint>,
}

/// The causes that are distinguished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The host name does not resolve.
    Resolve,
    /// There is no route to the CVM.
    Unroutable,
    /// Connection refused: nothing listens on the port.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The server ended the connection before it was set up (sshd's `MaxStartups`, a firewall).
    Dropped,
    /// The host key is in no `known_hosts`.
    HostKeyUnknown,
    /// The host key differs from the known one.
    HostKeyChanged,
    /// Authentication failed.
    Auth,
    /// The connection through the jump host failed.
    Jump,
    /// The jump host refused: the login, the forwarding, or this ssh its key.
    JumpRefused,
    /// The user's ssh does not start, or its configuration is wrong.
    Ssh,
    /// The CVM answers with a menu or a forced command instead of a shell.
    NoShell,
    /// There is no usable `tail` on the CVM.
    NoTail,
    /// sshd allows no more sessions.
    Sessions,
    /// The established connection broke.
    Lost,
    /// The file does not exist.
    Missing,
    /// Permission to read the file is denied.
    Unreadable,
    /// The path names no file that can be followed (a folder, a socket).
    NotAFile,
    /// `--since` of a log without timestamps.
    Undated,
    /// Reading the log failed on the CVM.
    Read,
}

impl Kind {
    /// Whether a retry can help; otherwise only the user can fix it.
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

/// Why a file cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Missing,
    /// It may not be read.
    Denied,
    /// It is a directory.
    Directory,
    /// It is a device, a socket or a pipe.
    Special,
    /// There is none, because a file stands where one of its directories should be.
    NotADirectory,
    /// There is none, because its symbolic links lead in a circle.
    LinkLoop,
}

impl Refusal {
    /// Parses the word that the script on the CVM has for it.
    pub fn parse(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"missing" => Self::Missing,
            b"denied" => Self::Denied,
            b"directory" => Self::Directory,
            b"special" => Self::Special,
            b"notdir" => Self::NotADirectory,
            b"loop" => Self::LinkLoop,
            _ => return None,
        })
    }

    /// True if nothing is at the path.
    pub const fn is_missing(self) -> bool {
        matches!(self, Self::Missing | Self::NotADirectory | Self::LinkLoop)
    }
}
