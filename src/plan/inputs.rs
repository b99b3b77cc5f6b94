//! Pure: flags, config and environment become a plan. The only other input is the text of `--cvm-file`.

use std::path::Path;

use crate::cli::{self, Cli, Verb};
use crate::cluster::cvm::Address;
use crate::config::Config;
use crate::environment::Environment;
use crate::plan::discover::{Discovered, Obstacle};
use crate::plan::name::Names;
use crate::plan::{CvmsPlan, LogsPlan, Plan, check, choose, follow, snapshot};
use crate::usage::Usage;

/// Everything a plan is made of.
pub struct Inputs<'a> {
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
    /// What was asked of CVMs so far.
    pub discovered: &'a Discovered,
}

/// A plan, and what the user should know of how it came about.
#[derive(Debug)]
pub struct Planned {
    /// What will be done.
    pub plan: Plan,
    /// One sentence each, without a full stop: duplicates that were folded, exclusions that excluded nothing.
    pub notes: Vec<String>,
}

/// Decides what the run will do; fails on the first thing that cannot be done as asked, or that a CVM has to be
/// asked for: then call again with the answer.
pub fn resolve(words: &Inputs<'_>) -> Result<Planned, Obstacle> {
    let mut notes = Vec::new();
    let plan = match &words.flags.verb {
        None => Plan::Follow(Box::new(follow::follow(words, &mut notes)?)),
        Some(Verb::Snapshot(flags)) => {
            Plan::Snapshot(Box::new(snapshot::snapshot(words, flags, &mut notes)?))
        }
        Some(Verb::Check(flags)) => {
            let typed = match &words.typed.verb {
                Some(Verb::Check(typed)) => typed,
                _ => flags,
            };
            Plan::Check(Box::new(check::check(words, typed, flags, &mut notes)?))
        }
        Some(Verb::Logs(flags)) => match &words.typed.verb {
            // Only who is named here is asked: the catalogue is not a question to the default cluster.
            Some(Verb::Logs(typed)) if typed.choosing.names_any() => {
                Plan::Listing(Box::new(check::listing(words, typed, flags, &mut notes)?))
            }
            _ => Plan::Logs(logs(words, flags)?),
        },
        Some(Verb::Cvms(flags)) => Plan::Cvms(cvms(words, flags, &mut notes)?),
        Some(Verb::Completions { shell }) => Plan::Completions(*shell),
        Some(Verb::Man) => Plan::Man,
    };
    Ok(Planned { plan, notes })
}

/// What `cvmtail logs` shows when no CVM is named: what is known without asking any.
fn logs(words: &Inputs<'_>, flags: &cli::LogsFlags) -> Result<LogsPlan, Usage> {
    let names = Names::new(words.config);
    let form = check::list_form(flags.json, words.environment);
    if flags.names.is_empty() {
        return Ok(LogsPlan { logs: names.all(), form });
    }
    let chosen = names.named(&flags.names)?;
    if let Some(pattern) = chosen.patterns.first() {
        return Err(Usage::new(format!("which files are like {pattern} is known on a CVM only"))
            .hint("name one, as in `cvmtail logs -c 10.0.0.1 '*.FATAL'`"));
    }
    Ok(LogsPlan { logs: chosen.logs, form })
}

/// What `cvmtail cvms` shows: the CVMs, with `--user` and `--port` where they name none themselves.
fn cvms(words: &Inputs<'_>, flags: &cli::CvmsFlags, notes: &mut Vec<String>) -> Result<CvmsPlan, Obstacle> {
    let typed = match &words.typed.verb {
        Some(Verb::Cvms(typed)) => typed,
        _ => flags,
    };
    let ssh = follow::ssh(&flags.choosing, &flags.reaching, false, words.environment)?;
    let jump = typed.reaching.jump.as_deref();
    let mut cvms = choose::cvms(words, &typed.choosing, &flags.choosing, jump, &ssh, notes)?;
    for cvm in &mut cvms {
        if let Address::Ssh { port, user, .. } = &mut cvm.address {
            *port = port.or(flags.choosing.port);
            *user = user.take().or_else(|| flags.choosing.user.clone());
        }
    }
    let form = check::list_form(flags.json, words.environment);
    Ok(CvmsPlan { cvms: cvms.into_iter().map(Into::into).collect(), form })
}
