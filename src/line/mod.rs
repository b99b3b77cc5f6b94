//! Pure: parses lines: layout, timestamp, level, and which lines form a record.
//!
//! [`reader`] is the entry: one per stream, given every line in order. [`layout`] recognizes the head of a line without
//! any state; [`record`] assigns lines without a head to the record they continue; [`time`] turns the written time into
//! an instant.

pub mod layout;
pub mod level;
pub mod reader;
pub mod record;
pub mod split;
pub mod time;

#[cfg(test)]
mod tests;
