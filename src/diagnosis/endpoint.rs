//! The facts about a connection that failures are reported with.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::hop::{Hop, joined};
use crate::diagnosis::route::Route;
use crate::hint::{Login, ShellCommand, Value};
use crate::human;
use crate::options;

/// How a jump host is named that the user did not name here.
const UNNAMED: &str = "of your ssh config";

/// A CVM as ssh connects to it: fills in the sentences of the table.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What ssh connects to; `local` for this machine.
    pub host: String,
    /// The port, if the user named one or ssh resolved it.
    pub port: Option<u16>,
    /// The user, if one was named.
    pub user: Option<String>,
    /// The jump hosts, as `-J` takes them.
    pub jump: Option<String>,
    /// The `ProxyCommand` of the user's ssh config, as ssh runs it.
    pub proxy: Option<String>,
    /// The user's `-F`.
    config: Option<PathBuf>,
    /// The file with the user's public key, as the user would name it.
    pub(super) public_key: String,
    /// The command that logs in there.
    pub(super) login: Login,
    /// The flags by which cvmtail reaches this CVM alone.
    reach: ShellCommand,
    /// How ssh resolves the host by the user's config, once it has.
    pub(super) route: Option<Route>,
    /// The same of the jump hosts.
    hop_routes: Vec<Option<Route>>,
    pub(super) connect_timeout: Duration,
    /// How long a CVM may be silent before it is considered dead.
    pub(super) dead_after: Duration,
}

impl Endpoint {
    /// The facts that `cvm` and `ssh` have about the connection.
    pub fn new(cvm: &Cvm, ssh: &options::SshOptions) -> Self {
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
            Address::Local => (Login::Here, ShellCommand::new("-c local")),
            Address::Ssh { .. } => (
                Login::Ssh(login_command(ssh, &host, port, user.as_deref())),
                reach(ssh, &host, port, user.as_deref()),
            ),
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
            route: None,
            hop_routes: Vec::new(),
            connect_timeout: ssh.connect_timeout,
            dead_after: ssh.dead_after,
        }
    }

    /// The same, with the jump hosts or the `ProxyCommand` of the user's ssh config.
    pub fn via(&self, hops: &[Hop], proxy: Option<&str>) -> Self {
        let jump = (!hops.is_empty()).then(|| joined(hops));
        Self { jump, proxy: proxy.map(str::to_owned), ..self.clone() }
    }

    /// Has commands that do not read the user's ssh config name the address behind an alias.
    pub fn set_route(&mut self, route: Route) {
        self.route = Some(route);
    }

    /// The same for the jump hosts, as many as [`Self::via`] got.
    pub fn set_hop_routes(&mut self, routes: Vec<Option<Route>>) {
        self.hop_routes = routes;
    }

    /// Has sentences name the address behind an alias, too.
    pub fn resolve(&mut self) {
        if let Some(Route { host, port, .. }) = &self.route {
            (self.host, self.port) = (host.clone(), Some(*port));
        }
    }

    /// Whether `host`, named in some output, is the host we connect to.
    pub(super) fn is_host(&self, host: &str) -> bool {
        let real = self.route.as_ref().map(|route| &route.host);
        real.into_iter().chain([&self.host]).any(|own| own.eq_ignore_ascii_case(host))
    }

    /// The name under which `known_hosts` holds the server (sshd(8), "`ssh_known_hosts` file format"): the one
    /// `named` in some output, if ssh may look for that.
    pub(super) fn known_name(&self, named: Option<&str>) -> String {
        let asked = known_name(&self.host, self.port);
        let real = self
            .route
            .as_ref()
            .map(|route| route.alias.clone().unwrap_or_else(|| known_name(&route.host, Some(route.port))));
        let named =
            named.filter(|named| real.iter().chain([&asked]).any(|own| own.eq_ignore_ascii_case(named)));
        named.map(str::to_owned).or(real).unwrap_or(asked)
    }

    /// Whether `file`, named in some output, holds host keys and nothing else.
    pub(super) fn is_known_hosts(&self, file: &str) -> bool {
        let name = file.rsplit('/').next().unwrap_or(file);
        let looks_so = file.starts_with('/')
            && ["known_hosts", "ssh_known_hosts"].iter().any(|own| name.starts_with(own));
        self.route.as_ref().map_or(looks_so, |route| route.has_known_hosts(file))
    }

    /// How the user gets a shell there.
    pub fn login(&self) -> &Login {
        &self.login
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
        let ssh = options::SshOptions { config, jump: jump.clone(), ..options::SshOptions::default() };
        let endpoint = Self {
            login: Login::Ssh(login_command(&ssh, &host, port, user.as_deref())),
            host,
            port,
            user,
            jump,
            route: self.hop_routes.get(at).cloned().flatten(),
            ..self.clone()
        };
        (name.unwrap_or(UNNAMED), endpoint)
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
            "timeout" => Cow::Owned(human::duration(self.connect_timeout)),
            "dead" => Cow::Owned(human::duration(self.dead_after)),
            _ => Cow::Borrowed(""),
        }
    }

    /// The same for a hint.
    pub fn hint_value(&self, name: &str) -> Value<'_> {
        match name {
            "login" => Value::Login(&self.login),
            "reach" => Value::Command(Cow::Borrowed(&self.reach)),
            name => match self.value(name) {
                value if value.is_empty() => Value::Nothing,
                value => Value::word(value),
            },
        }
    }
}

/// The name under which a server's key is kept.
fn known_name(host: &str, port: Option<u16>) -> String {
    match port {
        None | Some(22) => host.to_owned(),
        Some(port) => format!("[{host}]:{port}"),
    }
}

/// The command that logs in as cvmtail does.
fn login_command(
    ssh: &options::SshOptions,
    host: &str,
    port: Option<u16>,
    user: Option<&str>,
) -> ShellCommand {
    let mut line = ShellCommand::new("ssh");
    flags(&mut line, ssh, "-i", "-o");
    if let Some(port) = port {
        line.flag("-p", &port.to_string());
    }
    if let Some(user) = user {
        line.flag("-l", user);
    }
    line.value(host);
    line
}

/// The flags by which cvmtail reaches one CVM.
fn reach(ssh: &options::SshOptions, host: &str, port: Option<u16>, user: Option<&str>) -> ShellCommand {
    let user = user.map_or_else(String::new, |user| format!("{user}@"));
    let place = match port {
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let mut line = ShellCommand::new("-c");
    line.value(&(user + &place));
    flags(&mut line, ssh, "--identity", "--ssh-option");
    line
}

/// Adds the user's other options for ssh, under the names `identity` and `option`.
fn flags(line: &mut ShellCommand, ssh: &options::SshOptions, identity: &'static str, option: &'static str) {
    // What is not UTF-8 cannot be copied, which the replacement character says.
    if let Some(config) = &ssh.config {
        line.flag("-F", &config.to_string_lossy());
    }
    if let Some(jump) = &ssh.jump {
        line.flag("-J", jump);
    }
    for file in &ssh.identities {
        line.flag(identity, &file.to_string_lossy());
    }
    for value in &ssh.options {
        line.flag(option, value);
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Route};
    use crate::cluster::cvm::{Address, Cvm};
    use crate::hint::Hint;
    use crate::options;

    /// The flags and the login as commands.
    fn shown(endpoint: &Endpoint) -> (String, String) {
        let fill = |template| {
            Hint::fill(template, |name| endpoint.hint_value(name))
                .expect("plain")
                .trim_matches('`')
                .to_owned()
        };
        (fill("`{reach}`"), fill("`{login}`"))
    }

    #[test]
    fn a_copied_command_reaches_the_cvm_as_the_user_did() {
        let endpoint = |host: &str, user: Option<&str>, ssh: &options::SshOptions| {
            let address =
                Address::Ssh { host: host.into(), port: None, user: user.map(str::to_owned), jump: None };
            Endpoint::new(&Cvm { name: "a".into(), address, source: "-c".into() }, ssh)
        };
        let mut alias = endpoint("a-cvm", Some("nutanix"), &options::SshOptions::default());
        // What ssh makes of an alias is not what the user reaches it by.
        let route = Route { host: "10.0.0.1".into(), port: 2222, ..Route::default() };
        alias.set_route(route);
        alias.resolve();
        assert_eq!(shown(&alias), ("-c nutanix@a-cvm".to_owned(), "ssh -l nutanix a-cvm".to_owned()));
        let ssh = options::SshOptions {
            config: Some("my config".into()),
            user: Some("me".into()),
            port: Some(24),
            identities: vec!["key".into()],
            jump: Some("bastion".into()),
            options: vec!["ProxyCommand=nc %h %p".into()],
            ..options::SshOptions::default()
        };
        let six = endpoint("fd00::1", None, &ssh);
        let wanted = "-c 'me@[fd00::1]:24' -F 'my config' -J bastion --identity key --ssh-option 'ProxyCommand=nc %h %p'";
        let by_hand = "ssh -F 'my config' -J bastion -i key -o 'ProxyCommand=nc %h %p' -p 24 -l me fd00::1";
        assert_eq!(shown(&six), (wanted.to_owned(), by_hand.to_owned()));
        assert_eq!(
            shown(&endpoint("h", None, &options::SshOptions { port: Some(24), ..ssh })).0[..9],
            *"-c me@h:2"
        );
    }
}
