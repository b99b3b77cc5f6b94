//! Pure: the text that runs on a CVM, what is asked of it and what it replies. What agent.sh and this file call the
//! same is tested to be the same.

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::agent::clock::RemoteClock;
use crate::agent::description::{FileDescription, ShellFacts};
use crate::agent::file::{FileStat, Sibling, Sum};
use crate::agent::hidden::Hidden;
use crate::agent::quoting::Call;
use crate::batch::FileId;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;

/// The functions of the agent.
const AGENT: &str = include_str!("agent.sh");

/// The same as they are sent, without comments and indentation: each stream needs them before it begins.
static CODE: LazyLock<String> = LazyLock::new(|| {
    let lines = AGENT.lines().map(str::trim_start);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    code.fold(String::with_capacity(AGENT.len()), |code, line| code + line + "\n")
});

/// The byte every record begins with.
pub const MARK: u8 = 0x1e;

/// The text of [`Reply::Halted`].
pub const HALTED: &[u8] = b"halted";

/// The length of a nonce.
const NONCE: usize = 32;

/// How many random bytes make a [`Secret`].
pub const RANDOM: usize = NONCE / 2 + 4;

/// What makes one conversation unmistakable for log text.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Part of every record.
    pub nonce: String,
    /// Redundant path segments (`./` and `/`) by which `tail` is called, and which it puts before its
    /// own messages: 32 bits that no line of a log can guess.
    signature: String,
}

impl Secret {
    /// A secret out of random bytes.
    pub fn new(random: &[u8; RANDOM]) -> Self {
        let mut nonce = String::with_capacity(NONCE);
        for byte in &random[..NONCE / 2] {
            let _ = write!(nonce, "{byte:02x}");
        }
        let bits = random[NONCE / 2..].iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        let signature = bits.map(|bit| if bit == 1 { "./" } else { "/" }).collect();
        Self { nonce, signature }
    }

    /// How every message of the `tail` at that path begins.
    pub fn message_prefix(&self, tail: &[u8]) -> Vec<u8> {
        let name = tail.iter().rposition(|&b| b == b'/').map_or(0, |slash| slash + 1);
        [&tail[..name], self.signature.as_bytes(), &tail[name..], b": "].concat()
    }

    /// The text to which any `sh` answers with [`Reply::Clock`], and that is harmless to everything else, such as a
    /// menu: it is one line and not empty.
    pub fn greeting(&self) -> Vec<u8> {
        let clock = "$(date '+%s.%N %z %Z' 2>&1) $(readlink /etc/localtime 2>&1)";
        format!("printf '\\036%s clock %s\\000' {} \"{clock}\"\n", self.nonce).into_bytes()
    }

    /// The text that teaches a `sh` to answer a [`Request`].
    pub fn preamble(&self) -> Vec<u8> {
        format!("N={} Q={}\n{}", self.nonce, self.signature, *CODE).into_bytes()
    }
}

/// What can be asked of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Mark the end of the answer to all that was asked before.
    EndAnswer,
    /// Report the clock.
    Clock,
    /// Report what the shell is like.
    ShellFacts,
    /// Report the CVMs of the cluster.
    ClusterMembers,
    /// Report how the file or directory at `path` is; the reply has the same `number`.
    Examine { number: usize, path: RemotePath },
    /// Report the log at `path` in detail.
    DescribeFile { path: RemotePath },
    /// Report which of these directories cannot be listed.
    ListDirectories { patterns: Vec<PathPattern> },
    /// Report the files and links at `paths` and those that match `patterns`.
    FindFiles { paths: Vec<RemotePath>, patterns: Vec<PathPattern> },
    /// Report what the links among them lead to.
    ReadLinks { paths: Vec<RemotePath>, patterns: Vec<PathPattern> },
    /// Begin to serve the log at `log`: all that follows is about it.
    Serve { log: RemotePath },
    /// Open the file at `path`.
    Open { path: RemotePath },
    /// Open the file at `path`; if it is `file`, list what begins with `prefix`, and send it from its beginning.
    Enter { path: RemotePath, file: FileId, prefix: Vec<u8> },
    /// Find where the last `count` lines of the open file begin.
    FindLast { count: u64 },
    /// Find where a line of the open file begins, counted from 1.
    FindFrom { line: u64 },
    /// Show `count` bytes of the open file from offset `from` on.
    Peek { from: u64, count: u64 },
    /// Send the open file from offset `from` to its end.
    Copy { from: u64 },
    /// Send the open file from offset `from`, and what is appended. It is at `path`; without one, `tail` gets the
    /// descriptor, and polls once a second.
    Follow { from: u64, path: Option<RemotePath> },
    /// End the `tail`.
    StopTail,
    /// Report when the log can be opened.
    AwaitLog,
    /// Checksum `count` bytes before offset `before` of the open file.
    Checksum { before: u64, count: u64 },
    /// List what begins with `prefix`.
    ListSeries { prefix: Vec<u8> },
    /// As `Checksum`, of the compressed file at `path`.
    ChecksumCompressed { path: RemotePath, before: u64, count: u64 },
    /// As `Copy`, of the compressed file at `path`.
    CopyCompressed { path: RemotePath, from: u64 },
    /// The client is alive, and wants to know what `tail` does not report.
    Tick,
    /// The client is alive.
    Alive,
    /// End the connection if the client is not alive for so long.
    Watchdog { seconds: u32 },
}

impl Request {
    /// Appends the line that asks for it.
    pub fn write(&self, text: &mut Vec<u8>) {
        let call = |text, function| Call::new(text, function);
        match self {
            Self::EndAnswer => call(text, "end_answer"),
            Self::Clock => call(text, "clock"),
            Self::ShellFacts => call(text, "shell_facts"),
            Self::ClusterMembers => call(text, "cluster_members"),
            Self::Examine { number, path } => call(text, "examine").word(number).quoted(&path.0),
            Self::DescribeFile { path } => call(text, "describe_file").quoted(&path.0),
            Self::ListDirectories { patterns } => call(text, "list_directories").all(&[], patterns),
            Self::FindFiles { paths, patterns } => call(text, "find_files").all(paths, patterns),
            Self::ReadLinks { paths, patterns } => call(text, "read_links").all(paths, patterns),
            Self::Serve { log } => call(text, "serve").quoted(&log.0),
            Self::Open { path } => call(text, "open_log").quoted(&path.0),
            Self::Enter { path, file: FileId { device, inode }, prefix } => {
                let id = format_args!("{device}:{inode}");
                call(text, "enter_log").quoted(&path.0).word(id).quoted(prefix)
            }
            Self::FindLast { count } => call(text, "find_backlog").word(count),
            Self::FindFrom { line } => call(text, "find_backlog").word(format_args!("+{line}")),
            Self::Peek { from, count } => call(text, "peek").word(from).word(count),
            Self::Copy { from } => call(text, "copy").word(from),
            Self::Follow { from, path: Some(path) } => call(text, "follow").word(from).quoted(&path.0),
            Self::Follow { from, path: None } => call(text, "follow_open").word(from),
            Self::StopTail => call(text, "stop_tail"),
            Self::AwaitLog => call(text, "await_log"),
            Self::Checksum { before, count } => call(text, "checksum").word(before).word(count),
            Self::ListSeries { prefix } => call(text, "list_series").quoted(prefix),
            Self::ChecksumCompressed { path, before, count } => {
                call(text, "checksum_compressed").quoted(&path.0).word(before).word(count)
            }
            Self::CopyCompressed { path, from } => call(text, "copy_compressed").quoted(&path.0).word(from),
            Self::Tick => call(text, "tick"),
            Self::Alive => call(text, "alive"),
            Self::Watchdog { seconds } => call(text, "watchdog").word(seconds),
        }
        .end();
    }

    /// The line that asks for it.
    pub fn line(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.write(&mut text);
        text
    }
}

/// Why a file, or a part of it, was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It may not be read.
    Denied,
    /// It is gone.
    Deleted,
    /// The CVM lacks the program that decompresses it.
    NoTool,
    /// It is damaged or truncated.
    Damaged,
    /// The CVM could not run what reads it.
    Failed,
}

/// What the agent replies.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// `answered`: all that was asked before [`Request::EndAnswer`] is answered.
    Answered,
    /// `clock`: there is a shell, and what its clock shows, if that makes sense.
    Clock(Option<RemoteClock>),
    /// `shell`: what the shell is like.
    Shell(ShellFacts),
    /// `cluster`: how `svmips` ended and what it printed.
    Cluster { status: u8, text: Vec<u8> },
    /// `examined`: how a file is; without `file`, that could not be found out.
    Examined { number: usize, refusal: Option<Refusal>, file: Option<Sibling> },
    /// `described`: how the file of a log is.
    Described(FileDescription),
    /// `link`: there is a symbolic link.
    Link(RemotePath),
    /// `target`: what that link says.
    Target(RemotePath),
    /// `file`: there is a file.
    File(Sibling),
    /// `hidden`: there is something that could not be examined.
    Hidden(Hidden),
    /// `relisted`: what was listed so far is void, because files were renamed meanwhile.
    Relisted,
    /// `serving`: the log is served; the path of `tail`, empty if there is none.
    Serving { tail: Vec<u8> },
    /// `opened`: the file is open; its path with links resolved.
    Opened(Sibling),
    /// `refused`: it cannot be opened.
    Refused(Refusal),
    /// `backlog`: the backlog begins there.
    Backlog(u64),
    /// `peeked`: bytes of the open file.
    Peeked(Vec<u8>),
    /// `end`: the file was sent up to here; `None` of a compressed one.
    End(Option<u64>),
    /// `following`: the tail reads the open file; what came since `Follow` is of it.
    Following,
    /// `halted`: no tail runs.
    Halted,
    /// `sum`: a checksum.
    Sum(Sum),
    /// `current`: the open file, whose path is not known; `deleted`: it has no name any more.
    Current { file: Sibling, deleted: bool },
    /// `live`: the file at the log's path.
    Live(Sibling),
    /// `absent`: no file is at the log's path.
    Absent(Refusal),
    /// `unread`: what was open was not read to its end.
    Unread(Flaw),
    /// `listed`: the list of the series is complete.
    Listed,
    /// `moved`: the log's path has another file than the open one, or none.
    Moved,
    /// `appeared`: the log can be opened now.
    Appeared,
    /// `broken`: reading failed.
    Broken(String),
}

impl Reply {
    /// Parses what stands between the nonce and the closing NUL; `None` if it makes no sense.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (word, rest) = split(text);
        let path = || RemotePath(rest.to_vec());
        let file = || Some(FileStat::parse(rest)?.file);
        Some(match word {
            b"answered" => Self::Answered,
            b"clock" => Self::Clock(RemoteClock::parse(rest)),
            b"shell" => Self::Shell(ShellFacts::parse(rest)?),
            b"cluster" => {
                let (status, text) = split(rest);
                Self::Cluster { status: number(status)?, text: text.to_vec() }
            }
            b"examined" => {
                let (which, rest) = split(rest);
                let (state, rest) = split(rest);
                let refusal = if state == b"ok" { None } else { Some(Refusal::parse(state)?) };
                let file = FileStat::parse(rest).map(|stat| stat.file);
                Self::Examined { number: number(which)?, refusal, file }
            }
            b"described" => Self::Described(FileDescription::parse(rest)?),
            b"link" => Self::Link(path()),
            b"target" => Self::Target(path()),
            b"file" => Self::File(file()?),
            b"hidden" => match split(rest) {
                (b"directory", path) => Self::Hidden(Hidden::Directory(RemotePath(path.to_vec()))),
                (b"entry", path) => Self::Hidden(Hidden::File(RemotePath(path.to_vec()))),
                _ => return None,
            },
            b"relisted" => Self::Relisted,
            b"serving" => Self::Serving { tail: rest.to_vec() },
            b"opened" => Self::Opened(file()?),
            b"refused" => Self::Refused(Refusal::parse(rest)?),
            b"backlog" => Self::Backlog(number(rest)?),
            b"peeked" => {
                // The dot says that the bytes were read.
                let one_line: Vec<u8> = rest.iter().copied().filter(|byte| !b"\n.".contains(byte)).collect();
                Self::Peeked(BASE64_STANDARD.decode(one_line).ok()?)
            }
            b"end" if rest.is_empty() => Self::End(None),
            b"end" => Self::End(Some(number(rest)?)),
            b"following" => Self::Following,
            _ if text == HALTED => Self::Halted,
            b"sum" => {
                let mut words = std::str::from_utf8(rest).ok()?.split_ascii_whitespace();
                Self::Sum(Sum {
                    checksum: words.next()?.parse().ok()?,
                    count: words.next()?.parse().ok()?,
                    size: words.next().map(str::parse).transpose().ok()?,
                })
            }
            b"current" => {
                let FileStat { file, links, .. } = FileStat::parse(rest)?;
                Self::Current { file, deleted: links == 0 }
            }
            b"live" => Self::Live(file()?),
            b"absent" => Self::Absent(Refusal::parse(rest)?),
            b"unread" => Self::Unread(match rest {
                b"tool" => Flaw::NoTool,
                b"damaged" => Flaw::Damaged,
                b"failed" => Flaw::Failed,
                _ => return None,
            }),
            b"listed" => Self::Listed,
            b"moved" => Self::Moved,
            b"appeared" => Self::Appeared,
            b"broken" => Self::Broken(String::from_utf8_lossy(rest).into_owned()),
            _ => return None,
        })
    }
}

/// The first word, and what is behind the space after it.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
    (&text[..end], text.get(end + 1..).unwrap_or_default())
}

/// Parses a decimal number.
fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
