//! What the help and the man page say beside the flags, written once for both.

use std::fmt::Write as _;

/// The ways to call cvmtail.
pub const USAGE: &str = "cvmtail [OPTIONS] [LOG]...
       cvmtail snapshot [OPTIONS] [LOG]...
       cvmtail check [OPTIONS] [LOG]...
       cvmtail logs [OPTIONS] [NAME]...
       cvmtail cvms [OPTIONS]
       cvmtail completions <SHELL>
       cvmtail man";

/// What people do with cvmtail: why, and the command. The first three are those of the short help.
pub const EXAMPLES: [(&str, &str); 14] = [
    ("Follow genesis on four CVMs", "cvmtail -c '10.0.0.[1-4]' genesis"),
    (
        "Two logs of a cluster of the config, only what went wrong",
        "cvmtail -c @lab -g 'ERROR|FATAL' stargate cassandra",
    ),
    ("On a CVM itself, without ssh", "cvmtail -c local genesis"),
    ("All logs whose name begins with insights_", "cvmtail -c @lab 'insights_*'"),
    ("Any file, by its path", "cvmtail -c nutanix@10.0.0.1 /home/nutanix/data/logs/sysstats/ping_hosts.INFO"),
    ("All crash logs, those that are still to come as well", "cvmtail -c @lab '*.FATAL'"),
    ("All CVMs of the cluster that one CVM is in", "cvmtail --discover 10.0.0.1 genesis"),
    ("Why does it not work?", "cvmtail check -c @lab genesis"),
    ("The last 1000 lines, then end", "cvmtail -c @lab -n 1000 --no-follow genesis > genesis.txt"),
    (
        "Wait at most five minutes for one line",
        "cvmtail -c @lab -n 0 -m 1 --for 5m -g 'Acquired master leadership' genesis",
    ),
    ("Records for a program", "cvmtail -c @lab --json genesis | jq -r 'select(.type==\"line\").line'"),
    (
        "A health report, and the verdict as exit status",
        "cvmtail snapshot -c @lab --max-errors 0 --max-silence 10m genesis stargate",
    ),
    (
        "Metrics for Prometheus's textfile collector, from cron",
        "cvmtail snapshot -c @lab -o prometheus --output-file /var/lib/node_exporter/cvmtail.prom genesis",
    ),
    ("Through a jump host, as another user", "cvmtail -c '10.0.0.[1-4]' --user admin -J bastion genesis"),
];

/// The verbs besides the follow.
pub const COMMANDS: [(&str, &str); 7] = [
    (
        "cvmtail snapshot [OPTIONS] [LOG]...",
        "Look at a window of the logs on all CVMs at once, for a bounded time, and report: what is reached, present and \
         written to, lines per level, the most frequent patterns of warnings and errors, what stands still, what is \
         breached. A record (a traceback) counts once, at its head. A missing or unreadable log was not looked at. \
         See SNAPSHOT.",
    ),
    (
        "cvmtail check [OPTIONS] [LOG]...",
        "Find out, CVM by CVM and step by step, what can be reached: the name, the port (through the jump host), the \
         server's key, the login, a shell with a tail, sessions, the clock; then whether each LOG is there, may be read \
         and is written. What fails is told with its cause and a command that heals it; see DIAGNOSTICS. With -o \
         ndjson, one object per step and a summary.",
    ),
    (
        "cvmtail logs [--json] -c CVM [NAME]...",
        "List the logs that are really on these CVMs, in the log folder and of syslog: name, size, age, what a link \
         leads to, and whether the catalogue or the config has a name for it.",
    ),
    (
        "cvmtail logs [--json] [NAME]...",
        "List the catalogue and the logs of the config, or only those named: each name with its path. \
         Nothing is asked of any CVM.",
    ),
    (
        "cvmtail cvms [--json] [-c CVM]...",
        "List the CVMs that the flags, the environment and the config resolve to, and who named them. Nothing is \
         asked of any CVM but, for --discover, who its cluster is: a port that nobody named is shown as 22, a user that nobody named as ssh's to decide.",
    ),
    (
        "cvmtail completions bash|zsh|fish",
        "Print a completion script for a shell; it asks cvmtail itself, which knows logs, \
      clusters of the config and hosts of ~/.ssh/config.",
    ),
    ("cvmtail man", "Print this page, as troff."),
];

/// What the exit status says.
pub const EXIT_STATUS: [(&str, &str); 6] = [
    (
        "0",
        "Ended by itself, and something was printed; or the reader of stdout went away. A snapshot: healthy. Check: no \
         step failed.",
    ),
    (
        "1",
        "Ended by itself, and nothing matched. A snapshot: a threshold is breached, whatever else is. Check: a step \
         failed.",
    ),
    (
        "2",
        "A stream failed, whatever was printed; or the command line, the environment or the config is wrong. A \
         snapshot: nothing is breached, but not everything could be looked at.",
    ),
    ("129", "Ended by SIGHUP."),
    ("130", "Ended by Ctrl-C (SIGINT)."),
    ("143", "Ended by SIGTERM."),
];

/// The variables that count.
pub const ENVIRONMENT: [(&str, &str); 11] = [
    ("CVMTAIL_CVMS", "CVMs, as for -c, used when none of -c, --discover and --cvm-file is given."),
    ("CVMTAIL_CONFIG", "The config file, unless --config names one."),
    ("XDG_CONFIG_HOME", "The folder of cvmtail/config.toml, instead of ~/.config."),
    ("XDG_CACHE_HOME", "The folder of cvmtail/, where answers to --discover are kept, instead of ~/.cache."),
    ("XDG_RUNTIME_DIR", "Where control sockets of ssh live while cvmtail runs; else the temporary folder."),
    ("TMPDIR", "The temporary folder, instead of /tmp."),
    ("NO_COLOR", "If not empty: no colours, unless --color always."),
    ("CLICOLOR_FORCE", "If neither empty nor 0: colours into pipes and files too."),
    ("TERM", "If dumb: no colours."),
    (
        "COMPLETE",
        "A shell, set by that shell when it has cvmtail complete a command line: `source <(COMPLETE=bash cvmtail)`.",
    ),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "The first that is set: if it does not name UTF-8, check marks its steps in ASCII.",
    ),
];

/// The files that count.
pub const FILES: [(&str, &str); 3] = [
    (
        "~/.config/cvmtail/config.toml",
        "The config; never needed. An unknown key in it is an error, told with line and column.",
    ),
    (
        "~/.cache/cvmtail/",
        "Who is in a cluster, as --discover was told within the last hour; may be removed at any time.",
    ),
    ("~/.ssh/config, ~/.ssh/known_hosts", "Read by ssh, not by cvmtail: whatever works for ssh works here."),
];

/// A config that shows each key.
pub const CONFIG: &str = r#"default_cluster = "lab"
default_logs = ["genesis"]

[clusters.lab]
cvms = ["10.0.0.[1-4]"]
user = "nutanix"
port = 22
jump = "bastion"

[clusters.prod]
discover = "10.1.0.1"

[logs]
ping = "/home/nutanix/data/logs/sysstats/ping_hosts.INFO"

[defaults]
lines = 50
grep = ["ERROR", "FATAL"]
color = "always"

[snapshot]
max-errors = 10
max-silence = "30m"

[snapshot.logs.genesis]
max-errors = 0
max-warnings = 100
fail-on = ["PANIC", "Traceback"]
"#;

/// What the config's defaults mean.
pub const DEFAULTS: &str = "In [defaults], every long flag can have a default, under its own name: true or false for \
     a switch, a text or a number for a value, a list where the flag can be repeated. The command line wins, flag by \
     flag. A switch that the config turns on is turned off by its opposite: --no-refresh, --follow, --reconnect, --no-json, \
     --no-stats, --no-quiet, --no-verbose, --no-ignore-case, --no-smart-case, --no-word-regexp, --no-fixed-strings, --no-records, \
     --no-dedup, --no-timestamps. \
     A relative file is looked for beside the config. A user, port or jump host of a cluster counts before one of \
     [defaults], and after one of the command line.";

/// What the thresholds of a snapshot mean, and its documents.
pub const SNAPSHOT: &str = "Thresholds hold for each CVM and log by itself. They come from the flags, else from \
     [snapshot.logs.NAME] of the config (a name, a glob over names or a path), else from [snapshot], each rule by \
     itself. --since and --until of [defaults] are those of the follow, as are --output and --json. The JSON document \
     has version 1: type, version, from, to, healthy, breaches, cvms, then looked_everywhere, timeout_s, findings (the \
     patterns of all CVMs folded), findings_omitted, standing_still (logs that are silent while they move on another \
     CVM) and comparison (with --compare). Times within it are those the logs and CVMs tell; clock_skew_ms is how far \
     a CVM's clock is ahead, and the window is moved by it. An --output-file is replaced as a whole; two runs at once \
     do not disturb each other.";

/// The end of the short help.
pub fn short() -> String {
    let mut text = String::from("Examples:\n");
    for (_, command) in EXAMPLES.iter().take(3) {
        let _ = writeln!(text, "  {command}");
    }
    text + "\n--help says more; `cvmtail man | man -l -` says all."
}

/// The end of the long help.
pub fn long() -> String {
    let mut text = String::from("Examples:\n");
    for (why, command) in EXAMPLES {
        let _ = writeln!(text, "  # {why}\n  {command}");
    }
    for (heading, entries) in
        [("Exit status", &EXIT_STATUS[..]), ("Environment", &ENVIRONMENT), ("Files", &FILES)]
    {
        let _ = writeln!(text, "\n{heading}:");
        for (term, meaning) in entries {
            let _ = match term.len() {
                ..16 => writeln!(text, "  {term:15} {meaning}"),
                _ => writeln!(text, "  {term}\n                  {meaning}"),
            };
        }
    }
    text + "\n`cvmtail man | man -l -` shows a whole config and what its defaults mean."
}
