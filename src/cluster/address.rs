//! The syntax of CVMs: `[user@]host[:port]`, `[v6]:port`, `@cluster`, `local`, lists, folded sets.

use std::net::Ipv6Addr;

use crate::cluster::cvm::Address;
use crate::cluster::fold;
use crate::usage::Usage;

/// The word for this machine, reached without ssh.
pub const LOCAL: &str = "local";

/// One entry of a list of CVMs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CvmEntry {
    /// `@cluster`: all CVMs of a cluster of the config.
    Cluster(String),
    /// More than one for a folded set.
    Cvms(Vec<Address>),
}

/// Parses a list of CVMs, separated by commas outside of brackets; empty entries are skipped.
///
/// Fails on the first invalid entry, with the valid forms.
pub fn list(text: &str) -> Result<Vec<CvmEntry>, Usage> {
    entries(text).into_iter().map(str::trim).filter(|entry| !entry.is_empty()).map(entry).collect()
}

/// Splits a list at the commas outside of brackets.
fn entries(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

fn entry(text: &str) -> Result<CvmEntry, Usage> {
    if let Some(cluster) = text.strip_prefix('@') {
        return Ok(CvmEntry::Cluster(cluster.to_owned()));
    }
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    if is_bracketed_v6(host) {
        return Ok(CvmEntry::Cvms(vec![address(text)?]));
    }
    let addresses = fold::expand(text)?.iter().map(|name| address(name)).collect::<Result<_, _>>()?;
    Ok(CvmEntry::Cvms(addresses))
}

/// Whether this is `[fe80::1]` or `[fe80::1]:22`, which look like folded sets.
fn is_bracketed_v6(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|from| from.split_once(']'))
        .is_some_and(|(inside, _)| inside.contains(':'))
}

/// Parses one address, after folded sets have been expanded.
fn address(text: &str) -> Result<Address, Usage> {
    if text == LOCAL {
        return Ok(Address::Local);
    }
    let wrong = |why: &str| {
        Usage::new(format!("invalid CVM `{}`: {why}", text.escape_debug()))
            .hint("write [user@]host[:port], [v6::addr]:port, 10.0.0.[1-4], @cluster or local")
    };
    let (user, place) = match text.rsplit_once('@') {
        Some((user, place)) => (Some(checked_user(user).map_err(wrong)?), place),
        None => (None, text),
    };
    let (host, port) = match place.strip_prefix('[').and_then(|from| from.split_once(']')) {
        Some((inside, "")) => (inside, None),
        Some((inside, after)) => {
            (inside, Some(after.strip_prefix(':').ok_or_else(|| wrong("only `:port` may follow `]`"))?))
        }
        None => match place.split_once(':') {
            Some((_, after)) if after.contains(':') => (place, None),
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    if host.contains(':') && !is_v6(host) {
        return Err(wrong("not an IPv6 address; with a port, write [address]:port"));
    }
    Ok(Address::Ssh {
        host: checked_host(host).map_err(wrong)?,
        port: port.map(checked_port).transpose().map_err(wrong)?,
        user,
        jump: None,
    })
}

/// Whether this is an IPv6 address, with or without a zone (`fe80::1%eth0`).
fn is_v6(host: &str) -> bool {
    let (address, zone) = host.split_once('%').unwrap_or((host, "0"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty()
}

/// Returns `host` if ssh can take it as one word that is neither an option nor shell syntax.
///
/// The characters are those that OpenSSH itself refuses in a host name (`valid_hostname` in ssh.c), and brackets.
fn checked_host(host: &str) -> Result<String, &'static str> {
    match host {
        "" => Err("the host is empty"),
        _ if host.starts_with('-') => Err("a host cannot start with `-`"),
        _ if host.chars().any(|c| is_hostile(c) || "\\/,[]{}@".contains(c)) => {
            Err("a host cannot contain spaces, control characters, quotes or shell syntax")
        }
        _ => Ok(host.to_owned()),
    }
}

/// Returns `user` if ssh can take it: like [`checked_host`], but with `\` and `@`, as in names of directory users.
pub fn checked_user(user: &str) -> Result<String, &'static str> {
    match user {
        "" => Err("the user is empty"),
        _ if user.starts_with('-') => Err("a user cannot start with `-`"),
        _ if user.ends_with('\\') || user.chars().any(|c| is_hostile(c) || "{}".contains(c)) => {
            Err("a user cannot contain spaces, control characters, quotes or shell syntax")
        }
        _ => Ok(user.to_owned()),
    }
}

/// Returns `jump` if ssh can take it as `-J`: `[user@]host[:port]`, or several with commas between.
pub fn checked_jump(jump: &str) -> Result<String, &'static str> {
    if jump.is_empty()
        || jump.split(',').any(|hop| hop.is_empty() || hop.starts_with('-') || hop.contains("@-"))
    {
        return Err("a jump host cannot be empty or start with `-`");
    }
    if jump.chars().any(is_hostile) {
        return Err("a jump host cannot contain spaces, control characters, quotes or shell syntax");
    }
    Ok(jump.to_owned())
}

/// Parses a port.
pub fn checked_port(port: &str) -> Result<u16, &'static str> {
    port.parse().ok().filter(|&port| port != 0).ok_or("a port must be a number from 1 to 65535")
}

/// Whether a character can be in no name: spaces, control characters, shell syntax.
fn is_hostile(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "'`\"$;&<>|()".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CvmEntry, checked_jump, list};
    use crate::cluster::cvm::Address;

    /// The addresses of a list as `user@host|port`, the way the table below writes them.
    fn shown(text: &str) -> String {
        let Ok(named) = list(text) else { return "error".into() };
        let shown: Vec<String> = named
            .into_iter()
            .flat_map(|named| match named {
                CvmEntry::Cluster(name) => vec![format!("@{name}")],
                CvmEntry::Cvms(all) => all.iter().map(one).collect(),
            })
            .collect();
        shown.join(" ")
    }

    /// One address as `user@host|port`.
    fn one(address: &Address) -> String {
        match address {
            Address::Local => "LOCAL".into(),
            Address::Ssh { host, port, user, .. } => {
                let user = user.as_ref().map_or(String::new(), |user| format!("{user}@"));
                user + host + &port.map_or(String::new(), |port| format!("|{port}"))
            }
        }
    }

    #[test]
    fn a_cvm_may_be_named_in_each_of_these_forms() {
        for (text, wanted) in [
            ("10.0.0.1", "10.0.0.1"),
            ("nutanix@10.0.0.1:2222", "nutanix@10.0.0.1|2222"),
            ("lab-cvm_1", "lab-cvm_1"),
            ("fe80::1", "fe80::1"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("[fe80::1]", "fe80::1"),
            ("[fe80::1]:22", "fe80::1|22"),
            ("admin@[2001:db8::7]:2200", "admin@2001:db8::7|2200"),
            ("fe80::[1-2]", "fe80::1 fe80::2"),
            ("10.0.0.[1-2,4]:22", "10.0.0.1|22 10.0.0.2|22 10.0.0.4|22"),
            ("u@n[1-2]", "u@n1 u@n2"),
            ("a,b[1,2],,c ", "a b1 b2 c"),
            ("local", "LOCAL"),
            ("x@local", "x@local"),
            ("@lab,local", "@lab LOCAL"),
            (r"LAB\joe@cvm", r"LAB\joe@cvm"),
            ("joe@lab.example@cvm", "joe@lab.example@cvm"),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_no_host_can_have_is_refused() {
        for text in [
            "-oProxyCommand=id",
            "u@-x",
            "-l@x",
            "a b",
            "a\nb",
            "a\0b",
            "a:0",
            "a:65536",
            "a:ssh",
            "a:",
            "@@x@",
            "u@",
            ":22",
            "[fe80::1",
            "[fe80::1]22",
            "[fe80::zz]:22",
            "1:2:3",
            "a;b",
            "$(id)",
            "a/b",
            "n[1-2",
            "a]b",
        ] {
            let named = list(text);
            assert!(named.is_err() || matches!(named.as_deref(), Ok([CvmEntry::Cluster(_)])), "{text}");
        }
    }

    #[test]
    fn a_jump_host_is_no_option() {
        assert!(checked_jump("bastion").is_ok() && checked_jump("u@a:22,[fe80::1]:22").is_ok());
        for jump in ["", "-oX", "a,-b", "u@-x", "a b", "a;b"] {
            assert!(checked_jump(jump).is_err(), "{jump}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}|[a-z0-9@:\\[\\],.%-]{0,24}") {
            for named in list(&text).unwrap_or_default() {
                let CvmEntry::Cvms(all) = named else { continue };
                for address in all {
                    if let Address::Ssh { host, user, .. } = address {
                        prop_assert!(!host.starts_with('-') && !host.contains(char::is_whitespace));
                        prop_assert!(!user.unwrap_or_default().starts_with('-'));
                    }
                }
            }
        }

        #[test]
        fn what_is_written_is_what_is_read(
            host in "[a-z][a-z0-9.-]{0,12}", port in proptest::option::of(1_u16..), user in proptest::option::of("[a-z]{1,6}")
        ) {
            prop_assume!(host != "local");
            let wanted = Address::Ssh { host, port, user, jump: None };
            let text = one(&wanted).replace('|', ":");
            prop_assert_eq!(list(&text).expect("an address"), vec![CvmEntry::Cvms(vec![wanted])]);
        }
    }
}
