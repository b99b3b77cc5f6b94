//! How the head of a line is written, and what it tells: time, level, where the message starts.
//!
//! Layouts come in families that differ in the first bytes of a line, so a line is offered to one or two of
//! them at most. What is recognised never depends on the lines before; the memory only decides where to look
//! first.

mod bracketed;
mod class;
mod dated;
mod digits;
mod glog;
mod json;
mod leveled;
mod loose;
mod named;
mod numeric;
mod pairs;
mod priority;
mod scan;
mod stamp;
mod syslog;
pub mod words;

use crate::line::level::Level;
use crate::line::time::Stamp;

/// The layouts of FACTS-nutanix, section 3, and their neighbours on a CVM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `I20250611 03:12:45.123456Z 21034 file.cc:1187] `, old `I0611 03:12:45.123456 21034 file.cc:1187] `.
    Glog,
    /// `2025-06-11 03:12:44,001Z INFO 81234512 module.py:2210 `, or the same without the time.
    Python,
    /// `INFO  2025-06-11 03:12:44,120Z thread [] class.method:88 `.
    Log4j,
    /// `INFO [thread] 2025-06-11 03:12:40,000 File.java (line 77) `.
    Cassandra,
    /// `2025-06-11 03:12:44,007Z - INFO  [thread:Class@228] - `.
    ZooKeeper,
    /// `2025-06-11 03:12:44,001:21034(0x7f2a11b0c700):ZOO_INFO@function@1728: `.
    ZooKeeperClient,
    /// `2025-06-11 03:12:44,500 `, with a level if one follows in words or brackets.
    Plain,
    /// `2025-06-11T12:12:44.413144+09:00 host tag[pid]: `, classic `Jun 11 12:12:44 host tag[pid]: `, either
    /// behind a `<priority>`.
    Syslog,
    /// `Jun 11, 2025 3:12:44 AM class method`: j.u.l., level and message on the next line.
    JavaUtil,
    /// `11-Jun-2025 03:12:44.001 INFO [thread] class.method `: Tomcat's own one-line form of j.u.l.
    Tomcat,
    /// `time="2025-06-11T03:12:46-07:00" level=error `, pairs in any order; `INFO[0042] ` on a terminal.
    Logfmt,
    /// `2025-06-11T03:12:44.001Z|00012|module|INFO|`.
    OpenVSwitch,
    /// `11/06/2025 03:12:44 : epoch 6848f0aa : host : ganesha.nfsd-1[main] function :COMPONENT :EVENT :`.
    Ganesha,
    /// `[2025/06/11 03:12:44.123456,  0, pid=1] file.c:12(function)`, the message on the next lines.
    Samba,
    /// One JSON object.
    Json,
    /// `10.20.30.9 - - [11/Jun/2025:03:12:44 +0000] `: the access logs of Apache and nginx.
    Access,
    /// `#TIMESTAMP 1718075565 : `: sysstats.
    Sysstats,
    /// Any other line with a time near its start.
    Other,
}

impl Layout {
    /// Whether the level stands on the line after the head; the head line alone does not know it.
    pub const fn level_follows(self) -> bool {
        matches!(self, Self::JavaUtil)
    }
}

/// What the head of a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How it is written.
    pub layout: Layout,
    /// Its time as written; `None` for the few heads that tell a level alone.
    pub time: Option<Stamp>,
    /// Its level, where the layout tells one.
    pub level: Option<Level>,
    /// Where the message starts, counted from the first byte of the line; at most its length.
    pub message: usize,
}

/// What one stream remembers from line to line: the family that matched last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// `None` before the first head.
    last: Option<Family>,
}

/// Layouts whose heads start alike; no line fits two families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// A level's letter and digits.
    Glog,
    /// A four-digit year.
    Dated,
    /// Digits of another order.
    Numeric,
    /// A level's word.
    Leveled,
    /// A month's or a weekday's name.
    Named,
    /// An opening bracket.
    Bracketed,
    /// `<`, a number, `>`.
    Priority,
    /// An opening brace.
    Json,
    /// A key and `=`.
    Pairs,
}

impl Family {
    /// Reads `line` as this family does.
    fn head(self, line: &[u8]) -> Option<Head> {
        match self {
            Self::Glog => glog::head(line),
            Self::Dated => dated::head(line),
            Self::Numeric => numeric::head(line),
            Self::Leveled => leveled::head(line),
            Self::Named => named::head(line),
            Self::Bracketed => bracketed::head(line),
            Self::Priority => priority::head(line),
            Self::Json => json::head(line),
            Self::Pairs => pairs::head(line),
        }
    }

    /// The families that a line with this first byte may belong to.
    const fn candidates(first: u8) -> &'static [Self] {
        match first {
            b'0'..=b'9' => &[Self::Dated, Self::Numeric],
            b'I' | b'W' | b'E' | b'F' => &[Self::Glog, Self::Leveled, Self::Named, Self::Pairs],
            b'A'..=b'Z' => &[Self::Leveled, Self::Named, Self::Pairs],
            b'a'..=b'z' | b'@' => &[Self::Pairs],
            b' ' => &[Self::Leveled],
            b'[' => &[Self::Bracketed],
            b'<' => &[Self::Priority],
            b'{' => &[Self::Json],
            _ => &[],
        }
    }
}

/// Reads the head of `line` (without its newline); `None` if it opens with none and so continues the line before.
pub fn recognise(line: &[u8], memory: &mut Memory) -> Option<Head> {
    let first = *line.first()?;
    if first == 0 || first == 0x1b {
        return cluttered(line, memory);
    }
    if let Some(family) = memory.last
        && let Some(head) = family.head(line)
    {
        return Some(head);
    }
    for &family in Family::candidates(first) {
        if memory.last != Some(family)
            && let Some(head) = family.head(line)
        {
            memory.last = Some(family);
            return Some(head);
        }
    }
    loose::head(line)
}

/// Reads a head behind NULs (a log cut short under its writer starts with them) or behind a colour.
fn cluttered(line: &[u8], memory: &mut Memory) -> Option<Head> {
    let nuls = line.iter().take_while(|&&byte| byte == 0).count();
    let at = words::skip_colour(line, nuls);
    let rest = line.get(at..).filter(|rest| rest.first().is_some_and(u8::is_ascii_graphic))?;
    let head = recognise(rest, memory)?;
    Some(Head { message: head.message + at, ..head })
}
