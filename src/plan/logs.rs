//! The plan of `cvmtail logs`: what is known without asking any CVM.

use crate::cli::LogsFlags;
use crate::cluster::target::RemotePath;
use crate::options::ListForm;
use crate::plan::common;
use crate::plan::inputs::Inputs;
use crate::plan::log_names::LogNames;
use crate::usage::Usage;

#[derive(Debug, PartialEq, Eq)]
pub struct LogsPlan {
    /// Each log once: its name and its path.
    pub logs: Vec<(String, RemotePath)>,
    pub form: ListForm,
}

pub(super) fn logs(inputs: &Inputs<'_>, flags: &LogsFlags) -> Result<LogsPlan, Usage> {
    let names = LogNames::new(inputs.config);
    if flags.names.is_empty() {
        return Ok(LogsPlan { logs: names.all(), form: common::list_form(flags.json, inputs.surroundings) });
    }
    let chosen = names.choose(&flags.names)?;
    if let Some(pattern) = chosen.patterns.first() {
        return Err(Usage::new(format!("only a CVM knows which files match {pattern}"))
            .hint("add a CVM, as in `cvmtail logs -c 10.0.0.1 '*.FATAL'`"));
    }
    Ok(LogsPlan { logs: chosen.logs, form: common::list_form(flags.json, inputs.surroundings) })
}
