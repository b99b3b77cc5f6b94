//! The fault world as a program: `cargo run --release --example faults -- --seconds 600`.
//!
//! `--stalled SECONDS --cvms N --logs N` shows a reader that stalls instead.
//! `--seed N --cvms N --logs N --light --verbose --log FILE`; exit status 1 if the promise was broken.

#[path = "../tests/faults/mod.rs"]
mod faults;
#[path = "../tests/world/mod.rs"]
mod world;

use std::process::ExitCode;
use std::time::Duration;

use faults::driver::Weather;
use faults::flood;
use faults::kind::{Fault, Here};
use faults::play::Play;
use faults::service::Pace;
use world::build;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str, default: u64| {
        value(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
    };
    let size = |name: &str, default: u64| usize::try_from(number(name, default)).expect("a small number");
    if let Err(message) = build::cvmtail("faults") {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    if let Some(seconds) = value("--stalled") {
        let stall = Duration::from_secs(seconds.parse().expect("--stalled takes seconds"));
        let lines = size("--lines", 20_000);
        println!("{}", flood::stall(size("--cvms", 16), size("--logs", 14), lines, stall));
        return ExitCode::SUCCESS;
    }
    let light = arguments.iter().any(|argument| argument == "--light");
    let play = Play {
        seed: number("--seed", 1),
        time: Duration::from_secs(number("--seconds", 60)),
        cvms: size("--cvms", 4),
        logs: size("--logs", 8),
        pace: Pace {
            burst: number("--burst", 8),
            pause: Duration::from_millis(number("--pause", if light { 500 } else { 80 })),
            rotate_every: Duration::from_secs(number("--rotate", if light { 60 } else { 8 })),
        },
        weather: Weather {
            faults: if light { Fault::LIGHT.to_vec() } else { Fault::ALL.to_vec() },
            here: if light { Vec::new() } else { Here::ALL.to_vec() },
            calm: Duration::from_secs(number("--calm", if light { 60 } else { 3 })),
            calm_here: Duration::from_secs(number("--calm-here", 40)),
            longest: Duration::from_mins(1),
        },
        told: arguments.iter().any(|argument| argument == "--verbose"),
        look_every: Duration::from_secs(5),
    };
    let outcome = play.run();
    println!("{outcome}");
    if let Some(file) = value("--log") {
        std::fs::write(&file, outcome.timeline.join("\n")).expect("room for the log");
    }
    if outcome.is_good() {
        return ExitCode::SUCCESS;
    }
    println!("{}", outcome.story());
    ExitCode::FAILURE
}
