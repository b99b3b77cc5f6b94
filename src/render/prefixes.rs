//! `CVM LOG | `: the prefix of a line of text, rendered once per stream.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::cluster::target::Target;
use crate::options::{OutputOptions, Prefix};
use crate::render::palette::Palette;
use crate::sanitize;

#[derive(Debug)]
pub struct Prefixes {
    /// Which names are in the prefix.
    prefix: Prefix,
    /// `None`: no colors.
    palette: Option<Palette>,
    /// The widths to which names of CVMs and logs are padded; `None` off a terminal.
    widths: Option<(usize, usize)>,
    /// By the id of the target; `None` for streams that have not printed a line.
    ready: Vec<Option<PreparedPrefix>>,
}

/// The rendered prefix of a stream.
#[derive(Debug)]
struct PreparedPrefix {
    /// With `|` before the line.
    bytes: Vec<u8>,
    /// With `~` before the line, for late lines.
    late: Vec<u8>,
}

impl Prefixes {
    /// `targets`: the streams known at the start.
    pub fn new(prefix: Prefix, output: &OutputOptions, targets: &[Arc<Target>]) -> Self {
        let widest =
            |of: fn(&Target) -> &str| targets.iter().map(|target| width(of(target))).max().unwrap_or(0);
        Self {
            prefix,
            palette: output.color.then(|| Palette::new(targets)),
            widths: output
                .terminal
                .then(|| (widest(|target| &target.cvm.name), widest(|target| &target.log))),
            ready: Vec::new(),
        }
    }

    pub fn prefix(&mut self, target: &Target) -> &[u8] {
        &self.ready(target).bytes
    }

    /// Appends the prefix of a line of `target`.
    pub fn push_prefix(&mut self, out: &mut Vec<u8>, target: &Target, late: bool) {
        let ready = self.ready(target);
        out.extend_from_slice(if late { &ready.late } else { &ready.bytes });
    }

    /// The prefix of a stream, rendered with its first line.
    fn ready(&mut self, target: &Target) -> &PreparedPrefix {
        if target.id >= self.ready.len() {
            self.ready.resize_with(target.id + 1, || None);
        }
        if self.ready[target.id].is_none() {
            self.widen(target);
            let bytes = self.make(target, '|').into_bytes();
            let late = self.make(target, '~').into_bytes();
            self.ready[target.id] = Some(PreparedPrefix { bytes, late });
        }
        self.ready[target.id].as_ref().expect("made in the lines above")
    }

    /// If the names of a stream that was added later are wider, renders all prefixes again.
    fn widen(&mut self, target: &Target) {
        if let Some((cvm, log)) = self.widths {
            let wider = (cvm.max(width(&target.cvm.name)), log.max(width(&target.log)));
            if wider != (cvm, log) {
                self.widths = Some(wider);
                self.ready.fill_with(|| None);
            }
        }
    }

    /// The prefix of a stream, with `bar` before the line. Names are sanitized in pipes too: a newline in a file name
    /// must not split a line.
    fn make(&mut self, target: &Target, bar: char) -> String {
        let mut text = String::new();
        let (cvm_width, log_width) = self.widths.unwrap_or_default();
        let parts: &[(bool, usize)] = match self.prefix {
            Prefix::Full => &[(true, cvm_width), (false, log_width)],
            Prefix::Cvm => &[(true, cvm_width)],
            Prefix::Log => &[(false, log_width)],
            Prefix::None => return text,
        };
        for &(is_cvm, padded) in parts {
            let name = if is_cvm { &target.cvm.name } else { &target.log };
            let shown = sanitize::text(name);
            let pad = padded.saturating_sub(shown.chars().count()) + 1;
            let style = self
                .palette
                .as_mut()
                .map(|palette| if is_cvm { palette.cvm(name) } else { palette.log(name) });
            // Writing into a String cannot fail.
            let _ = match style {
                Some(style) => write!(text, "{}{:pad$}", style.style(shown), ""),
                None => write!(text, "{shown}{:pad$}", ""),
            };
        }
        text.push(bar);
        text.push(' ');
        text
    }
}

/// The width of a name in characters.
fn width(name: &str) -> usize {
    sanitize::text(name).chars().count()
}
