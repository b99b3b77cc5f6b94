//! A sealed world in which the real binary meets real sshds: CVMs with files and addresses of their
//! own, writers that know what they wrote, faults on demand, and nothing left when it ends.
//!
//! Nothing of the user's own ssh setup is read, and no packet leaves the machine.

// Four crates stand on this module (tests, demo, faults, bench), and none of them uses all of it.
#![allow(dead_code)]

pub mod build;
pub mod capture;
pub mod checker;
pub mod client;
pub mod cvm;
pub mod fault;
pub mod grade;
pub mod ground;
pub mod layout;
pub mod ledger;
pub mod needs;
pub mod poll;
pub mod process;
pub mod relay;
pub mod rotate;
pub mod run;
pub mod running;
pub mod schedule;
pub mod seed;
pub mod sshd;
pub mod trouble;
pub mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use client::Left;
use cvm::{Cvm, CvmBuilder};
use grade::Grade;
use ground::Ground;
use process::Process;
use run::Run;
use rustix::process::Signal;

/// The world: its ground, and an end to all of it when it is dropped.
#[derive(Debug)]
pub struct World {
    /// What the CVMs and runs stand on.
    ground: Arc<Ground>,
}

impl World {
    /// A world of the best grade this machine allows.
    pub fn new() -> Self {
        needs::ensure();
        Self::of(Grade::best())
    }

    /// A world whose CVMs are machines of their own; `None`, and a word on stderr, where that needs root.
    pub fn namespaces() -> Option<Self> {
        needs::ensure();
        if Grade::best() == Grade::Namespaces {
            return Some(Self::of(Grade::Namespaces));
        }
        eprintln!("not shown here: this needs root and network namespaces");
        None
    }

    /// A world without root's help: CVMs are ports of 127.0.0.1.
    pub fn ports() -> Self {
        needs::ensure();
        Self::of(Grade::Ports)
    }

    /// A world of that grade.
    fn of(grade: Grade) -> Self {
        Self { ground: Arc::new(Ground::new(grade)) }
    }

    /// Which grade this world is of.
    pub fn grade(&self) -> Grade {
        self.ground.grade
    }

    /// The folder that holds everything of this world and goes with it.
    pub fn folder(&self) -> &Path {
        &self.ground.folder
    }

    /// The home folder of the person who runs cvmtail.
    pub fn home(&self) -> PathBuf {
        self.ground.home()
    }

    /// The ssh config of that person, for `-F`.
    pub fn ssh_config(&self) -> PathBuf {
        self.ground.ssh_config()
    }

    /// A CVM to be described and started.
    pub fn cvm(&self, name: &str) -> CvmBuilder {
        CvmBuilder::new(&self.ground, name)
    }

    /// Starts one plain CVM per name, several at a time.
    pub fn cvms<S: AsRef<str>>(&self, names: &[S]) -> Vec<Cvm> {
        Self::start(names.iter().map(|name| self.cvm(name.as_ref())).collect())
    }

    /// Starts `count` plain CVMs, named like `ntnx-07-cvm`.
    pub fn many_cvms(&self, count: usize) -> Vec<Cvm> {
        let names: Vec<String> = (1..=count).map(|n| format!("ntnx-{n:02}-cvm")).collect();
        self.cvms(&names)
    }

    /// Starts the described CVMs, several at a time; gives them in the same order.
    pub fn start(builders: Vec<CvmBuilder>) -> Vec<Cvm> {
        let mut waiting = builders.into_iter();
        let mut cvms = Vec::new();
        loop {
            let batch: Vec<CvmBuilder> = waiting.by_ref().take(8).collect();
            if batch.is_empty() {
                return cvms;
            }
            std::thread::scope(|scope| {
                let threads: Vec<_> = batch.into_iter().map(|cvm| scope.spawn(|| cvm.start())).collect();
                cvms.extend(threads.into_iter().map(|thread| thread.join().expect("a CVM starts")));
            });
        }
    }

    /// A run of the real cvmtail with these arguments.
    pub fn cvmtail<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Run {
        self.run(run::binary(), arguments)
    }

    /// A run of any program where cvmtail would run, in the same sealed surroundings.
    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, program: impl AsRef<Path>, arguments: &[S]) -> Run {
        Run::new(&self.ground, program.as_ref(), arguments)
    }

    /// The processes that runs of this world started and that still live on the client's side.
    pub fn here(&self) -> Vec<Process> {
        client::processes(&self.ground)
    }

    /// What is left on the client's side: processes, and entries of the folders for sockets.
    pub fn left_here(&self) -> Left {
        client::left(&self.ground)
    }

    /// The ssh processes on the client's side.
    pub fn masters(&self) -> Vec<Process> {
        self.here().into_iter().filter(|process| process.name == "ssh").collect()
    }

    /// Sends a signal to every ssh process on the client's side; gives how many that were.
    pub fn signal_masters(&self, signal: Signal) -> usize {
        self.masters().iter().inspect(|master| master.signal(signal)).count()
    }

    /// An address of this world at which nothing answers: no host in a world of namespaces, a closed
    /// port on 127.0.0.1 otherwise.
    pub fn nowhere(&self) -> String {
        match self.grade() {
            Grade::Namespaces => "10.20.254.254".to_owned(),
            Grade::Ports => "127.0.0.1:1".to_owned(),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.ground.end();
    }
}
