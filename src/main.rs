//! cvmtail follows the logs of every Controller VM of a Nutanix cluster over your own ssh.

mod agent;
mod askpass;
mod batch;
mod cache;
mod check;
mod cli;
mod cluster;
mod config;
mod descriptor;
mod diagnosis;
mod environment;
mod event;
mod exit;
mod failure;
mod flow;
mod hint;
mod human;
mod item;
mod line;
mod modes;
mod options;
mod output;
mod pipeline;
mod plan;
mod random;
mod render;
mod replace;
mod report;
mod sanitize;
mod snapshot;
mod ssh;
mod step;
mod tail;
mod tally;
mod usage;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use config::Config;
use environment::{ConfigFile, Environment};
use exit::Exit;
use plan::discover::{Discovered, Obstacle};
use plan::{Inputs, Plan, Planned, resolve};
use usage::Usage;

/// Reads the environment, plans, runs; what cannot be planned is told, with exit status 2.
fn main() -> ExitCode {
    if let Some(question) = environment::asked_by_ssh() {
        return askpass::refuse(&question);
    }
    let environment = Environment::read();
    if environment.shell.is_some() {
        return modes::complete::run(&environment).map_or_else(|error| refused(&error), Into::into);
    }
    match cli::parse(environment.arguments.clone()) {
        Ok(typed) => planned(&environment, &typed)
            .and_then(|planned| planned.map_or_else(Ok, run))
            .unwrap_or_else(|usage| told(&usage))
            .into(),
        Err(error) => refused(&cli::sanitized(error, &environment.arguments)),
    }
}

/// What clap says instead of a command line; help and version are among it.
fn refused(error: &clap::Error) -> ExitCode {
    // A reader that went away has read enough.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The plan that the command line, the config and the environment make together, once the CVMs that must be asked
/// for it have answered; a signal meanwhile is an exit.
fn planned(environment: &Environment, typed: &cli::CommandLine) -> Result<Result<Planned, Exit>, Usage> {
    let config = match typed.config_file() {
        _ if !typed.needs_config() => Config::default(),
        Some(file) => ConfigFile::Named(file.clone()).read()?,
        None => environment.config.read()?,
    };
    let flags = typed.with_defaults(&config)?;
    let cvm_files = environment::CvmFiles::default();
    let mut discovered = Discovered::new();
    loop {
        let planned = resolve(&Inputs {
            typed: &typed.flags,
            flags: &flags,
            config: &config,
            surroundings: &environment.surroundings,
            cvm_file: &|file| cvm_files.read(file),
            discovered: &discovered,
        });
        match planned {
            Ok(planned) => return Ok(Ok(planned)),
            Err(Obstacle::Usage(usage)) => return Err(usage),
            Err(Obstacle::Ask(ask)) => {
                if let Err(exit) = modes::discover::run(&ask, &mut discovered)? {
                    return Ok(Err(exit));
                }
            }
        }
    }
}

/// Does what is planned.
fn run(planned: Planned) -> Result<Exit, Usage> {
    for note in &planned.notes {
        report::say(&format!("cvmtail: {}", sanitize::text(note)));
    }
    match planned.plan {
        Plan::Follow(plan) => modes::follow::run(&plan),
        Plan::Snapshot(plan) => modes::snapshot::run(&plan),
        Plan::Check(plan) => modes::check::run(*plan),
        Plan::Listing(plan) => modes::listing::run(&plan),
        Plan::Logs(plan) => printed(|out| modes::logs::run(&plan, out)),
        Plan::Cvms(plan) => printed(|out| modes::cvms::run(&plan, out)),
        Plan::Completions(shell) => printed(|out| modes::pages::completions(shell, out)),
        Plan::Man => printed(modes::pages::man),
    }
}

/// Has `print` write to stdout; a reader that goes away is a normal end.
fn printed(
    print: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>,
) -> Result<Exit, Usage> {
    let mut out = BufWriter::new(io::stdout().lock());
    match print(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Found),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Found),
        Err(error) => Err(Usage::new(format!("stdout cannot be written: {error}"))),
    }
}

/// Tells a mistake of the user on stderr.
fn told(usage: &Usage) -> Exit {
    report::say(&format!("error: {usage}\n\nFor more information, try '--help'."));
    Exit::Failed
}
