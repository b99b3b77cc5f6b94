//! The bytes of a line as they are printed: sanitized on a terminal, unchanged in a pipe, and colored if asked.

use std::ops::Range;

use owo_colors::Style;

use crate::line::level::Level;
use crate::render::palette;
use crate::sanitize;

/// How the bytes of lines are printed.
#[derive(Debug)]
pub struct Body {
    /// Show control characters instead of passing them on.
    terminal: bool,
    /// `None`: no colors.
    colors: Option<Colors>,
}

/// Escape sequences.
#[derive(Debug)]
struct Colors {
    /// Before a match.
    highlight: String,
    /// Before a line of each level, in the order of [`Level`]; empty for levels without a color.
    levels: [String; 6],
}

/// Resets the style.
const RESET: &[u8] = b"\x1b[0m";

impl Body {
    pub fn new(terminal: bool, color: bool) -> Self {
        let start = |style: Style| style.prefix_formatter().to_string();
        let colors = color
            .then(|| Colors { highlight: start(palette::highlight()), levels: palette::levels().map(start) });
        Self { terminal, colors }
    }

    /// Whether the output is a terminal, so that control characters are shown.
    pub const fn terminal(&self) -> bool {
        self.terminal
    }

    /// Whether colors are used.
    pub const fn colors(&self) -> bool {
        self.colors.is_some()
    }

    /// Appends `bytes`, which contain no newline, with `matches` highlighted and the rest in the color of `level`.
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

    /// Appends `bytes` between `start` and a reset, unless either is empty.
    fn push_colored(&self, out: &mut Vec<u8>, bytes: &[u8], start: &str) {
        if bytes.is_empty() || start.is_empty() {
            self.push_plain(out, bytes);
        } else {
            out.extend_from_slice(start.as_bytes());
            self.push_plain(out, bytes);
            out.extend_from_slice(RESET);
        }
    }

    /// Appends `bytes` without color.
    fn push_plain(&self, out: &mut Vec<u8>, bytes: &[u8]) {
        if self.terminal {
            sanitize::push(out, bytes);
        } else {
            out.extend_from_slice(bytes);
        }
    }
}
