//! Pure: lines become counts and patterns, these a document; `render::snapshot` makes a report of it.

pub mod compare;
pub mod document;
pub mod fold;
pub mod mask;
pub mod patterns;
pub mod rulebook;
pub mod tally;
pub mod thresholds;

#[cfg(test)]
mod tests;
