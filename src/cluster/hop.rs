//! A jump host, as `-J` and `ProxyJump` name it.

use std::fmt;

use crate::cluster::cvm::Address;

/// One jump host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The user who logs in there, where one is named.
    pub user: Option<String>,
    /// Its name, address or alias, an IPv6 address without brackets.
    pub host: String,
    /// Its port, where one is named.
    pub port: Option<u16>,
}

impl Hop {
    /// Parses `[user@]host[:port]`, also as a `ssh://` URI (ssh(1), `-J`).
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix("ssh://").map_or(text, |uri| uri.trim_end_matches('/'));
        let (user, place) = text.rsplit_once('@').map_or((None, text), |(user, rest)| (Some(user), rest));
        let (host, port) = match place.rsplit_once(':') {
            // Colons before the last one, outside brackets: an IPv6 address without a port.
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, port.parse().ok()),
            _ => (place, None),
        };
        let host = host.trim_matches(['[', ']']);
        Self { user: user.map(str::to_owned), host: host.to_owned(), port }
    }

    /// Parses several with commas between, the nearest first.
    pub fn list(text: &str) -> Vec<Self> {
        text.split(',').filter(|hop| !hop.is_empty()).map(Self::parse).collect()
    }

    /// It as a host that ssh is asked about.
    pub fn address(&self) -> Address {
        Address::Ssh { host: self.host.clone(), port: self.port, user: self.user.clone(), jump: None }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Several hops as `-J` takes them.
pub fn joined(hops: &[Hop]) -> String {
    hops.iter().map(Hop::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{Hop, joined};

    /// A hop of these parts.
    fn hop(user: Option<&str>, host: &str, port: Option<u16>) -> Hop {
        Hop { user: user.map(str::to_owned), host: host.to_owned(), port }
    }

    #[test]
    fn hops_are_read_and_written_as_ssh_does() {
        for (text, wanted, written) in [
            ("a", hop(None, "a", None), "a"),
            ("me@a:24", hop(Some("me"), "a", Some(24)), "me@a:24"),
            ("d\\me@x@a", hop(Some("d\\me@x"), "a", None), "d\\me@x@a"),
            ("[fd00::1]", hop(None, "fd00::1", None), "[fd00::1]"),
            ("me@[fd00::1]:24", hop(Some("me"), "fd00::1", Some(24)), "me@[fd00::1]:24"),
            ("fd00::1", hop(None, "fd00::1", None), "[fd00::1]"),
            ("[10.0.0.1]:24", hop(None, "10.0.0.1", Some(24)), "10.0.0.1:24"),
            ("ssh://me@a:24/", hop(Some("me"), "a", Some(24)), "me@a:24"),
            ("ssh://a", hop(None, "a", None), "a"),
        ] {
            assert_eq!(Hop::parse(text), wanted);
            assert_eq!(wanted.to_string(), written);
        }
        let hops = Hop::list("a,me@b:24,");
        assert_eq!((hops.len(), joined(&hops).as_str()), (2, "a,me@b:24"));
    }
}
