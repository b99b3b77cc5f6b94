//! `cvmtail logs`: the names of logs and where each is. No CVM is asked.

use serde::Serialize;

use crate::exit::Exit;
use crate::human::Table;
use crate::modes::print::{print, push_object};
use crate::modes::stop::Stop;
use crate::options::ListForm;
use crate::plan::LogsPlan;

/// The `log` object of NDJSON.
#[derive(Serialize)]
struct CatalogueEntry<'a> {
    /// Always `log`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name.
    log: &'a str,
    /// The path; lossy where it is not UTF-8.
    path: &'a str,
}

/// Prints the logs as a table, or as one object each.
pub fn run(plan: &LogsPlan) -> Result<Exit, Stop> {
    if let ListForm::Json { terminal } = plan.form {
        let mut out = Vec::new();
        for (log, path) in &plan.logs {
            push_object(&mut out, terminal, &CatalogueEntry { kind: "log", log, path: &path.to_string() });
        }
        return print(&out);
    }
    let mut table = Table::new(["LOG", "PATH"]);
    for (log, path) in &plan.logs {
        table.row([log, &path.to_string()]);
    }
    print(table.text().as_bytes())
}
