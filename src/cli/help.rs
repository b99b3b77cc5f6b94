//! Text of the help and the man page besides the flags, written once for both.

use std::fmt::Write as _;

pub const USAGE: &str = "cvmtail [OPTIONS] [LOG]...
       cvmtail snapshot [OPTIONS] [LOG]...
       cvmtail check [OPTIONS] [LOG]...
       cvmtail logs [OPTIONS] [NAME]...
       cvmtail cvms [OPTIONS]
       cvmtail completions <SHELL>
       cvmtail man";

/// Examples: purpose and command. The short help has the first three.
pub const EXAMPLES: [(&str, &str); 14] = [
    ("Follow genesis on four CVMs", "cvmtail -c '10.0.0.[1-4]' genesis"),
    (
        "Follow two logs of a cluster from the config, errors only",
        "cvmtail -c @lab -g 'ERROR|FATAL' stargate cassandra",
    ),
    ("On a CVM itself, without ssh", "cvmtail -c local genesis"),
    ("All logs whose names start with insights_", "cvmtail -c @lab 'insights_*'"),
    ("Any file, by its path", "cvmtail -c nutanix@10.0.0.1 /home/nutanix/data/logs/sysstats/ping_hosts.INFO"),
    ("All crash logs, including those that appear later", "cvmtail -c @lab '*.FATAL'"),
    ("All CVMs of the cluster that one CVM belongs to", "cvmtail --discover 10.0.0.1 genesis"),
    ("Find out why it does not work", "cvmtail check -c @lab genesis"),
    ("Save the last 1000 lines", "cvmtail -c @lab -n 1000 --no-follow genesis > genesis.txt"),
    (
        "Wait for one line, at most five minutes",
        "cvmtail -c @lab -n 0 -m 1 --for 5m -g 'Acquired master leadership' genesis",
    ),
    ("Feed a program", "cvmtail -c @lab --json genesis | jq -r 'select(.type==\"line\").line'"),
    (
        "Report the health of logs, with a verdict as exit status",
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
        "Read a time window of the logs on all CVMs at once, for a limited time, and report: which CVMs are reachable, \
         which logs exist and are being written, lines per level, the most frequent patterns of warnings and errors, \
         logs that stand still, thresholds breached. A record (a traceback) counts once, at its first line. A log that \
         is missing or unreadable was not read. See SNAPSHOT.",
    ),
    (
        "cvmtail check [OPTIONS] [LOG]...",
        "Check each CVM step by step: the name, the port (through the jump host), the host key, the login, a shell with \
         tail, sessions, the clock; then for each LOG whether it exists, is readable and is being written. A failed \
         step is reported with its cause and a command that fixes it; see DIAGNOSTICS. With -o ndjson, one object per \
         step and a summary.",
    ),
    (
        "cvmtail logs [--json] -c CVM [NAME]...",
        "List the log files on these CVMs, in the log directory and of syslog: name, size, age, link target, and \
         whether the catalogue or the config has a name for the file.",
    ),
    (
        "cvmtail logs [--json] [NAME]...",
        "List the logs of the catalogue and of the config, or only those named, with their paths. Does not connect to \
         any CVM.",
    ),
    (
        "cvmtail cvms [--json] [-c CVM]...",
        "List the CVMs that the flags, the environment and the config resolve to, and where each comes from. Does not \
         connect to any CVM except for --discover. Without an explicit port, 22 is shown; without an explicit user, \
         ssh decides.",
    ),
    (
        "cvmtail completions bash|zsh|fish",
        "Print a completion script for a shell. The script calls cvmtail itself, which completes logs, clusters of the \
         config and hosts of ~/.ssh/config.",
    ),
    ("cvmtail man", "Print this page as troff."),
];

pub const EXIT_STATUS: [(&str, &str); 6] = [
    (
        "0",
        "Ended by itself, and something was printed; or the reader of stdout went away. Snapshot: healthy. Check: no \
         step failed.",
    ),
    (
        "1",
        "Ended by itself, and nothing matched. Snapshot: a threshold is breached, whatever else happened. Check: a step \
         failed.",
    ),
    (
        "2",
        "A stream failed, whatever was printed; or the command line, the environment or the config is wrong. \
         Snapshot: no threshold is breached, but not everything could be read.",
    ),
    ("129", "Ended by SIGHUP."),
    ("130", "Ended by Ctrl-C (SIGINT)."),
    ("143", "Ended by SIGTERM."),
];

pub const ENVIRONMENT: [(&str, &str); 12] = [
    ("CVMTAIL_CVMS", "CVMs, in the forms of -c, if none of -c, --discover and --cvm-file is given."),
    ("CVMTAIL_CONFIG", "Config file, if --config is not given."),
    ("CVMTAIL_LOG", "File of the trace, if --debug is not given."),
    ("XDG_CONFIG_HOME", "Directory of cvmtail/config.toml, instead of ~/.config."),
    ("XDG_CACHE_HOME", "Directory of cvmtail/, where answers to --discover are cached, instead of ~/.cache."),
    (
        "XDG_RUNTIME_DIR",
        "Directory of ssh control sockets while cvmtail runs, instead of the temporary directory.",
    ),
    ("TMPDIR", "Temporary directory, instead of /tmp."),
    ("NO_COLOR", "If not empty: no colors, unless --color always is given."),
    ("CLICOLOR_FORCE", "If neither empty nor 0: colors also into pipes and files."),
    ("TERM", "If dumb: no colors."),
    (
        "COMPLETE",
        "Set by a shell that has cvmtail complete a command line: `source <(COMPLETE=bash cvmtail)`.",
    ),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "If the first one that is set does not name UTF-8, check and snapshot draw in ASCII.",
    ),
];

pub const FILES: [(&str, &str); 3] = [
    (
        "~/.config/cvmtail/config.toml",
        "The config; optional. An unknown key in it is an error, reported with line and column.",
    ),
    ("~/.cache/cvmtail/", "Answers to --discover of the last hour; may be removed at any time."),
    ("~/.ssh/config, ~/.ssh/known_hosts", "Read by ssh, not by cvmtail: what works for ssh works here."),
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

/// What `[defaults]` of the config means.
pub const DEFAULTS: &str = "In [defaults], every long flag can have a default, under its own name: true or false for \
     a switch, a string or a number for a value, a list where the flag is repeatable. The command line takes \
     precedence, flag by flag. A switch that the config turns on is turned off by its opposite: --no-refresh, --follow, \
     --reconnect, --no-json, --no-stats, --no-quiet, --no-verbose, --no-ignore-case, --no-smart-case, \
     --no-word-regexp, --no-fixed-strings, --no-records, --no-dedup, --no-timestamps. A relative file name is \
     relative to the directory of the config. The user, port or jump host of a cluster takes precedence over \
     [defaults], and the command line over both.";

/// What the thresholds of a snapshot mean, and its JSON document.
pub const SNAPSHOT: &str = "Thresholds apply to each CVM and log separately. They come from the flags, else from \
     [snapshot.logs.NAME] of the config (a name, a glob over names or a path), else from [snapshot], each threshold by \
     itself. --since, --until, --output and --json of [defaults] apply to the follow only. The JSON document has \
     version 1: type, version, from, to, healthy, breaches, cvms, then looked_everywhere, timeout_s, findings (the \
     patterns of all CVMs merged), findings_omitted, standing_still (logs that are silent here but written on another \
     CVM) and comparison (with --compare). Times in it are those of the logs and the CVMs; clock_skew_ms is how far \
     the clock of a CVM is ahead, and the window is shifted by it. An --output-file is replaced atomically, so \
     concurrent runs do not disturb each other.";

/// The end of the short help.
pub fn short() -> String {
    let mut text = String::from("Examples:\n");
    for (_, command) in EXAMPLES.iter().take(3) {
        let _ = writeln!(text, "  {command}");
    }
    text + "\nSee --help for more, and `cvmtail man | man -l -` for everything."
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
    text + "\nSee `cvmtail man | man -l -` for a complete config and the meaning of its defaults."
}
