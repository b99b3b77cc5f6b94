//! What can go wrong with a CVM.

use rustix::process::Signal;

use super::cvm::Cvm;
use super::grade::Grade;
use super::poll::{SOON, must};
use super::process::{self, Process};

impl Cvm {
    /// Kills the sshd processes of all its connections; the listener lives on. Gives how many.
    pub fn kill_sessions(&self) -> usize {
        self.signal_each(Signal::KILL, |process| process.is_sshd() && !process.is_listener())
    }

    /// Kills its sshd, listener and connections, until it is started again with `start_sshd`.
    pub fn kill_sshd(&self) {
        must(SOON, "its sshd is gone", || self.signal_each(Signal::KILL, Process::is_sshd) == 0);
    }

    /// Kills its commands of that name, such as `tail`; gives how many.
    pub fn kill_commands(&self, name: &str) -> usize {
        self.signal_each(Signal::KILL, |process| process.name == name)
    }

    /// Freezes all of it but its init: nothing answers, nothing is closed.
    pub fn freeze(&self) {
        process::freeze(self.those(|_| true).iter().map(|process| process.pid));
    }

    /// Lets it run on after `freeze`.
    pub fn thaw(&self) {
        self.signal_each(Signal::CONT, |_| true);
    }

    /// Freezes its sshd only; commands run on.
    pub fn freeze_sshd(&self) {
        process::freeze(self.those(Process::is_sshd).iter().map(|process| process.pid));
    }

    /// Pulls the plug: all its processes are gone at once, with namespaces its network too, and no
    /// connection is told. `boot` brings it back.
    pub fn shut_down(&self) {
        let init = self.0.init.lock().expect("the CVM").take();
        if let Some((pid, mut child, _)) = init {
            process::send(pid, Signal::KILL);
            let _ = child.wait();
        } else {
            must(SOON, "all its processes are gone", || self.signal_each(Signal::KILL, |_| true) == 0);
        }
    }

    /// Takes its cable out (namespaces only): frames vanish, connections on both sides stay open.
    pub fn unplug(&self) {
        self.set_cable("down");
    }

    /// Puts its cable in again.
    pub fn plug(&self) {
        self.set_cable("up");
    }

    /// Sets the bridge's end of its cable up or down.
    fn set_cable(&self, state: &str) {
        assert!(self.0.ground.grade == Grade::Namespaces, "only a CVM with a network of its own has a cable");
        let init = self.0.init.lock().expect("the CVM");
        let cable = init.as_ref().map(|(_, _, cable)| cable.as_str()).expect("a running CVM");
        let set = self.0.ground.command("ip").args(["link", "set", cable, state]).status();
        assert!(set.is_ok_and(|status| status.success()), "the cable {cable} goes {state}");
    }

    /// Sends the signal to those of its processes that are meant, init never; gives how many.
    fn signal_each(&self, signal: Signal, meant: impl Fn(&Process) -> bool) -> usize {
        let chosen = self.those(meant);
        for process in &chosen {
            process.signal(signal);
        }
        chosen.len()
    }

    /// Those of its processes that are meant, init never.
    fn those(&self, meant: impl Fn(&Process) -> bool) -> Vec<Process> {
        let init = self.0.init.lock().expect("the CVM").as_ref().map(|(pid, ..)| *pid);
        self.all_processes().into_iter().filter(|p| Some(p.pid) != init && meant(p)).collect()
    }
}
