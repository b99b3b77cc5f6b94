//! For each switch the hidden flag that undoes it, so that the command line can overrule the config.

use clap::{Arg, ArgAction, Command};

/// Each switch of the follow, and the id and long name of its opposite. Hidden: shown, they would double the help.
pub const OPPOSITES: [(&str, &str, &str); 14] = [
    ("refresh", "undo_refresh", "no-refresh"),
    ("no_follow", "undo_no_follow", "follow"),
    ("no_reconnect", "undo_no_reconnect", "reconnect"),
    ("ignore_case", "undo_ignore_case", "no-ignore-case"),
    ("smart_case", "undo_smart_case", "no-smart-case"),
    ("word_regexp", "undo_word_regexp", "no-word-regexp"),
    ("fixed_strings", "undo_fixed_strings", "no-fixed-strings"),
    ("records", "undo_records", "no-records"),
    ("dedup", "undo_dedup", "no-dedup"),
    ("timestamps", "undo_timestamps", "no-timestamps"),
    ("json", "undo_json", "no-json"),
    ("stats", "undo_stats", "no-stats"),
    ("quiet", "undo_quiet", "no-quiet"),
    ("verbose", "undo_verbose", "no-verbose"),
];

/// Adds the opposite of each switch: of a switch and its opposite, the last one counts.
pub fn with_opposites(command: Command) -> Command {
    OPPOSITES.into_iter().fold(command, |command, (switch, id, long)| {
        command.arg(
            Arg::new(id)
                .long(long)
                .help(format!("Undo --{}", switch.replace('_', "-")))
                .action(ArgAction::SetTrue)
                .hide(true)
                .overrides_with(switch),
        )
    })
}
