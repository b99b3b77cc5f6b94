//! One `ssh` master: the process that holds a connection to a CVM open.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::cluster::cvm::{Address, Cvm};
use crate::diagnosis::{self, About, table};
use crate::failure::{Failure, Kind};
use crate::human;
use crate::options;
use crate::ssh::child_guard::ChildGuard;
use crate::ssh::listener::{Ear, Listener, Words};
use crate::ssh::resolve::{self, Way};
use crate::ssh::resources::Resources;

/// How long a finished ssh's stderr is read for: what it started (an `ssh` to a jump host) may hold it longer.
const ECHO: Duration = Duration::from_millis(100);

/// How long an `ssh` that is asked to end is waited for; it is killed before that.
const ENDING: Duration = Duration::from_secs(3);

/// How long `ssh -G` may take to say who a jump host is that was not passed.
const RESOLVE: Duration = Duration::from_secs(3);

/// A running master, ended on drop.
pub struct Master {
    /// The way to its control socket.
    session: Arc<openssh::Session>,
    /// What it said since the connection is up.
    words: Arc<Mutex<Words>>,
    /// Becomes true when it has ended and said its last word.
    ended: watch::Receiver<bool>,
    /// Asks its keeper to end it.
    stop: Arc<Notify>,
    /// The keeper.
    keeper: AbortHandle,
    /// What is known of the CVM.
    about: About,
    resources: Arc<Resources>,
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Master").field("host", &self.about.host).finish_non_exhaustive()
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        // Drops the keeper's guard, which kills.
        self.keeper.abort();
    }
}

impl Master {
    /// Connects to `cvm` on that way with a control socket of its own; tells `changed` when the connection ends. Failures
    /// are worded with what `about` knows.
    ///
    /// Dropping the future ends the attempt and its process.
    pub async fn start(
        cvm: &Arc<Cvm>,
        about: About,
        ssh: &options::SshOptions,
        way: &Way,
        resources: &Arc<Resources>,
        ear: Option<Ear>,
        changed: Arc<Notify>,
    ) -> Result<Self, Failure> {
        let socket = resources.sockets.name().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidFilename => {
                diagnosis::because(&table::LONG_PATH, &about, &error.to_string())
            }
            _ => diagnosis::here(&error, &about),
        })?;
        let mut command = ssh_command(ssh);
        command
            .args(arguments(&cvm.address, ssh, way.proxy_command.as_deref(), &socket))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let ssh_process = ChildGuard::start(&mut command, &resources.children);
        let ssh_process = ssh_process.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
                diagnosis::because(&table::NO_SSH, &about, &error.to_string())
            }
            _ => diagnosis::here(&error, &about),
        })?;
        let words = Arc::new(Mutex::new(Words::default()));
        let (told, ended) = watch::channel(false);
        let stop = Arc::new(Notify::new());
        let listener = Listener::new(Arc::clone(cvm), ear, Arc::clone(&words));
        let stopped = Arc::clone(&stop);
        let held = Arc::clone(resources);
        let keeper = tokio::spawn(async move {
            // The directory of its socket stays as long as it does.
            let _held = held;
            keep(ssh_process, listener, &stopped).await;
            told.send_replace(true);
            changed.notify_waiters();
        })
        .abort_handle();
        let session = Arc::new(openssh::Session::resume_mux(socket.clone().into_boxed_path(), None));
        let resources = Arc::clone(resources);
        let master = Self { session, words, ended, stop, keeper, about, resources };
        master.ready(ssh, way, &socket).await?;
        Ok(master)
    }

    /// Waits until the connection is up.
    async fn ready(&self, ssh: &options::SshOptions, way: &Way, socket: &Path) -> Result<(), Failure> {
        // ConnectTimeout covers TCP and the server's greeting, not a stall in the key exchange or the login:
        // that gets as much time again.
        let limit = ssh.connect_timeout * 2;
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => return Err(self.refusal(ssh, way).await),
            () = up(&self.session, socket) => {}
            () = sleep(limit) => {
                self.end().await;
                return Err(diagnosis::because(&table::STALLED, &self.about, &human::duration(limit)));
            }
        }
        // Banner and warnings of the login do not explain how the connection ends.
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = Words::default();
        Ok(())
    }

    /// Why ssh did not connect.
    async fn refusal(&self, ssh: &options::SshOptions, way: &Way) -> Failure {
        let Words { log, rest } = self.words();
        let failure = diagnosis::refusal(&log, &rest, &self.about);
        let mut about = self.about.clone();
        match failure.kind {
            // ssh-keyscan does not know aliases.
            Kind::HostKeyUnknown => about.resolve(),
            // An ssh speaks of what it makes of the jump host's alias.
            Kind::Jump | Kind::JumpRefused => {
                about.set_hop_routes(
                    resolve::of_hops(&way.hops, ssh, &about, &self.resources.children, RESOLVE).await,
                );
            }
            _ => return failure,
        }
        diagnosis::refusal(&log, &rest, &about)
    }

    /// The master's control socket, as the crate sees it.
    pub fn session(&self) -> &Arc<openssh::Session> {
        &self.session
    }

    /// True once the connection has ended.
    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Why the connection ended, if it ends within `patience`; `None` at once if its master still answers.
    pub async fn ended_within(&self, patience: Duration) -> Option<Failure> {
        if !self.has_ended() && matches!(timeout(patience, self.session.check()).await, Ok(Ok(()))) {
            return None;
        }
        let mut ended = self.ended.clone();
        let ended = timeout(patience, ended.wait_for(|ended| *ended)).await.is_ok();
        ended.then(|| {
            let Words { log, rest } = self.words();
            diagnosis::connected(&log, &rest, &self.about)
        })
    }

    /// Ends the connection and waits until the process is gone.
    pub async fn end(&self) {
        self.stop.notify_one();
        let _ = timeout(ENDING, self.ended.clone().wait_for(|ended| *ended)).await;
    }

    /// What ssh said last.
    fn words(&self) -> Words {
        self.words.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Returns when the master answers on its control socket, which it makes once it is logged in.
async fn up(session: &openssh::Session, socket: &Path) {
    let mut pause = Duration::from_millis(5);
    while !(socket.exists() && session.check().await.is_ok()) {
        sleep(pause).await;
        pause = (pause * 5 / 4).min(Duration::from_millis(40));
    }
}

/// Stays with the master until its end, and listens.
async fn keep(mut ssh: ChildGuard, mut listener: Listener, stop: &Notify) {
    let (log, rest) = (ssh.child.stdout.take(), ssh.child.stderr.take());
    let listening = listener.listen(log, rest);
    tokio::pin!(listening);
    let mut silent = false;
    loop {
        tokio::select! {
            _ = ssh.wait() => break,
            () = stop.notified() => ssh.end().await,
            () = &mut listening, if !silent => silent = true,
        }
    }
    if !silent {
        let _ = timeout(ECHO, listening).await;
    }
}

/// The user's ssh, without a terminal and in English, because its words are read. Neither it nor an ssh that its
/// config starts asks anybody for a secret.
pub fn ssh_command(ssh: &options::SshOptions) -> Command {
    let mut command = Command::new("ssh");
    command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::null());
    command.envs(ssh.askpass.iter().map(|(name, value)| (name, value)));
    command
}

/// The arguments of a master: what it is, whom it calls as the user wants it called, and ours behind it,
/// because ssh takes the first value it meets.
///
/// Its log goes to its stdout, which it has no other use for, so that a server's banner on stderr is not taken for it.
///
/// `StrictHostKeyChecking` is not among them: whom to trust is the user's own policy. Nor are `RemoteCommand`
/// and `RequestTTY`, which older ssh does not know: `-N` and `-T` are as good.
///
/// Where jump hosts are on the way, `proxy_command` leads over them in place of `-J` and of the config's `ProxyJump`.
fn arguments(
    address: &Address,
    ssh: &options::SshOptions,
    proxy_command: Option<&str>,
    socket: &Path,
) -> Vec<OsString> {
    // ssh expands `%` in the path.
    let socket = socket.to_string_lossy().replace('%', "%%");
    let mut arguments: Vec<OsString> =
        ["-M", "-N", "-T", "-E", "/dev/stdout", "-S", &socket].map(OsString::from).into();
    let called = match proxy_command {
        Some(command) => {
            let way = [format!("ProxyCommand={command}"), "ProxyUseFdpass=no".to_owned()];
            let options = way.into_iter().chain(ssh.options.iter().cloned()).collect();
            destination(address, &options::SshOptions { jump: None, options, ..ssh.clone() })
        }
        None => destination(address, ssh),
    };
    let (host, calling) = called.split_at(called.len() - 2);
    arguments.extend_from_slice(host);
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
    arguments.extend_from_slice(calling);
    arguments
}

/// Whom ssh calls, and how the user wants it called; the last two are `--` and the host.
pub fn destination(address: &Address, ssh: &options::SshOptions) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut add = |flag: &str, value: OsString| arguments.extend([flag.into(), value]);
    let (host, port, user) = match address {
        Address::Local => ("localhost", None, None),
        Address::Ssh { host, port, user, .. } => (host.as_str(), *port, user.as_deref()),
    };
    if let Some(config) = &ssh.config {
        add("-F", config.into());
    }
    if let Some(user) = user.or(ssh.user.as_deref()) {
        add("-l", user.into());
    }
    if let Some(port) = port.or(ssh.port) {
        add("-p", port.to_string().into());
    }
    for identity in &ssh.identities {
        add("-i", PathBuf::from(identity).into());
    }
    if let Some(jump) = &ssh.jump {
        add("-J", jump.into());
    }
    for option in &ssh.options {
        add("-o", option.into());
    }
    add("--", host.into());
    arguments
}

/// `ServerAliveInterval` and `ServerAliveCountMax` with which ssh gives up after `dead_after`: it does so
/// one interval after the last unanswered question, that is after interval × (count + 1).
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
    use crate::options;

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
    fn the_user_speaks_first_and_the_host_last() {
        let ssh = options::SshOptions {
            user: Some("admin".into()),
            port: Some(2222),
            jump: Some("bastion".into()),
            identities: vec!["key".into()],
            options: vec!["ServerAliveInterval=99".into()],
            config: Some("cfg".into()),
            ..options::SshOptions::default()
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
