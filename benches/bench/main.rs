//! The benchmark: the real binary beside what people use without it, on real `sshd`s of this machine.
//!
//! `cargo bench -- [--quick] [--only NAME]`
//!
//! Every figure is taken in one run, ours and theirs by turns, so that a machine that is busy with other
//! things is busy for both.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod bulk;
mod cost;
mod cpu;
mod figure;
mod idle;
mod instructions;
mod latency;
mod scale;
mod stage;
mod stall;
mod start;
#[path = "../../tests/world/mod.rs"]
mod world;

use figure::Table;
use stage::Stage;

/// Measures cvmtail beside bare ssh and its peers, on throw-away sshds of this machine.
#[derive(Parser)]
struct Flags {
    /// Smaller files and fewer rounds: a look, not a verdict
    #[arg(long)]
    quick: bool,
    /// Only the figures of that name (repeatable)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(NAMES))]
    only: Vec<String>,
    /// Where the figures go as JSON
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    json: PathBuf,
    /// End with status 1 if a figure is not reached
    #[arg(long)]
    strict: bool,
    /// What `cargo bench` passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Takes one group of figures.
type Measure = fn(&Stage, &mut Table);

/// The groups of figures, by name, in the order in which they are taken.
const GROUPS: [(&str, Measure); 10] = [
    ("instructions", instructions::measure),
    ("bulk", bulk::one),
    ("four", bulk::four),
    ("peers", bulk::peers),
    ("cpu", cpu::measure),
    ("latency", latency::measure),
    ("start", start::measure),
    ("scale", scale::measure),
    ("idle", idle::measure),
    ("stall", stall::measure),
];

/// The names of the groups.
const NAMES: [&str; GROUPS.len()] = {
    let mut names = [""; GROUPS.len()];
    let mut at = 0;
    while at < GROUPS.len() {
        names[at] = GROUPS[at].0;
        at += 1;
    }
    names
};

fn main() -> ExitCode {
    let flags = Flags::parse();
    if cfg!(debug_assertions) {
        eprintln!("these are figures of an unoptimised build; `cargo bench` is meant");
    }
    let stage = Stage::new(flags.quick);
    let mut table = Table::default();
    for (name, measure) in GROUPS {
        if flags.only.is_empty() || flags.only.iter().any(|only| only == name) {
            eprintln!("{name} ...");
            measure(&stage, &mut table);
        }
    }
    drop(stage);
    println!("{table}");
    match std::fs::write(&flags.json, table.json()) {
        Ok(()) => eprintln!("as JSON: {}", flags.json.display()),
        Err(error) => {
            eprintln!("{}: {error}", flags.json.display());
            return ExitCode::FAILURE;
        }
    }
    if flags.strict && !table.all_reached() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
