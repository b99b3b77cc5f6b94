//! Pure: the text that runs on a CVM, what is asked of it and what it answers.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::agent::hidden::Hidden;
use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::failure::Refusal;
use crate::tail::position::{Modified, Sibling, Sum};

/// The functions a CVM's `sh` is given; the protocol is described at its head.
const FOLLOW: &str = concat!(include_str!("why.sh"), include_str!("follow.sh"));

/// The functions it lists files with.
pub(super) const ENTRIES: &str = include_str!("entries.sh");

/// The byte every record begins with.
pub const MARK: u8 = 0x1e;

/// The text of [`Record::Halted`].
pub const HALTED: &[u8] = b"K";

/// The length of a nonce.
pub const NONCE: usize = 32;

/// What makes one conversation unmistakable for log text.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Stands in every record.
    pub nonce: String,
    /// Redundant path segments (`./` and `/`) by which `tail` is called, and which it puts before its
    /// own messages: 32 bits that no line of a log can guess.
    signature: String,
}

impl Secret {
    /// A secret out of 20 random bytes.
    pub fn new(random: &[u8; 20]) -> Self {
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

    /// The text to which a `sh` answers with [`Record::Shell`], and at which nothing else takes harm.
    pub fn greeting(&self) -> Vec<u8> {
        let clock = "$(date '+%s.%N %z' 2>&1) $(readlink /etc/localtime 2>&1)";
        format!("printf '\\036%s O %s\\000' {} \"{clock}\"\n", self.nonce).into_bytes()
    }

    /// The text that makes a `sh` the file server for the log at `path`.
    pub fn preamble(&self, path: &RemotePath) -> Vec<u8> {
        let mut text = format!("N={} Q={} F=", self.nonce, self.signature).into_bytes();
        quote(&path.0, &mut text);
        text.push(b'\n');
        text.extend_from_slice(ENTRIES.as_bytes());
        text.extend_from_slice(FOLLOW.as_bytes());
        text
    }
}

/// Appends `word` quoted for `sh`: within single quotes nothing has a meaning but the quote itself.
pub fn quote(word: &[u8], text: &mut Vec<u8>) {
    text.push(b'\'');
    for &byte in word {
        if byte == b'\'' {
            text.extend_from_slice(br"'\''");
        } else {
            text.push(byte);
        }
    }
    text.push(b'\'');
}

/// What can be asked of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open the file there.
    Open(RemotePath),
    /// Open the file there; if it is that one, list what begins with the last, and send it from its beginning.
    Enter(RemotePath, FileId, Vec<u8>),
    /// Tell where the last lines of the open file begin.
    MeasureLast(u64),
    /// Tell where a line of the open file begins, counted from 1.
    MeasureFrom(u64),
    /// Show so many bytes (second) of the open file from an offset (first) on.
    Peek(u64, u64),
    /// Send the open file from there to its end.
    Copy(u64),
    /// Send the open file from there, and what is appended. It is at that path; without one, `tail`
    /// gets the descriptor, and polls once a second.
    Follow(u64, Option<RemotePath>),
    /// End the `tail`.
    Halt,
    /// Tell when the log can be opened.
    Watch,
    /// Checksum so many bytes (second) before an offset (first) of the open file.
    Sum(u64, u64),
    /// List what begins with this.
    List(Vec<u8>),
    /// As `Sum`, of the packed file there.
    SumPacked(RemotePath, u64, u64),
    /// As `Copy`, of the packed file there.
    CopyPacked(RemotePath, u64),
}

impl Command {
    /// Appends the line that asks for it.
    pub fn write(&self, text: &mut Vec<u8>) {
        let (call, path, numbers): (&[u8], Option<&[u8]>, String) = match self {
            Self::Open(path) => (b"o", Some(&path.0), String::new()),
            Self::Enter(path, FileId { device, inode }, prefix) => {
                text.extend_from_slice(b"n ");
                quote(&path.0, text);
                text.extend_from_slice(format!(" {device}:{inode} ").as_bytes());
                quote(prefix, text);
                text.push(b'\n');
                return;
            }
            Self::MeasureLast(count) => (b"b", None, count.to_string()),
            Self::MeasureFrom(line) => (b"b", None, format!("+{line}")),
            Self::Peek(from, count) => (b"d", None, format!("{from} {count}")),
            Self::Copy(from) => (b"c", None, from.to_string()),
            Self::Follow(from, path) => {
                text.extend_from_slice(format!("f {from} ").as_bytes());
                match path {
                    Some(path) => quote(&path.0, text),
                    None => text.extend_from_slice(b"$four"),
                }
                text.push(b'\n');
                return;
            }
            Self::Halt => (b"k", None, String::new()),
            Self::Watch => (b"w", None, String::new()),
            Self::Sum(before, count) => (b"s", None, format!("{before} {count}")),
            Self::List(prefix) => (b"l", Some(prefix), String::new()),
            Self::SumPacked(path, before, count) => (b"z", Some(&path.0), format!("{before} {count}")),
            Self::CopyPacked(path, from) => (b"u", Some(&path.0), from.to_string()),
        };
        text.extend_from_slice(call);
        if let Some(path) = path {
            text.push(b' ');
            quote(path, text);
        }
        if !numbers.is_empty() {
            text.push(b' ');
            text.extend_from_slice(numbers.as_bytes());
        }
        text.push(b'\n');
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

/// What the clock of a CVM says.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteClock {
    /// The time.
    pub now: Timestamp,
    /// The zone: by its name where that is known here, else the offset it has now.
    pub zone: TimeZone,
}

impl RemoteClock {
    /// Reads `seconds.nanoseconds ±hhmm …/zoneinfo/Area/City`; the last part may be anything.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
        let (seconds, nanoseconds) = words.next()?.split_once('.')?;
        let nanoseconds = nanoseconds.parse().unwrap_or(0);
        let now = Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()?;
        let offset: i32 = words.next()?.parse().ok()?;
        let offset = Offset::from_seconds(offset / 100 * 3600 + offset % 100 * 60).ok()?;
        let named = words.next().and_then(|link| TimeZone::get(link.split_once("zoneinfo/")?.1).ok());
        // A name that means another offset here than there would be worse than none.
        let named = named.filter(|zone| zone.to_offset(now) == offset);
        Some(Self { now, zone: named.unwrap_or_else(|| TimeZone::fixed(offset)) })
    }
}

impl RemoteClock {
    /// How far it is ahead, having been read at some time between `asked` and `heard`: in the middle, as far as
    /// can be told. Where it may as well be right it is: a login script that takes its time is no wrong clock.
    pub fn ahead(&self, asked: Timestamp, heard: Timestamp) -> SignedDuration {
        if (asked..=heard).contains(&self.now) {
            return SignedDuration::ZERO;
        }
        self.now.duration_since(asked + heard.duration_since(asked) / 2)
    }
}

/// What the script says.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// `O`: there is a shell, and what its clock says.
    Shell(Option<RemoteClock>),
    /// `I`: it runs; the path of `tail`, empty if there is none.
    Here(Vec<u8>),
    /// `H`: the file is open; its path with links resolved.
    Opened(Sibling),
    /// `X`: it cannot be opened.
    Refused(Refusal),
    /// `B`: the backlog begins there.
    Backlog(u64),
    /// `D`: bytes of the open file.
    Peeked(Vec<u8>),
    /// `E`: the file was sent up to here; `None` of a packed one.
    End(Option<u64>),
    /// `V`: the tail reads the open file; what came since `Follow` is of it.
    Following,
    /// `K`: no tail runs.
    Halted,
    /// `S`: a checksum.
    Sum(Sum),
    /// `C`: the open file, its path is not known; true: it has no name any more, it was deleted.
    Current(Sibling, bool),
    /// `P`: the file at the log's path.
    Live(Sibling),
    /// `N`: no file is at the log's path.
    Absent(Refusal),
    /// `L`: a file of the series.
    Sibling(Sibling),
    /// `U`: something of the series that could not be examined.
    Hidden(Hidden),
    /// `Z`: the listing begins anew.
    Relisted,
    /// `Y`: what was open was not read to its end.
    Unread(Flaw),
    /// `.`: the listing is complete.
    Listed,
    /// `R`: the log's path has another file than the open one, or none.
    Moved,
    /// `A`: the log can be opened now.
    Appeared,
    /// `Q`: reading failed.
    Broken(String),
}

impl Record {
    /// Reads what stands between the nonce and the closing NUL; `None` if it makes no sense.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (&kind, rest) = text.split_first()?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let words = || std::str::from_utf8(rest).ok();
        Some(match kind {
            b'O' => Self::Shell(RemoteClock::parse(rest)),
            b'I' => Self::Here(rest.to_vec()),
            b'H' => Self::Opened(file(rest)?),
            b'X' => Self::Refused(Refusal::parse(rest)?),
            b'N' => Self::Absent(Refusal::parse(rest)?),
            b'B' => Self::Backlog(words()?.parse().ok()?),
            b'D' => {
                // The dot says that the bytes were read.
                let one_line: Vec<u8> = rest.iter().copied().filter(|byte| !b"\n.".contains(byte)).collect();
                Self::Peeked(STANDARD.decode(one_line).ok()?)
            }
            b'E' if rest.is_empty() => Self::End(None),
            b'E' => Self::End(Some(words()?.parse().ok()?)),
            b'V' => Self::Following,
            _ if text == HALTED => Self::Halted,
            b'S' => {
                let mut words = words()?.split_ascii_whitespace();
                Self::Sum(Sum {
                    checksum: words.next()?.parse().ok()?,
                    count: words.next()?.parse().ok()?,
                    size: words.next().map(str::parse).transpose().ok()?,
                })
            }
            b'C' => {
                // In the place of a path: how many links it has.
                let file = file(rest)?;
                let deleted = file.path.0 == b"0";
                Self::Current(Sibling { path: RemotePath(Vec::new()), ..file }, deleted)
            }
            b'P' => Self::Live(file(rest)?),
            b'L' => Self::Sibling(file(rest)?),
            b'U' => Self::Hidden(match rest.strip_prefix(b"folder ") {
                Some(path) => Hidden::Directory(RemotePath(path.to_vec())),
                None => Hidden::File(RemotePath(rest.strip_prefix(b"entry ")?.to_vec())),
            }),
            b'Z' => Self::Relisted,
            b'Y' => Self::Unread(match rest {
                b"tool" => Flaw::NoTool,
                b"damaged" => Flaw::Damaged,
                b"failed" => Flaw::Failed,
                _ => return None,
            }),
            b'.' => Self::Listed,
            b'R' => Self::Moved,
            b'A' => Self::Appeared,
            b'Q' => Self::Broken(String::from_utf8_lossy(rest).into_owned()),
            _ => return None,
        })
    }
}

/// Reads `[!]device:inode size seconds[.nanoseconds][ path]`, all numbers in decimal.
fn file(text: &[u8]) -> Option<Sibling> {
    let closed = text.strip_prefix(b"!");
    let (text, readable) = (closed.unwrap_or(text), closed.is_none());
    let mut parts = text.splitn(4, |&b| b == b' ');
    let mut word = || std::str::from_utf8(parts.next()?).ok();
    let (device, inode) = word()?.split_once(':')?;
    let size = word()?.parse().ok()?;
    let (seconds, fraction) = word().map(|time| time.split_once(['.', ',']).unwrap_or((time, "0")))?;
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(Sibling {
        id: FileId { device: device.parse().ok()?, inode: inode.parse().ok()? },
        size,
        modified: Modified(seconds.parse().ok()?, nanoseconds),
        path: RemotePath(parts.next().unwrap_or_default().to_vec()),
        readable,
    })
}
