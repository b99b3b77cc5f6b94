//! Completion from the binary itself: names of logs, clusters and hosts that no static script can know.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use clap::Command;
use clap::builder::ArgExt;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, EnvCompleter, Fish, Shells, Zsh};

use crate::cli::command::command;
use crate::sanitize;

/// Words that complete an argument, each with its description.
pub type Candidates = Vec<(String, Option<String>)>;

/// Sources of candidates besides the flags; each is called only when needed.
pub struct Known {
    pub logs: Box<dyn Fn() -> Candidates + Send + Sync>,
    /// In the forms of `-c`: clusters with their `@`, hosts.
    pub cvms: Box<dyn Fn() -> Candidates + Send + Sync>,
}

/// Ids of the arguments that take logs.
const LOGS: [&str; 2] = ["logs", "names"];

/// Ids of the arguments that take CVMs or hosts.
const CVMS: [&str; 4] = ["cvm", "exclude_cvm", "discover", "jump"];

/// Prints the candidates for `arguments`, or the shell code that calls cvmtail for them (`COMPLETE=bash cvmtail`).
///
/// The variable COMPLETE names the shell; without it, this returns false and does nothing.
pub fn answer(arguments: &[OsString], folder: Option<&Path>, known: Known) -> Result<bool, clap::Error> {
    let known = Arc::new(known);
    CompleteEnv::with_factory(|| completed(command(), &known))
        .shells(Shells(&[&OurBash, &Zsh, &Fish]))
        .try_complete(arguments.iter().cloned(), folder)
}

/// The command, with completers for its arguments and those of its verbs.
fn completed(command: Command, known: &Arc<Known>) -> Command {
    let command = command.mut_args(|arg| {
        let id = arg.get_id().as_str().to_owned();
        let known = Arc::clone(known);
        if LOGS.contains(&id.as_str()) {
            with(arg, move |current| complete_word(current, &(known.logs)()))
        } else if CVMS.contains(&id.as_str()) {
            with(arg, move |current| complete_list(current, &(known.cvms)()))
        } else {
            arg
        }
    });
    command.mut_subcommands(|verb| completed(verb, known))
}

fn with(
    arg: clap::Arg,
    complete: impl Fn(&OsStr) -> Vec<CompletionCandidate> + Send + Sync + 'static,
) -> clap::Arg {
    arg.add(into(ArgValueCompleter::new(complete)))
}

/// Lets the compiler infer the kind of extension that an argument takes.
fn into<T: ArgExt>(extension: T) -> T {
    extension
}

/// The candidates for one word.
fn complete_word(current: &OsStr, words: &Candidates) -> Vec<CompletionCandidate> {
    candidates("", current.to_str().unwrap_or_default(), words)
}

/// The candidates for the last entry of a list, keeping a user in front of an `@`.
fn complete_list(current: &OsStr, words: &Candidates) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let entry = current.rfind(',').map_or(0, |comma| comma + 1);
    let host = current[entry..].rfind('@').filter(|at| *at > 0).map_or(entry, |at| entry + at + 1);
    let (kept, begun) = current.split_at(host);
    candidates(kept, begun, words)
}

/// The words that start with `begun`, each behind what is `kept`.
fn candidates(kept: &str, begun: &str, words: &Candidates) -> Vec<CompletionCandidate> {
    // A word that cannot be typed as it is shown is not offered.
    let is_plain = |word: &str| !word.contains(|c| c == '\t' || sanitize::is_shapeless(c));
    let fits = words.iter().filter(|(word, _)| word.starts_with(begun) && is_plain(word));
    fits.map(|(word, help)| {
        CompletionCandidate::new(format!("{kept}{word}"))
            .help(help.as_ref().map(|help| sanitize::text(help).into()))
    })
    .collect()
}

/// bash, configured not to break words at `@`: `@lab` is one word.
struct OurBash;

impl EnvCompleter for OurBash {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> Result<(), io::Error> {
        writeln!(buf, "COMP_WORDBREAKS=${{COMP_WORDBREAKS//@/}}")?;
        Bash.write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> Result<(), io::Error> {
        Bash.write_complete(cmd, args, current_dir, buf)
    }
}

/// The hosts that the text of an ssh config names without a wildcard, and the files that it includes.
///
/// `ssh_config(5)`: keywords in any case, `=` or spaces behind them, words perhaps in quotes, `#` comments.
pub fn hosts(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut hosts, mut files) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let line = line.trim();
        let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
        let (keyword, rest) = line.split_at(end);
        let words =
            rest.split(|c: char| c.is_whitespace() || c == '=' || c == '"').filter(|word| !word.is_empty());
        let is_plain = |word: &&str| !word.contains(['*', '?', '!', '#', ',']);
        match keyword.to_ascii_lowercase().as_str() {
            "host" => hosts.extend(words.filter(is_plain).map(str::to_owned)),
            "include" => files.extend(words.map(str::to_owned)),
            _ => {}
        }
    }
    (hosts, files)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use proptest::prelude::*;

    use super::{CVMS, Candidates, LOGS, complete_list, complete_word, hosts};
    use crate::cli::command::command;

    /// Candidates without help.
    fn words(all: &[&str]) -> Candidates {
        all.iter().map(|word| ((*word).to_owned(), None)).collect()
    }

    /// The values of candidates.
    fn listed(current: &str) -> Vec<String> {
        let found = complete_list(OsStr::new(current), &words(&["@lab", "cvm-a", "cvm-b", "local"]));
        found.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_last_entry_of_a_list_is_completed() {
        assert_eq!(listed("cvm"), ["cvm-a", "cvm-b"]);
        assert_eq!(listed("@"), ["@lab"]);
        assert_eq!(listed("x,@l"), ["x,@lab"]);
        assert_eq!(listed("cvm-a,joe@cvm-b"), ["cvm-a,joe@cvm-b"]);
        assert!(listed("nope").is_empty());
        assert_eq!(complete_word(OsStr::new("ge"), &words(&["genesis", "a"])).len(), 1);
    }

    #[test]
    fn the_arguments_that_are_completed_are_there() {
        let command = command();
        let all: Vec<&str> = std::iter::once(&command)
            .chain(command.get_subcommands())
            .flat_map(|command| command.get_arguments().map(|arg| arg.get_id().as_str()))
            .collect();
        for id in LOGS.iter().chain(&CVMS) {
            assert!(all.contains(id), "{id}");
        }
    }

    #[test]
    fn hosts_are_those_an_ssh_config_names() {
        let (found, files) =
            hosts("# Host no\nHost a b *.x !c\n  hostname d\nHOST=\"e f\"\nInclude conf.d/* more\n");
        assert_eq!(found, ["a", "b", "e", "f"]);
        assert_eq!(files, ["conf.d/*", "more"]);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(host|include)?[ =]?\\PC{0,30}", current in "\\PC{0,12}") {
            hosts(&text);
            listed(&current);
        }
    }
}
