//! One `ssh` master: the process that holds a connection to a CVM open.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::cluster::cvm::{Address, Cvm};
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::{Failure, Kind};
use crate::human;
use crate::options::SshOptions;
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::command::{destination, ssh_command};
use crate::ssh::log_reader::{LastOutput, LogReader, LogSink};
use crate::ssh::resolve::{self, DialPlan};
use crate::ssh::resources::Resources;

/// How long the stderr of an ssh that has ended is read on: what it started (an `ssh` to a jump host) may
/// hold it longer.
const REST: Duration = Duration::from_millis(100);

/// How long an `ssh` that is asked to end is waited for; it is killed before that.
const ENDING: Duration = Duration::from_secs(3);

/// How long `ssh -G` may take to resolve a jump host that did not let us through.
const RESOLVE: Duration = Duration::from_secs(3);

/// A running master, ended on drop.
pub struct Master {
    /// Its control socket, as the crate sees it.
    session: Arc<openssh::Session>,
    /// What it wrote last since the connection is up.
    last: Arc<Mutex<LastOutput>>,
    /// Becomes true when it has ended and all it wrote is read.
    ended: watch::Receiver<bool>,
    /// Asks its keeper to end it.
    stop: Arc<Notify>,
    /// The task that owns the process.
    keeper: AbortHandle,
    endpoint: Endpoint,
    resources: Arc<Resources>,
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Master").field("host", &self.endpoint.host).finish_non_exhaustive()
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        // With the task goes the guard of the process, which kills it.
        self.keeper.abort();
    }
}

impl Master {
    /// Connects to `cvm` as planned, with a control socket of its own. `changed` is notified when the connection
    /// ends; `about` supplies the facts for failures.
    ///
    /// Dropping the future ends the attempt and its process.
    pub async fn start(
        cvm: &Arc<Cvm>,
        endpoint: Endpoint,
        ssh: &SshOptions,
        plan: &DialPlan,
        resources: &Arc<Resources>,
        sink: Option<LogSink>,
        changed: Arc<Notify>,
    ) -> Result<Self, Failure> {
        let socket = resources.sockets.next_path().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidFilename => {
                diagnosis::because(&table::LONG_PATH, &endpoint, &error.to_string())
            }
            _ => diagnosis::local_failure(&error, &endpoint),
        })?;
        let mut command = ssh_command(ssh);
        command
            .args(arguments(&cvm.address, ssh, plan.proxy_command.as_deref(), &socket))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let process =
            ChildGuard::start(&mut command, &resources.children).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
                    diagnosis::because(&table::NO_SSH, &endpoint, &error.to_string())
                }
                _ => diagnosis::local_failure(&error, &endpoint),
            })?;
        let last = Arc::new(Mutex::new(LastOutput::default()));
        let (has_ended, ended) = watch::channel(false);
        let stop = Arc::new(Notify::new());
        let reader = LogReader::new(Arc::clone(cvm), sink, Arc::clone(&last));
        let (stopped, held) = (Arc::clone(&stop), Arc::clone(resources));
        let (name, output) = (cvm.name.clone(), Arc::clone(&last));
        let keeper = tokio::spawn(async move {
            // The directory of its socket stays as long as it does.
            let _held = held;
            keep(process, reader, &stopped).await;
            trace_end(&name, &output);
            has_ended.send_replace(true);
            changed.notify_waiters();
        })
        .abort_handle();
        let session = Arc::new(openssh::Session::resume_mux(socket.clone().into_boxed_path(), None));
        let resources = Arc::clone(resources);
        let master = Self { session, last, ended, stop, keeper, endpoint, resources };
        master.wait_until_up(ssh, plan, &socket).await?;
        Ok(master)
    }

    /// Waits until the connection is up.
    async fn wait_until_up(&self, ssh: &SshOptions, plan: &DialPlan, socket: &Path) -> Result<(), Failure> {
        // ConnectTimeout covers TCP and the server's greeting, not a stall in the key exchange or the login:
        // that gets as much time again.
        let limit = ssh.connect_timeout * 2;
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => return Err(self.connect_failure(ssh, plan).await),
            () = answers(&self.session, socket) => {}
            () = sleep(limit) => {
                self.end().await;
                return Err(diagnosis::because(&table::STALLED, &self.endpoint, &human::duration(limit)));
            }
        }
        // Banner and warnings of the login do not explain how the connection ends.
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = LastOutput::default();
        Ok(())
    }

    /// Why ssh did not connect.
    async fn connect_failure(&self, ssh: &SshOptions, plan: &DialPlan) -> Failure {
        let LastOutput { log, other } = self.last();
        let failure = diagnosis::connect_failure(&log, &other, &self.endpoint);
        let mut endpoint = self.endpoint.clone();
        match failure.kind {
            // ssh-keyscan does not know aliases.
            Kind::HostKeyUnknown => endpoint.resolve(),
            // An ssh names the address behind the jump host's alias.
            Kind::Jump | Kind::JumpRefused => {
                let children = &self.resources.children;
                endpoint
                    .set_hop_routes(resolve::hop_routes(&plan.hops, ssh, &endpoint, children, RESOLVE).await);
            }
            _ => return failure,
        }
        diagnosis::connect_failure(&log, &other, &endpoint)
    }

    /// The master's control socket, as the crate sees it.
    pub fn session(&self) -> &Arc<openssh::Session> {
        &self.session
    }

    /// Whether the connection has ended.
    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Why the connection ended, if it ends within `limit`; `None` at once if its master still answers.
    pub async fn ended_within(&self, limit: Duration) -> Option<Failure> {
        if !self.has_ended() && matches!(timeout(limit, self.session.check()).await, Ok(Ok(()))) {
            return None;
        }
        let mut ended = self.ended.clone();
        let ended = timeout(limit, ended.wait_for(|ended| *ended)).await.is_ok();
        ended.then(|| {
            let LastOutput { log, other } = self.last();
            diagnosis::connection_lost(&log, &other, &self.endpoint)
        })
    }

    /// Ends the connection, and waits until the process is gone.
    pub async fn end(&self) {
        self.stop.notify_one();
        let _ = timeout(ENDING, self.ended.clone().wait_for(|ended| *ended)).await;
    }

    fn last(&self) -> LastOutput {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Traces that an ssh has ended, and its last message.
fn trace_end(cvm: &str, last: &Mutex<LastOutput>) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let log = String::from_utf8_lossy(last.log.trim_ascii_end());
        tracing::debug!(cvm, last_message = log.lines().last().unwrap_or_default(), "ssh ended");
    }
}

/// Returns when the master answers on its control socket, which it makes once it is logged in.
async fn answers(session: &openssh::Session, socket: &Path) {
    let mut pause = Duration::from_millis(5);
    while !(socket.exists() && session.check().await.is_ok()) {
        sleep(pause).await;
        pause = (pause * 5 / 4).min(Duration::from_millis(40));
    }
}

/// Owns the master until its end, and reads what it writes.
async fn keep(mut ssh: ChildGuard, mut reader: LogReader, stop: &Notify) {
    let (log, other) = (ssh.child.stdout.take(), ssh.child.stderr.take());
    let reading = reader.run(log, other);
    tokio::pin!(reading);
    let mut is_read = false;
    loop {
        tokio::select! {
            _ = ssh.wait() => break,
            () = stop.notified() => ssh.end().await,
            () = &mut reading, if !is_read => is_read = true,
        }
    }
    if !is_read {
        let _ = timeout(REST, reading).await;
    }
}

/// The arguments of a master: what it is, the host and how the user wants it connected to, and ours behind that,
/// because ssh takes the first value it meets.
///
/// Its log goes to its stdout, which it has no other use for, so that a server's banner on stderr is not taken for it.
///
/// `StrictHostKeyChecking` is not among them: whom to trust is the user's own policy. Nor are `RemoteCommand`
/// and `RequestTTY`, which older ssh does not know: `-N` and `-T` are as good.
///
/// Where there are jump hosts, `proxy_command` leads over them in place of `-J` and of the config's `ProxyJump`.
fn arguments(
    address: &Address,
    ssh: &SshOptions,
    proxy_command: Option<&str>,
    socket: &Path,
) -> Vec<OsString> {
    // ssh expands `%` in the path.
    let socket = socket.to_string_lossy().replace('%', "%%");
    let mut arguments: Vec<OsString> =
        ["-M", "-N", "-T", "-E", "/dev/stdout", "-S", &socket].map(OsString::from).into();
    let target = match proxy_command {
        Some(command) => {
            let by_proxy = [format!("ProxyCommand={command}"), "ProxyUseFdpass=no".to_owned()];
            let options = by_proxy.into_iter().chain(ssh.options.iter().cloned()).collect();
            destination(address, &SshOptions { jump: None, options, ..ssh.clone() })
        }
        None => destination(address, ssh),
    };
    let (how, host) = target.split_at(target.len() - 2);
    arguments.extend_from_slice(how);
    let (interval, count) = keepalive(ssh.dead_after);
    let level = match (ssh.diagnose, ssh.verbose) {
        (true, _) => "DEBUG1",
        (false, true) => "VERBOSE",
        (false, false) => "INFO",
    };
    let connect = ssh.connect_timeout.as_secs().max(1);
    for option in [
        "BatchMode=yes".to_owned(),
        "NumberOfPasswordPrompts=0".to_owned(),
        "ControlPersist=no".to_owned(),
        format!("ConnectTimeout={connect}"),
        format!("ServerAliveInterval={interval}"),
        format!("ServerAliveCountMax={count}"),
        format!("LogLevel={level}"),
        "ClearAllForwardings=yes".to_owned(),
        "ForwardAgent=no".to_owned(),
        "ForwardX11=no".to_owned(),
        "PermitLocalCommand=no".to_owned(),
        "Tunnel=no".to_owned(),
    ] {
        arguments.extend(["-o".into(), option.into()]);
    }
    arguments.extend_from_slice(host);
    arguments
}

/// `ServerAliveInterval` and `ServerAliveCountMax` with which ssh gives up after `dead_after`: it does so
/// one interval after the last unanswered keepalive, that is after interval × (count + 1).
fn keepalive(dead_after: Duration) -> (u64, u64) {
    let total = dead_after.as_secs().max(2);
    let interval = (total / 3).max(1);
    (interval, (total / interval - 1).max(1))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::{arguments, keepalive};
    use crate::cluster::cvm::Address;
    use crate::options::SshOptions;

    #[test]
    fn a_dead_cvm_is_noticed_in_time() {
        assert_eq!(keepalive(Duration::from_secs(18)), (6, 2));
        for total in 2..200 {
            let (interval, count) = keepalive(Duration::from_secs(total));
            assert!(interval * (count + 1) <= total, "{total}");
            assert!(interval * (count + 2) > total, "{total}: no need to be that hasty");
        }
    }

    #[test]
    fn the_users_options_come_first_and_the_host_last() {
        let ssh = SshOptions {
            user: Some("admin".into()),
            port: Some(2222),
            jump: Some("bastion".into()),
            identities: vec!["key".into()],
            options: vec!["ServerAliveInterval=99".into()],
            config: Some("cfg".into()),
            ..SshOptions::default()
        };
        let address =
            Address::Ssh { host: "-oops".into(), port: None, user: Some("nutanix".into()), jump: None };
        let arguments = arguments(&address, &ssh, None, Path::new("/run/100%/1"));
        let text: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        let text = text.join(" ");
        let expected = "-M -N -T -E /dev/stdout -S /run/100%%/1 -F cfg -l nutanix -p 2222 -i key -J bastion -o ServerAliveInterval=99 -o BatchMode=yes";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with(" -- -oops"), "{text}");
        assert!(!text.contains("StrictHostKeyChecking"));
    }
}
