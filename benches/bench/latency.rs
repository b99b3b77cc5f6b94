//! From the moment a line is written on a CVM to the moment it stands on our stdout.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use crate::figure::{Reach, Table};
use crate::stage::{Stage, interrupt};
use crate::world::poll::{SOON, must};
use crate::world::run::Run;
use crate::world::writer::Log;

/// How long lines go to one log before they go to the other.
const TURN: Duration = Duration::from_secs(1);

/// Where more lines than this are written in a turn, several are written at a time.
const BEATS: u32 = 1000;

/// A program that shows a log, and what of it has come when.
struct Watched {
    /// The log.
    file: File,
    /// The program.
    child: Child,
    /// When each line came, by its number.
    came: Arc<Mutex<Vec<Option<Instant>>>>,
    /// Reads its stdout.
    reader: Option<JoinHandle<()>>,
    /// When each line was written.
    written: Vec<Instant>,
    /// The lines of the rate that is being measured begin here.
    from: usize,
}

impl Watched {
    /// Starts `run`, which shows `log`; gives it when it shows the log's first line.
    fn start(run: &Run, log: &Log) -> Self {
        let mut command = run.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let mut pipe = child.stdout.take().expect("piped");
        let came = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&came);
        let reader = std::thread::spawn(move || read(&mut pipe, &notes));
        let file = OpenOptions::new().append(true).open(&log.file).expect("the log");
        let mut this = Self { file, child, came, reader: Some(reader), written: Vec::new(), from: 0 };
        // Written again and again, because `tail` begins to look at a moment that nobody tells.
        must(SOON, "the first line is shown", || {
            this.write(1);
            sleep(Duration::from_millis(20));
            !this.came.lock().expect("notes").is_empty()
        });
        this
    }

    /// Writes lines, each by itself.
    fn write(&mut self, lines: u32) {
        for _ in 0..lines {
            let number = self.written.len();
            let line = format!("2026-11-20 03:12:44,001Z INFO 81234512 node_manager.py:10 line {number}\n");
            self.written.push(Instant::now());
            self.file.write_all(line.as_bytes()).expect("room in memory");
        }
    }

    /// Waits until all came, and gives how long each took since the call before, in milliseconds, in rising
    /// order.
    fn harvest(&mut self) -> Vec<f64> {
        let all = self.written.len();
        must(SOON, "every line is shown", || {
            let came = self.came.lock().expect("notes");
            came.len() == all && came[self.from..].iter().all(Option::is_some)
        });
        let came = self.came.lock().expect("notes");
        let took = |(came, written): (&Option<Instant>, &Instant)| {
            came.map(|came| came.saturating_duration_since(*written).as_secs_f64() * 1e3)
        };
        let mut took: Vec<f64> =
            came[self.from..].iter().zip(&self.written[self.from..]).filter_map(took).collect();
        took.sort_by(f64::total_cmp);
        self.from = all;
        took
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        interrupt(&mut self.child);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Reads lines that end with their number, and notes when each came.
fn read(pipe: &mut impl Read, notes: &Mutex<Vec<Option<Instant>>>) {
    let (mut buffer, mut rest) = (vec![0; 1 << 20], Vec::new());
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        let now = Instant::now();
        rest.extend_from_slice(&buffer[..count]);
        let whole = memchr::memrchr(b'\n', &rest).map_or(0, |at| at + 1);
        let mut notes = notes.lock().expect("notes");
        for line in rest[..whole].split(|&byte| byte == b'\n') {
            let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            let number = std::str::from_utf8(&line[line.len() - digits..]).unwrap_or_default();
            let Ok(number) = number.parse::<usize>() else { continue };
            if number >= notes.len() {
                notes.resize(number + 1, None);
            }
            notes[number] = Some(now);
        }
        drop(notes);
        rest.drain(..whole);
    }
}

/// Three rates, each for us and for bare `ssh tail -F` by turns of one second.
pub fn measure(stage: &Stage, table: &mut Table) {
    let cvm = &stage.cvms(1)[0];
    // Real files, no links to files in memory: behind a link `tail -F` only looks once a second.
    let [log, other] = ["latency.out", "other.out"].map(|name| cvm.log(name));
    log.put("it begins\n");
    other.put("it begins\n");
    let run = stage.cvmtail(std::slice::from_ref(cvm), &["-n", "0"], [&log]);
    let mut ours = Watched::start(&run, &log);
    let run = stage.ssh(cvm, &["exec", "tail", "-n", "0", "-F", &other.path]);
    let mut theirs = Watched::start(&run, &other);
    for (rate, turns) in [(1, stage.either(3, 12)), (100, stage.either(2, 6)), (10_000, stage.either(2, 6))] {
        sleep(Duration::from_millis(200));
        ours.from = ours.written.len();
        theirs.from = theirs.written.len();
        for _ in 0..turns {
            for side in [&mut theirs, &mut ours] {
                turn(side, rate);
            }
        }
        let (ours, theirs) = (ours.harvest(), theirs.harvest());
        for (name, share, reach) in [("p50", 50, Reach::Told), ("p99", 99, Reach::AtMost(2.0))] {
            let difference = at(&ours, share) - at(&theirs, share);
            let words = format!("ms more than {:.2}", at(&theirs, share));
            table.add(
                format!("latency {name}, {rate} lines/s, beyond ssh tail -F"),
                &words,
                vec![difference],
                reach,
            );
        }
    }
}

/// Writes for one turn at that rate.
fn turn(side: &mut Watched, rate: u32) {
    let began = Instant::now();
    let beats = rate.min(BEATS);
    for n in 0..beats {
        side.write(rate / beats);
        sleep((began + TURN / beats * (n + 1)).saturating_duration_since(Instant::now()));
    }
}

/// The value below which so many in a hundred of the values lie.
fn at(values: &[f64], share: usize) -> f64 {
    values[(values.len() * share / 100).min(values.len() - 1)]
}
