//! Completion scripts and the man page, made from the flags themselves.

use std::io;

use clap::Arg;
use clap_complete::shells;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{command, help};
use crate::options::Shell;

/// The completion script of `shell`: it has the binary complete, which knows logs, clusters and hosts, and where
/// that does not work, the flags as they are now.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let mut command = command();
    let name = command.get_name().to_owned();
    match shell {
        Shell::Bash => clap_complete::generate(shells::Bash, &mut command, name, &mut script),
        Shell::Zsh => clap_complete::generate(shells::Zsh, &mut command, name, &mut script),
        Shell::Fish => clap_complete::generate(shells::Fish, &mut command, name, &mut script),
    }
    let (head, tail): (&[u8], &[u8]) = match shell {
        Shell::Bash => (
            b"if __cvmtail_own=\"$(COMPLETE=bash cvmtail 2>/dev/null)\" && [ -n \"$__cvmtail_own\" ]; then
eval \"$__cvmtail_own\"
else
",
            b"
fi
unset __cvmtail_own
",
        ),
        // The first line says what the file is for.
        Shell::Zsh => (
            b"#compdef cvmtail
local __cvmtail_own
if __cvmtail_own=\"$(COMPLETE=zsh cvmtail 2>/dev/null)\" && [ -n \"$__cvmtail_own\" ]; then
eval \"$__cvmtail_own\"
[ \"$funcstack[1]\" = \"_cvmtail\" ] && _clap_dynamic_completer_cvmtail \"$@\"
else
",
            b"
fi
",
        ),
        Shell::Fish => (
            b"set -l __cvmtail_own
if command -q cvmtail
set __cvmtail_own (COMPLETE=fish cvmtail 2>/dev/null | string collect)
end
if test -n \"$__cvmtail_own\"
echo $__cvmtail_own | source
else
",
            b"
end
",
        ),
    };
    [head, &script, tail].concat()
}

/// cvmtail(1) as troff, with each cause of a failure and its fix; writing into a buffer does not fail.
pub fn man(causes: &[(String, String)]) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(command()).manual("User Commands");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    section("COMMANDS", &help::COMMANDS).to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    snapshot().to_writer(&mut page)?;
    examples().to_writer(&mut page)?;
    section("EXIT STATUS", &help::EXIT_STATUS).to_writer(&mut page)?;
    section("ENVIRONMENT", &help::ENVIRONMENT).to_writer(&mut page)?;
    section("FILES", &help::FILES).to_writer(&mut page)?;
    config().to_writer(&mut page)?;
    let causes: Vec<(&str, &str)> =
        causes.iter().map(|(cause, fix)| (cause.as_str(), fix.as_str())).collect();
    section("DIAGNOSTICS", &causes).to_writer(&mut page)?;
    let mut end = Roff::new();
    end.control("SH", ["SEE ALSO"]);
    end.text([bold("ssh"), roman("(1), "), bold("ssh_config"), roman("(5), "), bold("tail"), roman("(1)")]);
    end.to_writer(&mut page)?;
    Ok(page)
}

/// A section of terms, each with what it means.
fn section(heading: &str, entries: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (term, meaning) in entries {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
    roff
}

/// What the snapshot takes beyond the flags that all share.
fn snapshot() -> Roff {
    let mut whole = command();
    whole.build();
    let mut roff = Roff::new();
    roff.control("SH", ["SNAPSHOT"]);
    roff.text([roman(help::SNAPSHOT)]);
    let shared = |arg: &Arg| {
        whole
            .get_arguments()
            .any(|other| other.get_id() == arg.get_id() && other.get_help() == arg.get_help())
    };
    let own = whole.find_subcommand("snapshot").into_iter().flat_map(clap::Command::get_arguments);
    for arg in own.filter(|arg| arg.get_long().is_some() && arg.get_id() != "help" && !shared(arg)) {
        roff.control("TP", []);
        roff.text([bold(arg.to_string())]);
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let words: Vec<String> =
            arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
        roff.text([roman(format!("{help}{words}"))]);
    }
    roff
}

/// The examples, each under what it is for.
fn examples() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    for (why, command) in help::EXAMPLES {
        roff.control("PP", []);
        roff.text([roman(format!("{why}:"))]);
        verbatim(&mut roff, command);
    }
    roff
}

/// The config: every key once, and what the defaults mean.
fn config() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["CONFIG"]);
    roff.text([roman("A config that shows each kind of entry:")]);
    verbatim(&mut roff, help::CONFIG);
    roff.control("PP", []);
    roff.text([roman(help::DEFAULTS)]);
    roff
}

/// Text that is neither filled nor broken, indented.
fn verbatim(roff: &mut Roff, text: &str) {
    roff.control("PP", []);
    roff.control("RS", ["4"]);
    roff.control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("RE", []);
}
