//! Pure: flags, config and environment become a plan. The only other input is the text of `--cvm-file`.

use std::path::Path;

use crate::cli::{self, Cli, Verb};
use crate::cluster::cvm::Address;
use crate::config::Config;
use crate::environment::Environment;
use crate::plan::name::Names;
use crate::plan::{Cvms, Logs, Plan, choose, follow, snapshot};
use crate::usage::Usage;

/// Everything a plan is made of.
pub struct Words<'a> {
    /// The flags as the command line alone has them: what stands there outranks a cluster and a variable.
    pub typed: &'a Cli,
    /// The flags with the defaults of the config.
    pub flags: &'a Cli,
    /// The config.
    pub config: &'a Config,
    /// The surroundings.
    pub environment: &'a Environment,
    /// Gives the text of a `--cvm-file`, `-` being stdin; called for those files only that count.
    pub cvm_file: &'a dyn Fn(&Path) -> Result<String, Usage>,
}

/// A plan, and what the user should know of how it came about.
#[derive(Debug)]
pub struct Planned {
    /// What will be done.
    pub plan: Plan,
    /// One sentence each, without a full stop: duplicates that were folded, exclusions that excluded nothing.
    pub notes: Vec<String>,
}

/// Decides what the run will do; fails on the first thing that cannot be done as asked.
pub fn resolve(words: &Words<'_>) -> Result<Planned, Usage> {
    let mut notes = Vec::new();
    let plan = match &words.flags.verb {
        None => Plan::Follow(Box::new(follow::follow(words, &mut notes)?)),
        Some(Verb::Snapshot(flags)) => {
            Plan::Snapshot(Box::new(snapshot::snapshot(words, flags, &mut notes)?))
        }
        Some(Verb::Logs(flags)) => {
            let names = Names::new(words.config);
            let logs = if flags.names.is_empty() { names.all() } else { names.named(&flags.names)? };
            Plan::Logs(Logs { logs, json: flags.json })
        }
        Some(Verb::Cvms(flags)) => Plan::Cvms(cvms(words, flags, &mut notes)?),
        Some(Verb::Completions { shell }) => Plan::Completions(*shell),
        Some(Verb::Man) => Plan::Man,
    };
    Ok(Planned { plan, notes })
}

/// What `cvmtail cvms` shows: the CVMs, with `--user` and `--port` where they name none themselves.
fn cvms(words: &Words<'_>, flags: &cli::Cvms, notes: &mut Vec<String>) -> Result<Cvms, Usage> {
    let typed = match &words.typed.verb {
        Some(Verb::Cvms(typed)) => &typed.choosing,
        _ => &flags.choosing,
    };
    let mut cvms = choose::cvms(words, typed, &flags.choosing, None, notes)?;
    for cvm in &mut cvms {
        if let Address::Ssh { port, user, .. } = &mut cvm.address {
            *port = port.or(flags.choosing.port);
            *user = user.take().or_else(|| flags.choosing.user.clone());
        }
    }
    Ok(Cvms { cvms: cvms.into_iter().map(Into::into).collect(), json: flags.json })
}
