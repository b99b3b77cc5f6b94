//! Pure: what a line says about itself: layout, time, level, and whether it opens a record.

pub mod layout;
pub mod level;
pub mod reader;
pub mod record;
pub mod split;
pub mod time;

#[cfg(test)]
mod tests;
