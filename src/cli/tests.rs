use std::path::Path;

use clap::ArgAction;
use proptest::prelude::*;

use super::command::command;
use super::defaults::can_have_default;
use super::opposites::OPPOSITES;
use super::{Cli, CommandLine, LineFormat, parse};
use crate::config::{self, Config};
use crate::usage::Usage;

/// The command line of words, the program's name added.
fn typed(words: &[&str]) -> CommandLine {
    parse(["cvmtail"].iter().chain(words).map(Into::into).collect())
        .unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// The config whose `[defaults]` are these lines.
fn config(defaults: &str) -> Config {
    config::parse(Path::new("c.toml"), &format!("[defaults]\n{defaults}")).expect("a config")
}

/// The flags of words under defaults.
fn merged(defaults: &str, words: &[&str]) -> Result<Cli, Usage> {
    typed(words).with_defaults(&config(defaults))
}

#[test]
fn clap_finds_the_flags_sound() {
    command().debug_assert();
}

#[test]
fn every_flag_of_the_follow_can_have_a_default() {
    let command = command();
    let mut counted = 0;
    for flag in command.get_arguments().filter(|arg| can_have_default(arg)) {
        let long = flag.get_long().expect("a long name");
        let value = match (flag.get_action(), long) {
            (ArgAction::SetTrue, _) => "true",
            (ArgAction::Append, "ssh-option") => "['Compression=yes']",
            (ArgAction::Append, _) => "['a', 'b']",
            (_, "for" | "connect-timeout" | "dead-after" | "order-window" | "since" | "until") => "'15s'",
            (
                _,
                "port" | "parallel" | "lines" | "max-count" | "retry-limit" | "rate-limit" | "after-context"
                | "before-context" | "context",
            ) => "7",
            (_, "level") => "'error'",
            (_, "order") => "'time'",
            (_, "timestamps") => "'local'",
            (_, "stats") => "true",
            (_, "output") => "'raw'",
            (_, "prefix") => "'none'",
            (_, "color") => "'never'",
            _ => "'text'",
        };
        for key in [long.to_owned(), long.replace('-', "_")] {
            let before = format!("{:?}", merged("", &[]).expect("no defaults").follow);
            let after =
                merged(&format!("{key} = {value}"), &[]).unwrap_or_else(|usage| panic!("{key}: {usage}"));
            assert_ne!(format!("{:?}", after.follow), before, "{key} = {value} changes nothing");
        }
        counted += 1;
    }
    assert!(counted >= 45, "only {counted} flags");
}

#[test]
fn every_switch_has_its_opposite_and_the_last_one_counts() {
    let command = command();
    let is_switch =
        |arg: &&clap::Arg| can_have_default(arg) && matches!(arg.get_action(), ArgAction::SetTrue);
    for switch in command.get_arguments().filter(is_switch) {
        let id = switch.get_id().as_str();
        let (_, _, opposite) =
            OPPOSITES.into_iter().find(|(known, ..)| *known == id).unwrap_or_else(|| panic!("{id}"));
        let on = format!("--{}", switch.get_long().expect("a long name"));
        let off = format!("--{opposite}");
        let shown = |words: &[&str]| format!("{:?}", typed(words).flags.follow);
        assert_eq!(shown(&[&on, &off]), shown(&[]), "{on} {off}");
        assert_eq!(shown(&[&off, &on]), shown(&[&on]), "{off} {on}");
        let by_default = merged(&format!("{id} = true"), &[&off]).expect("flags");
        assert_eq!(format!("{:?}", by_default.follow), shown(&[]), "{id} = true, {off}");
    }
}

#[test]
fn the_command_line_wins_flag_by_flag() {
    let defaults =
        "grep = ['a', 'b']\nlines = 50\njson = true\nignore-case = true\nno-reconnect = true\nquiet = false";
    let flags =
        merged(defaults, &["-g", "x", "-o", "text", "-S", "--retry-limit", "3"]).expect("flags").follow;
    assert_eq!(flags.filter.grep, ["x"]);
    assert_eq!(format!("{:?}", flags.read.lines), "Lines(50)");
    assert!(!flags.output.json && flags.output.format == LineFormat::Text);
    assert!(flags.filter.smart_case && !flags.filter.ignore_case);
    assert!(!flags.read.no_reconnect && flags.read.retry_limit == Some(3));
    assert!(!flags.output.quiet);
    let flags = merged("output = 'ndjson'", &["--template", "{line}"]).expect("flags").follow;
    assert_eq!((flags.output.format, flags.output.template.as_deref()), (LineFormat::Text, Some("{line}")));
    let flags = merged("template = '{line}'", &["--json"]).expect("flags").follow;
    assert_eq!((flags.output.json, flags.output.template), (true, None));
}

#[test]
fn defaults_reach_the_cvms_verb_where_it_has_the_flag() {
    let flags = merged("user = 'admin'\nlines = 5\njson = true", &["cvms", "-c", "a"]).expect("flags");
    let Some(super::Verb::Cvms(cvms)) = flags.verb else { panic!("not cvms") };
    assert_eq!(cvms.cvms.user.as_deref(), Some("admin"));
    assert!(!cvms.json, "the --json of the follow is another flag");
}

#[test]
fn the_config_of_the_man_page_is_a_config() {
    let config = config::parse(Path::new("c.toml"), super::help::CONFIG).expect("a config");
    let flags = typed(&[]).with_defaults(&config).expect("flags").follow;
    assert_eq!(flags.filter.grep, ["ERROR", "FATAL"]);
    assert!(config.clusters.contains_key("lab") && config.logs.contains_key("ping"));
    for (_, _, opposite) in OPPOSITES {
        assert!(super::help::DEFAULTS.contains(&format!("--{opposite}")), "{opposite}");
    }
}

#[test]
fn the_examples_of_the_help_are_command_lines() {
    for (_, example) in super::help::EXAMPLES {
        let own = example
            .split(" | ")
            .next()
            .unwrap_or_default()
            .split(" > ")
            .next()
            .unwrap_or_default()
            .replace('\'', "");
        typed(&own.split_whitespace().skip(1).collect::<Vec<_>>());
    }
}

#[test]
fn a_wrong_default_is_told_with_its_place() {
    for (defaults, place, what) in [
        ("linez = 5", "c.toml:2:1: ", "did you mean lines"),
        ("config = 'x'", "c.toml:2:1: ", "not a flag that can have a default"),
        ("follow = false", "c.toml:2:1: ", "no-follow"),
        ("lines = 'ten'", "c.toml:2:1: ", "ten"),
        ("quiet = 'yes'", "c.toml:2:1: ", "switch"),
        ("lines = true", "c.toml:2:1: ", "number"),
        ("grep = [['a']]", "c.toml:2:1: ", "list"),
        ("port = 0", "c.toml:2:1: ", "--port"),
        ("quiet = true\ncolor = 'pink'", "c.toml:3:1: ", "auto, always, never"),
        ("json = true\ntemplate = 'x'", "the [defaults] of the config", "cannot be used with"),
    ] {
        let message = merged(defaults, &[]).expect_err(defaults).to_string();
        assert!(message.starts_with(place), "{defaults}: {message}");
        assert!(message.contains(what), "{defaults}: {message}");
    }
}

#[test]
fn a_pattern_may_begin_with_a_dash_and_a_backlog_with_a_sign() {
    let flags = typed(&["-g", "-x", "-v", "--y", "-n", "+1"]).flags.follow;
    assert_eq!((flags.filter.grep, flags.filter.exclude), (vec!["-x".into()], vec!["--y".into()]));
    assert_eq!(format!("{:?}", flags.read.lines), "FromLine(1)");
}

#[test]
fn what_goes_against_each_other_is_refused() {
    for words in [
        &["--no-reconnect", "--retry-limit", "3"][..],
        &["--template", "x", "--json"],
        &["--template", "x", "-o", "raw"],
        &["-m", "0"],
        &["--dead-after", "1s"],
        &["--parallel", "0"],
        &["-c", "-oProxyCommand=x"],
        &["check", "-o", "raw"],
        &["completions", "tcsh"],
    ] {
        let words = ["cvmtail"].iter().chain(words).map(Into::into).collect();
        assert_eq!(parse(words).err().expect("refused").exit_code(), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_words_are_read_or_refused(words in proptest::collection::vec("-{0,2}[a-z]{0,9}=?[a-z0-9]{0,3}|\\PC{0,8}", 0..4)) {
        let words = std::iter::once("cvmtail".to_owned()).chain(words).map(Into::into).collect();
        if let Ok(typed) = parse(words) {
            let _ = typed.with_defaults(&Config::default());
        }
    }
}
