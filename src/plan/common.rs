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

/// Every CVM×log pair, by CVM, numbered.
pub(super) fn targets(cvms: &[Arc<Cvm>], logs: &[NamedLog]) -> Vec<Arc<Target>> {
    let pairs = cvms.iter().flat_map(|cvm| logs.iter().map(move |log| (cvm, log)));
    pairs
        .enumerate()
        .map(|(id, (cvm, (log, path)))| {
            Arc::new(Target { id, cvm: Arc::clone(cvm), log: log.clone(), path: path.clone() })
        })
        .collect()
}

/// How ssh is called.
pub(super) fn ssh(
    choosing: &CvmFlags,
    reaching: &SshFlags,
    verbose: bool,
    surroundings: &Surroundings,
) -> Result<SshOptions, Usage> {
    if let Some(jump) = &reaching.jump {
        address::checked_jump(jump).map_err(|why| Usage::new(why).at("--jump"))?;
    }
    Ok(SshOptions {
        config: reaching.ssh_config.clone(),
        user: choosing.user.clone(),
        port: choosing.port,
        identities: reaching.identity.clone(),
        jump: reaching.jump.clone(),
        options: reaching.ssh_option.clone(),
        connect_timeout: reaching.connect_timeout,
        parallel: reaching.parallel,
        dead_after: reaching.dead_after,
        socket_folder: surroundings.socket_folder.clone(),
        askpass: surroundings.askpass.clone(),
        verbose,
        diagnose: false,
    })
}

/// The instant that is meant by a flag's time.
pub(super) fn instant(when: When, flag: &str, surroundings: &Surroundings) -> Result<Timestamp, Usage> {
    when.resolve(surroundings.now, &surroundings.zone)
        .ok_or_else(|| Usage::new("this time is outside of all calendars").at(flag))
}

/// Whether colours are used where `terminal` says what it is: the flag, then the surroundings, then the terminal.
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
