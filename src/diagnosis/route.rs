//! The way to a CVM as the user's own ssh understands it: what `ssh -G` prints.

use crate::cluster::hop::Hop;

/// Where ssh connects to, aliases and patterns of the user's config resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The name under which the server's key is looked up, where the config sets one (`HostKeyAlias`).
    pub alias: Option<String>,
    /// The files of known keys, one list per keyword.
    pub known_hosts: Vec<String>,
    /// New keys are accepted without a question (`StrictHostKeyChecking`).
    pub accepts_new: bool,
}

impl Route {
    /// Parses what `ssh -G` prints of the host `called` so: one `keyword value` per line, keywords in lower case.
    pub fn parse(text: &str, called: &str) -> Option<Self> {
        let value = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
            (value != "none").then(|| value.to_owned())
        };
        let mut route = Self {
            host: value("hostname")?,
            port: value("port")?.parse().ok()?,
            user: value("user")?,
            jump: Vec::new(),
            proxy: None,
            alias: value("hostkeyalias"),
            known_hosts: ["userknownhostsfile", "globalknownhostsfile"]
                .into_iter()
                .filter_map(value)
                .collect(),
            accepts_new: value("stricthostkeychecking")
                .is_some_and(|policy| matches!(policy.as_str(), "accept-new" | "off" | "no" | "false")),
        };
        let filled = |name: &str| value(name).map(|text| expanded(&text, &route, called));
        (route.jump, route.proxy) =
            (filled("proxyjump").map_or_else(Vec::new, |text| Hop::list(&text)), filled("proxycommand"));
        Some(route)
    }

    /// True if `file` is one of the files of known keys; names with blanks are listed without quotes.
    pub fn has_known_hosts(&self, file: &str) -> bool {
        let file = format!(" {file} ");
        self.known_hosts.iter().any(|list| format!(" {list} ").contains(&file))
    }
}

/// `text` with the tokens that ssh expands in `ProxyJump` and `ProxyCommand` (`ssh_config(5)`).
fn expanded(text: &str, route: &Route, called: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        filled.push_str(before);
        let port = route.port.to_string();
        let value = match behind.chars().next() {
            Some('%') => "%",
            Some('h') => &route.host,
            Some('n') => called,
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

    use super::{Hop, Route};
    use crate::cluster::hop::joined;

    #[test]
    fn the_route_is_what_ssh_prints() {
        let text = "host cvm\nuser nutanix\nhostname 10.0.0.1\nport 2222\nproxycommand none\nproxyjump u@bastion:24\nstricthostkeychecking accept-new\nuserknownhostsfile /home/my own/kh /k2\n";
        let wanted = Route {
            host: "10.0.0.1".into(),
            port: 2222,
            user: "nutanix".into(),
            jump: vec![Hop { user: Some("u".into()), host: "bastion".into(), port: Some(24) }],
            known_hosts: vec!["/home/my own/kh /k2".into()],
            accepts_new: true,
            ..Route::default()
        };
        assert_eq!(Route::parse(text, "cvm"), Some(wanted.clone()));
        assert_eq!(Route::parse("hostname x\nport none\nuser u\n", "x"), None);
        for (file, is_one) in
            [("/home/my own/kh", true), ("/k2", true), ("/k", false), ("/root/.ssh/authorized_keys", false)]
        {
            assert_eq!(wanted.has_known_hosts(file), is_one, "{file}");
        }
    }

    #[test]
    fn tokens_are_expanded_as_ssh_does() {
        let parsed =
            |line: &str| Route::parse(&format!("user me\nhostname 10.0.0.1\nport 22\n{line}\n"), "cvm");
        let jump = parsed("proxyjump %r@%h-gw,%n:24").expect("a route").jump;
        assert_eq!(joined(&jump), "me@10.0.0.1-gw,cvm:24");
        let proxy = parsed("proxycommand nc %h %p 100%% %x %").expect("a route").proxy;
        assert_eq!(proxy.as_deref(), Some("nc 10.0.0.1 22 100% %x %"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(hostname|port|user|proxyjump)? ?\\PC{0,20}\n{0,3}") {
            let _ = Route::parse(&text, "x");
        }
    }
}
