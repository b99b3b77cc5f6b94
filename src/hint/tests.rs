//! Templates filled with what hostile CVMs say, and what real shells make of the commands.

use std::borrow::Cow;
use std::process::Command;

use proptest::prelude::*;

use super::{Hint, Login, ShellCommand, Value, quoted};

/// A login by ssh to `host`.
fn ssh(host: &str) -> Login {
    let mut line = ShellCommand::new("ssh");
    line.value(host);
    Login::Ssh(line)
}

/// The template with `{value}` as a word and as a path, on `host`.
fn filled(template: &'static str, login: &Login, value: &str) -> Option<String> {
    let hint = Hint::fill(template, |name| match name {
        "login" => Value::Login(login),
        "path" => Value::Path(Cow::Borrowed(value.as_bytes())),
        "account" => Value::account(value),
        _ => Value::word(value),
    });
    hint.map(String::from)
}

#[test]
fn values_are_quoted_for_every_shell_they_pass() {
    let (cvm, here) = (ssh("a b"), Login::Here);
    for (template, login, value, wanted) in [
        ("try `ls {path}`", &here, "/x", "try `ls /x`"),
        ("try `ls {path}*`", &here, "/x y", "try `ls '/x y'*`"),
        ("try `{login} ls {path}`", &here, "$(id)", "try `ls '$(id)'`"),
        ("try `{login} ls {path}`", &cvm, "/x", "try `ssh 'a b' ls /x`"),
        ("try `{login} ls {path}*`", &cvm, "/x", "try `ssh 'a b' 'ls /x*'`"),
        ("try `{login} ls {path}`", &cvm, "$(id)", r"try `ssh 'a b' 'ls '\''$(id)'\'''`"),
        ("try `{login} -G`", &cvm, "", "try `ssh 'a b' -G`"),
        ("try `{login}`", &here, "", "try `sh`"),
        ("try `ls {path}`", &here, "-x", "try `ls ./-x`"),
        ("by {value}: `x`", &here, "`id`", "by 'id': `x`"),
        ("`x {value}`", &here, "~root", "`x '~root'`"),
        ("`x {value}`", &here, "=ls", "`x '=ls'`"),
        ("`x {value}`", &here, r"a\b!c'd", r"`x 'a'\\'b'\!'c'\''d'`"),
    ] {
        assert_eq!(filled(template, login, value).as_deref(), Some(wanted));
    }
}

#[test]
fn what_cannot_be_copied_drops_the_command_and_the_part_around_it() {
    for value in [
        "a\nb",
        "a\tb",
        "\u{1b}[31m",
        "\u{9b}",
        "\u{202e}",
        "\u{200b}",
        "\u{fffd}",
        "`id`",
        "-oProxyCommand=id",
    ] {
        assert_eq!(
            filled("is it up?[ try `ping {value}`]", &Login::Here, value).as_deref(),
            Some("is it up?")
        );
        assert_eq!(filled("try `ping {value}`", &Login::Here, value), None, "{value:?}");
        assert_eq!(filled("[try `ping {value}`]", &Login::Here, value), None, "{value:?}");
    }
    for value in ["x;curl evil|sh", "a,wheel", "joe:rwx,u:evil", "", "a b"] {
        assert_eq!(filled("`usermod -aG {account} me`", &Login::Here, value), None, "{value:?}");
    }
    for value in ["nutanix", "AD\\joe", "joe@ad", "svc$"] {
        assert!(filled("`usermod -aG {account} me`", &Login::Here, value).is_some(), "{value:?}");
    }
    let bytes = Hint::fill("try `ls {path}`", |_| Value::Path(Cow::Borrowed(b"/\xff")));
    assert_eq!(bytes, None);
    let mut line = ShellCommand::new("ssh");
    line.flag("-i", "a\nb");
    line.words("host");
    assert_eq!(Hint::fill("`{line}`", |_| Value::Command(Cow::Borrowed(&line))), None);
}

/// What a shell takes the words of `command` for.
fn words(shell: &str, command: &str) -> String {
    let output = Command::new(shell).args(["-c", command]).output().expect("a shell");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn each_shell_reads_the_value_as_one_word(value in "([a-z/ ]|[!-/:-@\\[-_{-~]){1,20}") {
        prop_assume!(!value.starts_with('-'));
        for shell in ["sh", "bash", "busybox", "zsh", "fish"] {
            let Ok(found) = Command::new("sh").args(["-c", &format!("command -v {shell}")]).output() else { continue };
            if !found.status.success() {
                continue;
            }
            let quoted = quoted(&value).expect("no control character");
            let (name, command) = match shell {
                "busybox" => ("sh", format!("busybox sh -c {}", super::quoted(&format!("printf %s {quoted}")).expect("plain"))),
                shell => (shell, format!("printf %s {quoted}")),
            };
            prop_assert_eq!(words(name, &command), value.clone(), "{}", shell);
            // As ssh has it: one word here, a command there.
            let twice = super::quoted(&format!("printf %s {quoted}")).expect("plain").into_owned();
            if shell != "busybox" {
                prop_assert_eq!(words(shell, &format!("sh -c {twice}")), value.clone(), "{}", shell);
            }
        }
    }

    #[test]
    fn no_value_gets_out_of_its_command(value in "\\PC{0,20}|[`$;&|'\"\\\\\n\x1b a]{0,20}") {
        if let Some(hint) = filled("`{login} ls {path}` {value}", &ssh("h"), &value) {
            prop_assert_eq!(hint.matches('`').count(), 2);
        }
    }
}
