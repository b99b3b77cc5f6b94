//! The processes of this machine as /proc shows them (proc(5)), and signals to them by number.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};

use super::poll::{SOON, must};

/// One living process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its number, as this process sees it.
    pub pid: i32,
    /// The number of its parent.
    pub parent: i32,
    /// The kernel's name for it, at most 15 bytes.
    pub name: String,
    /// Its arguments, joined by spaces.
    pub command: String,
}

impl Process {
    /// Reads one process; `None` if it is gone, a zombie, or not readable.
    fn read(pid: i32) -> Option<Self> {
        let (name, state, parent) = stat(pid)?;
        if matches!(state, 'Z' | 'X') {
            return None;
        }
        let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let command = String::from_utf8_lossy(&bytes).replace('\0', " ").trim_end().to_owned();
        Some(Self { pid, parent, name, command })
    }

    /// The name of one of its namespaces (`net`, `pid`), as the link in /proc says it.
    pub fn namespace(&self, kind: &str) -> Option<PathBuf> {
        std::fs::read_link(format!("/proc/{}/ns/{kind}", self.pid)).ok()
    }

    /// Whether the text stands in the environment it was started with.
    pub fn environment_has(&self, text: &str) -> bool {
        std::fs::read(format!("/proc/{}/environ", self.pid))
            .is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }

    /// Whether it is a process of the ssh server (`sshd`, `sshd-session`, `sshd-auth`).
    pub fn is_sshd(&self) -> bool {
        self.name.starts_with("sshd")
    }

    /// Whether it is the ssh server's listener: by the title sshd gives itself, or, in the moment before
    /// it does, by having neither a session's title nor a session's `-R`.
    pub fn is_listener(&self) -> bool {
        let titled = self.command.starts_with("sshd");
        let session = titled || self.command.ends_with(" -R");
        self.is_sshd() && (self.command.contains("[listener]") || !session)
    }

    /// Sends the signal; a process that is gone is no error.
    pub fn signal(&self, signal: Signal) {
        send(self.pid, signal);
    }
}

/// Sends a signal to the process with that number; one that is gone is no error.
pub fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}

/// Stops those processes, as Ctrl-Z does, and returns when they stand still or are gone: what is done to a process
/// that SIGSTOP is only on its way to happens to a running one.
pub fn freeze(pids: impl IntoIterator<Item = i32>) {
    let pids: Vec<i32> = pids.into_iter().inspect(|pid| send(*pid, Signal::STOP)).collect();
    let still = |pid: i32| stat(pid).is_none_or(|(_, state, _)| matches!(state, 'T' | 'Z' | 'X'));
    must(SOON, "they stand still", || pids.iter().all(|pid| still(*pid)));
}

/// Name, state (the letter in /proc) and parent of the process with that number.
fn stat(pid: i32) -> Option<(String, char, i32)> {
    let stat = String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/stat")).ok()?).into_owned();
    let (before, after) = stat.rsplit_once(") ")?;
    let name = before.split_once('(')?.1.to_owned();
    let mut fields = after.split(' ');
    Some((name, fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether a process with that number lives (a zombie does not).
pub fn lives(pid: i32) -> bool {
    Process::read(pid).is_some()
}

/// All user processes of this machine that can be read.
pub fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let name = |entry: std::fs::DirEntry| -> OsString { entry.file_name() };
    entries
        .flatten()
        .filter_map(|entry| name(entry).to_str()?.parse().ok())
        .filter_map(Process::read)
        .filter(|process| !process.command.is_empty())
        .collect()
}

/// Those of `all` that descend from one of `roots`, the roots themselves included.
pub fn descendants(all: &[Process], roots: impl IntoIterator<Item = i32>) -> Vec<Process> {
    let mut family: HashSet<i32> = roots.into_iter().collect();
    loop {
        let before = family.len();
        family.extend(all.iter().filter(|p| family.contains(&p.parent)).map(|p| p.pid).collect::<Vec<_>>());
        if family.len() == before {
            break;
        }
    }
    all.iter().filter(|process| family.contains(&process.pid)).cloned().collect()
}
