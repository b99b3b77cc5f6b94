//! cvmtail follows the logs of every Controller VM of a Nutanix cluster over your own ssh. This page is the map.
//!
//! # The path of a line
//!
//! | what happens to it                                          | where                                                |
//! |-------------------------------------------------------------|------------------------------------------------------|
//! | the user's own ssh connects and opens a session             | `ssh/session.rs`, `ssh/master.rs`, `ssh/channel.rs`   |
//! | a shell script on the CVM runs `tail`; its output is framed | `agent/protocol.rs`, `agent/framing.rs`              |
//! | the follower knows which byte of which file it is           | `tail/stream.rs`, `tail/follower.rs`                 |
//! | whole lines travel in batches, next to events               | `batch.rs`, `event.rs`, `item.rs`                    |
//! | the batches of all streams are merged                       | `flow/merge.rs`                                      |
//! | its time and severity are read                              | `line/reader.rs`, `line/layout/`                     |
//! | it is kept or not, ordered, limited                         | `flow/filter.rs`, `flow/order.rs`, `flow/limit.rs`   |
//! | it becomes bytes                                            | `pipeline/`, `render/`                               |
//! | it is written to stdout; events go to stderr                | `output.rs`; `report/`                               |
//!
//! `modes/follow.rs` starts all of this, and `modes/follow/run.rs` keeps it going.
//!
//! # The path of argv
//!
//! `environment.rs` reads the process's surroundings once. `cli/` parses the flags, `config/` the config file. `plan/`
//! resolves both into what a verb needs, in the types of `options.rs`; it may first have to ask a CVM who is in its
//! cluster (`modes/discover.rs`). A verb of `modes/` then runs, and its [`Exit`] or
//! [`Stop`] becomes the exit status here.
//!
//! # The rooms
//!
//! Imports point one way, and a test (`tests/house`) holds that:
//!
//! 1. Vocabularies: `cluster/`, `line/`, `batch.rs`, `event.rs`, `item.rs`, `step.rs`, `exit.rs`, `failure.rs`,
//!    `usage.rs`, `hint.rs`, `options.rs`, `human/` (durations, sizes, tables), `sanitize.rs` (foreign text on a
//!    terminal).
//! 2. Rooms without I/O: `tally.rs` (how each stream fares), `diagnosis/` (words of ssh and tail to cause and fix),
//!    `flow/`, `snapshot/`, `config/`, `cli/`, `plan/`, `render/`.
//! 3. Rooms with I/O: `environment.rs`, `output.rs` (owns stdout), `report/` (owns stderr), `ssh/`, `agent/` (what runs
//!    on a CVM and how it is asked), `tail/` (one followed log), `check/`, `cache.rs`, `replace.rs`, `askpass.rs`.
//! 4. `pipeline/`, the verbs in `modes/`, and this file.
//!
//! # Words
//!
//! - CVM: a Controller VM, a host reached over ssh. Log: one file on it. Stream: a CVM and log pair.
//! - Catalogue: the built-in names of logs. Set: a named group of logs.
//! - Batch: whole lines of one stream. Record: a line with its continuation lines.
//! - Event: what happens to a stream or a CVM. Position: the file and offset where a stream stands. Gap: bytes of a log
//!   that cannot be recovered.
//! - Plan: what a run will do. Failure: why a CVM or a log is not available, with its cause and fix.
//! - Master: the ssh process that holds the connection to a CVM. Channel: one session through it.
//!
//! # How to ...
//!
//! - run: `cargo run -- -c local --no-follow /var/log/syslog` needs no ssh; `cargo run --example demo` starts CVMs of its
//!   own.
//! - debug: `--verbose` shows ssh's own messages, `--debug FILE` (or `CVMTAIL_LOG`) traces the conversation with the
//!   CVMs, `cvmtail check` says which step fails.
//! - test: `cargo test`. `--test e2e` runs the binary against real sshds (as root each in namespaces of its own),
//!   `--test house` holds the layout of the code.
//! - measure: `cargo bench`.
//! - release: move Unreleased in `CHANGELOG.md` under the new version, set it in `Cargo.toml`, write `cvmtail man` and
//!   `cvmtail completions` to `man/` and `completions/` (a test compares them), run all tests, tag.

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
mod series;
mod snapshot;
mod ssh;
mod step;
mod tail;
mod tally;
mod trace;
mod usage;

use std::process::ExitCode;

use config::Config;
use environment::{ConfigFile, Environment};
use exit::Exit;
use modes::stop::Stop;
use plan::discover::{Discovered, Obstacle};
use plan::{ColorVariables, Inputs, Plan, Planned, resolve};

fn main() -> ExitCode {
    let environment = Environment::read();
    run(&environment).unwrap_or_else(|stop| explain(stop, &environment)).into()
}

/// Does what the command line asks for.
fn run(environment: &Environment) -> Result<Exit, Stop> {
    if let Some(question) = environment::asked_by_ssh() {
        return Ok(askpass::refuse(&question));
    }
    if environment.shell.is_some() {
        return modes::complete::run(environment);
    }
    let typed = cli::parse(environment.arguments.clone())
        .map_err(|error| cli::sanitized(error, &environment.arguments))?;
    traced(environment, &typed)?;
    let Planned { plan, notes } = plan(environment, &typed)?;
    for note in &notes {
        report::say(&format!("cvmtail: {}", sanitize::text(note)));
    }
    match plan {
        Plan::Follow(plan) => modes::follow::run(&plan),
        Plan::Snapshot(plan) => modes::snapshot::run(&plan),
        Plan::Check(plan) => modes::check::run(*plan),
        Plan::Listing(plan) => modes::listing::run(&plan),
        Plan::Logs(plan) => modes::logs::run(&plan),
        Plan::Cvms(plan) => modes::cvms::run(&plan),
        Plan::Completions(shell) => modes::pages::completions(shell),
        Plan::Man => modes::pages::man(),
    }
}

/// Starts the trace, if one is asked for.
fn traced(environment: &Environment, typed: &cli::CommandLine) -> Result<(), Stop> {
    Ok(typed.trace_file().or(environment.trace.as_deref()).map_or(Ok(()), trace::start)?)
}

/// The plan that the command line, the config and the environment make together, once the CVMs that must be asked
/// for it have answered.
fn plan(environment: &Environment, typed: &cli::CommandLine) -> Result<Planned, Stop> {
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
            Ok(planned) => return Ok(planned),
            Err(Obstacle::Usage(usage)) => return Err(usage.into()),
            Err(Obstacle::Ask(ask)) => modes::discover::run(&ask, &mut discovered)?,
        }
    }
}

/// Prints why there is no result, and gives the exit status.
fn explain(stop: Stop, environment: &Environment) -> Exit {
    match stop {
        Stop::Signal(number) => Exit::Signal(number),
        Stop::CommandLine(error) => explain_command_line(&error, environment),
        Stop::Usage(usage) => {
            report::say(&format!("error: {usage}\n\nFor more information, try '--help'."));
            Exit::Failed
        }
        Stop::Failed(error) => {
            report::say(&format!("error: {error:#}"));
            Exit::Failed
        }
    }
}

/// Prints what clap has to say: an error on stderr, help and version on stdout.
fn explain_command_line(error: &clap::Error, environment: &Environment) -> Exit {
    let surroundings = &environment.surroundings;
    let has_color = |terminal: bool| match surroundings.color {
        ColorVariables::Never => false,
        ColorVariables::Always => true,
        ColorVariables::OnTerminal => terminal,
    };
    let text = |terminal: bool| {
        let styled = error.render();
        if has_color(terminal) { styled.ansi().to_string() } else { styled.to_string() }
    };
    if error.use_stderr() {
        report::say_styled(&text(surroundings.stderr_is_terminal));
        return Exit::Failed;
    }
    let printed = output::print(text(surroundings.stdout_is_terminal).as_bytes());
    printed
        .map_or_else(Stop::for_stdout, |()| Ok(Exit::Found))
        .unwrap_or_else(|stop| explain(stop, environment))
}
