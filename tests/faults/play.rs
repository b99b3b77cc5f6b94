//! One run in the fault world, from the first CVM to the verdict.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::driver::{DEAD_AFTER, Stage, Weather, drive_cvm, drive_here};
use super::gauge::{self, Look};
use super::judge::{Judge, Verdict};
use super::kind::Life;
use super::reading::Reader;
use super::service::{Pace, Service};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::eventually;
use crate::world::process;
use crate::world::seed::Seed;
use crate::world::writer::Log;

/// How long the last lines may take when everything is healed: the longest backoff, and a busy machine.
const SETTLE: Duration = Duration::from_mins(2);

/// A run to be made.
#[derive(Clone, Debug)]
pub struct Play {
    /// The schedule's name.
    pub seed: u64,
    /// How long faults come.
    pub time: Duration,
    /// How many CVMs.
    pub cvms: usize,
    /// How many logs on each.
    pub logs: usize,
    /// How fast the services are.
    pub pace: Pace,
    /// How hard it is.
    pub weather: Weather,
    /// Tell as it goes.
    pub told: bool,
    /// How long between two looks at cvmtail.
    pub look_every: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The run.
    pub play: Play,
    /// How many lines were written.
    pub expected: u64,
    /// The judge's verdict.
    pub verdict: Verdict,
    /// How often each kind of fault struck.
    pub faults: BTreeMap<String, u64>,
    /// How often each rotation was made.
    pub rotations: BTreeMap<String, u64>,
    /// Streams that did not come to their end.
    pub behind: Vec<(String, u64, u64)>,
    /// What cvmtail looked like over the time.
    pub looks: Vec<Look>,
    /// Its exit status, and how long it took to end.
    pub end: (i32, Duration),
    /// Processes and files left here right after the end.
    pub left_here: Vec<String>,
    /// Processes left on CVMs 30 s after the end, and how long it took until none was left.
    pub orphans: (Vec<String>, Duration),
    /// Processor time of all ssh processes here that lived at the end.
    pub ssh_cpu: Duration,
    /// Everything that happened, in order.
    pub timeline: Vec<String>,
}

/// Where everything is noted; clones are the same one.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it began.
    began: Instant,
    /// Faults, rotations, and everything in order.
    notes: Arc<Mutex<Notes>>,
    /// The judge, once there is one.
    judge: Arc<Mutex<Judge>>,
    /// Tell as it goes.
    told: bool,
}

/// What is noted.
#[derive(Debug, Default)]
struct Notes {
    /// How often each kind of fault struck.
    faults: BTreeMap<String, u64>,
    /// How often each rotation was made.
    rotations: BTreeMap<String, u64>,
    /// Everything, in order.
    timeline: Vec<String>,
}

impl Record {
    /// An empty record.
    fn new(told: bool) -> Self {
        let judge = Arc::new(Mutex::new(Judge::new([])));
        Self { began: Instant::now(), notes: Arc::default(), judge, told }
    }

    /// Notes a fault.
    pub fn fault(&self, kind: &str, whom: &str) {
        *self.notes.lock().expect("the notes").faults.entry(kind.to_owned()).or_default() += 1;
        self.note(&format!("{whom} {kind}"));
    }

    /// Notes a rotation.
    pub fn rotation(&self, kind: &str, what: &str) {
        let mut notes = self.notes.lock().expect("the notes");
        *notes.rotations.entry(kind.to_owned()).or_default() += 1;
        let at = self.began.elapsed().as_secs_f64();
        notes.timeline.push(format!("{at:8.3} {what} {kind}"));
    }

    /// Notes anything.
    pub fn note(&self, what: &str) {
        let text = format!("{:8.3} {what}", self.began.elapsed().as_secs_f64());
        if self.told {
            eprintln!("{text}");
        }
        self.notes.lock().expect("the notes").timeline.push(text);
    }

    /// Which line of that log must come next.
    pub fn next_of(&self, cvm: &str, path: &str) -> u64 {
        self.judge.lock().expect("the judge").next_of(cvm, path)
    }

    /// Takes a line of cvmtail's.
    fn hear(&self, line: &[u8]) {
        let (event, wrong) = {
            let mut judge = self.judge.lock().expect("the judge");
            let before = judge.verdict().complaints.len();
            let event = judge.hear(line);
            (event, judge.verdict().complaints.get(before).cloned())
        };
        let mut notes = self.notes.lock().expect("the notes");
        let at = self.began.elapsed().as_secs_f64();
        if let Some(event) = event {
            notes.timeline.push(format!("{at:8.3}   {event}"));
        }
        if let Some(wrong) = wrong {
            notes.timeline.push(format!("{at:8.3} WRONG {wrong}"));
            if self.told {
                eprintln!("{at:8.3} WRONG {wrong}");
            }
        }
    }
}

impl Play {
    /// Makes the run.
    pub fn run(self) -> Outcome {
        let world = World::new();
        let mut seed = Seed::new(self.seed);
        let names: Vec<String> = (1..=self.cvms).map(|n| format!("ntnx-{n:02}-cvm")).collect();
        let cvms = World::start(
            names.iter().map(|name| world.cvm(name).option("MaxStartups 100").relayed()).collect(),
        );
        let record = Record::new(self.told);
        let services = self.services(&cvms, &mut seed, &record);
        let ledgers = services.iter().flatten().map(|service| (service.ledger.clone(), service.life));
        *record.judge.lock().expect("the judge") = Judge::new(ledgers);
        let heard = record.clone();
        let reader = Reader::start(&world.folder().join("stdout"), move |line| heard.hear(line));
        let running = world.cvmtail(&self.arguments(&cvms)).stdout_to(&reader.path).start();
        let over = Arc::new(AtomicBool::new(false));
        let stage = Stage { record: record.clone(), over: Arc::clone(&over), weather: self.weather.clone() };
        let mut looks = Vec::new();
        let pid = running.pid();
        std::thread::scope(|scope| {
            for (cvm, services) in cvms.iter().zip(&services) {
                let (seed, stage, grade) = (seed.fork(), &stage, world.grade());
                scope.spawn(move || drive_cvm(stage, cvm, grade, services, seed));
            }
            let (stage, world, reader, seed) = (&stage, &world, &reader, seed.fork());
            scope.spawn(move || drive_here(stage, world, pid, reader, seed));
            let end = record.began + self.time;
            while Instant::now() < end && process::lives(pid) {
                std::thread::sleep(self.look_every.min(end.saturating_duration_since(Instant::now())));
                let look = gauge::look(pid, record.began.elapsed(), &world.here());
                if self.told {
                    eprintln!("{look:?}, {} lines read", reader.lines());
                }
                looks.push(look);
            }
            over.store(true, Ordering::Relaxed);
        });
        record.note("no more faults");
        let ledgers: Vec<_> = services.iter().flatten().map(|service| service.ledger.clone()).collect();
        drop(services);
        eventually(SETTLE, || record.judge.lock().expect("the judge").has_all() || !process::lives(pid));
        looks.push(gauge::look(pid, record.began.elapsed(), &world.here()));
        record.note("settled");
        let ssh_cpu = world.masters().iter().map(|p| gauge::cpu(p.pid)).sum();
        let asked = Instant::now();
        running.interrupt();
        let done = running.finish(Duration::from_secs(20));
        let took = asked.elapsed();
        // Nothing is to stay here: the sockets' folder itself may.
        let left = world.left_here();
        let mut left_here: Vec<String> =
            left.processes.iter().map(|process| process.command.clone()).collect();
        left_here.extend(left.entries.iter().filter(|path| path.exists()).flat_map(sockets));
        let ended = Instant::now();
        let on_cvms = || cvms.iter().flat_map(Cvm::processes).map(|p| p.command).collect::<Vec<_>>();
        eventually(Duration::from_secs(30), || on_cvms().is_empty());
        let orphans = (on_cvms(), ended.elapsed());
        reader.finish();
        let mut judge = record.judge.lock().expect("the judge");
        let behind = judge.behind();
        judge.close();
        let verdict = judge.verdict().clone();
        drop(judge);
        let stderr = done.err();
        record.note(&format!("stderr: {}", &stderr[stderr.len().saturating_sub(2_000)..]));
        let mut notes = record.notes.lock().expect("the notes");
        Outcome {
            play: self,
            expected: ledgers.iter().map(crate::world::ledger::Shared::count).sum(),
            verdict,
            faults: notes.faults.clone(),
            rotations: notes.rotations.clone(),
            behind,
            looks,
            end: (done.code(), took),
            left_here,
            orphans,
            ssh_cpu,
            timeline: std::mem::take(&mut notes.timeline),
        }
    }

    /// Starts the services of all CVMs.
    fn services(&self, cvms: &[Cvm], seed: &mut Seed, record: &Record) -> Vec<Vec<Service>> {
        let service = |cvm: &Cvm, n: usize, seed: &mut Seed| {
            let life = Life::ALL[n % Life::ALL.len()];
            Service::start(&Self::log(cvm, n), life, self.pace, seed.fork(), record)
        };
        cvms.iter().map(|cvm| (0..self.logs).map(|n| service(cvm, n, seed)).collect()).collect()
    }

    /// The log number `n` of a CVM.
    fn log(cvm: &Cvm, n: usize) -> Log {
        let ending = if Life::ALL[n % Life::ALL.len()] == Life::Linked { "INFO" } else { "out" };
        cvm.log(&format!("service{}.{ending}", char::from(b'a' + u8::try_from(n).unwrap_or(25))))
    }

    /// The arguments of cvmtail.
    fn arguments(&self, cvms: &[Cvm]) -> Vec<String> {
        let mut arguments: Vec<String> = ["--json", "-n", "+1"].map(str::to_owned).into();
        let dead_after = format!("--dead-after={}s", DEAD_AFTER.as_secs());
        arguments.extend([dead_after, "--connect-timeout=4s".to_owned()]);
        for cvm in cvms {
            arguments.extend(["-c".to_owned(), cvm.target()]);
        }
        // Below a world of ports every CVM has paths of its own.
        let mut paths: Vec<String> =
            cvms.iter().flat_map(|cvm| (0..self.logs).map(|n| Self::log(cvm, n).path)).collect();
        paths.sort();
        paths.dedup();
        arguments.extend(paths);
        arguments
    }
}

/// The sockets at or below a path.
fn sockets(path: &std::path::PathBuf) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.display().to_string()] };
    entries.flatten().flat_map(|entry| sockets(&entry.path())).collect()
}

impl Outcome {
    /// True if all that was promised was kept.
    pub fn is_good(&self) -> bool {
        self.verdict.is_kept()
            && self.behind.is_empty()
            && self.end.0 == 130
            && self.left_here.is_empty()
            && self.orphans.0.is_empty()
    }

    /// What happened to the streams that something was wrong with, and to their CVMs.
    pub fn story(&self) -> String {
        let wrong = |line: &&String| {
            let of = |what: &String| {
                let (cvm, path) = what.split_once(": ").and_then(|(stream, _)| stream.split_once(' '))?;
                Some(format!("{cvm} {} ", path.rsplit('/').next()?))
            };
            !line.contains("service")
                || line.contains(" WRONG ")
                || self.verdict.complaints.iter().filter_map(of).any(|stream| line.contains(&stream))
        };
        self.timeline.iter().filter(wrong).cloned().collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { play, expected, verdict, faults, rotations, looks, end, orphans, .. } = self;
        writeln!(
            f,
            "seed {}, {} CVMs, {} logs each, {:?} of faults",
            play.seed, play.cvms, play.logs, play.time
        )?;
        writeln!(f, "expected {expected}, {verdict}")?;
        writeln!(f, "{} faults {faults:?}", faults.values().sum::<u64>())?;
        writeln!(f, "{} rotations {rotations:?}", rotations.values().sum::<u64>())?;
        for look in looks.iter().step_by(looks.len().div_ceil(20).max(1)).chain(looks.last()) {
            writeln!(
                f,
                "after {:6.0} s: {:6} KiB, {:4} files, {:3} ssh, {:?} of CPU",
                look.at.as_secs_f64(),
                look.memory,
                look.files,
                look.masters,
                look.cpu
            )?;
        }
        writeln!(f, "CPU of the ssh processes that lived at the end: {:?}", self.ssh_cpu)?;
        writeln!(f, "ended with {} in {:?}; left here {:?}", end.0, end.1, self.left_here)?;
        write!(f, "orphans {:?}, the CVMs were clean after {:?}", orphans.0, orphans.1)?;
        for (name, next, count) in &self.behind {
            write!(f, "\nbehind: {name} at {next} of {count}")?;
        }
        Ok(())
    }
}
