//! Whole logs, as fast as they come.

use std::path::{Path, PathBuf};

use crate::cost::{self, Cost};
use crate::figure::{Reach, Table};
use crate::stage::{MB, Sample, Stage, count, length};
use crate::world::cvm::Cvm;
use crate::world::run::Run;
use crate::world::writer::Log;

/// From the first line to the end, and no further.
pub const WHOLE: [&str; 3] = ["--no-follow", "-n", "+1"];

/// One big log on each of some CVMs.
struct Bulk<'a> {
    /// Where it plays.
    stage: &'a Stage,
    /// The CVMs.
    cvms: &'a [Cvm],
    /// The text of each log.
    sample: Sample,
    /// The log; it has the same path on each CVM.
    log: Log,
    /// Where the output goes.
    outputs: Vec<PathBuf>,
}

impl<'a> Bulk<'a> {
    /// `size` bytes on each of that many CVMs.
    fn new(stage: &'a Stage, cvms: usize, size: usize) -> Self {
        let cvms = stage.cvms(cvms);
        let sample = stage.sample(size);
        let logs: Vec<Log> = cvms.iter().map(|cvm| Stage::log_at(cvm, "bulk.out", &sample.path)).collect();
        let log = logs[0].clone();
        Self { stage, cvms, sample, log, outputs: cvms.iter().map(|_| stage.place()).collect() }
    }

    /// What cvmtail costs.
    fn ours(&self) -> Cost {
        self.clear();
        let run = self.stage.cvmtail(self.cvms, &WHOLE, [&self.log]).stdout_to(&self.outputs[0]);
        let cost = cost::of(vec![run]);
        let prefixes: usize = self.cvms.iter().map(|cvm| format!("{} bulk.out | ", cvm.name()).len()).sum();
        assert_eq!(length(&self.outputs[0]), self.bytes() + prefixes * self.sample.lines(), "all came");
        cost
    }

    /// What `ssh host cat` costs, on all CVMs at once.
    fn ssh_cat(&self) -> Cost {
        self.clear();
        let cat =
            |(cvm, output): (_, &PathBuf)| self.stage.ssh(cvm, &["cat", &self.log.path]).stdout_to(output);
        let cost = cost::of(self.cvms.iter().zip(&self.outputs).map(cat).collect());
        assert_eq!(self.outputs.iter().map(|output| length(output)).sum::<usize>(), self.bytes(), "all came");
        cost
    }

    /// What another program costs that does all CVMs by itself.
    fn peer(&self, run: Run) -> Cost {
        self.clear();
        let cost = cost::of(vec![run.stdout_to(&self.outputs[0])]);
        assert!(length(&self.outputs[0]) >= self.bytes(), "all came");
        cost
    }

    /// Removes what came before: to empty a file of a gigabyte takes time that is nobody's.
    fn clear(&self) {
        for output in &self.outputs {
            let _ = std::fs::remove_file(output);
        }
    }

    /// How many bytes the logs have together.
    fn bytes(&self) -> usize {
        self.sample.bytes() * self.cvms.len()
    }

    /// Both by turns; gives the ratios of their times, and our own user seconds per GB.
    fn beside_ssh(&self, rounds: impl Iterator<Item = usize>) -> (Vec<f64>, Vec<f64>) {
        let gb = count(self.bytes()) / 1e9;
        // The first of each is not counted: it warms the machine.
        self.ssh_cat();
        self.ours();
        rounds
            .map(|_| {
                let (theirs, ours) = (self.ssh_cat(), self.ours());
                (ours.wall / theirs.wall, ours.user / gb)
            })
            .unzip()
    }
}

impl Drop for Bulk<'_> {
    fn drop(&mut self) {
        self.clear();
        let _ = std::fs::remove_file(&self.sample.path);
    }
}

/// One CVM.
pub fn one(stage: &Stage, table: &mut Table) {
    let bulk = Bulk::new(stage, 1, stage.either(200 * MB, 1000 * MB));
    let (wall, user) = bulk.beside_ssh(stage.rounds(3, 7));
    table.add("bulk, 1 CVM, wall", "ssh cat", wall, Reach::AtMost(1.1));
    table.add("own user time, text", "s per GB", user, Reach::AtMost(0.3));
}

/// Four CVMs.
pub fn four(stage: &Stage, table: &mut Table) {
    let bulk = Bulk::new(stage, 4, stage.either(50 * MB, 250 * MB));
    let (wall, _) = bulk.beside_ssh(stage.rounds(3, 7));
    table.add("bulk, 4 CVMs at once, wall", "4 x ssh cat at once", wall, Reach::AtMost(1.1));
}

/// Four CVMs, beside programs that run a command on many hosts and say whose line is whose.
pub fn peers(stage: &Stage, table: &mut Table) {
    let bulk = Bulk::new(stage, 4, stage.either(10 * MB, 40 * MB));
    let names: Vec<&str> = bulk.cvms.iter().map(Cvm::name).collect();
    let (comma, path) = (names.join(","), bulk.log.path.as_str());
    let parallel = ["--will-cite", "--tag", "--line-buffer", "-j4", "ssh", "{}", "cat", path, ":::"];
    let parallel: Vec<&str> = parallel.into_iter().chain(names.iter().copied()).collect();
    let peers: [(&str, Vec<&str>); 3] = [
        ("parallel", parallel),
        ("pdsh", vec!["-R", "ssh", "-w", &comma, "cat", path]),
        ("clush", vec!["-w", &comma, "cat", path]),
    ];
    let mut best: Option<Vec<f64>> = None;
    for (program, arguments) in peers {
        if !["/usr/bin", "/usr/local/bin", "/bin"].iter().any(|bin| Path::new(bin).join(program).exists()) {
            table.skip(format!("{program} is not installed"));
            continue;
        }
        let mut ratios = Vec::new();
        for _ in stage.rounds(1, 3) {
            let theirs = bulk.peer(stage.run(program, &arguments));
            ratios.push(theirs.wall / bulk.ours().wall);
        }
        table.add(format!("times faster than {program}, 4 CVMs"), program, ratios.clone(), Reach::Told);
        let middle = |values: &[f64]| values.iter().sum::<f64>() / count(values.len());
        if best.as_ref().is_none_or(|best| middle(&ratios) < middle(best)) {
            best = Some(ratios);
        }
    }
    if let Some(best) = best {
        table.add("times faster than the best of them", "the best of them", best, Reach::AtLeast(1.6));
    }
}
