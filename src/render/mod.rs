//! Pure: lines, events and reports become bytes.
//!
//! [`renderer`] renders the lines and events of a follow in one of the output formats. [`snapshot`] renders the report
//! of a snapshot, [`verdict`] the steps of a check, [`notice`] what is reported on stderr. Foreign text goes through
//! [`sanitize`](crate::sanitize) before it reaches a terminal.

pub mod annotated_line;
pub mod body;
pub mod json;
pub mod ndjson;
pub mod notice;
pub mod palette;
pub mod prefixes;
pub mod raw;
pub mod renderer;
pub mod snapshot;
pub mod summary;
pub mod template;
pub mod text;
pub mod time_column;
pub mod verdict;

#[cfg(test)]
mod tests;
