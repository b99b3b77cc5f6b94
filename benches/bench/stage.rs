//! Where the benchmark plays: CVMs, and big logs that stand in memory, so that no disk is measured.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::layout::Layout;
use crate::world::process::send;
use crate::world::run::Run;
use crate::world::seed::Seed;
use crate::world::writer::Log;

/// A million bytes.
pub const MB: usize = 1_000_000;

/// How many logs of a CVM people follow.
pub const LOGS: usize = 14;

/// As many CVMs as the largest figure asks for.
pub const CVMS: usize = 16;

/// After this time there are no more rounds than a median needs.
const PATIENCE: Duration = Duration::from_secs(40);

/// The stage. What it holds goes with it.
#[derive(Debug)]
pub struct Stage {
    /// Fewer and smaller.
    pub quick: bool,
    /// The sshds. Ports of 127.0.0.1: there ssh is fastest, and so is what we are compared with.
    world: World,
    /// A folder in memory.
    memory: TempDir,
    /// Removes that folder should this process be ended by Ctrl-C.
    sweeper: Child,
    /// The CVMs, once they are needed.
    cvms: OnceLock<Vec<Cvm>>,
    /// How many logs were made.
    serial: AtomicUsize,
}

impl Stage {
    /// A stage without CVMs.
    pub fn new(quick: bool) -> Self {
        let place = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" };
        let memory = tempfile::Builder::new().prefix("cvmtail-bench.").tempdir_in(place);
        let memory = memory.expect("a folder in memory");
        Self {
            quick,
            world: World::ports(),
            sweeper: sweeper(memory.path()),
            memory,
            cvms: OnceLock::new(),
            serial: AtomicUsize::new(0),
        }
    }

    /// The one that goes with `--quick`, or the other.
    pub fn either<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// So many rounds, fewer with `--quick`; no more than three if they take too long.
    pub fn rounds(&self, quick: usize, full: usize) -> impl Iterator<Item = usize> + use<> {
        let began = Instant::now();
        (0..self.either(quick, full)).take_while(move |&round| round < 3 || began.elapsed() < PATIENCE)
    }

    /// That many CVMs, at most 16, always the same.
    pub fn cvms(&self, count: usize) -> &[Cvm] {
        &self.cvms.get_or_init(|| self.world.many_cvms(CVMS))[..count]
    }

    /// A file in memory that nobody has used yet.
    pub fn place(&self) -> PathBuf {
        self.memory.path().join(self.serial.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// A file of real log lines of about that size, with its text.
    pub fn sample(&self, size: usize) -> Sample {
        let path = self.place();
        let sample = Sample::new(size);
        let mut file = File::create(&path).expect("a file in memory");
        sample.write(&mut file);
        Sample { path, ..sample }
    }

    /// The log of that name on that CVM, standing at `place` in memory.
    pub fn log_at(cvm: &Cvm, name: &str, place: &Path) -> Log {
        let log = cvm.log(name);
        let _ = fs::remove_file(&log.file);
        symlink(place, &log.file).expect("a link to the log");
        log
    }

    /// A log of that CVM with one line in it.
    pub fn begun(&self, cvm: &Cvm, name: &str) -> Log {
        let place = self.place();
        fs::write(&place, "it begins\n").expect("a file in memory");
        Self::log_at(cvm, name, &place)
    }

    /// As many logs with one line each, of the same names on each of the CVMs, by CVM.
    pub fn begun_logs(&self, cvms: &[Cvm], each: usize) -> Vec<Log> {
        let names = (0..each).map(|n| format!("service{n}.out"));
        cvms.iter().flat_map(|cvm| names.clone().map(|name| self.begun(cvm, &name))).collect()
    }

    /// A run of cvmtail over these CVMs; its last arguments are the paths of the logs.
    pub fn cvmtail<'a>(&self, cvms: &[Cvm], flags: &[&str], logs: impl IntoIterator<Item = &'a Log>) -> Run {
        let targets: Vec<&str> = cvms.iter().map(Cvm::name).collect();
        let mut paths: Vec<&str> = logs.into_iter().map(|log| log.path.as_str()).collect();
        paths.dedup();
        self.world.cvmtail(&["-c", &targets.join(",")]).args(flags).args(paths)
    }

    /// A run of a program in the same surroundings.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Run {
        self.world.run(program, arguments)
    }

    /// Bare ssh to that CVM.
    pub fn ssh(&self, cvm: &Cvm, words: &[&str]) -> Run {
        self.world.run("ssh", &[cvm.name()]).args(words)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.sweeper.stdin.take());
        let _ = self.sweeper.wait();
    }
}

/// Starts what removes a folder when this process is gone, however it ends: its stdin ends then.
fn sweeper(folder: &Path) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", "cat; rm -rf \"$0\""]).arg(folder);
    command.process_group(0).stdin(Stdio::piped()).spawn().expect("sh")
}

/// Log text: one piece, often repeated.
#[derive(Debug)]
pub struct Sample {
    /// Where it stands as a file.
    pub path: PathBuf,
    /// The piece.
    piece: Vec<u8>,
    /// How often.
    times: usize,
}

/// The size of a piece.
const PIECE: usize = 4 * MB;

impl Sample {
    /// Text of at least that many bytes.
    pub fn new(size: usize) -> Self {
        let mut seed = Seed::new(1);
        let mut piece = Vec::new();
        while piece.len() < PIECE.min(size) {
            let line = Layout::Python.line(Timestamp::now(), &mut seed);
            // About 150 bytes, as in the logs of a CVM.
            let rest = "; the request came over the loop and was answered with the state of the node";
            writeln!(piece, "{line}{}", &rest[..seed.index(rest.len())]).expect("memory");
        }
        Self { path: PathBuf::new(), times: size.div_ceil(piece.len()), piece }
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.piece.len() * self.times
    }

    /// How many lines it has.
    pub fn lines(&self) -> usize {
        memchr::memchr_iter(b'\n', &self.piece).count() * self.times
    }

    /// Writes all of it.
    pub fn write(&self, file: &mut File) {
        for _ in 0..self.times {
            file.write_all(&self.piece).expect("room in memory");
        }
    }
}

/// A count as a number to reckon with: exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub const fn count(number: usize) -> f64 {
    number as f64
}

/// How long a file is now.
pub fn length(path: &Path) -> usize {
    fs::metadata(path).map_or(0, |about| usize::try_from(about.len()).unwrap_or(usize::MAX))
}

/// Ends a program by Ctrl-C and waits for it.
pub fn interrupt(child: &mut Child) {
    send(i32::try_from(child.id()).expect("a pid"), Signal::INT);
    let _ = child.wait();
}
