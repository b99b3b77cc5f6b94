//! How amounts read in messages and tables: one wording each for durations, sizes, counts, instants and tables.
//!
//! Only text for people comes from here, and [`Rfc3339`]; numbers in JSON are written as numbers where they belong.

mod amount;
mod duration;
mod rfc3339;
mod table;

pub use amount::{count, number, size};
pub use duration::{duration, seconds};
pub use rfc3339::{Rfc3339, rfc3339};
pub use table::Table;
