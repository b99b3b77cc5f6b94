//! Pure: turns messages of ssh, sshd and the remote shell into a [`Failure`] with cause and fix.
//!
//! The [table] has a row per cause; [`ssh_failure`], [`connect_failure`], [`connection_lost`] and [`no_shell`] find the row
//! that explains an output, and [`because`] and [`log_failure`] take one that cvmtail found out by itself. What a
//! server may write into the output is never trusted: it cannot put a host, a file or a command into a hint.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::cluster::target::RemotePath;
use crate::failure::{Failure, Kind};
use crate::hint::{Hint, ShellCommand, Value};

pub mod cause;
mod connecting;
mod endpoint;
#[cfg(test)]
mod hostile;
pub mod manual;
pub mod route;
mod ssh_output;
pub mod table;
#[cfg(test)]
mod tests;

use cause::{Cause, Stage};
pub use endpoint::Endpoint;
use manual::causes;
pub use ssh_output::repeats_server;

/// The cause in the output of an `ssh` that ended before its connection was up.
///
/// The last line decides, because banners and warnings come first; a line that only echoes an earlier one
/// decides if no row matches an earlier one. An echo below a line with a row means that the line comes from
/// the `ssh` to a jump host.
pub fn ssh_failure(words: &[u8], endpoint: &Endpoint) -> Failure {
    let text = String::from_utf8_lossy(words);
    let mut echo: Option<RowMatch> = None;
    // `Some(true)`: certainly through a hop; `Some(false)`: only if a row matches a line above.
    let mut hop: Option<bool> = None;
    // How many connections were to go over the one that failed: each logs that its proxy has ended.
    let mut above = 0;
    for line in lines(&text).rev() {
        above += usize::from(is_cut_short(line));
        match find_row(line, STAGES) {
            Some(found) if found.cause.stage == Stage::Echo && found.cause.kind == Kind::Dropped => {
                hop = hop.max(is_through_hop(line, endpoint));
                echo = Some(found);
            }
            Some(found) if found.cause.stage == Stage::Echo => echo = Some(found),
            Some(found) if found.cause.stage == Stage::Connecting && hop.is_some() => {
                return hop_failure(&found, &text, endpoint, above);
            }
            // One of them is the CVM's; if there are more, it is the next hop that was not reached.
            Some(found) if found.cause.stage == Stage::BehindJump && above > 1 => {
                return hop_failure(&found, &text, endpoint, above - 1);
            }
            Some(found) => return failure(&found, &text, endpoint),
            None if hop == Some(true) && !is_aside(line) && is_drop(echo.as_ref()) => {
                return hop_failure(&RowMatch { cause: &HOP, line, captures: None }, &text, endpoint, above);
            }
            None => {}
        }
    }
    match echo {
        Some(found) if hop == Some(true) || (hop.is_some() && found.cause.kind != Kind::Dropped) => {
            hop_failure(&found, &text, endpoint, above)
        }
        Some(found) => failure(&found, &text, endpoint),
        None => {
            let last = lines(&text).next_back().unwrap_or("it did not say why");
            failure(&RowMatch { cause: &UNKNOWN, line: last, captures: None }, &text, endpoint)
        }
    }
}

/// Why an `ssh` ended before its connection was up, from its log and what else came on its stderr.
///
/// The log is ssh's own and decides wherever it can. The rest contains the server's banner, which may imitate ssh; but
/// that comes only after both have greeted each other. So the rest counts, as output of the `ssh` to a jump host, only
/// where the log has no more than the end of that one before any greeting, or nothing at all.
pub fn connect_failure(log: &[u8], rest: &[u8], endpoint: &Endpoint) -> Failure {
    let own = ssh_output::own_log(log);
    let logged: Vec<&str> = lines(&own).collect();
    let ended = logged.iter().position(|line| is_cut_short(line)).unwrap_or(logged.len());
    let (before, end) = logged.split_at(ended);
    let decides = if end.is_empty() {
        !before.is_empty()
    } else {
        end.iter().any(|line| find_row(line, STAGES).is_some_and(|found| found.cause.stage != Stage::Echo))
    };
    let (rest, others) = (ssh_output::other_output(rest), ssh_output::before_log(rest, endpoint));
    let text = if decides {
        format!("{others}\n{own}")
    } else {
        format!("{}\n{rest}\n{}", before.join("\n"), end.join("\n"))
    };
    ssh_failure(text.as_bytes(), endpoint)
}

/// Why the connection of an `ssh` broke that was up: always [`Kind::Lost`].
pub fn connection_lost(log: &[u8], rest: &[u8], endpoint: &Endpoint) -> Failure {
    let text = format!("{}\n{}", ssh_output::other_output(rest), ssh_output::own_log(log));
    let found = lines(&text).rev().find_map(|line| find_row(line, &[Stage::Connected]));
    found.map_or_else(
        || {
            because(
                &table::LOST,
                endpoint,
                &lines(&text).next_back().map_or_else(String::new, |last| format!(": {last}")),
            )
        },
        |found| failure(&found, &text, endpoint),
    )
}

/// Why no shell runs our script: what came instead of its first record, until the channel ended with `code`
/// (`None`: by a signal, or not at all).
pub fn no_shell(stdout: &[u8], stderr: &[u8], code: Option<u8>, endpoint: &Endpoint) -> Failure {
    let noise = [String::from_utf8_lossy(stderr), String::from_utf8_lossy(stdout)];
    for text in &noise {
        if let Some(found) = lines(text).find_map(|line| find_row(line, &[Stage::Shell])) {
            return failure(&found, text, endpoint);
        }
    }
    let heard = noise[1].lines().chain(noise[0].lines()).map(str::trim).find(|line| !line.is_empty());
    let detail = match (heard, code) {
        (Some(line), _) => format!("“{}”", shortened(line)),
        (None, Some(code)) => format!("the command ended with status {code} without output"),
        (None, None) => "the command was killed without output".to_owned(),
    };
    because(&table::NO_SHELL, endpoint, &detail)
}

/// The failure of the log at `path`, with one of [`table::MISSING`], [`table::ABSENT`],
/// [`table::UNREADABLE`], [`table::NOT_A_FILE`], [`table::UNDATED`], [`table::READ`].
pub fn log_failure(cause: &'static Cause, path: &RemotePath, endpoint: &Endpoint) -> Failure {
    build(&RowMatch { cause, line: "", captures: None }, "", endpoint, Some(path))
}

/// The same with a `detail` that fills the sentence's `{detail}`.
pub fn log_failure_because(
    cause: &'static Cause,
    path: &RemotePath,
    detail: &str,
    endpoint: &Endpoint,
) -> Failure {
    build(&RowMatch { cause, line: detail, captures: None }, "", endpoint, Some(path))
}

/// The failure with a cause that cvmtail found out by itself; `detail` fills the sentence's `{detail}`.
pub fn because(cause: &'static Cause, endpoint: &Endpoint, detail: &str) -> Failure {
    failure(&RowMatch { cause, line: detail, captures: None }, "", endpoint)
}

/// An error of a system call on this machine, as a failure of the CVM that needed it.
pub fn local_failure(error: &std::io::Error, endpoint: &Endpoint) -> Failure {
    match error.raw_os_error() {
        // EMFILE and ENFILE: of this process, of this machine.
        Some(23 | 24) => because(&table::FILES, endpoint, ""),
        _ => because(&table::HERE, endpoint, &error.to_string()),
    }
}

/// The stages at which an `ssh` that does not connect writes.
const STAGES: &[Stage] = &[Stage::Connecting, Stage::BehindJump, Stage::Echo];

/// Whether ssh, of any version, logs this line when the connection ended before the server's greeting. It does so too
/// when its proxy has ended, whether it was read from or written to first.
fn is_cut_short(line: &str) -> bool {
    line.split_once("_exchange_identification: ").is_some_and(|(_, what)| {
        what.starts_with("Connection closed")
            || what.ends_with(": Broken pipe")
            || what.ends_with("reset by peer")
    })
}

/// Output of the `ssh` to a jump host that matches no row.
const HOP: Cause =
    Cause { kind: Kind::Jump, stage: Stage::Nowhere, pattern: "", sentence: "{detail}", fix: "" };

/// The cause if no line matches a row.
const UNKNOWN: Cause = Cause {
    kind: Kind::Dropped,
    stage: Stage::Nowhere,
    pattern: "",
    sentence: "ssh gave up on {host}: {detail}",
    fix: "try `{login}`",
};

/// A line, and the row that explains it.
struct RowMatch<'a> {
    cause: &'static Cause,
    line: &'a str,
    captures: Option<Captures<'a>>,
}

/// The table's expressions, compiled when the first failure needs them; an empty one matches nothing.
static PATTERNS: LazyLock<Vec<Option<Regex>>> = LazyLock::new(|| {
    causes().map(|cause| Regex::new(cause.pattern).ok().filter(|_| !cause.pattern.is_empty())).collect()
});

/// The lines of `text` without debug output and empty lines.
fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| {
        let debug = line.strip_prefix("debug").and_then(|rest| rest.as_bytes().first().copied());
        !line.is_empty() && !debug.is_some_and(|level| level.is_ascii_digit())
    })
}

/// The first row of one of the `stages` that explains `line`.
fn find_row<'a>(line: &'a str, stages: &[Stage]) -> Option<RowMatch<'a>> {
    causes().zip(PATTERNS.iter()).filter(|(cause, _)| stages.contains(&cause.stage)).find_map(
        |(cause, words)| {
            let captures = words.as_ref()?.captures(line)?;
            Some(RowMatch { cause, line, captures: Some(captures) })
        },
    )
}

/// Whether ssh logs this echo because its proxy has ended: certainly, perhaps, or not (`None`).
fn is_through_hop(echo: &str, endpoint: &Endpoint) -> Option<bool> {
    if echo.contains("UNKNOWN port 65535") || echo.starts_with("stdio forwarding") {
        Some(true)
    } else {
        is_cut_short(echo).then_some(endpoint.jump.is_some() || endpoint.proxy.is_some())
    }
}

/// Whether no more is known so far than that the connection ended.
fn is_drop(echo: Option<&RowMatch>) -> bool {
    echo.is_none_or(|echo| echo.cause.kind == Kind::Dropped)
}

/// Whether ssh goes on after this line.
fn is_aside(line: &str) -> bool {
    line.starts_with("Warning: ") || KEY_WARNING.is_match(line)
}

/// A failure of the hop over which `above` connections were to go: its own cause, reported as the jump host's.
fn hop_failure(found: &RowMatch, text: &str, endpoint: &Endpoint, above: usize) -> Failure {
    if let (None, Some(command)) = (&endpoint.jump, &endpoint.proxy) {
        let inner = failure(found, text, endpoint);
        return Failure {
            kind: kind_on_route(inner.kind),
            message: format!("the ProxyCommand of your ssh config does not connect: {}", inner.message),
            hint: Hint::fill("see what `{command}` says", |_| {
                Value::Command(Cow::Owned(ShellCommand::from_config(command)))
            })
            .or_else(|| Some(Hint::from("see what the ProxyCommand of your ssh config says"))),
        };
    }
    let (name, hop) = endpoint.hop(above);
    let inner = failure(found, text, &hop);
    let by_hand = |template| Hint::fill(template, |name| hop.hint_value(name));
    let hint = match inner.kind {
        Kind::Auth => by_hand("add your public key to the jump host[; try `{login}`]"),
        _ => inner.hint.or_else(|| by_hand("try `{login}`")),
    };
    Failure {
        kind: kind_on_route(inner.kind),
        message: format!("cannot connect through the jump host {name}: {}", inner.message),
        hint,
    }
}

/// The kind of a failure that happened before the CVM. The cause decides whether it is tried again, not the place: a
/// hop that is only busy is tried again at once, one that refuses never.
const fn kind_on_route(kind: Kind) -> Kind {
    match kind {
        Kind::Dropped => Kind::Dropped,
        kind if kind.is_transient() => Kind::Jump,
        _ => Kind::JumpRefused,
    }
}

/// The failure of a row, its sentences filled in.
fn failure(found: &RowMatch, text: &str, endpoint: &Endpoint) -> Failure {
    build(found, text, endpoint, None)
}

/// The same about `path`.
fn build(found: &RowMatch, text: &str, endpoint: &Endpoint, path: Option<&RemotePath>) -> Failure {
    let caught =
        |name: &str| found.captures.as_ref().and_then(|captures| captures.name(name)).map(|hit| hit.as_str());
    // A host that the output names counts only if it is the one we asked for: not all of the output is ssh's own.
    let host =
        caught("host").filter(|host| endpoint.is_host(host)).map_or(endpoint.value("host"), Cow::Borrowed);
    let port = caught("port").and_then(|port| port.parse().ok()).map(|port: u16| port.to_string());
    let port = port.map_or(endpoint.value("port"), Cow::Owned);
    let user = caught("user").or(endpoint.user.as_deref());
    let asked = endpoint.user.as_deref();
    let who = |user: Option<&str>| user.map_or_else(|| host.to_string(), |user| format!("{user}@{host}"));
    let value = |name: &str| -> String {
        match name {
            "detail" => shortened(found.line),
            "path" => path.map_or_else(String::new, ToString::to_string),
            "who" => who(user),
            "host" => host.to_string(),
            "port" => port.to_string(),
            _ => caught(name).map_or_else(|| endpoint.value(name).into_owned(), str::to_owned),
        }
    };
    let known = || endpoint.known_name(caught("known").or_else(|| caught("revoked")));
    let hint = Hint::fill(found.cause.fix, |name| match name {
        "path" => path.map_or(Value::Nothing, |path| Value::Path(Cow::Borrowed(&path.0))),
        "who" => Value::word(who(asked)),
        "host" => Value::word(host.to_string()),
        "port" => Value::word(port.to_string()),
        "keyscan" => Value::Command(Cow::Owned(keyscan(&known(), endpoint))),
        "forget" => Value::Command(Cow::Owned(forget(&known(), text, endpoint))),
        name => endpoint.hint_value(name),
    });
    let mut failure = Failure { kind: found.cause.kind, message: fill(found.cause.sentence, value), hint };
    if found.cause.kind == Kind::Auth {
        if let Some(clue) = lines(text).find(|line| KEY_WARNING.is_match(line)) {
            let _ = write!(failure.message, "; your ssh says: {}", shortened(clue));
        }
        if user != Some("nutanix") {
            failure.hint = failure.hint.map(|hint| hint.behind("check the user (`--user nutanix`); "));
        }
    }
    failure
}

/// What ssh logs about the user's own keys before the login is refused.
static KEY_WARNING: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"^(Load key |Permissions \d+ for .* are too open|sign_and_send_pubkey: |no such identity: |.*Identity file .* not accessible)";
    Regex::new(words).expect("a constant expression")
});

/// `template` with each `{name}` replaced by its value; placeholders in values stay as they are.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        text.push_str(before);
        text.push_str(&value(name));
        rest = behind;
    }
    text + rest
}

/// The command that fetches the host key of the server known as `known`, run on the last jump host if there is one.
fn keyscan(known: &str, endpoint: &Endpoint) -> ShellCommand {
    let bracketed = known.strip_prefix('[').and_then(|rest| rest.rsplit_once("]:"));
    let mut line = ShellCommand::new("ssh-keyscan");
    match bracketed {
        Some((host, port)) => {
            line.flag("-p", port);
            line.value(host);
        }
        None => line.value(known),
    }
    if endpoint.jump.is_some() {
        line = endpoint.hop(1).1.login.run(&line);
    }
    line.words(">> ~/.ssh/known_hosts");
    line
}

/// The command that removes the host key of the server known as `known` from the file that ssh named.
fn forget(known: &str, text: &str, endpoint: &Endpoint) -> ShellCommand {
    let file = lines(text).find_map(|line| {
        let place = line.strip_prefix("Offending ")?.split_once(" key in ")?.1;
        place.rsplit_once(':').map(|(file, _)| file)
    });
    let mut line = ShellCommand::new("ssh-keygen");
    if let Some(file) = file.filter(|file| endpoint.is_known_hosts(file)) {
        line.flag("-f", file);
    }
    line.flag("-R", known);
    line
}

/// At most 160 characters of a foreign line.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
