//! What is known of a connection before anybody says a word about it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use crate::cluster::cvm::{Address, Cvm};
use crate::plan;

/// What is known of the CVM before anybody says a word: fills the sentences of the table.
#[derive(Clone, Debug)]
pub struct About {
    /// What ssh is told to connect to; `local` for this machine.
    pub host: String,
    /// The port, where the user named one or ssh told it.
    pub port: Option<u16>,
    /// The user, where one was named.
    pub user: Option<String>,
    /// The jump hosts of `-J`, as given.
    pub jump: Option<String>,
    /// The file with the user's public key, as the user would name it.
    pub(super) public_key: String,
    /// The command that logs in by hand.
    pub(super) login: String,
    /// How long a connection may take.
    pub(super) connect_timeout: Duration,
    /// After how long of silence a CVM is taken for dead.
    pub(super) dead_after: Duration,
}

impl About {
    /// What `cvm` and `ssh` say of the connection.
    pub fn new(cvm: &Cvm, ssh: &plan::Ssh) -> Self {
        let (host, port, user) = match &cvm.address {
            Address::Local => ("local".to_owned(), None, None),
            Address::Ssh { host, port, user, .. } => {
                (host.clone(), port.or(ssh.port), user.clone().or_else(|| ssh.user.clone()))
            }
        };
        let public_key = ssh
            .identities
            .first()
            .map_or_else(|| "~/.ssh/id_*.pub".to_owned(), |identity| format!("{}.pub", identity.display()));
        let login = match cvm.address {
            Address::Local => "sh -c".to_owned(),
            Address::Ssh { .. } => by_hand(ssh, &host, port, user.as_deref()),
        };
        Self {
            host,
            port,
            user,
            jump: ssh.jump.clone(),
            public_key,
            login,
            connect_timeout: ssh.connect_timeout,
            dead_after: ssh.dead_after,
        }
    }

    /// The real address behind an alias, as `ssh -G` tells it: for commands that do not know aliases.
    pub fn resolve(&mut self, host: String, port: Option<u16>) {
        self.host = host;
        self.port = port.or(self.port);
    }

    /// The command that logs in by hand.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// The same of the first of the jump hosts: `[user@]host[:port]`, ssh(1), `-J`.
    pub(super) fn first_hop(&self) -> Self {
        let first = self.jump.as_deref().unwrap_or("JUMPHOST").split(',').next().unwrap_or_default();
        let first = first.strip_prefix("ssh://").unwrap_or(first);
        let (user, rest) = first.rsplit_once('@').map_or((None, first), |(user, rest)| (Some(user), rest));
        let (host, port) = match rest.rsplit_once(':') {
            // Colons before the last one, outside brackets: an IPv6 address without a port.
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, port.parse().ok()),
            _ => (rest, None),
        };
        let host = host.trim_matches(['[', ']']);
        Self {
            host: host.to_owned(),
            port,
            user: user.map(str::to_owned),
            jump: None,
            login: by_hand(&plan::Ssh::default(), host, port, user),
            ..self.clone()
        }
    }

    /// How long a connection may take.
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// The value of a placeholder of the table, empty where nothing is known.
    pub(super) fn value(&self, name: &str) -> Cow<'_, str> {
        match name {
            "host" => Cow::Borrowed(&self.host),
            "port" => Cow::Owned(self.port.unwrap_or(22).to_string()),
            "user" => Cow::Borrowed(self.user.as_deref().unwrap_or("your user")),
            "jump" => Cow::Borrowed(self.jump.as_deref().unwrap_or("of your ssh config")),
            "public_key" => Cow::Borrowed(&self.public_key),
            "login" => Cow::Borrowed(&self.login),
            "timeout" => Cow::Owned(span(self.connect_timeout)),
            "dead" => Cow::Owned(span(self.dead_after)),
            _ => Cow::Borrowed(""),
        }
    }
}

/// The command that logs in as cvmtail does, to be tried by hand.
fn by_hand(ssh: &plan::Ssh, host: &str, port: Option<u16>, user: Option<&str>) -> String {
    let mut command = "ssh".to_owned();
    let mut add = |flag: &str, value: &str| {
        let _ = write!(command, " {flag} {}", quoted(value));
    };
    if let Some(config) = &ssh.config {
        add("-F", &config.to_string_lossy());
    }
    if let Some(jump) = &ssh.jump {
        add("-J", jump);
    }
    for identity in &ssh.identities {
        add("-i", &identity.to_string_lossy());
    }
    for option in &ssh.options {
        add("-o", option);
    }
    if let Some(port) = port {
        add("-p", &port.to_string());
    }
    if let Some(user) = user {
        add("-l", user);
    }
    let _ = write!(command, " {}", quoted(host));
    command
}

/// `text` as one word for a shell, quoted only where it needs be.
pub(in crate::remote) fn quoted(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./~-".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

/// A duration as people say it: `18 s`, `0.5 s`.
pub fn span(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
