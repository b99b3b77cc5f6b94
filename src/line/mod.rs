//! Pure: what a line says about itself: layout, time, level, and whether it opens a record.

pub mod level;
