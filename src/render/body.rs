//! The bytes of a line as the reader gets them: harmless on a terminal, untouched in a pipe, coloured
//! where asked.

use std::ops::Range;

use owo_colors::Style;

use crate::line::level::Level;
use crate::render::palette;
use crate::sanitize;

/// How the bytes of lines are shown.
#[derive(Debug)]
pub struct Body {
    /// Make control characters harmless.
    terminal: bool,
    /// The escape sequences to use; `None` without colours.
    colors: Option<Colors>,
}

/// The escape sequences around parts of a line.
#[derive(Debug)]
struct Colors {
    /// Before a match.
    highlight: String,
    /// Before a line of each level, in the order of [`Level`]; empty where a level has no colour.
    levels: [String; 6],
}

/// Back to what the terminal had.
const RESET: &[u8] = b"\x1b[0m";

impl Body {
    /// How lines are shown on a terminal or elsewhere, with or without colours.
    pub fn new(terminal: bool, color: bool) -> Self {
        let start = |style: Style| style.prefix_formatter().to_string();
        let colors = color
            .then(|| Colors { highlight: start(palette::highlight()), levels: palette::levels().map(start) });
        Self { terminal, colors }
    }

    /// True if control characters are made harmless.
    pub const fn terminal(&self) -> bool {
        self.terminal
    }

    /// True if colours are used.
    pub const fn colors(&self) -> bool {
        self.colors.is_some()
    }

    /// Appends `bytes`, which hold no newline, with `matches` coloured and the rest in the colour of
    /// `level`.
    pub fn push(&self, out: &mut Vec<u8>, bytes: &[u8], matches: &[Range<usize>], level: Option<Level>) {
        let Some(colors) = &self.colors else {
            self.push_plain(out, bytes);
            return;
        };
        let base = level.map_or("", |level| &colors.levels[level as usize]);
        if base.is_empty() && matches.is_empty() {
            self.push_plain(out, bytes);
            return;
        }
        let mut at = 0;
        for range in matches {
            self.push_colored(out, &bytes[at..range.start], base);
            self.push_colored(out, &bytes[range.clone()], &colors.highlight);
            at = range.end;
        }
        self.push_colored(out, &bytes[at..], base);
    }

    /// Appends `bytes` between `start` and a reset; without either if one of both is empty.
    fn push_colored(&self, out: &mut Vec<u8>, bytes: &[u8], start: &str) {
        if bytes.is_empty() || start.is_empty() {
            self.push_plain(out, bytes);
        } else {
            out.extend_from_slice(start.as_bytes());
            self.push_plain(out, bytes);
            out.extend_from_slice(RESET);
        }
    }

    /// Appends `bytes` without colour.
    fn push_plain(&self, out: &mut Vec<u8>, bytes: &[u8]) {
        if self.terminal {
            sanitize::push(out, bytes);
        } else {
            out.extend_from_slice(bytes);
        }
    }
}
