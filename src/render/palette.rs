//! Which colour means whom: stable in every run, for every eye.
//!
//! Eight colours of the 256 that terminals share, found by search in the manner of Okabe and Ito's set:
//! far from each other also for eyes without red, green or blue cones, legible on black and on white,
//! and far from the red that means an error. The test below holds all of that. Nothing is told by colour
//! alone: the name always stands beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use owo_colors::{Style, XtermColors};

use crate::cluster::target::Target;

/// The colours of names.
const NAMES: [u8; 8] = [25, 171, 37, 137, 57, 198, 59, 140];

/// How a match is marked: by its ground, since the letters may have the colour of their level already.
pub const fn highlight() -> Style {
    Style::new().bold().black().on_yellow()
}

/// How lines of each level look, in the order of [`Level`](crate::line::level::Level).
pub const fn levels() -> [Style; 6] {
    let calm = Style::new();
    [calm.dimmed(), calm.dimmed(), calm, calm.yellow(), error(), error().bold()]
}

/// How errors look, and nothing else.
pub const fn error() -> Style {
    Style::new().red()
}

/// The colours of all names of a run.
#[derive(Debug)]
pub struct Palette {
    /// Which CVM has which colour.
    cvms: Wheel,
    /// Which log has which colour.
    logs: Wheel,
}

impl Palette {
    /// Gives each CVM and each log of `targets` its colour.
    pub fn new(targets: &[Arc<Target>]) -> Self {
        Self {
            cvms: Wheel::new(targets.iter().map(|target| target.cvm.name.as_str())),
            logs: Wheel::new(targets.iter().map(|target| target.log.as_str())),
        }
    }

    /// The look of a CVM's name.
    pub fn cvm(&mut self, name: &str) -> Style {
        self.cvms.color(name).bold()
    }

    /// The look of a log's name.
    pub fn log(&mut self, name: &str) -> Style {
        self.logs.color(name)
    }
}

/// Names on the eight colours. A name's home is its hash; where two share one, the later in the alphabet
/// moves on to the next free colour, as long as there is one.
#[derive(Debug, Default)]
struct Wheel {
    /// The place of each name on the wheel.
    places: BTreeMap<String, usize>,
    /// Which places are taken.
    taken: [bool; NAMES.len()],
}

impl Wheel {
    /// Places all `names`, which may repeat.
    fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut wheel = Self::default();
        wheel.places.extend(names.map(|name| (name.to_owned(), home(name))));
        // Who is at home stays at home; only then do the others look for a place.
        let mut homeless = Vec::new();
        for (name, place) in &wheel.places {
            if std::mem::replace(&mut wheel.taken[*place], true) {
                homeless.push(name.clone());
            }
        }
        for name in homeless {
            wheel.settle(&name);
        }
        wheel
    }

    /// Gives a name the next free place from its home on, or its home if none is free.
    fn settle(&mut self, name: &str) -> usize {
        let home = home(name);
        let free = (0..NAMES.len()).map(|step| (home + step) % NAMES.len()).find(|place| !self.taken[*place]);
        let place = free.unwrap_or(home);
        self.taken[place] = true;
        self.places.insert(name.to_owned(), place);
        place
    }

    /// The colour of a name; one that is new gets its place now.
    fn color(&mut self, name: &str) -> Style {
        let place = self.places.get(name).copied().unwrap_or_else(|| self.settle(name));
        Style::new().color(XtermColors::from(NAMES[place]))
    }
}

/// The place where a name belongs: FNV-1a, by which names that differ in their last digit lie apart.
fn home(name: &str) -> usize {
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % NAMES.len()
}

#[cfg(test)]
mod tests;
