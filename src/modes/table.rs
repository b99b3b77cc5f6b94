//! A table of text: columns padded to their widest cell, the last one not at all.

use std::io::{self, Write};

use crate::render::sanitize;

/// Rows of `N` cells, the first one being the heads.
pub struct Table<const N: usize> {
    /// The rows.
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with nothing but heads.
    pub fn new(heads: [&str; N]) -> Self {
        Self { rows: vec![heads.map(str::to_owned)] }
    }

    /// Adds a row; what a terminal would obey or hide is shown in a cell, which stays on its line.
    pub fn row(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(|cell| sanitize::text(cell).replace('\t', "\\x09")));
    }

    /// Writes the table, two spaces between columns.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..N).map(width).collect();
        for row in &self.rows {
            for (cell, width) in row.iter().zip(&widths).take(N - 1) {
                write!(out, "{cell:width$}  ")?;
            }
            writeln!(out, "{}", row[N - 1])?;
        }
        Ok(())
    }
}
