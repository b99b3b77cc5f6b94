//! ssh's, sshd's, the shell's and tail's own words turned into a [`Failure`] with cause and fix. Pure.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::cluster::target::RemotePath;
use crate::failure::{Failure, Kind};
use crate::hint::{Hint, Line, Value};

mod about;
pub mod cause;
mod connecting;
#[cfg(test)]
mod hostile;
pub mod manual;
pub mod route;
pub mod table;
#[cfg(test)]
mod tests;
mod words;

pub use about::About;
use cause::{Cause, Heard};
use manual::causes;
pub use words::repeats_server;

/// The words of an `ssh` that ended before its connection was up.
///
/// The last line decides, because banners and warnings come first; a line that only echoes an earlier
/// one decides if no earlier one is understood. An echo below an understood line tells that the
/// understood one was said by the `ssh` to a jump host.
pub fn connecting(words: &[u8], about: &About) -> Failure {
    let text = String::from_utf8_lossy(words);
    let mut echo: Option<Found> = None;
    // `Some(true)`: certainly through a hop; `Some(false)`: so it is if a line above is understood.
    let mut hop: Option<bool> = None;
    // How many connections were to go over the one that failed: each says that its way has ended.
    let mut above = 0;
    for line in said(&text).rev() {
        above += usize::from(is_cut_off(line));
        match find(line, MOMENTS) {
            Some(found) if found.cause.heard == Heard::Echo && found.cause.kind == Kind::Dropped => {
                hop = hop.max(through_a_hop(line, about));
                echo = Some(found);
            }
            Some(found) if found.cause.heard == Heard::Echo => echo = Some(found),
            Some(found) if found.cause.heard == Heard::Connecting && hop.is_some() => {
                return of_hop(&found, &text, about, above);
            }
            // One of them is the CVM's; if there are more, it is the next hop that was not reached.
            Some(found) if found.cause.heard == Heard::BehindJump && above > 1 => {
                return of_hop(&found, &text, about, above - 1);
            }
            Some(found) => return tell(&found, &text, about),
            None if hop == Some(true) && !aside(line) && is_drop(echo.as_ref()) => {
                return of_hop(&Found { cause: &HOP, line, captures: None }, &text, about, above);
            }
            None => {}
        }
    }
    match echo {
        Some(found) if hop == Some(true) || (hop.is_some() && found.cause.kind != Kind::Dropped) => {
            of_hop(&found, &text, about, above)
        }
        Some(found) => tell(&found, &text, about),
        None => {
            let last = said(&text).next_back().unwrap_or("it did not say why");
            tell(&Found { cause: &UNKNOWN, line: last, captures: None }, &text, about)
        }
    }
}

/// Why an `ssh` ended before its connection was up: its log, and what else came on its stderr.
///
/// The log is ssh's own and decides wherever it can. The rest has the server's banner in it, which may imitate ssh; but
/// that comes only after both have greeted each other. So the rest counts, as the words of the `ssh` to a jump host,
/// only where the log has no more than the end of that one before any greeting, or nothing at all.
pub fn refusal(log: &[u8], rest: &[u8], about: &About) -> Failure {
    let own = words::of_one(log);
    let logged: Vec<&str> = said(&own).collect();
    let ended = logged.iter().position(|line| is_cut_off(line)).unwrap_or(logged.len());
    let (before, end) = logged.split_at(ended);
    let decides = if end.is_empty() {
        !before.is_empty()
    } else {
        end.iter().any(|line| find(line, MOMENTS).is_some_and(|found| found.cause.heard != Heard::Echo))
    };
    let (rest, others) = (words::of_several(rest), words::before_the_log(rest, about));
    let text = if decides {
        format!("{others}\n{own}")
    } else {
        format!("{}\n{rest}\n{}", before.join("\n"), end.join("\n"))
    };
    connecting(text.as_bytes(), about)
}

/// Why the connection of an `ssh` broke that was up: always [`Kind::Lost`].
pub fn connected(log: &[u8], rest: &[u8], about: &About) -> Failure {
    let text = format!("{}\n{}", words::of_several(rest), words::of_one(log));
    let found = said(&text).rev().find_map(|line| find(line, &[Heard::Connected]));
    found.map_or_else(
        || {
            because(
                &table::LOST,
                about,
                &said(&text).next_back().map_or_else(String::new, |last| format!(": {last}")),
            )
        },
        |found| tell(&found, &text, about),
    )
}

/// What came instead of the remote script's first record, until the channel ended with `code`
/// (`None`: by a signal or not at all).
pub fn no_shell(stdout: &[u8], stderr: &[u8], code: Option<u8>, about: &About) -> Failure {
    let noise = [String::from_utf8_lossy(stderr), String::from_utf8_lossy(stdout)];
    for text in &noise {
        if let Some(found) = said(text).find_map(|line| find(line, &[Heard::Shell])) {
            return tell(&found, text, about);
        }
    }
    let heard = noise[1].lines().chain(noise[0].lines()).map(str::trim).find(|line| !line.is_empty());
    let detail = match (heard, code) {
        (Some(line), _) => format!("“{}”", shortened(line)),
        (None, Some(code)) => format!("the command ended with status {code} and said nothing"),
        (None, None) => "the command was ended and said nothing".to_owned(),
    };
    because(&table::NO_SHELL, about, &detail)
}

/// The words of a tool that failed on `path`; `None` if they are about something else.
#[cfg(test)]
pub fn log(stderr: &[u8], path: &RemotePath, about: &About) -> Option<Failure> {
    let text = String::from_utf8_lossy(stderr);
    let found = said(&text).rev().find_map(|line| find(line, &[Heard::Log]))?;
    Some(write(&found, &text, about, Some(path)))
}

/// A cause that is known to concern `path`.
pub fn of_log(cause: &'static Cause, path: &RemotePath, about: &About) -> Failure {
    write(&Found { cause, line: "", captures: None }, "", about, Some(path))
}

/// A cause that concerns `path`; `detail` fills the sentence's `{detail}`.
pub fn of_log_because(cause: &'static Cause, path: &RemotePath, detail: &str, about: &About) -> Failure {
    write(&Found { cause, line: detail, captures: None }, "", about, Some(path))
}

/// A cause that cvmtail found out by itself; `detail` fills the sentence's `{detail}`.
pub fn because(cause: &'static Cause, about: &About, detail: &str) -> Failure {
    tell(&Found { cause, line: detail, captures: None }, "", about)
}

/// An error of a system call on this machine, as a failure of the CVM that needed it.
pub fn here(error: &std::io::Error, about: &About) -> Failure {
    match error.raw_os_error() {
        // EMFILE and ENFILE: of this process, of this machine.
        Some(23 | 24) => because(&table::FILES, about, ""),
        _ => because(&table::HERE, about, &error.to_string()),
    }
}

/// When the words of an `ssh` are heard that does not connect.
const MOMENTS: &[Heard] = &[Heard::Connecting, Heard::BehindJump, Heard::Echo];

/// True if a connection says this, of any version, that ended before the server's greeting: so does one whose proxy has
/// ended, whether it was read from or written to first.
fn is_cut_off(line: &str) -> bool {
    line.split_once("_exchange_identification: ").is_some_and(|(_, what)| {
        what.starts_with("Connection closed")
            || what.ends_with(": Broken pipe")
            || what.ends_with("reset by peer")
    })
}

/// What a jump host's own `ssh` said where the table does not know it.
const HOP: Cause =
    Cause { kind: Kind::Jump, heard: Heard::Nowhere, words: "", sentence: "{detail}", fix: "" };

/// What is told where no line is understood.
const UNKNOWN: Cause = Cause {
    kind: Kind::Dropped,
    heard: Heard::Nowhere,
    words: "",
    sentence: "ssh gave up on {host}: {detail}",
    fix: "try by hand `{login}`",
};

/// A line that a row of the table explains.
struct Found<'a> {
    /// The row.
    cause: &'static Cause,
    /// The line.
    line: &'a str,
    /// What the row's groups caught.
    captures: Option<Captures<'a>>,
}

/// The table's expressions, compiled when the first failure needs them; empty words match nothing.
static WORDS: LazyLock<Vec<Option<Regex>>> = LazyLock::new(|| {
    causes().map(|cause| Regex::new(cause.words).ok().filter(|_| !cause.words.is_empty())).collect()
});

/// The lines of `text` that mean something: without debug output and empty lines.
fn said(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| {
        let debug = line.strip_prefix("debug").and_then(|rest| rest.as_bytes().first().copied());
        !line.is_empty() && !debug.is_some_and(|level| level.is_ascii_digit())
    })
}

/// The first row heard at one of the `moments` that explains `line`.
fn find<'a>(line: &'a str, moments: &[Heard]) -> Option<Found<'a>> {
    causes().zip(WORDS.iter()).filter(|(cause, _)| moments.contains(&cause.heard)).find_map(
        |(cause, words)| {
            let captures = words.as_ref()?.captures(line)?;
            Some(Found { cause, line, captures: Some(captures) })
        },
    )
}

/// Whether this echo is what a connection says whose proxy has ended: for sure, perhaps, or not (`None`).
fn through_a_hop(echo: &str, about: &About) -> Option<bool> {
    if echo.contains("UNKNOWN port 65535") || echo.starts_with("stdio forwarding") {
        Some(true)
    } else {
        is_cut_off(echo).then_some(about.jump.is_some() || about.proxy.is_some())
    }
}

/// True if the best that is understood so far is that the connection ended.
fn is_drop(echo: Option<&Found>) -> bool {
    echo.is_none_or(|echo| echo.cause.kind == Kind::Dropped)
}

/// True if ssh says this in passing and goes on.
fn aside(line: &str) -> bool {
    line.starts_with("Warning: ") || KEY_TROUBLE.is_match(line)
}

/// A failure on the way to the CVM, over which `above` connections were to go: the hop's own cause, told as the
/// jump host's.
fn of_hop(found: &Found, text: &str, about: &About, above: usize) -> Failure {
    if let (None, Some(command)) = (&about.jump, &about.proxy) {
        let inner = tell(found, text, about);
        return Failure {
            kind: of_way(inner.kind),
            message: format!("the ProxyCommand of your ssh config does not connect: {}", inner.message),
            hint: Hint::fill("see by hand what `{command}` says", |_| {
                Value::Line(Cow::Owned(Line::of_user(command)))
            })
            .or_else(|| Some(Hint::from("see by hand what the ProxyCommand of your ssh config says"))),
        };
    }
    let (name, hop) = about.hop(above);
    let inner = tell(found, text, &hop);
    let by_hand = |template| Hint::fill(template, |name| hop.hint_value(name));
    let hint = match inner.kind {
        Kind::Auth => by_hand("let the jump host know your public key[; try by hand `{login}`]"),
        _ => inner.hint.or_else(|| by_hand("try by hand `{login}`")),
    };
    Failure {
        kind: of_way(inner.kind),
        message: format!("the jump host {name} cannot be passed: {}", inner.message),
        hint,
    }
}

/// The kind of a failure that happened on the way to the CVM. What it is decides whether it is tried again, not where
/// it happened: a hop that is only busy is tried again at once, one that refuses never.
const fn of_way(kind: Kind) -> Kind {
    match kind {
        Kind::Dropped => Kind::Dropped,
        kind if kind.is_transient() => Kind::Jump,
        _ => Kind::JumpRefused,
    }
}

/// The failure of a row, its sentences filled.
fn tell(found: &Found, text: &str, about: &About) -> Failure {
    write(found, text, about, None)
}

/// The failure of a row about `path`, its sentences filled.
fn write(found: &Found, text: &str, about: &About, path: Option<&RemotePath>) -> Failure {
    let caught =
        |name: &str| found.captures.as_ref().and_then(|captures| captures.name(name)).map(|hit| hit.as_str());
    // Who is named by words counts only if it is who was asked for: not all words are ssh's own.
    let host = caught("host").filter(|host| about.is_host(host)).map_or(about.value("host"), Cow::Borrowed);
    let port = caught("port").and_then(|port| port.parse().ok()).map(|port: u16| port.to_string());
    let port = port.map_or(about.value("port"), Cow::Owned);
    let user = caught("user").or(about.user.as_deref());
    let asked = about.user.as_deref();
    let who = |user: Option<&str>| user.map_or_else(|| host.to_string(), |user| format!("{user}@{host}"));
    let value = |name: &str| -> String {
        match name {
            "detail" => shortened(found.line),
            "path" => path.map_or_else(String::new, ToString::to_string),
            "who" => who(user),
            "host" => host.to_string(),
            "port" => port.to_string(),
            _ => caught(name).map_or_else(|| about.value(name).into_owned(), str::to_owned),
        }
    };
    let known = || about.known_name(caught("known").or_else(|| caught("revoked")));
    let hint = Hint::fill(found.cause.fix, |name| match name {
        "path" => path.map_or(Value::Nothing, |path| Value::Path(Cow::Borrowed(&path.0))),
        "who" => Value::word(who(asked)),
        "host" => Value::word(host.to_string()),
        "port" => Value::word(port.to_string()),
        "keyscan" => Value::Line(Cow::Owned(keyscan(&known(), about))),
        "forget" => Value::Line(Cow::Owned(forget(&known(), text, about))),
        name => about.hint_value(name),
    });
    let mut failure = Failure { kind: found.cause.kind, message: fill(found.cause.sentence, value), hint };
    if found.cause.kind == Kind::Auth {
        if let Some(clue) = said(text).find(|line| KEY_TROUBLE.is_match(line)) {
            let _ = write!(failure.message, "; your ssh says: {}", shortened(clue));
        }
        if user != Some("nutanix") {
            failure.hint = failure.hint.map(|hint| hint.behind("is it the right user (`--user nutanix`)? "));
        }
    }
    failure
}

/// What ssh says about the user's own keys before it is refused.
static KEY_TROUBLE: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"^(Load key |Permissions \d+ for .* are too open|sign_and_send_pubkey: |no such identity: |.*Identity file .* not accessible)";
    Regex::new(words).expect("a constant expression")
});

/// `template` with each `{name}` replaced by its value; what is filled in is not looked at again.
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

/// The command that fetches the key of the server known as `known`; the last jump host has to ask for it.
fn keyscan(known: &str, about: &About) -> Line {
    let bracketed = known.strip_prefix('[').and_then(|rest| rest.rsplit_once("]:"));
    let mut line = Line::new("ssh-keyscan");
    match bracketed {
        Some((host, port)) => {
            line.flag("-p", port);
            line.value(host);
        }
        None => line.value(known),
    }
    if about.jump.is_some() {
        line = about.hop(1).1.login.run(&line);
    }
    line.words(">> ~/.ssh/known_hosts");
    line
}

/// The command that forgets the key of the server known as `known`, in the file that ssh named.
fn forget(known: &str, text: &str, about: &About) -> Line {
    let file = said(text).find_map(|line| {
        let place = line.strip_prefix("Offending ")?.split_once(" key in ")?.1;
        place.rsplit_once(':').map(|(file, _)| file)
    });
    let mut line = Line::new("ssh-keygen");
    if let Some(file) = file.filter(|file| about.is_known_hosts(file)) {
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
