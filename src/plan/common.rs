//! What the plans of several verbs have in common: logs, targets, ssh, instants, color.

use std::ffi::OsString;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::{ColorWhen, CvmFlags, SshFlags, When};
use crate::cluster::address;
use crate::cluster::cvm::Cvm;
use crate::cluster::target::Target;
use crate::options::{ListForm, SshOptions};
use crate::plan::inputs::Inputs;
use crate::plan::log_names::{self, ChosenLogs, LogNames, NamedLog};
use crate::plan::surroundings::{ColorVariables, Surroundings};
use crate::usage::Usage;

/// The logs of the command line, or else those of the config.
pub(super) fn logs(inputs: &Inputs<'_>, names: &LogNames, typed: &[OsString]) -> Result<ChosenLogs, Usage> {
    if !typed.is_empty() {
        return names.choose(typed);
    }
    let defaults = &inputs.config.default_logs;
    for log in defaults {
        names.choose(&[log.value.clone().into()]).map_err(|usage| usage.at(&log.place))?;
    }
    let defaults: Vec<_> = defaults.iter().map(|log| log.value.clone().into()).collect();
    if defaults.is_empty() { Err(log_names::none_named()) } else { names.choose(&defaults) }
}

/// Every CVM×log pair, ordered by CVM; `targets[i].id == i`.
pub(super) fn targets(cvms: &[Arc<Cvm>], logs: &[NamedLog]) -> Vec<Arc<Target>> {
    let pairs = cvms.iter().flat_map(|cvm| logs.iter().map(move |log| (cvm, log)));
    pairs
        .enumerate()
        .map(|(id, (cvm, (log, path)))| {
            Arc::new(Target { id, cvm: Arc::clone(cvm), log: log.clone(), path: path.clone() })
        })
        .collect()
}

/// The options of ssh. Fails on a jump host that ssh cannot take.
pub(super) fn ssh(
    cvms: &CvmFlags,
    flags: &SshFlags,
    verbose: bool,
    surroundings: &Surroundings,
) -> Result<SshOptions, Usage> {
    if let Some(jump) = &flags.jump {
        address::checked_jump(jump).map_err(|why| Usage::new(why).at("--jump"))?;
    }
    Ok(SshOptions {
        config: flags.ssh_config.clone(),
        user: cvms.user.clone(),
        port: cvms.port,
        identities: flags.identity.clone(),
        jump: flags.jump.clone(),
        options: flags.ssh_option.clone(),
        connect_timeout: flags.connect_timeout,
        parallel: flags.parallel,
        dead_after: flags.dead_after,
        socket_folder: surroundings.socket_folder.clone(),
        askpass: surroundings.askpass.clone(),
        verbose,
        diagnose: false,
    })
}

/// The instant that the time of a flag means.
pub(super) fn instant(when: When, flag: &str, surroundings: &Surroundings) -> Result<Timestamp, Usage> {
    when.resolve(surroundings.now, &surroundings.zone).ok_or_else(|| Usage::new("time out of range").at(flag))
}

/// Whether to use colors on an output: the flag decides, then the variables, then whether it is a `terminal`.
pub(super) fn color(when: ColorWhen, surroundings: &Surroundings, terminal: bool) -> bool {
    match (when, surroundings.color) {
        (ColorWhen::Always, _) | (ColorWhen::Auto, ColorVariables::Always) => true,
        (ColorWhen::Never, _) | (ColorWhen::Auto, ColorVariables::Never) => false,
        (ColorWhen::Auto, ColorVariables::OnTerminal) => terminal,
    }
}

/// The form of a list.
pub(super) const fn list_form(json: bool, surroundings: &Surroundings) -> ListForm {
    if json { ListForm::Json { terminal: surroundings.stdout_is_terminal } } else { ListForm::Table }
}
