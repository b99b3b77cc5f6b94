//! Children that live no longer than this process, however it ends.

use std::io;
use std::time::Duration;

use rustix::process::{
    Pid, Signal, getpid, getppid, kill_process_group, set_parent_process_death_signal, setsid,
};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a child may take to end by itself once it is asked to.
const GRACE: Duration = Duration::from_secs(1);

/// A child with a session and process group of its own, which is killed with its whole group on drop.
#[derive(Debug)]
pub struct Leash(pub Child);

impl Leash {
    /// Starts `command` on a leash.
    ///
    /// A session of its own has no terminal: Ctrl-C does not reach it, and neither it nor what it starts
    /// (the `ssh` to a jump host) can ask for a password there. If this process is killed, the kernel
    /// terminates the child. That holds for the *thread* that starts it: call it from the thread that
    /// lives as long as the program.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let parent = getpid();
        let tie = move || {
            setsid()?;
            set_parent_process_death_signal(Some(Signal::TERM))?;
            // The parent may have died before the signal was set.
            if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        };
        #[expect(unsafe_code, reason = "there is no safe way to set the death signal of a child")]
        // SAFETY: between fork and exec, `tie` only makes three system calls that are async-signal-safe;
        // it neither allocates nor takes a lock, and its errors carry no allocation.
        let command = unsafe { command.pre_exec(tie) };
        command.kill_on_drop(true).spawn().map(Self)
    }

    /// Asks the child and its group to end, and makes them after a short while.
    pub async fn end(&mut self) {
        self.signal(Signal::TERM);
        if timeout(GRACE, self.0.wait()).await.is_err() {
            self.signal(Signal::KILL);
            let _ = self.0.wait().await;
        }
    }

    /// Sends a signal to the child's group, if the child has not been waited for.
    fn signal(&self, signal: Signal) {
        let pid = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            // The group may be gone already: that is what was wanted.
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
