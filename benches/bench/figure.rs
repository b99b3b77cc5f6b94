//! What was measured, as a table for people and as JSON.

use std::fmt;

use serde_json::{Value, json};

/// How far a figure is to go.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// It is only told.
    Told,
}

/// One figure, taken in several rounds.
#[derive(Debug)]
pub struct Figure {
    /// What was measured.
    what: String,
    /// What stands on the other side of the ratio; what it is measured in, where there is none.
    against: String,
    /// One value per round, in rising order.
    values: Vec<f64>,
    /// How far it is to go.
    reach: Reach,
}

impl Figure {
    /// The value in the middle.
    fn median(&self) -> f64 {
        let middle = self.values.len() / 2;
        if self.values.len() % 2 == 1 {
            self.values[middle]
        } else {
            f64::midpoint(self.values[middle - 1], self.values[middle])
        }
    }

    /// Whether the value in the middle is far enough.
    fn is_reached(&self) -> bool {
        match self.reach {
            Reach::AtMost(most) => self.median() <= most,
            Reach::AtLeast(least) => self.median() >= least,
            Reach::Told => true,
        }
    }

    /// It as an object.
    fn json(&self) -> Value {
        let (at_most, at_least) = match self.reach {
            Reach::AtMost(most) => (Some(most), None),
            Reach::AtLeast(least) => (None, Some(least)),
            Reach::Told => (None, None),
        };
        json!({
            "figure": self.what,
            "against": self.against,
            "median": self.median(),
            "low": self.values.first(),
            "high": self.values.last(),
            "rounds": self.values.len(),
            "at_most": at_most,
            "at_least": at_least,
            "reached": self.is_reached(),
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = (self.values.first().unwrap_or(&0.0), self.values.last().unwrap_or(&0.0));
        let reach = match self.reach {
            Reach::AtMost(most) => format!("≤ {most}"),
            Reach::AtLeast(least) => format!("≥ {least}"),
            Reach::Told => String::new(),
        };
        let mark = if self.is_reached() { "" } else { "not reached" };
        let spread = if self.values.len() > 1 { format!("{low:.2} - {high:.2}") } else { String::new() };
        write!(
            f,
            "| {:<46} | {:<26} | {:>8.3} | {:<15} | {:<7} | {:<11} |",
            self.what,
            self.against,
            self.median(),
            spread,
            reach,
            mark
        )
    }
}

/// All figures so far.
#[derive(Debug, Default)]
pub struct Table {
    /// In the order in which they were taken.
    figures: Vec<Figure>,
    /// What could not be measured, and why.
    skipped: Vec<String>,
}

impl Table {
    /// Adds a figure with one value per round, which must not be none, and shows it.
    pub fn add(&mut self, what: impl Into<String>, against: &str, mut values: Vec<f64>, reach: Reach) {
        values.sort_by(f64::total_cmp);
        let figure = Figure { what: what.into(), against: against.to_owned(), values, reach };
        eprintln!("{figure}");
        self.figures.push(figure);
    }

    /// Tells what cannot be measured here.
    pub fn skip(&mut self, why: impl Into<String>) {
        let why = why.into();
        eprintln!("not measured: {why}");
        self.skipped.push(why);
    }

    /// Whether every figure is far enough.
    pub fn all_reached(&self) -> bool {
        self.figures.iter().all(Figure::is_reached)
    }

    /// All of it as JSON.
    pub fn json(&self) -> String {
        let figures: Vec<Value> = self.figures.iter().map(Figure::json).collect();
        format!("{:#}\n", json!({ "figures": figures, "skipped": self.skipped }))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {:<46} | {:<26} | {:<8} | {:<15} | {:<7} | {:<11} |",
            "figure", "against, or unit", "median", "low - high", "reach", ""
        )?;
        writeln!(f, "|{:-<48}|{:-<28}|{:-<10}|{:-<17}|{:-<9}|{:-<13}|", "", "", "", "", "", "")?;
        for figure in &self.figures {
            writeln!(f, "{figure}")?;
        }
        for why in &self.skipped {
            writeln!(f, "not measured: {why}")?;
        }
        Ok(())
    }
}
