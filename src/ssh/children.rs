//! The child processes of a run: none of them outlives it.

use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process_group, set_child_subreaper, test_kill_process_group,
    waitpgid,
};

/// How long killed processes may take to go. It takes them milliseconds; one that hangs in the kernel (a
/// key on a dead NFS server) must not hold up the end of a run.
const KILLED: Duration = Duration::from_secs(1);

/// How often is checked whether they are gone.
const INTERVAL: Duration = Duration::from_millis(2);

/// The process groups that were killed and may still be there.
///
/// SIGKILL is a request: the kernel carries it out when the process next runs, which on a busy machine can be
/// after we have exited. Whoever then looks for what we left behind finds it. So all groups are killed at
/// once, and the last owner of this waits for all of them together.
#[derive(Debug)]
pub struct Children {
    dying: Mutex<Vec<Pid>>,
}

impl Default for Children {
    fn default() -> Self {
        // What a child started (the `ssh` to a jump host) becomes our child when its parent dies, so that it
        // can be waited for. Without that, it is init's and only looked for.
        let _ = set_child_subreaper(Some(getpid()));
        Self { dying: Mutex::default() }
    }
}

impl Children {
    /// A new child leads the group `group`: an earlier group of that number is gone.
    pub(super) fn started(&self, group: Pid) {
        self.dying.lock().unwrap_or_else(PoisonError::into_inner).retain(|dying| *dying != group);
    }

    /// Kills all processes of `group`, and has the end of the run wait for them.
    pub(super) fn kill(&self, group: Pid) {
        if kill_process_group(group, Signal::KILL) == Err(Errno::SRCH) {
            return;
        }
        let mut dying = self.dying.lock().unwrap_or_else(PoisonError::into_inner);
        dying.retain(|group| !is_gone(*group));
        dying.push(group);
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        let until = Instant::now() + KILLED;
        let dying = self.dying.get_mut().unwrap_or_else(PoisonError::into_inner);
        loop {
            dying.retain(|group| !is_gone(*group));
            if dying.is_empty() || Instant::now() >= until {
                return;
            }
            sleep(INTERVAL);
        }
    }
}

/// Whether no process of `group` is left; reaps those that are ours.
fn is_gone(group: Pid) -> bool {
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    test_kill_process_group(group) == Err(Errno::SRCH)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Stdio;
    use std::sync::Arc;

    use tokio::io::AsyncReadExt as _;
    use tokio::process::Command;

    use super::Children;
    use crate::ssh::child_guard::ChildGuard;

    /// Starts a shell that runs `script`, which prints the pids of two processes that do not end by themselves.
    async fn start(children: &Arc<Children>, script: &str) -> (ChildGuard, Vec<u32>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut guard = ChildGuard::start(&mut command, children).expect("a shell");
        let mut stdout = guard.child.stdout.take().expect("a pipe");
        let (mut text, mut buffer) = (String::new(), [0; 64]);
        while !text.ends_with('\n') {
            let count = stdout.read(&mut buffer).await.expect("readable");
            assert!(count > 0, "{text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        (guard, text.split_whitespace().map(|pid| pid.parse().expect("a pid")).collect())
    }

    const STUBBORN: &str = "trap '' TERM HUP; sleep 1000 & echo $$ $!; wait";

    fn is_there(pid: u32) -> bool {
        Path::new(&format!("/proc/{pid}")).exists()
    }

    #[tokio::test]
    async fn when_the_last_owner_is_gone_no_process_is_left_not_even_a_zombie() {
        let children = Arc::new(Children::default());
        let mut all = Vec::new();
        let mut guards = Vec::new();
        for _ in 0..20 {
            let (guard, pids) = start(&children, STUBBORN).await;
            guards.push(guard);
            all.extend(pids);
        }
        drop(children);
        assert!(all.iter().all(|pid| is_there(*pid)));
        drop(guards);
        all.retain(|pid| is_there(*pid));
        assert!(all.is_empty(), "still there: {all:?}");
    }

    #[tokio::test]
    async fn what_a_child_leaves_behind_goes_with_it() {
        let children = Arc::new(Children::default());
        let (mut guard, mut pids) = start(&children, "sleep 1000 & echo $$ $!").await;
        assert!(guard.wait().await.expect("a status").success());
        drop((guard, children));
        pids.retain(|pid| is_there(*pid));
        assert!(pids.is_empty(), "still there: {pids:?}");
    }

    #[tokio::test]
    async fn a_child_that_ignores_the_request_to_end_is_killed() {
        let children = Arc::new(Children::default());
        let (mut guard, mut pids) = start(&children, STUBBORN).await;
        guard.end().await;
        drop((guard, children));
        pids.retain(|pid| is_there(*pid));
        assert!(pids.is_empty(), "still there: {pids:?}");
    }
}
