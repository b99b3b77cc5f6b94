//! What is known of a connection before anybody says a word about it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::hop::{Hop, joined};
use crate::plan;

/// Which jump host it is that the user did not name here.
const UNNAMED: &str = "of your ssh config";

/// What is known of the CVM before anybody says a word: fills the sentences of the table.
#[derive(Clone, Debug)]
pub struct About {
    /// What ssh is told to connect to; `local` for this machine.
    pub host: String,
    /// The port, where the user named one or ssh told it.
    pub port: Option<u16>,
    /// The user, where one was named.
    pub user: Option<String>,
    /// The jump hosts, as `-J` takes them.
    pub jump: Option<String>,
    /// The `ProxyCommand` of the user's ssh config, as ssh runs it.
    pub proxy: Option<String>,
    /// The user's `-F`.
    config: Option<PathBuf>,
    /// The file with the user's public key, as the user would name it.
    pub(super) public_key: String,
    /// The command that logs in by hand.
    pub(super) login: String,
    /// The flags by which cvmtail reaches this CVM alone.
    reach: String,
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
        let (login, reach) = match cvm.address {
            Address::Local => ("sh -c".to_owned(), "-c local".to_owned()),
            Address::Ssh { .. } => {
                (by_hand(ssh, &host, port, user.as_deref()), reach(ssh, &host, port, user.as_deref()))
            }
        };
        Self {
            host,
            port,
            user,
            jump: ssh.jump.clone(),
            proxy: None,
            config: ssh.config.clone(),
            public_key,
            login,
            reach,
            connect_timeout: ssh.connect_timeout,
            dead_after: ssh.dead_after,
        }
    }

    /// The same, with the jump hosts or the `ProxyCommand` that the user's ssh config puts on the way.
    pub fn on(&self, hops: &[Hop], proxy: Option<&str>) -> Self {
        let jump = (!hops.is_empty()).then(|| joined(hops));
        Self { jump, proxy: proxy.map(str::to_owned), ..self.clone() }
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

    /// The flags by which cvmtail reaches this CVM alone, as the user reached it.
    pub fn reach(&self) -> &str {
        &self.reach
    }

    /// The same of one of the jump hosts, `[user@]host[:port]` (ssh(1), `-J`), and its name: the one over which so many
    /// connections go, the CVM's among them.
    pub(super) fn hop(&self, above: usize) -> (&str, Self) {
        let hops: Vec<&str> = self.jump.as_deref().map_or(Vec::new(), |jump| jump.split(',').collect());
        let at = hops.len().saturating_sub(above.max(1));
        let name = hops.get(at).copied();
        let Hop { user, host, port } = Hop::parse(name.unwrap_or("JUMPHOST"));
        let jump = (at > 0).then(|| hops[..at].join(","));
        let config = self.config.clone();
        let ssh = plan::Ssh { config, jump: jump.clone(), ..plan::Ssh::default() };
        let about = Self {
            login: by_hand(&ssh, &host, port, user.as_deref()),
            host,
            port,
            user,
            jump,
            ..self.clone()
        };
        (name.unwrap_or(UNNAMED), about)
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
            // The CVM is seen from the last one.
            "jump" => Cow::Borrowed(
                self.jump.as_deref().and_then(|jump| jump.rsplit(',').next()).unwrap_or(UNNAMED),
            ),
            "public_key" => Cow::Borrowed(&self.public_key),
            "login" => Cow::Borrowed(&self.login),
            "reach" => Cow::Borrowed(&self.reach),
            "timeout" => Cow::Owned(span(self.connect_timeout)),
            "dead" => Cow::Owned(span(self.dead_after)),
            _ => Cow::Borrowed(""),
        }
    }
}

/// The command that logs in as cvmtail does, to be tried by hand.
fn by_hand(ssh: &plan::Ssh, host: &str, port: Option<u16>, user: Option<&str>) -> String {
    let mut command = format!("ssh{}", flags(ssh, "-i", "-o"));
    if let Some(port) = port {
        let _ = write!(command, " -p {port}");
    }
    if let Some(user) = user {
        let _ = write!(command, " -l {}", quoted(user));
    }
    let _ = write!(command, " {}", quoted(host));
    command
}

/// The flags by which cvmtail reaches one CVM.
fn reach(ssh: &plan::Ssh, host: &str, port: Option<u16>, user: Option<&str>) -> String {
    let user = user.map_or_else(String::new, |user| format!("{user}@"));
    let place = match port {
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    format!("-c {}{}", quoted(&(user + &place)), flags(ssh, "--identity", "--ssh-option"))
}

/// What the user has ssh told beside whom to call, each with a space before it; `identity` and `option` are called so.
fn flags(ssh: &plan::Ssh, identity: &str, option: &str) -> String {
    let mut text = String::new();
    let mut add = |flag: &str, value: &str| {
        let _ = write!(text, " {flag} {}", quoted(value));
    };
    if let Some(config) = &ssh.config {
        add("-F", &config.to_string_lossy());
    }
    if let Some(jump) = &ssh.jump {
        add("-J", jump);
    }
    for file in &ssh.identities {
        add(identity, &file.to_string_lossy());
    }
    for value in &ssh.options {
        add(option, value);
    }
    text
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

#[cfg(test)]
mod tests {
    use super::About;
    use crate::cluster::cvm::{Address, Cvm};
    use crate::plan;

    #[test]
    fn a_copied_command_reaches_the_cvm_as_the_user_did() {
        let about = |host: &str, user: Option<&str>, ssh: &plan::Ssh| {
            let address =
                Address::Ssh { host: host.into(), port: None, user: user.map(str::to_owned), jump: None };
            About::new(&Cvm { name: "a".into(), address, source: "-c".into() }, ssh)
        };
        let mut alias = about("a-cvm", Some("nutanix"), &plan::Ssh::default());
        // What ssh makes of an alias is not what the user reaches it by.
        alias.resolve("10.0.0.1".into(), Some(2222));
        assert_eq!((alias.reach(), alias.login()), ("-c nutanix@a-cvm", "ssh -l nutanix a-cvm"));
        let ssh = plan::Ssh {
            config: Some("my config".into()),
            user: Some("me".into()),
            port: Some(24),
            identities: vec!["key".into()],
            jump: Some("bastion".into()),
            options: vec!["ProxyCommand=nc %h %p".into()],
            ..plan::Ssh::default()
        };
        let six = about("fd00::1", None, &ssh);
        let wanted = "-c 'me@[fd00::1]:24' -F 'my config' -J bastion --identity key --ssh-option 'ProxyCommand=nc %h %p'";
        assert_eq!(six.reach(), wanted);
        assert_eq!(
            six.login(),
            "ssh -F 'my config' -J bastion -i key -o 'ProxyCommand=nc %h %p' -p 24 -l me fd00::1"
        );
        assert_eq!(about("h", None, &plan::Ssh { port: Some(24), ..ssh }).value("reach")[..9], *"-c me@h:2");
    }
}
