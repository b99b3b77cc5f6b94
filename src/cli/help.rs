//! What the help and the man page say beside the flags, written once for both.

use std::fmt::Write as _;

/// The ways to call cvmtail.
pub const USAGE: &str = "cvmtail [OPTIONS] [LOG]...
       cvmtail snapshot [OPTIONS] [LOG]...
       cvmtail logs [NAME]...
       cvmtail cvms [OPTIONS]
       cvmtail completions <SHELL>
       cvmtail man";

/// What people do with cvmtail: why, and the command. The first three are those of the short help.
pub const EXAMPLES: [(&str, &str); 9] = [
    ("Follow genesis on four CVMs", "cvmtail -c '10.0.0.[1-4]' genesis"),
    (
        "Two logs of a cluster of the config, only what went wrong",
        "cvmtail -c @lab -g 'ERROR|FATAL' stargate cassandra",
    ),
    ("On a CVM itself, without ssh", "cvmtail -c local genesis"),
    ("All logs whose name begins with insights_", "cvmtail -c @lab 'insights_*'"),
    ("Any file, by its path", "cvmtail -c nutanix@10.0.0.1 /home/nutanix/data/logs/sysstats/ping_hosts.INFO"),
    ("The last 1000 lines, then end", "cvmtail -c @lab -n 1000 --no-follow genesis > genesis.txt"),
    (
        "Wait at most five minutes for one line",
        "cvmtail -c @lab -n 0 -m 1 --for 5m -g 'Acquired master leadership' genesis",
    ),
    ("Records for a program", "cvmtail -c @lab --json genesis | jq -r 'select(.type==\"line\").line'"),
    ("Through a jump host, as another user", "cvmtail -c '10.0.0.[1-4]' --user admin -J bastion genesis"),
];

/// The verbs besides the follow.
pub const COMMANDS: [(&str, &str); 4] = [
    (
        "cvmtail logs [--json] [NAME]...",
        "List the catalogue and the logs of the config, or only those named: each name with its path. \
         Nothing is asked of any CVM.",
    ),
    (
        "cvmtail cvms [--json] [-c CVM]...",
        "List the CVMs that the flags, the environment and the config resolve to, and who named them. Nothing is \
         asked of any CVM: a port that nobody named is shown as 22, a user that nobody named as ssh's to decide.",
    ),
    ("cvmtail completions bash|zsh|fish", "Print a completion script for a shell."),
    ("cvmtail man", "Print this page, as troff."),
];

/// What the exit status says.
pub const EXIT_STATUS: [(&str, &str); 6] = [
    ("0", "Ended by itself, and something was printed; or the reader of stdout went away."),
    ("1", "Ended by itself, and nothing matched."),
    (
        "2",
        "A stream failed, whatever was printed; or the command line, the environment or the config is wrong.",
    ),
    ("129", "Ended by SIGHUP."),
    ("130", "Ended by Ctrl-C (SIGINT)."),
    ("143", "Ended by SIGTERM."),
];

/// The variables that count.
pub const ENVIRONMENT: [(&str, &str); 8] = [
    ("CVMTAIL_CVMS", "CVMs, as for -c, used when neither -c nor --cvm-file is given."),
    ("CVMTAIL_CONFIG", "The config file, unless --config names one."),
    ("XDG_CONFIG_HOME", "The folder of cvmtail/config.toml, instead of ~/.config."),
    ("XDG_RUNTIME_DIR", "Where control sockets of ssh live while cvmtail runs; else the temporary folder."),
    ("TMPDIR", "The temporary folder, instead of /tmp."),
    ("NO_COLOR", "If not empty: no colours, unless --color always."),
    ("CLICOLOR_FORCE", "If neither empty nor 0: colours into pipes and files too."),
    ("TERM", "If dumb: no colours."),
];

/// The files that count.
pub const FILES: [(&str, &str); 2] = [
    (
        "~/.config/cvmtail/config.toml",
        "The config; never needed. An unknown key in it is an error, told with line and column.",
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

[logs]
ping = "/home/nutanix/data/logs/sysstats/ping_hosts.INFO"

[defaults]
lines = 50
grep = ["ERROR", "FATAL"]
color = "always"
"#;

/// What the config's defaults mean.
pub const DEFAULTS: &str = "In [defaults], every long flag can have a default, under its own name: true or false for \
     a switch, a text or a number for a value, a list where the flag can be repeated. The command line wins, flag by \
     flag. A switch that the config turns on is turned off by its opposite: --follow, --reconnect, --no-json, \
     --no-stats, --no-quiet, --no-verbose, --no-ignore-case, --no-smart-case, --no-word-regexp, --no-fixed-strings, --no-records, \
     --no-dedup, --no-timestamps. \
     A relative file is looked for beside the config. A user, port or jump host of a cluster counts before one of \
     [defaults], and after one of the command line.";

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
