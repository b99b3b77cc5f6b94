//! Layouts: how the head of a line is written. Recognizes heads and extracts timestamp, level and message.
//!
//! Layouts form families that differ in the first bytes of a line, so that only a few of them are tried per line. The
//! result never depends on previous lines; the memory only decides which family is tried first.

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

/// The family that matched last on a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    last: Option<Family>,
}

/// Layouts whose heads start alike. No line matches two families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// The letter of a level, and digits.
    Glog,
    /// A four-digit year.
    Dated,
    /// Digits of another order.
    Numeric,
    /// A level word.
    Leveled,
    /// The name of a month or weekday.
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

    /// The families possible for a line with this first byte.
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

/// Parses the head of `line` (without its newline); `None` if it has none, so that it continues the previous line.
pub fn recognize(line: &[u8], memory: &mut Memory) -> Option<Head> {
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

/// Parses a head after NUL bytes (a log truncated while open for writing starts with them) or a color sequence.
fn cluttered(line: &[u8], memory: &mut Memory) -> Option<Head> {
    let nuls = line.iter().take_while(|&&byte| byte == 0).count();
    let at = words::skip_color(line, nuls);
    let rest = line.get(at..).filter(|rest| rest.first().is_some_and(u8::is_ascii_graphic))?;
    let head = recognize(rest, memory)?;
    Some(Head { message: head.message + at, ..head })
}
