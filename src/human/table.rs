//! A table of text: each column as wide as its widest cell, two spaces between columns.

use std::fmt::Write as _;

use crate::sanitize;

pub struct Table<const N: usize> {
    /// The heads, then the rows.
    rows: Vec<[String; N]>,
    /// Which columns hold numbers, which are aligned to the right.
    numbers: [bool; N],
}

impl<const N: usize> Table<N> {
    pub fn new(heads: [&str; N]) -> Self {
        Self { rows: vec![heads.map(str::to_owned)], numbers: [false; N] }
    }

    /// Aligns these columns to the right.
    pub fn with_numbers(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        for column in columns {
            self.numbers[column] = true;
        }
        self
    }

    /// Adds a row. What a terminal would obey or hide is shown as an escape, so that a cell stays on its line.
    pub fn row(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(|cell| sanitize::text(cell).replace('\t', "\\x09")));
    }

    /// The table as lines without spaces at their ends.
    pub fn text(&self) -> String {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.rows {
            for ((cell, width), is_number) in row.iter().zip(&widths).zip(&self.numbers) {
                // Writing into a String cannot fail.
                let _ = if *is_number {
                    write!(text, "{cell:>width$}  ")
                } else {
                    write!(text, "{cell:width$}  ")
                };
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn words_stand_to_the_left_and_numbers_to_the_right() {
        let mut table = Table::new(["LOG", "LINES", "PATH"]).with_numbers([1]);
        table.row(["genesis", "7", "/a\u{1b}b"]);
        table.row(["é", "1,000", ""]);
        assert_eq!(table.text(), "LOG      LINES  PATH\ngenesis      7  /a^[b\né        1,000\n");
    }
}
