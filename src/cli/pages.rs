//! Completion scripts and the man page, generated from the flags.

use std::io;

use clap::Arg;
use clap_complete::shells;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::command::command;
use crate::cli::help;
use crate::options::Shell;

/// The completion script of `shell`. It calls the binary, which knows logs, clusters and hosts; if that does not work,
/// it falls back to the static list of flags.
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
        // zsh takes the command from the first line.
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

/// The changelog, which dates the man page.
const CHANGELOG: &str = include_str!("../../CHANGELOG.md");

/// cvmtail(1) as troff, with each cause of a failure and its fix; writing into a buffer does not fail.
pub fn man(causes: &[(String, String)]) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(command()).title("CVMTAIL").date(release_date()).manual("User Commands");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    section("COMMANDS", &help::COMMANDS).to_writer(&mut page)?;
    page.extend(options(&man)?.into_bytes());
    snapshot().to_writer(&mut page)?;
    examples().to_writer(&mut page)?;
    section("EXIT STATUS", &help::EXIT_STATUS).to_writer(&mut page)?;
    section("ENVIRONMENT", &help::ENVIRONMENT).to_writer(&mut page)?;
    section("FILES", &help::FILES).to_writer(&mut page)?;
    config().to_writer(&mut page)?;
    diagnostics(causes).to_writer(&mut page)?;
    let mut end = Roff::new();
    end.control("SH", ["SEE ALSO"]);
    end.text([bold("ssh"), roman("(1), "), bold("ssh_config"), roman("(5), "), bold("tail"), roman("(1)")]);
    end.to_writer(&mut page)?;
    Ok(tidy(&String::from_utf8_lossy(&page)).into_bytes())
}

/// When this version was released, by the changelog; empty if it has no entry there.
fn release_date() -> &'static str {
    let heading = concat!("## [", env!("CARGO_PKG_VERSION"), "] - ");
    CHANGELOG.lines().find_map(|line| line.strip_prefix(heading)).unwrap_or_default()
}

/// The flags: each group that `--help` shows is a subsection of OPTIONS.
fn options(man: &Man) -> io::Result<String> {
    let mut rendered = Vec::new();
    man.render_options_section(&mut rendered)?;
    let mut options = String::from_utf8_lossy(&rendered).into_owned();
    let quoted = |text: &str| if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() };
    for heading in command().get_arguments().filter_map(Arg::get_help_heading) {
        let section = format!("\n.SH {}\n", quoted(&heading.to_uppercase()));
        options = options.replace(&section, &format!("\n.SS {}\n", quoted(heading)));
    }
    Ok(options)
}

/// The page with one preamble instead of one per section, and vertical space as man(7) wants it written.
fn tidy(page: &str) -> String {
    const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
    let page = page.replace(PREAMBLE, "").replace(".br\n\n.br\n", ".sp\n").replace("\n\n", "\n.sp\n");
    format!("{PREAMBLE}{page}")
}

/// A section of terms, each with its meaning.
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

/// Each cause and below it, indented, the fix: causes are too long to stand beside it.
fn diagnostics(causes: &[(String, String)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["DIAGNOSTICS"]);
    for (number, (cause, fix)) in causes.iter().enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        roff.text([bold(cause.as_str())]);
        roff.control("RS", ["7"]);
        roff.text([roman(fix.as_str())]);
        roff.control("RE", []);
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

fn examples() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    for (number, (why, command)) in help::EXAMPLES.iter().enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        let colon = if why.ends_with('?') { "" } else { ":" };
        roff.text([roman(format!("{why}{colon}"))]);
        verbatim(&mut roff, command);
    }
    roff
}

fn config() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["CONFIG"]);
    roff.text([roman("A config with each kind of entry:")]);
    verbatim(&mut roff, help::CONFIG);
    roff.control("PP", []);
    roff.text([roman(help::DEFAULTS)]);
    roff
}

/// Indented text that troff neither fills nor breaks.
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
