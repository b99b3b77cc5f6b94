//! Pure: lines and events become bytes in a buffer.

pub mod verdict;
