//! Pure: lines become counts and patterns, these a document, and that a report in one of its forms.

pub mod compare;
pub mod document;
pub mod fold;
pub mod format;
pub mod mask;
pub mod patterns;
pub mod tally;
pub mod thresholds;

#[cfg(test)]
mod tests;
