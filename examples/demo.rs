//! Three throw-away CVMs, followed by the real binary until Ctrl-C.
//!
//! `cargo run --profile demo --example demo [-- ARGUMENTS FOR CVMTAIL]`

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Duration;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

#[path = "../tests/world/mod.rs"]
mod world;

use world::cvm::Cvm;
use world::grade::Grade;
use world::process::send;
use world::rotate::Rotation;
use world::schedule::{Schedule, Writing};
use world::writer::Writer;
use world::{World, build, needs};

/// What is followed: the name in the catalogue, and the file.
const LOGS: [(&str, &str); 5] = [
    ("genesis", "genesis.out"),
    ("stargate", "stargate.out"),
    ("stargate.INFO", "stargate.INFO"),
    ("prism_gateway", "prism_gateway.log"),
    ("zookeeper", "zookeeper.out"),
];

fn main() -> ExitCode {
    if let Err(message) = needs::install_for_a_world().and_then(|()| build::cvmtail("demo")) {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm", "ntnx-c-cvm"]);
    let writers: Vec<Writing> = cvms.iter().zip(1..).flat_map(|(cvm, seed)| write(cvm, seed)).collect();
    if world.grade() == Grade::Ports {
        name_the_logs(&world, &cvms[0]);
    }
    let arguments = arguments(world.grade(), &cvms);
    let command = world.cvmtail(&arguments).folder(std::env::current_dir().unwrap_or_default());
    let look = ["TERM", "COLORTERM", "NO_COLOR", "CLICOLOR_FORCE", "TZ"];
    let look = look.into_iter().filter_map(|key| Some((key, std::env::var_os(key)?)));
    let command = look.fold(command, |command, (key, value)| command.env(key, value)).command();
    eprintln!("$ cvmtail {}", arguments.join(" "));
    let status = follow(command);
    drop(writers);
    drop(world);
    status.map_or(ExitCode::FAILURE, |status| {
        ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
    })
}

/// Lets the services of a CVM write their logs, and rotate them now and then.
fn write(cvm: &Cvm, seed: u64) -> Vec<Writing> {
    let work = |writer: Writer, rotation: Rotation, pause: u64| {
        let schedule =
            Schedule { burst: 3, pause: Duration::from_millis(pause), torn: 2, ..Schedule::default() };
        writer.real().unnumbered().start(schedule.rotating(&[rotation], Duration::from_secs(20)))
    };
    LOGS.iter()
        .zip(1..)
        .map(|((_, file), n)| {
            let (log, seed) = (cvm.log(file), seed * 100 + n);
            if Path::new(file).extension().is_some_and(|level| level == "INFO") {
                work(Writer::glog(&log, seed), Rotation::Link, 1_500)
            } else {
                work(Writer::new(&log, seed), Rotation::Rename, 2_000)
            }
        })
        .collect()
}

/// The arguments for cvmtail: those of the command line, then the CVMs and the logs.
fn arguments(grade: Grade, cvms: &[Cvm]) -> Vec<String> {
    let target = |cvm: &Cvm| match grade {
        Grade::Namespaces => cvm.target(),
        Grade::Ports => cvm.name().to_owned(),
    };
    let targets: Vec<String> = cvms.iter().map(target).collect();
    let logs = LOGS.iter().map(|(name, _)| (*name).to_owned());
    std::env::args().skip(1).chain(["-c".to_owned(), targets.join(",")]).chain(logs).collect()
}

/// Without root the logs are not where the catalogue says; a config gives their names to the places where they are.
fn name_the_logs(world: &World, cvm: &Cvm) {
    let directory = world.home().join(".config/cvmtail");
    let entry = |(name, file): &(&str, &str)| format!("{name:?} = {:?}\n", cvm.log(file).path);
    let config = format!("[logs]\n{}", LOGS.iter().map(entry).collect::<String>());
    fs::create_dir_all(&directory).expect("room in /tmp");
    fs::write(directory.join("config.toml"), config).expect("room in /tmp");
}

/// Runs cvmtail on this terminal to its end. Ctrl-C reaches it by itself; what only this process gets
/// is handed on.
fn follow(command: Command) -> Option<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).ok()?;
        let mut terminate = signal(SignalKind::terminate()).ok()?;
        let mut hang_up = signal(SignalKind::hangup()).ok()?;
        let mut child = tokio::process::Command::from(command).spawn().ok()?;
        let pid = i32::try_from(child.id()?).ok()?;
        loop {
            tokio::select! {
                status = child.wait() => return status.ok(),
                _ = interrupt.recv() => {}
                _ = terminate.recv() => send(pid, Signal::TERM),
                _ = hang_up.recv() => send(pid, Signal::HUP),
            }
        }
    })
}
