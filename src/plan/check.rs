//! The plan of `cvmtail check`.

use std::sync::Arc;

use crate::cli::{CheckFlags, CheckFormat};
use crate::cluster::cvm::Cvm;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::options::{CheckStyle, SshOptions};
use crate::plan::discover::Obstacle;
use crate::plan::inputs::Inputs;
use crate::plan::log_names::{ChosenLogs, LogNames};
use crate::plan::{common, cvm_choice};

#[derive(Debug)]
pub struct CheckPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// The logs, each once; none: only the CVMs are checked.
    pub logs: Vec<(String, RemotePath)>,
    /// Globs over paths, each once.
    pub patterns: Vec<PathPattern>,
    /// Names the files that the globs match.
    pub naming: Naming,
    pub ssh: SshOptions,
    pub verdict: CheckStyle,
}

pub(super) fn check(
    inputs: &Inputs<'_>,
    typed: &CheckFlags,
    flags: &CheckFlags,
    notes: &mut Vec<String>,
) -> Result<CheckPlan, Obstacle> {
    let names = LogNames::new(inputs.config);
    let ChosenLogs { logs, patterns } = names.choose(&flags.logs)?;
    let ssh = common::ssh(&flags.cvms, &flags.ssh, flags.verbose, inputs.surroundings)?;
    let jump = typed.ssh.jump.as_deref();
    let cvms = cvm_choice::cvms(inputs, &typed.cvms, &flags.cvms, jump, &ssh, notes)?;
    let surroundings = inputs.surroundings;
    let verdict = match (flags.json, flags.format) {
        (true, _) | (false, CheckFormat::Ndjson) => {
            CheckStyle::Ndjson { terminal: surroundings.stdout_is_terminal }
        }
        (false, CheckFormat::Text) => CheckStyle::Text {
            color: common::color(flags.color, surroundings, surroundings.stdout_is_terminal),
            unicode: surroundings.unicode,
        },
    };
    Ok(CheckPlan {
        cvms: cvms.into_iter().map(Arc::new).collect(),
        naming: names.naming(&logs),
        logs,
        patterns,
        ssh,
        verdict,
    })
}
