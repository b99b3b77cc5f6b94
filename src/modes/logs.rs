//! `cvmtail logs`: the names of logs and where each is. Nothing is asked of any CVM.

use std::io::{self, Write};

use serde::Serialize;

use crate::human::Table;
use crate::modes::object;
use crate::options::ListForm;
use crate::plan::LogsPlan;

/// INTERFACE's `log` object.
#[derive(Serialize)]
struct Object<'a> {
    /// Always `log`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name.
    log: &'a str,
    /// The path; lossy where it is not UTF-8.
    path: &'a str,
}

/// Writes the logs as a table, or as one object each.
pub fn run(plan: &LogsPlan, out: &mut impl Write) -> io::Result<()> {
    if let ListForm::Json { terminal } = plan.form {
        for (log, path) in &plan.logs {
            object::write(out, terminal, &Object { kind: "log", log, path: &path.to_string() })?;
        }
        return Ok(());
    }
    let mut table = Table::new(["LOG", "PATH"]);
    for (log, path) in &plan.logs {
        table.row([log, &path.to_string()]);
    }
    out.write_all(table.text().as_bytes())
}
