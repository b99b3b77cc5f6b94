use std::path::Path;

use proptest::prelude::*;

use super::discover::{Discovered, Obstacle};
use crate::cli;
use crate::cluster::cvm::{Address, Cvm};
use crate::config;
use crate::options::{Backlog, Case, Format, Prefix, Reconnect, Stats};
use crate::plan::{ColorVariables, FollowPlan, Inputs, Plan, Planned, Surroundings, resolve};
use crate::usage::Usage;

/// A config with a cluster that has everything of its own.
const CONFIG: &str = "
default_logs = ['stargate']
[clusters.lab]
cvms = ['10.0.0.[1-2]', 'root@10.0.0.3:24']
user = 'nutanix'
port = 2022
jump = 'bastion'
[clusters.bare]
cvms = ['b1', 'b2']
";

/// Surroundings in which nothing is set and nothing is a terminal.
fn nothing() -> Surroundings {
    Surroundings {
        now: jiff::Timestamp::UNIX_EPOCH,
        zone: jiff::tz::TimeZone::UTC,
        cvms: None,
        color: ColorVariables::OnTerminal,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
        socket_folder: "/tmp".into(),
        askpass: Vec::new(),
        cache_folder: None,
        unicode: false,
    }
}

/// The plan of words, of a config and of surroundings; the file `cvms` has a list, no other file is there.
fn planned(words: &str, config: &str, surroundings: &Surroundings) -> Result<Planned, Usage> {
    planned_knowing(words, config, surroundings, &Discovered::new()).map_err(|obstacle| match obstacle {
        Obstacle::Usage(usage) => usage,
        Obstacle::Ask(ask) => panic!("{words}: {ask:?}"),
    })
}

/// The same where CVMs were asked before.
fn planned_knowing(
    words: &str,
    config: &str,
    surroundings: &Surroundings,
    discovered: &Discovered,
) -> Result<Planned, Obstacle> {
    let config = config::parse(Path::new("c.toml"), config).expect("a config");
    let words = std::iter::once("cvmtail").chain(words.split_whitespace()).map(Into::into).collect();
    let typed = cli::parse(words).expect("a command line");
    let cvm_file = |path: &Path| match path.to_str() {
        Some("cvms") => Ok("# a comment\r\nf1 # another\r\n\n  f2,f3\nf4 f5\n".into()),
        Some("bad") => Ok("f1\n-oX\n".into()),
        _ => Err(Usage::new("not there")),
    };
    resolve(&Inputs {
        typed: &typed.flags,
        flags: &typed.with_defaults(&config)?,
        config: &config,
        surroundings,
        cvm_file: &cvm_file,
        discovered,
    })
}

/// The follow of words that must be right, with what is told.
fn followed(words: &str, config: &str, surroundings: &Surroundings) -> (FollowPlan, Vec<String>) {
    match planned(words, config, surroundings).unwrap_or_else(|usage| panic!("{words}: {usage}")) {
        Planned { plan: Plan::Follow(follow), notes } => (*follow, notes),
        other => panic!("{other:?}"),
    }
}

/// The follow of words alone.
fn follow(words: &str) -> FollowPlan {
    followed(words, CONFIG, &nothing()).0
}

/// The names of the CVMs that words choose.
fn names(words: &str) -> String {
    follow(words).cvms.iter().map(|cvm| cvm.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// The mistake in words.
fn wrong(words: &str) -> String {
    planned(words, "", &nothing()).expect_err(words).to_string()
}

/// An address as `user@host:port via jump`.
fn shown(cvm: &Cvm) -> String {
    let Address::Ssh { host, port, user, jump } = &cvm.address else { return "local".into() };
    let part = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    format!("{}@{host}:{} via {}", part(user.clone()), part(port.map(|p| p.to_string())), part(jump.clone()))
}

#[test]
fn every_cvm_has_every_log_numbered_by_cvm() {
    let plan = follow("-c a,b genesis /x/y");
    let targets: Vec<String> =
        plan.targets.iter().map(|t| format!("{} {} {} {}", t.id, t.cvm, t.log, t.path)).collect();
    assert_eq!(
        targets,
        [
            "0 a genesis /home/nutanix/data/logs/genesis.out",
            "1 a y /x/y",
            "2 b genesis /home/nutanix/data/logs/genesis.out",
            "3 b y /x/y"
        ]
    );
    assert_eq!(follow("-c a").targets[0].log, "stargate", "of the config");
}

#[test]
fn cvms_come_from_the_first_that_names_any() {
    let mut surroundings = nothing();
    let chosen = |words: &str, config: &str, surroundings: &Surroundings| {
        let (plan, _) = followed(&format!("{words} genesis"), config, surroundings);
        plan.cvms.iter().map(|cvm| format!("{cvm} {}", cvm.source)).collect::<Vec<_>>().join(", ")
    };
    let with_default = format!("default_cluster = 'bare'\n{CONFIG}");
    let with_flag = format!("{with_default}\n[defaults]\ncvm = 'd'");
    assert_eq!(chosen("", &with_default, &surroundings), "b1 @bare, b2 @bare");
    assert_eq!(chosen("", &with_flag, &surroundings), "d --cvm");
    surroundings.cvms = Some("e[1-2],@bare".into());
    assert_eq!(chosen("", &with_flag, &surroundings), "e1 CVMTAIL_CVMS, e2 CVMTAIL_CVMS, b1 @bare, b2 @bare");
    assert_eq!(
        chosen("--cvm-file cvms", &with_flag, &surroundings),
        "f1 cvms, f2 cvms, f3 cvms, f4 cvms, f5 cvms"
    );
    assert_eq!(
        chosen("-c a --cvm-file cvms --exclude-cvm f[1-4]", &with_flag, &surroundings),
        "a --cvm, f5 cvms"
    );
}

#[test]
fn a_cluster_brings_its_user_port_and_jump_unless_the_command_line_says_otherwise() {
    let cvms = |words: &str, config: &str| {
        let (plan, _) = followed(words, config, &nothing());
        plan.cvms.iter().map(|cvm| shown(cvm)).collect::<Vec<_>>()
    };
    assert_eq!(
        cvms("-c @lab,x", CONFIG),
        [
            "nutanix@10.0.0.1:2022 via bastion",
            "nutanix@10.0.0.2:2022 via bastion",
            "root@10.0.0.3:24 via bastion",
            "-@x:- via -"
        ]
    );
    assert_eq!(
        cvms("-c @lab --user u --port 9 -J j", CONFIG)[1..],
        ["-@10.0.0.2:- via -", "root@10.0.0.3:24 via -"],
        "the plan's ssh has them"
    );
    let with_defaults = format!("{CONFIG}\n[defaults]\nuser = 'd'\njump = 'd'");
    assert_eq!(cvms("-c @lab", &with_defaults)[0], "nutanix@10.0.0.1:2022 via bastion");
}

#[test]
fn a_cvm_named_twice_is_followed_once_and_told() {
    let (plan, notes) = followed("-c a,b,a,u@a,b:22 --cvm-file cvms -c f1 genesis", "", &nothing());
    let names: Vec<_> = plan.cvms.iter().map(|cvm| cvm.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "b:22", "f1", "f2", "f3", "f4", "f5"]);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[0].contains("CVM a is given 3 times") && notes[1].contains("CVM f1 is given twice"),
        "{notes:?}"
    );
    let (plan, _) = followed("-c a,a:22 --port 22 genesis", "", &nothing());
    assert_eq!(plan.cvms.len(), 1);
}

#[test]
fn the_port_is_in_the_name_only_where_two_would_share_it() {
    assert_eq!(
        names("-c 127.0.0.1:2201,127.0.0.1:2202,u@x:22,local"),
        "127.0.0.1:2201 127.0.0.1:2202 x local"
    );
    assert_eq!(names("-c [fe80::1]:22,[fe80::1]:23"), "[fe80::1]:22 [fe80::1]:23");
    assert_eq!(names("-c a,a:22 --port 23"), "a:23 a:22");
}

#[test]
fn exclusion_takes_every_form_and_tells_what_it_missed() {
    assert_eq!(names("-c n[1-5] --exclude-cvm n[2-3],n5"), "n1 n4");
    assert_eq!(names("-c @lab,local --exclude-cvm 10.0.0.1,local"), "10.0.0.2 10.0.0.3");
    assert_eq!(names("-c b1,b2,x --exclude-cvm @bare"), "x");
    assert_eq!(names("-c a:1,a:2,b:1 --exclude-cvm a:1,b"), "a");
    assert_eq!(names("-c a:1,a:2,b:1 --exclude-cvm c,b:2"), "a:1 a:2 b");
    let (_, notes) = followed("-c a --exclude-cvm b genesis", "", &nothing());
    assert_eq!(notes, ["--exclude-cvm b excludes nothing"]);
    assert!(wrong("-c a --exclude-cvm a genesis").contains("every CVM is excluded"));
}

#[test]
fn a_mistake_says_what_to_write_instead() {
    for (words, parts) in [
        ("genesis", &["no CVM", "-c '10.0.0.[1-4]'", "-c local"][..]),
        ("-c a", &["no log", "genesis", "insights_*", "/home/nutanix"]),
        ("-c a gensis", &["`gensis`", "did you mean genesis?"]),
        ("-c @lab genesis", &["no cluster `lab`", "[clusters.lab]"]),
        ("-c @ genesis", &["no cluster"]),
        ("-c n[4-1] genesis", &["n[4-1]", "backwards", "10.0.0.[1-4,7]"]),
        ("--cvm-file bad genesis", &["bad:2: ", "-oX"]),
        ("--cvm-file nowhere genesis", &["not there"]),
        ("-c a --user=-l genesis", &["--user"]),
        ("-c a --jump=-o genesis", &["--jump"]),
        ("-c a --exclude-cvm=-o genesis", &["--exclude-cvm"]),
        ("-c a cvms", &["`cvms`", "must come first"]),
    ] {
        let message = wrong(words);
        assert!(parts.iter().all(|part| message.contains(part)), "{words}: {message}");
    }
    let message =
        planned("-c a", "default_logs = ['genesis', 'nope']", &nothing()).expect_err("a log").to_string();
    assert!(message.starts_with("c.toml:1:28: no log named `nope`"), "{message}");
}

#[test]
fn flags_become_a_plan_with_nothing_left_to_decide() {
    let plan = follow("-c a genesis");
    assert_eq!(plan.reading.backlog, Backlog::Lines(10));
    assert!(plan.reading.follow && plan.report.events && plan.report.stats.is_none() && !plan.output.color);
    assert_eq!(plan.reading.reconnect, Reconnect::Try(None));
    assert_eq!(plan.output.format, Format::Text(Prefix::Full));
    assert_eq!(
        (plan.ssh.parallel, plan.ssh.dead_after.as_secs(), plan.ssh.connect_timeout.as_secs()),
        (8, 18, 10)
    );
    let plan = follow(
        "-c a -n +5 --no-follow --retry-limit 4 -iw -g x -v y --stats=5s --json --for 2m -m 3 genesis",
    );
    assert_eq!((plan.reading.backlog, plan.reading.follow), (Backlog::FromLine(5), false));
    assert_eq!(plan.reading.reconnect, Reconnect::Try(Some(4)));
    assert_eq!((plan.filter.patterns.case, plan.filter.patterns.word), (Case::Ignore, true));
    assert_eq!((plan.output.format, plan.report.events), (Format::Ndjson, false));
    assert_eq!(plan.report.stats, Some(Stats { every: Some(std::time::Duration::from_secs(5)) }));
    assert_eq!((plan.max_count, plan.stop_after.map(|time| time.as_secs())), (Some(3), Some(120)));
    assert_eq!(follow("-c a --no-reconnect genesis").reading.reconnect, Reconnect::Never);
    assert_eq!(follow("-c a --template {line} genesis").output.format, Format::Template("{line}".into()));
    assert!(!follow("-c a -q genesis").report.events);
}

#[test]
fn colour_is_asked_of_the_flag_then_the_environment_then_the_terminal() {
    for (flag, variable, terminal, wanted) in [
        ("auto", ColorVariables::OnTerminal, true, true),
        ("auto", ColorVariables::OnTerminal, false, false),
        ("auto", ColorVariables::Never, true, false),
        ("auto", ColorVariables::Always, false, true),
        ("always", ColorVariables::Never, false, true),
        ("never", ColorVariables::Always, true, false),
    ] {
        let surroundings = Surroundings { color: variable, stdout_is_terminal: terminal, ..nothing() };
        let (plan, _) = followed(&format!("-c a --color {flag} genesis"), "", &surroundings);
        assert_eq!(plan.output.color, wanted, "{flag} {variable:?} {terminal}");
    }
}

#[test]
fn who_must_be_asked_is_asked_once_and_reached_as_the_cluster_is() {
    let config =
        format!("{CONFIG}[clusters.prod]\ndiscover = '10.1.0.1'\nuser = 'nutanix'\njump = 'bastion'");
    let mut discovered = Discovered::new();
    let words = "-c @prod --discover me@10.2.0.1:24,10.2.0.9 --exclude-cvm 10.1.0.3 --refresh genesis";
    let ask = match planned_knowing(words, &config, &nothing(), &discovered) {
        Err(Obstacle::Ask(ask)) => ask,
        other => panic!("{other:?}"),
    };
    let seeds: Vec<String> = ask.seeds.iter().map(|seed| shown(seed)).collect();
    assert_eq!(seeds, ["nutanix@10.1.0.1:- via bastion", "me@10.2.0.1:24 via -", "-@10.2.0.9:- via -"]);
    assert!(ask.refresh && ask.cache.is_none());
    for (seed, answer) in
        ask.seeds.iter().zip([&["10.1.0.1", "10.1.0.3"][..], &["10.2.0.1", "fd00::2"], &["10.2.0.1"]])
    {
        let answer = answer.iter().map(|cvm| cvm.parse().expect("an address")).collect();
        discovered.insert(seed.address.clone(), answer);
    }
    let plan = match planned_knowing(words, &config, &nothing(), &discovered) {
        Ok(Planned { plan: Plan::Follow(follow), .. }) => follow,
        other => panic!("{other:?}"),
    };
    let cvms: Vec<String> =
        plan.cvms.iter().map(|cvm| format!("{} {} {}", shown(cvm), cvm.name, cvm.source)).collect();
    assert_eq!(
        cvms,
        [
            "nutanix@10.1.0.1:- via bastion 10.1.0.1 @prod",
            "me@10.2.0.1:24 via - 10.2.0.1:24 --discover",
            "me@fd00::2:24 via - fd00::2 --discover",
            "-@10.2.0.1:- via - 10.2.0.1 --discover"
        ]
    );
}

#[test]
fn only_a_cvm_can_be_asked_who_its_cluster_is() {
    assert!(wrong("--discover @lab genesis").contains("use -c @lab"));
    assert!(wrong("--discover=-oX genesis").contains("--discover"));
}

#[test]
fn the_logs_of_a_cvm_are_looked_at_where_one_is_named() {
    let plan = |words: &str| planned(words, CONFIG, &nothing()).map(|planned| planned.plan);
    assert!(matches!(plan("logs genesis"), Ok(Plan::Logs(_))));
    assert!(plan("logs *.FATAL").expect_err("a glob over files").to_string().contains("logs -c"));
    match plan("logs -c a *.FATAL genesis") {
        Ok(Plan::Listing(listing)) => {
            assert_eq!((listing.wanted.logs.len(), listing.wanted.patterns.len()), (1, 1));
        }
        other => panic!("{other:?}"),
    }
    let follow = follow("-c a,b *.FATAL genesis");
    assert_eq!((follow.targets.len(), follow.patterns.len()), (2, 1), "patterns stand beside the targets");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_is_named_each_cvm_and_each_name_comes_once(list in "([ab][1-3]|n\\[1-[1-3]\\]|a1:2[23]|u@b2|@lab|local)(,([ab][1-3]|a1:2[23]|@bare|x@a1)){0,6}") {
        let plan = follow(&format!("-c {list} genesis"));
        let mut names: Vec<_> = plan.cvms.iter().map(|cvm| cvm.name.clone()).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), plan.cvms.len());
        prop_assert!(plan.targets.iter().enumerate().all(|(index, target)| target.id == index));
    }
}
