//! A child process that lives no longer than this process, however that ends.

use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{
    Pid, Signal, getpid, getppid, kill_process_group, set_parent_process_death_signal, setsid,
};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::ssh::children::Children;

/// How long a child may take to end by itself once it is asked to, and how long once it is killed.
const GRACE: Duration = Duration::from_secs(1);

/// A child with a session and a process group of its own, killed with its whole group on drop.
#[derive(Debug)]
pub struct ChildGuard {
    pub child: Child,
    /// The group; `None` once it was killed after the child's end.
    group: Option<Pid>,
    children: Arc<Children>,
}

impl ChildGuard {
    /// Starts `command`.
    ///
    /// A session of its own has no terminal: Ctrl-C does not reach it, and neither it nor what it starts
    /// (the `ssh` to a jump host) can ask for a password there. If this process is killed, the kernel
    /// terminates the child. That holds for the *thread* that starts it: call it from the thread that
    /// lives as long as the program.
    pub fn start(command: &mut Command, children: &Arc<Children>) -> io::Result<Self> {
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
        let child = command.kill_on_drop(true).spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            children.started(group);
        }
        Ok(Self { child, group, children: Arc::clone(children) })
    }

    /// Waits for the end of the child, and kills what it left behind in its group. May be cancelled.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.kill();
        status
    }

    /// Asks the child and its group to end, and kills what has not ended after a short while.
    pub async fn end(&mut self) {
        if let Some(group) = self.group {
            // The group may be gone already, which is what is wanted.
            let _ = kill_process_group(group, Signal::TERM);
        }
        let _ = timeout(GRACE, self.child.wait()).await;
        self.kill();
        let _ = timeout(GRACE, self.child.wait()).await;
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            self.children.kill(group);
        }
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        self.kill();
    }
}
