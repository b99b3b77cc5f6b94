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
mod head;
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

pub use head::{Head, Layout};

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
