//! The way to a CVM as the user's own ssh understands it: `ssh -G`.

use std::process::Stdio;
use std::time::Duration;

use tokio::time::timeout;

use super::explain::{self, About, table};
use super::master::{destination, ssh_command};
use crate::cluster::cvm::Address;
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
    /// The jump hosts on the way, first the nearest, as `-J` takes them.
    pub jump: Option<String>,
    /// A command of the user's config that makes the connection instead of ssh.
    pub proxy: Option<String>,
}

/// Asks ssh, for at most `limit`. Nothing is sent over the network.
pub async fn ask(
    address: &Address,
    ssh: &plan::Ssh,
    about: &About,
    limit: Duration,
) -> Result<Route, Failure> {
    let mut command = ssh_command();
    command.arg("-G").args(destination(address, ssh)).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    let output = match timeout(limit, command.output()).await {
        // A `Match exec` of the user's config may take its time.
        Err(_) => return Err(explain::because(&table::CONFIG_SLOW, about, "")),
        Ok(Err(error)) => return Err(explain::because(&table::NO_SSH, about, &error.to_string())),
        Ok(Ok(output)) => output,
    };
    let route = parse(&String::from_utf8_lossy(&output.stdout)).filter(|_| output.status.success());
    route.ok_or_else(|| explain::connecting(&output.stderr, about))
}

/// Reads what `ssh -G` prints: one `keyword value` per line, keywords in lower case.
fn parse(text: &str) -> Option<Route> {
    let value = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        (value != "none").then(|| value.to_owned())
    };
    Some(Route {
        host: value("hostname")?,
        port: value("port")?.parse().ok()?,
        user: value("user")?,
        jump: value("proxyjump"),
        proxy: value("proxycommand"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Route, parse};

    #[test]
    fn the_route_is_what_ssh_prints() {
        let text = "host cvm\nuser nutanix\nhostname 10.0.0.1\nport 2222\nproxycommand none\nproxyjump u@bastion:24\n";
        let wanted = Route {
            host: "10.0.0.1".into(),
            port: 2222,
            user: "nutanix".into(),
            jump: Some("u@bastion:24".into()),
            proxy: None,
        };
        assert_eq!(parse(text), Some(wanted));
        assert_eq!(parse("hostname x\nport none\nuser u\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(hostname|port|user|proxyjump)? ?\\PC{0,20}\n{0,3}") {
            let _ = parse(&text);
        }
    }
}
