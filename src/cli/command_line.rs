//! A command line that clap accepts, before the config is known.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, FromArgMatches as _};

use crate::cli::command::command;
use crate::cli::{Cli, Verb, defaults};
use crate::config::Config;
use crate::sanitize;
use crate::usage::Usage;

pub struct CommandLine {
    /// The words, the program's own name first.
    arguments: Vec<OsString>,
    /// Which of the flags were typed: `flags` cannot tell a default value from a typed one.
    matches: ArgMatches,
    pub flags: Cli,
}

/// Parses the command line. Help and version are "errors" too, which clap prints and exits 0 with.
pub fn parse(arguments: Vec<OsString>) -> Result<CommandLine, clap::Error> {
    let arguments = verb_first(arguments);
    let matches = command().try_get_matches_from(&arguments)?;
    let flags = Cli::from_arg_matches(&matches)?;
    Ok(CommandLine { arguments, matches, flags })
}

/// The same words with a `--debug FILE` in front of a verb moved behind it: clap takes no verb after a flag.
fn verb_first(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let length = match arguments.get(1).and_then(|first| first.to_str()) {
        Some("--debug") => 2,
        Some(first) if first.starts_with("--debug=") => 1,
        _ => return arguments,
    };
    let verb = arguments.get(1 + length).and_then(|verb| verb.to_str());
    if verb.is_some_and(|verb| command().find_subcommand(verb).is_some()) {
        arguments[1..=1 + length].rotate_left(length);
    }
    arguments
}

/// The same error with the arguments as a terminal may show them: clap repeats them as typed, in colours of its own.
pub fn sanitized(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let shown: Vec<OsString> =
        arguments.iter().map(|argument| sanitize::bytes(argument.as_bytes()).into()).collect();
    if !error.use_stderr() || shown == arguments {
        return error;
    }
    match parse(shown) {
        Err(same) if same.use_stderr() => same,
        // The sanitized arguments are valid although the originals are not: the message goes without colours.
        _ => command()
            .error(error.kind(), sanitize::lines(error.render().to_string().trim_start_matches("error: "))),
    }
}

impl CommandLine {
    /// `--config`, of whichever verb.
    pub fn config_file(&self) -> Option<&PathBuf> {
        match &self.flags.verb {
            None => self.flags.follow.config.file.as_ref(),
            Some(Verb::Check(check)) => check.config.file.as_ref(),
            Some(Verb::Snapshot(snapshot)) => snapshot.config.file.as_ref(),
            Some(Verb::Logs(logs)) => logs.config.file.as_ref(),
            Some(Verb::Cvms(cvms)) => cvms.config.file.as_ref(),
            Some(Verb::Completions { .. } | Verb::Man) => None,
        }
    }

    /// `--debug`, of whichever verb.
    pub fn trace_file(&self) -> Option<&Path> {
        self.flags.debug.as_deref()
    }

    /// Whether the verb reads the config at all.
    pub const fn needs_config(&self) -> bool {
        !matches!(self.flags.verb, Some(Verb::Completions { .. } | Verb::Man))
    }

    /// The flags as if the defaults of the config had been typed, wherever the command line is silent.
    ///
    /// Fails on a default that names no flag or that the flag does not accept, with its place in the config.
    pub fn with_defaults(&self, config: &Config) -> Result<Cli, Usage> {
        defaults::merge(&self.arguments, &self.matches, config)
    }
}
