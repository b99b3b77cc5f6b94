//! The steps from a name to a shell: resolve, connect, host key, authentication.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::check::reporter::{CheckScope, StepReporter};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::hop::joined;
use crate::diagnosis::Endpoint;
use crate::failure::{Failure, Kind};
use crate::options;
use crate::ssh::debug_log::DebugLog;
use crate::ssh::resolve::{self, Route};
use crate::ssh::session::{Channel, LogSink, Origin, Session};
use crate::step::{Name, StepStatus};

/// Connects, and returns a channel; reports the steps `resolve`, `connect`, `host_key` and `auth`.
pub(super) async fn connect(
    cvm: &Arc<Cvm>,
    scope: &CheckScope,
    reporter: &StepReporter<'_>,
) -> Result<(Session, Channel), Name> {
    let began = Instant::now();
    let (ssh, route) = match &cvm.address {
        Address::Local => (Arc::clone(&scope.ssh), None),
        Address::Ssh { jump, .. } => {
            // A cluster's own jump host outranks the one for all.
            let own = options::SshOptions {
                jump: jump.clone().or_else(|| scope.ssh.jump.clone()),
                ..scope.ssh.as_ref().clone()
            };
            let about = Endpoint::new(cvm, &own);
            let children = scope.resources.children();
            let route = resolve::route(&cvm.address, &own, &about, children, own.connect_timeout).await;
            let route =
                route.map_err(|failure| reporter.failed(Name::Resolve, Some(began.elapsed()), failure))?;
            let mut diagnosing = options::SshOptions { diagnose: true, ..own };
            // The steps are known by what ssh logs.
            diagnosing.options.retain(|option| !option.to_ascii_lowercase().starts_with("loglevel="));
            // A jump host of the user's ssh config has a name from here on.
            diagnosing.jump =
                diagnosing.jump.or_else(|| (!route.jump.is_empty()).then(|| joined(&route.jump)));
            (Arc::new(diagnosing), Some(route))
        }
    };
    let progress = Arc::new(Mutex::new(DebugLog::default()));
    let session = Session::new(Arc::clone(cvm), ssh, Arc::clone(&scope.resources))
        .with_log_sink(ssh_log(&progress, scope.ssh_log.clone()));
    let session = match &route {
        Some(route) => session.with_route(route),
        None => session,
    };
    let result = session.open().await;
    let progress = progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(route) = route else {
        for name in [Name::Resolve, Name::Connect, Name::HostKey, Name::Auth] {
            reporter.report(name, StepStatus::Skipped, None, "this machine is read without ssh".into(), None);
        }
        let channel = result.map_err(|failure| reporter.failed(Name::Shell, None, failure))?;
        return Ok((session, channel));
    };
    let steps =
        ConnectionSteps { progress: &progress, route: &route, about: session.endpoint(), reporter, began };
    match result {
        Ok(channel) => {
            steps.report_before(None);
            Ok((session, channel))
        }
        Err(failure) => {
            let failed = step_of(failure.kind, &progress);
            steps.report_before(Some(failed));
            steps.report_failed(failed, failure);
            session.close().await;
            Err(failed)
        }
    }
}

/// Follows the progress by what ssh writes, and hands it on to the user's, except for debug output.
fn ssh_log(progress: &Arc<Mutex<DebugLog>>, user: Option<LogSink>) -> LogSink {
    let progress = Arc::clone(progress);
    Arc::new(move |cvm, writer, line| {
        let text = String::from_utf8_lossy(line);
        {
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            match writer {
                Origin::Log => progress.on_log(&text, Instant::now()),
                Origin::Other => progress.on_other(&text),
            }
        }
        let is_debug = writer == Origin::Log && text.starts_with("debug");
        if let Some(user) = user.as_ref().filter(|_| !is_debug) {
            user(cvm, writer, line);
        }
    })
}

/// The step at which a failure happened.
fn step_of(kind: Kind, progress: &DebugLog) -> Name {
    match kind {
        Kind::Resolve | Kind::Ssh => Name::Resolve,
        Kind::HostKeyUnknown | Kind::HostKeyChanged => Name::HostKey,
        Kind::Auth => Name::Auth,
        Kind::NoShell | Kind::NoTail => Name::Shell,
        Kind::Jump | Kind::JumpRefused | Kind::Refused | Kind::Unroutable => Name::Connect,
        // No connection was begun: the name lookup hangs.
        Kind::TimedOut if progress.began.is_none() => Name::Resolve,
        _ if progress.authenticated.is_some() => Name::Sessions,
        _ if progress.trusted.is_some() => Name::Auth,
        _ if progress.host_key.is_some() => Name::HostKey,
        _ => Name::Connect,
    }
}

/// The steps of one connection.
struct ConnectionSteps<'a> {
    /// How far it came.
    progress: &'a DebugLog,
    /// Which way it went.
    route: &'a Route,
    /// The CVM.
    about: &'a Endpoint,
    reporter: &'a StepReporter<'a>,
    /// When the check began.
    began: Instant,
}

impl ConnectionSteps<'_> {
    /// Reports the steps before the one that failed; `None`: none did.
    fn report_before(&self, failed: Option<Name>) {
        let is_before = |name: Name| failed.is_none_or(|failed| name < failed);
        let DebugLog { began, connected, trusted, authenticated, .. } = *self.progress;
        if is_before(Name::Resolve) {
            self.reporter.passed(Name::Resolve, between(Some(self.began), began), self.resolved());
        }
        if is_before(Name::Connect) {
            self.reporter.passed(Name::Connect, between(began, connected), self.connected());
        }
        if is_before(Name::HostKey) {
            let took = between(connected, trusted);
            let key = self.progress.host_key.as_deref().unwrap_or("the server's key");
            if self.progress.added && self.route.accepts_new {
                let message = format!(
                    "{key} was unknown; your ssh is configured to accept new keys, and did (StrictHostKeyChecking)"
                );
                self.reporter.report(Name::HostKey, StepStatus::Warned, took, message, None);
            } else {
                let place =
                    self.progress.known_at.as_deref().map_or_else(String::new, |place| format!(" ({place})"));
                self.reporter.passed(Name::HostKey, took, format!("{key} is known{place}"));
            }
        }
        if is_before(Name::Auth) {
            let user = &self.route.user;
            let how = match (&self.progress.accepted, &self.progress.method) {
                (Some(key), _) => format!(" with key {key}"),
                (None, Some(method)) => format!(" by {method}"),
                (None, None) => String::new(),
            };
            let banner = match self.progress.banner {
                0 => String::new(),
                1 => "; sshd shows a banner of 1 line".to_owned(),
                lines => format!("; sshd shows a banner of {lines} lines"),
            };
            let took = between(trusted.or(connected), authenticated);
            self.reporter.passed(Name::Auth, took, format!("authenticated as {user}{how}{banner}"));
        }
    }

    /// Where the CVM is.
    fn resolved(&self) -> String {
        let Route { host, port, proxy, .. } = self.route;
        let alias = if *host == self.about.host { String::new() } else { format!("{} is ", self.about.host) };
        match (&self.progress.address, &self.about.jump, proxy) {
            (Some(address), ..) if address != host => format!("{alias}{host} is {address}, port {port}"),
            (None, Some(jump), _) => format!("{alias}{host}, port {port}, resolved by the jump host {jump}"),
            (None, None, Some(_)) => {
                format!("{alias}{host}, port {port}, resolved by the ProxyCommand of your ssh config")
            }
            _ => format!("{alias}{host}, port {port}"),
        }
    }

    /// Who answered.
    fn connected(&self) -> String {
        let software = self.progress.software.as_deref().unwrap_or("sshd");
        match (&self.about.jump, &self.route.proxy) {
            (Some(jump), _) => format!("{software} answers, through the jump host {jump}"),
            (None, Some(_)) => format!("{software} answers, through the ProxyCommand of your ssh config"),
            (None, None) => format!("{software} answers"),
        }
    }

    /// Reports the step that failed.
    fn report_failed(&self, name: Name, mut failure: Failure) {
        let DebugLog { began, connected, trusted, authenticated, .. } = *self.progress;
        let since = match name {
            Name::Resolve => Some(self.began),
            Name::Connect => began.or(Some(self.began)),
            Name::HostKey => connected,
            Name::Auth => trusted.or(connected),
            _ => authenticated,
        };
        if name == Name::Auth {
            let keys = self.progress.offered.join(", ");
            failure.message.push_str(if keys.is_empty() {
                "; no key was offered: there is none in ~/.ssh, in the agent or by --identity"
            } else {
                "; offered: "
            });
            failure.message.push_str(&keys);
        }
        self.reporter.failed(name, between(since, Some(Instant::now())), failure);
    }
}

/// How long something took, if it has begun and ended.
fn between(from: Option<Instant>, to: Option<Instant>) -> Option<Duration> {
    Some(to?.saturating_duration_since(from?))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::step_of;
    use crate::failure::Kind;
    use crate::ssh::debug_log::DebugLog;
    use crate::step::Name;

    #[test]
    fn a_stall_belongs_to_the_step_it_happened_in() {
        let now = Some(Instant::now());
        let mut progress = DebugLog::default();
        assert_eq!(step_of(Kind::TimedOut, &progress), Name::Resolve);
        progress.began = now;
        assert_eq!(step_of(Kind::TimedOut, &progress), Name::Connect);
        progress.host_key = Some("ssh-ed25519 SHA256:x".into());
        assert_eq!(step_of(Kind::TimedOut, &progress), Name::HostKey);
        progress.trusted = now;
        assert_eq!(step_of(Kind::Dropped, &progress), Name::Auth);
        progress.authenticated = now;
        assert_eq!(step_of(Kind::Sessions, &progress), Name::Sessions);
        assert_eq!(step_of(Kind::HostKeyChanged, &progress), Name::HostKey);
    }
}
