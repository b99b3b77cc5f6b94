//! Who the cluster of a CVM is: its own `svmips` is asked.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::agent::dialogue::Dialogue;
use crate::diagnosis::{self, table};
use crate::failure::Failure;
use crate::ssh::session::Session;

/// The question, by its full path: the shell of an ssh has a bare PATH. Its status comes last.
const QUESTION: &[u8] = b"/usr/local/nutanix/cluster/bin/svmips </dev/null 2>&1; printf '\\n%s\\n' $?";

/// The most CVMs that an answer may name, as for a folded set.
const MOST: usize = 4096;

/// Asks the CVM of `session` for the addresses of all CVMs of its cluster: at least one, each once.
pub async fn cluster(session: &Session) -> Result<Vec<IpAddr>, Failure> {
    let about = session.endpoint();
    let limit = about.connect_timeout();
    let channel = session.open().await?;
    let mut dialogue = Dialogue::new(channel).map_err(|error| diagnosis::local_failure(&error, about))?;
    // What a login script writes comes before the first answer.
    dialogue.ask(b"", limit, about).await?;
    let said = dialogue.ask(QUESTION, limit, about).await?;
    let (said, status) = split(&said);
    match (status, answer(&said)) {
        (Some(0), Ok(cvms)) => Ok(cvms),
        (Some(0), Err(why)) => Err(diagnosis::because(&table::DISCOVERY, about, &why)),
        (status, _) => {
            let status = status.map_or_else(|| "no status".to_owned(), |status| format!("status {status}"));
            let words = said.lines().map(str::trim).rfind(|line| !line.is_empty());
            let why = words.map_or_else(
                || format!("svmips ended with {status}"),
                |words| format!("svmips ended with {status}: {}", words.escape_debug()),
            );
            Err(diagnosis::because(&table::DISCOVERY, about, &why))
        }
    }
}

/// Takes the status off the end of what was said.
fn split(said: &[u8]) -> (String, Option<u8>) {
    let text = String::from_utf8_lossy(said);
    let text = text.trim_end();
    match text.rsplit_once('\n') {
        Some((text, status)) => (text.to_owned(), status.trim().parse().ok()),
        None => (String::new(), text.parse().ok()),
    }
}

/// Reads what `svmips` prints: addresses with spaces or newlines between, and nothing else. Each comes once.
pub fn answer(said: &str) -> Result<Vec<IpAddr>, String> {
    let mut seen = HashSet::new();
    let mut cvms = Vec::new();
    for word in said.split_whitespace() {
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

    use super::{answer, split};

    #[test]
    fn an_answer_is_addresses_and_nothing_else() {
        let shown = |text: &str| {
            answer(text).map(|all| all.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(" "))
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
            assert!(answer(wrong).is_err(), "{wrong}");
        }
        assert!(!answer("\u{1b}[31m").expect_err("no address").contains('\u{1b}'));
    }

    #[test]
    fn the_status_comes_last() {
        assert_eq!(split(b"10.0.0.1 10.0.0.2\n\n0\n"), ("10.0.0.1 10.0.0.2\n".to_owned(), Some(0)));
        assert_eq!(split(b"sh: svmips: not found\n\n127\n").1, Some(127));
        assert_eq!(split(b"").1, None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(said in proptest::collection::vec(any::<u8>(), 0..60)) {
            let (text, _) = split(&said);
            let _ = answer(&text);
        }

        #[test]
        fn what_is_accepted_was_said(all in proptest::collection::vec("(10|fd00:)[.:0-9]{0,12}", 0..6)) {
            let text = all.join(" ");
            for cvm in answer(&text).unwrap_or_default() {
                prop_assert!(all.iter().any(|word| word.parse() == Ok(cvm)));
            }
        }
    }
}
