//! Which CVMs a cluster has, by the `svmips` of one of them.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::agent::client::Client;
use crate::agent::protocol::{Reply, Request};
use crate::diagnosis::{self, table};
use crate::failure::Failure;

/// The most CVMs that an answer may name, as for a folded set.
const MOST: usize = 4096;

/// Asks a CVM for the addresses of all CVMs of its cluster: at least one, each once.
pub async fn cluster(client: &mut Client<'_>) -> Result<Vec<IpAddr>, Failure> {
    let replies = client.ask(&[Request::ClusterMembers]).await?;
    let failure = |why: &str| diagnosis::because(&table::DISCOVERY, client.endpoint(), why);
    let answer = replies.into_iter().find_map(|reply| match reply {
        Reply::Cluster { status, text } => Some((status, String::from_utf8_lossy(&text).into_owned())),
        _ => None,
    });
    let (status, text) = answer.ok_or_else(|| failure("svmips gave no answer"))?;
    if status == 0 {
        return parse(&text).map_err(|why| failure(&why));
    }
    let words = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    let why = words.map_or_else(
        || format!("svmips ended with status {status}"),
        |words| format!("svmips ended with status {status}: {}", words.escape_debug()),
    );
    Err(failure(&why))
}

/// Parses what `svmips` prints: addresses with spaces or newlines between, and nothing else. Each comes once.
pub fn parse(text: &str) -> Result<Vec<IpAddr>, String> {
    let mut seen = HashSet::new();
    let mut cvms = Vec::new();
    for word in text.split_whitespace() {
        let address: IpAddr = word.parse().map_err(|_| {
            let shown: String = word.chars().take(60).collect();
            format!("svmips says “{}”, which is no address", shown.escape_debug())
        })?;
        if address.is_unspecified() || address.is_multicast() {
            return Err(format!("svmips says {address}, which is no host"));
        }
        if seen.insert(address) {
            cvms.push(address);
        }
    }
    match cvms.len() {
        0 => Err("svmips names no CVM".to_owned()),
        1..=MOST => Ok(cvms),
        many => Err(format!("svmips names {many} CVMs, {MOST} are possible")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn an_answer_is_addresses_and_nothing_else() {
        let shown = |text: &str| {
            parse(text).map(|all| all.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(shown("10.0.0.1 10.0.0.2  10.0.0.1\n").as_deref(), Ok("10.0.0.1 10.0.0.2"));
        assert_eq!(shown("fd00::1\n10.0.0.2").as_deref(), Ok("fd00::1 10.0.0.2"));
        for wrong in [
            "",
            " \n",
            "-oProxyCommand=id",
            "10.0.0.1 cvm-b",
            "10.0.0.256",
            "0.0.0.0",
            "224.0.0.1",
            "10.0.0.1;id",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(!parse("\u{1b}[31m").expect_err("no address").contains('\u{1b}'));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(said in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = parse(&String::from_utf8_lossy(&said));
        }

        #[test]
        fn what_is_accepted_was_said(all in proptest::collection::vec("(10|fd00:)[.:0-9]{0,12}", 0..6)) {
            let text = all.join(" ");
            for cvm in parse(&text).unwrap_or_default() {
                prop_assert!(all.iter().any(|word| word.parse() == Ok(cvm)));
            }
        }
    }
}
