//! The plan of `cvmtail logs -c CVM`: which files to list.

use std::sync::Arc;

use crate::cli::LogsFlags;
use crate::cluster::catalogue;
use crate::cluster::cvm::Cvm;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::options::{ListForm, SshOptions};
use crate::plan::discover::Obstacle;
use crate::plan::inputs::Inputs;
use crate::plan::log_names::{ChosenLogs, LogNames};
use crate::plan::{common, cvm_choice};

#[derive(Debug)]
pub struct ListingPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    pub wanted: ChosenLogs,
    /// Names the files that are found.
    pub naming: Naming,
    pub ssh: SshOptions,
    pub form: ListForm,
}

pub(super) fn listing(
    inputs: &Inputs<'_>,
    typed: &LogsFlags,
    flags: &LogsFlags,
    notes: &mut Vec<String>,
) -> Result<ListingPlan, Obstacle> {
    let names = LogNames::new(inputs.config);
    let wanted = if flags.names.is_empty() { None } else { Some(names.choose(&flags.names)?) };
    let ssh = common::ssh(&flags.cvms, &flags.ssh, false, inputs.surroundings)?;
    let jump = typed.ssh.jump.as_deref();
    let cvms = cvm_choice::cvms(inputs, &typed.cvms, &flags.cvms, jump, &ssh, notes)?;
    Ok(ListingPlan {
        cvms: cvms.into_iter().map(Arc::new).collect(),
        naming: names.naming(&[]),
        wanted: wanted.unwrap_or_else(|| ChosenLogs { logs: names.all(), patterns: everywhere() }),
        ssh,
        form: common::list_form(flags.json, inputs.surroundings),
    })
}

/// Where logs are: everything in the log directory, compressed files included, and what syslog writes.
fn everywhere() -> Vec<PathPattern> {
    let system = ["/home/log/messages*", "/home/log/user_info*", "/var/log/messages*"];
    let services = format!("{}*", catalogue::FOLDER);
    std::iter::once(services.as_str()).chain(system).map(|glob| PathPattern::new(glob.as_bytes())).collect()
}
