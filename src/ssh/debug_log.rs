//! Pure: how far a connection came, from the log that ssh writes at `LogLevel=DEBUG1`.

use std::time::Instant;

/// What ssh logged about one connection. Each moment is that of the line that says so.
#[derive(Clone, Debug, Default)]
pub struct DebugLog {
    /// ssh began to connect.
    pub began: Option<Instant>,
    /// The TCP connection, or that through a proxy, was established.
    pub connected: Option<Instant>,
    /// The server's key was accepted.
    pub trusted: Option<Instant>,
    /// The user was accepted.
    pub authenticated: Option<Instant>,
    /// The address that was dialled; unknown through a jump host.
    pub address: Option<String>,
    /// The server's software: `OpenSSH_8.7`.
    pub software: Option<String>,
    /// The server's key: algorithm and fingerprint.
    pub host_key: Option<String>,
    /// The file and line of `known_hosts` that has it.
    pub known_at: Option<String>,
    /// It was not known and now is, because the user's ssh config accepts new keys.
    pub added: bool,
    /// The keys of the user that were offered, in order.
    pub offered: Vec<String>,
    /// The key that was accepted.
    pub accepted: Option<String>,
    /// How the user was authenticated: `publickey`.
    pub method: Option<String>,
    /// Lines of the server's banner.
    pub banner: usize,
}

impl DebugLog {
    /// Reads a line of ssh's log that came at `now`.
    pub fn on_log(&mut self, line: &str, now: Instant) {
        let line = line.trim();
        if let Some(text) = line.strip_prefix("debug1: ") {
            self.on_debug(text, now);
        } else if let Some(text) = line.strip_prefix("Authenticated to ") {
            self.authenticated = Some(now);
            self.method = between(text, "using \"", "\"").map(str::to_owned);
        } else if line.starts_with("Warning: Permanently added ") && self.host_key.is_some() {
            self.added = true;
            self.trusted = Some(now);
        }
    }

    /// Reads a line of what else came on its stderr: once the server is trusted, that is the server's banner.
    pub fn on_other(&mut self, line: &str) {
        if self.trusted.is_some() && !line.trim().is_empty() {
            self.banner += 1;
        }
    }

    fn on_debug(&mut self, text: &str, now: Instant) {
        if let Some(to) = text.strip_prefix("Connecting to ") {
            // Another address of the same name, or another try.
            *self = Self { began: Some(self.began.unwrap_or(now)), ..Self::default() };
            self.address = between(to, "[", "]").map(str::to_owned);
        } else if text.starts_with("Executing proxy command: ") {
            *self = Self { began: Some(now), ..Self::default() };
        } else if text.starts_with("Connection established") {
            self.connected = Some(now);
        } else if let Some(version) = text.strip_prefix("Remote protocol version ") {
            self.connected.get_or_insert(now);
            self.software =
                version.split_once("remote software version ").map(|(_, software)| software.to_owned());
        } else if let Some(key) = text.strip_prefix("Server host key: ") {
            self.host_key = Some(key.to_owned());
        } else if text.starts_with("Host '") && text.contains(" is known and matches ") {
            self.trusted = Some(now);
        } else if let Some(place) = text.strip_prefix("Found key in ") {
            self.known_at = Some(place.to_owned());
        } else if let Some(key) = text.strip_prefix("Offering ") {
            // `Offering public key: /path ED25519 SHA256:...`; 7.4: `Offering ED25519 public key: /path`.
            self.offered.push(key.replacen("public key: ", "", 1).trim().to_owned());
        } else if text.starts_with("Server accepts key") {
            self.accepted = self.offered.last().cloned();
        }
    }
}

/// The text between the first `open` and the next `close`.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    Some(text.split_once(open)?.1.split_once(close)?.0)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::DebugLog;

    fn parsed(text: &str) -> DebugLog {
        let mut log = DebugLog::default();
        text.lines().for_each(|line| log.on_log(line, Instant::now()));
        log
    }

    #[test]
    fn a_login_of_openssh_9_is_parsed() {
        let mut log = parsed(
            "debug1: Connecting to cvm [10.0.0.1] port 22.
debug1: Connection established.
debug1: Remote protocol version 2.0, remote software version OpenSSH_8.7
debug1: Server host key: ssh-ed25519 SHA256:abc
debug1: Host 'cvm' is known and matches the ED25519 host key.
debug1: Found key in /home/u/.ssh/known_hosts:3
debug1: Offering public key: /home/u/.ssh/id_rsa RSA SHA256:one agent
debug1: Offering public key: /home/u/.ssh/id_ed25519 ED25519 SHA256:two explicit
debug1: Server accepts key: /home/u/.ssh/id_ed25519 ED25519 SHA256:two explicit
Authenticated to cvm ([10.0.0.1]:22) using \"publickey\".",
        );
        for line in ["Nutanix Controller VM", "", "Warning: Permanently added 'x'"] {
            log.on_other(line);
        }
        assert_eq!(log.address.as_deref(), Some("10.0.0.1"));
        assert_eq!(log.software.as_deref(), Some("OpenSSH_8.7"));
        assert_eq!(log.host_key.as_deref(), Some("ssh-ed25519 SHA256:abc"));
        assert_eq!(log.known_at.as_deref(), Some("/home/u/.ssh/known_hosts:3"));
        assert_eq!(log.offered.len(), 2);
        assert_eq!(log.accepted.as_deref(), Some("/home/u/.ssh/id_ed25519 ED25519 SHA256:two explicit"));
        assert_eq!((log.method.as_deref(), log.banner), (Some("publickey"), 2));
        assert!(log.authenticated.is_some() && !log.added);
    }

    #[test]
    fn openssh_7_names_the_kind_of_key_first() {
        assert_eq!(parsed("debug1: Offering RSA public key: /k").offered, ["RSA /k"]);
    }

    #[test]
    fn another_try_begins_anew() {
        let log = parsed("debug1: Connection established.\ndebug1: Connecting to cvm [10.0.0.2] port 22.");
        assert!(log.connected.is_none() && log.began.is_some());
    }

    proptest! {
        #[test]
        fn any_line_is_taken(line in "(debug1: (Connecting to|Host '|Offering|Remote protocol version ) ?)?\\PC{0,40}") {
            parsed(&line);
        }
    }
}
