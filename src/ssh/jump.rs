//! Pure: the jump hosts on the way to a CVM, and the command that passes them without a question.
//!
//! An `ssh -J` starts another ssh for each jump host, and tells it neither `BatchMode` nor any other `-o`: where the
//! jump host takes passwords, that ssh sends empty ones until the account is locked. So cvmtail gives ssh a
//! `ProxyCommand` of its own that does what ssh would do (openssh `ssh.c`), in batch mode at every hop.

use std::fmt::Write as _;
use std::path::Path;

use crate::cluster::hop::Hop;
use crate::hint::is_plain;

/// What each hop's ssh is told: to ask nobody, and to say why it failed whatever the user's `LogLevel` is.
const BATCH: &str = "-o BatchMode=yes -o NumberOfPasswordPrompts=0 -o LogLevel=INFO";

/// The `ProxyCommand` that leads over `hops`, the nearest first, with the user's `-F`; `None` without hops.
pub fn proxy_command(hops: &[Hop], config: Option<&Path>) -> Option<String> {
    let (last, before) = hops.split_last()?;
    let mut command = format!("ssh {BATCH}");
    let mut add = |flag: &str, value: &str| {
        // ssh expands `%` in a ProxyCommand.
        let _ = write!(command, " {flag} {}", word(value).replace('%', "%%"));
    };
    if let Some(config) = config {
        add("-F", &config.to_string_lossy());
    }
    if let Some(user) = &last.user {
        add("-l", user);
    }
    if let Some(port) = last.port {
        add("-p", &port.to_string());
    }
    if let Some(inner) = proxy_command(before, config) {
        add("-o", "ProxyUseFdpass=no");
        add("-o", &format!("ProxyCommand={inner}"));
    }
    // Escaped, not quoted: the fewer quotes, the less they double from hop to hop.
    let _ = write!(command, r" -W \[%h\]:%p -- {}", word(&last.host).replace('%', "%%"));
    Some(command)
}

/// `text` as one word of the command line, for any shell that may be the user's.
///
/// Within single quotes fish takes a backslash for more than itself, so none stands there.
fn word(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut word = String::from("'");
    for c in text.chars() {
        match c {
            '\'' => word.push_str(r#"'"'"'"#),
            '\\' => word.push_str(r"'\\'"),
            c => word.push(c),
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use proptest::prelude::*;

    use super::{Hop, proxy_command};

    /// The words that a shell makes of a command.
    fn words(shell: &str, command: &str) -> Vec<String> {
        let script = format!("printf '%s\\036' {}", command.replacen("ssh", "", 1));
        let output = Command::new(shell).args(["-c", &script]).output().expect("a shell");
        assert!(output.status.success(), "{shell}: {command}: {output:?}");
        let text = String::from_utf8(output.stdout).expect("text");
        text.split_terminator('\u{1e}').map(str::to_owned).collect()
    }

    /// What ssh makes of a `ProxyCommand` before it runs it, with `h` and `p` for host and port.
    fn expanded(command: &str) -> String {
        let mut text = String::new();
        let mut rest = command.chars();
        while let Some(c) = rest.next() {
            match (c, if c == '%' { rest.next() } else { None }) {
                ('%', Some('%')) => text.push('%'),
                ('%', Some(token @ ('h' | 'p'))) => text.push(token),
                ('%', other) => panic!("{other:?} in {command}"),
                (c, _) => text.push(c),
            }
        }
        text
    }

    /// Follows the commands from the CVM back to the first hop, and gives the words at each.
    fn unfolded(shell: &str, hops: &[Hop], config: Option<&Path>) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        let mut command = proxy_command(hops, config);
        while let Some(outer) = command {
            let these = words(shell, &expanded(&outer));
            command = these.iter().find_map(|word| word.strip_prefix("ProxyCommand=")).map(str::to_owned);
            all.push(these);
        }
        all
    }

    /// The value behind a flag.
    fn value<'a>(words: &'a [String], flag: &str) -> Option<&'a str> {
        let at = words.iter().position(|word| word == flag)?;
        words.get(at + 1).map(String::as_str)
    }

    #[test]
    fn every_hop_runs_in_batch_mode_with_its_own_user_and_port() {
        let hops = Hop::list("me@a:24,[fd00::2]:25,c");
        let config = Path::new("/my 100% 'own' \\ \"x\"/c$(id)fg");
        for shell in ["sh", "bash", "zsh", "fish", "tcsh"] {
            if !["/bin/", "/usr/bin/"].iter().any(|folder| Path::new(&format!("{folder}{shell}")).exists()) {
                continue;
            }
            let all = unfolded(shell, &hops, Some(config));
            assert_eq!(all.len(), 3, "{shell}");
            for (words, hop) in all.iter().rev().zip(&hops) {
                assert_eq!(words.last(), Some(&hop.host), "{shell}");
                assert_eq!(value(words, "-l"), hop.user.as_deref());
                assert_eq!(value(words, "-p").map(str::to_owned), hop.port.map(|port| port.to_string()));
                assert_eq!(value(words, "-F"), config.to_str(), "{shell}");
                assert_eq!(value(words, "-W"), Some("[h]:p"));
                assert!(words.contains(&"BatchMode=yes".to_owned()));
            }
        }
        assert_eq!(proxy_command(&[], None), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn nothing_in_a_name_is_more_than_a_name(names in proptest::collection::vec("[ -~]{1,12}", 1..4), config in "[ -~]{1,12}") {
            let hops: Vec<Hop> = names
                .iter()
                .map(|name| Hop { user: Some(name.clone()), host: name.clone(), port: None })
                .collect();
            let all = unfolded("sh", &hops, Some(Path::new(&config)));
            prop_assert_eq!(all.len(), hops.len());
            for (words, name) in all.iter().rev().zip(&names) {
                prop_assert_eq!(words.last(), Some(name));
                prop_assert_eq!(value(words, "-F"), Some(config.as_str()));
            }
        }
    }
}
