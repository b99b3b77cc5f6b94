//! Colors of names and levels: the same in every run, and distinguishable by every eye.
//!
//! The eight colors were found by search among the 256 of xterm, with the criteria of Okabe and Ito: far from each
//! other also with color blindness, legible on black and on white, and far from the red of errors. The tests check all
//! of that. No information is in the color alone: the name is always printed.

use std::collections::BTreeMap;
use std::sync::Arc;

use owo_colors::{Style, XtermColors};

use crate::cluster::target::Target;

/// xterm colors of names.
const NAMES: [u8; 8] = [25, 171, 37, 137, 57, 198, 59, 140];

/// The style of a match: by its background, because the text may have the color of its level.
pub const fn highlight() -> Style {
    Style::new().bold().black().on_yellow()
}

/// The style of lines of each level, in the order of [`Level`](crate::line::level::Level).
pub const fn levels() -> [Style; 6] {
    let calm = Style::new();
    [calm.dimmed(), calm.dimmed(), calm, calm.yellow(), error(), error().bold()]
}

/// The style of errors, used for nothing else.
pub const fn error() -> Style {
    Style::new().red()
}

/// The colors of all names of a run.
#[derive(Debug)]
pub struct Palette {
    cvms: ColorMap,
    logs: ColorMap,
}

impl Palette {
    /// Assigns a color to each CVM and each log of `targets`.
    pub fn new(targets: &[Arc<Target>]) -> Self {
        Self {
            cvms: ColorMap::new(targets.iter().map(|target| target.cvm.name.as_str())),
            logs: ColorMap::new(targets.iter().map(|target| target.log.as_str())),
        }
    }

    /// The style of the name of a CVM.
    pub fn cvm(&mut self, name: &str) -> Style {
        self.cvms.color(name).bold()
    }

    /// The style of the name of a log.
    pub fn log(&mut self, name: &str) -> Style {
        self.logs.color(name)
    }
}

/// Assigns colors by hash. If two names have the same hash, the alphabetically later one gets the next free color, as
/// long as there is one.
#[derive(Debug, Default)]
struct ColorMap {
    /// The index of the color of each name.
    indexes: BTreeMap<String, usize>,
    /// Which colors are in use.
    taken: [bool; NAMES.len()],
}

impl ColorMap {
    /// Assigns colors to all `names`, which may repeat.
    fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut map = Self::default();
        map.indexes.extend(names.map(|name| (name.to_owned(), preferred(name))));
        // First names whose color is free, then the others.
        let mut displaced = Vec::new();
        for (name, index) in &map.indexes {
            if std::mem::replace(&mut map.taken[*index], true) {
                displaced.push(name.clone());
            }
        }
        for name in displaced {
            map.assign(&name);
        }
        map
    }

    /// Assigns the next free color after the hash of `name`, or that of its hash if none is free.
    fn assign(&mut self, name: &str) -> usize {
        let preferred = preferred(name);
        let free =
            (0..NAMES.len()).map(|step| (preferred + step) % NAMES.len()).find(|index| !self.taken[*index]);
        let index = free.unwrap_or(preferred);
        self.taken[index] = true;
        self.indexes.insert(name.to_owned(), index);
        index
    }

    /// The color of a name, assigned if the name is new.
    fn color(&mut self, name: &str) -> Style {
        let index = self.indexes.get(name).copied().unwrap_or_else(|| self.assign(name));
        Style::new().color(XtermColors::from(NAMES[index]))
    }
}

/// The preferred color of a name: FNV-1a, which separates names that differ in the last digit.
fn preferred(name: &str) -> usize {
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % NAMES.len()
}

#[cfg(test)]
mod tests;
