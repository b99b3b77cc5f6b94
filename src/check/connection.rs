//! The steps from a name to a channel on a login: who is asked, who answers, who is let in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::check::{Teller, Wanted, between};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::hop::joined;
use crate::diagnosis::Endpoint;
use crate::failure::{Failure, Kind};
use crate::options;
use crate::ssh::debug_log::DebugLog;
use crate::ssh::resolve::{self, Route};
use crate::ssh::session::{Channel, LogSink, Origin, Session};
use crate::step::{Name, StepStatus as Status};

/// Connects, and gives a channel; the steps `resolve`, `connect`, `host_key` and `auth` are told.
pub(super) async fn connect(
    cvm: &Arc<Cvm>,
    wanted: &Wanted,
    teller: &Teller<'_>,
) -> Result<(Session, Channel), Name> {
    let began = Instant::now();
    let (ssh, route) = match &cvm.address {
        Address::Local => (Arc::clone(&wanted.ssh), None),
        Address::Ssh { jump, .. } => {
            // A cluster's own jump host outranks the one for all.
            let own = options::SshOptions {
                jump: jump.clone().or_else(|| wanted.ssh.jump.clone()),
                ..wanted.ssh.as_ref().clone()
            };
            let about = Endpoint::new(cvm, &own);
            let children = wanted.resources.children();
            let route = resolve::route(&cvm.address, &own, &about, children, own.connect_timeout).await;
            let route =
                route.map_err(|failure| teller.failed(Name::Resolve, Some(began.elapsed()), failure))?;
            let mut told = options::SshOptions { diagnose: true, ..own };
            // What ssh says is what the steps are known by.
            told.options.retain(|option| !option.to_ascii_lowercase().starts_with("loglevel="));
            // A jump host of the user's ssh config has a name from here on.
            told.jump = told.jump.or_else(|| (!route.jump.is_empty()).then(|| joined(&route.jump)));
            (Arc::new(told), Some(route))
        }
    };
    let progress = Arc::new(Mutex::new(DebugLog::default()));
    let session = Session::new(Arc::clone(cvm), ssh, Arc::clone(&wanted.resources))
        .with_log_sink(ear(&progress, wanted.ear.clone()));
    let session = match &route {
        Some(route) => session.with_route(route),
        None => session,
    };
    let result = session.open().await;
    let progress = progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(route) = route else {
        for name in [Name::Resolve, Name::Connect, Name::HostKey, Name::Auth] {
            teller.tell(name, Status::Skipped, None, "this machine is read without ssh".into(), None);
        }
        let channel = result.map_err(|failure| teller.failed(Name::Shell, None, failure))?;
        return Ok((session, channel));
    };
    let told = Told { progress: &progress, route: &route, about: session.endpoint(), teller, began };
    match result {
        Ok(channel) => {
            told.up_to(None);
            Ok((session, channel))
        }
        Err(failure) => {
            let failed = step_of(failure.kind, &progress);
            told.up_to(Some(failed));
            told.failed(failed, failure);
            session.close().await;
            Err(failed)
        }
    }
}

/// An ear that follows the progress, and has the user's hear all but the debugging.
fn ear(progress: &Arc<Mutex<DebugLog>>, user: Option<LogSink>) -> LogSink {
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
        // Nobody was dialled yet: the look-up of the name hangs.
        Kind::TimedOut if progress.began.is_none() => Name::Resolve,
        _ if progress.authenticated.is_some() => Name::Sessions,
        _ if progress.trusted.is_some() => Name::Auth,
        _ if progress.host_key.is_some() => Name::HostKey,
        _ => Name::Connect,
    }
}

/// What there is to tell about a connection.
struct Told<'a> {
    /// How far it came.
    progress: &'a DebugLog,
    /// Which way it went.
    route: &'a Route,
    /// The CVM.
    about: &'a Endpoint,
    /// Who is told.
    teller: &'a Teller<'a>,
    /// When the check began.
    began: Instant,
}

impl Told<'_> {
    /// Tells the steps before the one that failed; `None`: none did.
    fn up_to(&self, failed: Option<Name>) {
        let is_before = |name: Name| failed.is_none_or(|failed| name < failed);
        let DebugLog { began, connected, trusted, authenticated, .. } = *self.progress;
        if is_before(Name::Resolve) {
            self.teller.passed(Name::Resolve, between(Some(self.began), began), self.resolved());
        }
        if is_before(Name::Connect) {
            self.teller.passed(Name::Connect, between(began, connected), self.connected());
        }
        if is_before(Name::HostKey) {
            let took = between(connected, trusted);
            let key = self.progress.host_key.as_deref().unwrap_or("the server's key");
            if self.progress.added && self.route.accepts_new {
                let message = format!(
                    "{key} was not known; your ssh is told to accept new keys, and has (StrictHostKeyChecking)"
                );
                self.teller.tell(Name::HostKey, Status::Warned, took, message, None);
            } else {
                let place =
                    self.progress.known_at.as_deref().map_or_else(String::new, |place| format!(" ({place})"));
                self.teller.passed(Name::HostKey, took, format!("{key} is known{place}"));
            }
        }
        if is_before(Name::Auth) {
            let user = &self.route.user;
            let how = match (&self.progress.accepted, &self.progress.method) {
                (Some(key), _) => format!(" by the key {key}"),
                (None, Some(method)) => format!(" by {method}"),
                (None, None) => String::new(),
            };
            let banner = match self.progress.banner {
                0 => String::new(),
                1 => "; sshd shows a banner of 1 line".to_owned(),
                lines => format!("; sshd shows a banner of {lines} lines"),
            };
            let took = between(trusted.or(connected), authenticated);
            self.teller.passed(Name::Auth, took, format!("{user} is let in{how}{banner}"));
        }
    }

    /// Where the CVM is.
    fn resolved(&self) -> String {
        let Route { host, port, proxy, .. } = self.route;
        let alias = if *host == self.about.host { String::new() } else { format!("{} is ", self.about.host) };
        match (&self.progress.address, &self.about.jump, proxy) {
            (Some(address), ..) if address != host => format!("{alias}{host} is {address}, port {port}"),
            (None, Some(jump), _) => format!("{alias}{host}, port {port}, looked up by the jump host {jump}"),
            (None, None, Some(_)) => {
                format!("{alias}{host}, port {port}, looked up by the ProxyCommand of your ssh config")
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

    /// Tells the step that failed.
    fn failed(&self, name: Name, mut failure: Failure) {
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
        self.teller.failed(name, between(since, Some(Instant::now())), failure);
    }
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
