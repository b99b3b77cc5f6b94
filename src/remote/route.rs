//! The way to a CVM as the user's own ssh understands it: `ssh -G`.

use std::process::Stdio;
use std::time::Duration;

use tokio::time::timeout;

use super::explain::{self, About, table};
use super::jump::proxy_command;
use super::master::{destination, ssh_command};
use crate::cluster::cvm::Address;
use crate::cluster::hop::{Hop, joined};
use crate::failure::Failure;
use crate::plan;

/// Where ssh connects to, aliases and patterns of the user's config resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The host's real name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user who is logged in.
    pub user: String,
    /// The jump hosts on the way, the nearest first.
    pub jump: Vec<Hop>,
    /// A command of the user's config that makes the connection instead of ssh.
    pub proxy: Option<String>,
}

/// The most jump hosts on one way; more are taken for a circle.
const MOST_HOPS: usize = 8;

/// The whole way to a CVM.
#[derive(Clone, Debug)]
pub struct Way {
    /// Where it ends.
    pub route: Route,
    /// All jump hosts on it, the nearest first: those that the config has for jump hosts are among them.
    pub hops: Vec<Hop>,
    /// The server that is dialled first: a jump host, else the CVM, as `host:port`.
    pub server: String,
    /// The `ProxyCommand` over the jump hosts; `None` without any.
    pub proxy_command: Option<String>,
}

/// Finds the way to a CVM; `about` words the failure.
pub async fn find(address: &Address, ssh: &plan::Ssh, about: &About) -> Result<Way, Failure> {
    let route = ask(address, ssh, about, ssh.connect_timeout).await?;
    let mut hops = route.jump.clone();
    let mut first = route.clone();
    // The flags of the CVM are not those of a jump host, except `-F`.
    let of_hop =
        plan::Ssh { config: ssh.config.clone(), askpass: ssh.askpass.clone(), ..plan::Ssh::default() };
    while !first.jump.is_empty() {
        first = ask(&hops[0].address(), &of_hop, about, ssh.connect_timeout).await?;
        let known = hops.len();
        hops.splice(0..0, first.jump.iter().cloned());
        let (new, old) = hops.split_at(hops.len() - known);
        if hops.len() > MOST_HOPS || new.iter().any(|hop| old.contains(hop)) {
            return Err(explain::because(&table::CIRCLE, about, &joined(&hops)));
        }
    }
    let server = format!("{}:{}", first.host, first.port);
    let proxy_command = proxy_command(&hops, ssh.config.as_deref());
    Ok(Way { route, hops, server, proxy_command })
}

/// Asks ssh, for at most `limit`. Nothing is sent over the network.
pub async fn ask(
    address: &Address,
    ssh: &plan::Ssh,
    about: &About,
    limit: Duration,
) -> Result<Route, Failure> {
    let mut command = ssh_command(ssh);
    command.arg("-G").args(destination(address, ssh)).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    let output = match timeout(limit, command.output()).await {
        // A `Match exec` of the user's config may take its time.
        Err(_) => return Err(explain::because(&table::CONFIG_SLOW, about, "")),
        Ok(Err(error)) => return Err(explain::because(&table::NO_SSH, about, &error.to_string())),
        Ok(Ok(output)) => output,
    };
    let alias = match address {
        Address::Ssh { host, .. } => host.as_str(),
        Address::Local => "localhost",
    };
    let route = parse(&String::from_utf8_lossy(&output.stdout), alias).filter(|_| output.status.success());
    route.ok_or_else(|| explain::connecting(&output.stderr, about))
}

/// Parses what `ssh -G` prints of the host called `alias`: one `keyword value` per line, keywords in lower case.
fn parse(text: &str, alias: &str) -> Option<Route> {
    let value = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        (value != "none").then(|| value.to_owned())
    };
    let mut route = Route {
        host: value("hostname")?,
        port: value("port")?.parse().ok()?,
        user: value("user")?,
        jump: Vec::new(),
        proxy: None,
    };
    let filled = |name: &str| value(name).map(|text| expanded(&text, &route, alias));
    (route.jump, route.proxy) =
        (filled("proxyjump").map_or_else(Vec::new, |text| Hop::list(&text)), filled("proxycommand"));
    Some(route)
}

/// `text` with the tokens that ssh expands in `ProxyJump` and `ProxyCommand` (`ssh_config(5)`).
fn expanded(text: &str, route: &Route, alias: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        filled.push_str(before);
        let port = route.port.to_string();
        let value = match behind.chars().next() {
            Some('%') => "%",
            Some('h') => &route.host,
            Some('n') => alias,
            Some('p') => &port,
            Some('r') => &route.user,
            _ => {
                filled.push('%');
                rest = behind;
                continue;
            }
        };
        filled.push_str(value);
        rest = &behind[1..];
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Hop, Route, joined, parse};

    #[test]
    fn the_route_is_what_ssh_prints() {
        let text = "host cvm\nuser nutanix\nhostname 10.0.0.1\nport 2222\nproxycommand none\nproxyjump u@bastion:24\n";
        let wanted = Route {
            host: "10.0.0.1".into(),
            port: 2222,
            user: "nutanix".into(),
            jump: vec![Hop { user: Some("u".into()), host: "bastion".into(), port: Some(24) }],
            proxy: None,
        };
        assert_eq!(parse(text, "cvm"), Some(wanted));
        assert_eq!(parse("hostname x\nport none\nuser u\n", "x"), None);
    }

    #[test]
    fn tokens_are_expanded_as_ssh_does() {
        let parsed = |line: &str| parse(&format!("user me\nhostname 10.0.0.1\nport 22\n{line}\n"), "cvm");
        let jump = parsed("proxyjump %r@%h-gw,%n:24").expect("a route").jump;
        assert_eq!(joined(&jump), "me@10.0.0.1-gw,cvm:24");
        let proxy = parsed("proxycommand nc %h %p 100%% %x %").expect("a route").proxy;
        assert_eq!(proxy.as_deref(), Some("nc 10.0.0.1 22 100% %x %"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(hostname|port|user|proxyjump)? ?\\PC{0,20}\n{0,3}") {
            let _ = parse(&text, "x");
        }
    }
}
