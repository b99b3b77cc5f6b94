//! The steps of the logs of one CVM: there, readable, written.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Instant;

use crate::agent::client::Client;
use crate::agent::description::ShellFacts;
use crate::agent::glob::{self, SeenFiles};
use crate::check::facts::{self, FileFacts, LogFacts};
use crate::check::reporter::{CheckScope, StepReporter};
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::Refusal;
use crate::failure::{self, Failure};
use crate::hint::{Hint, Value};
use crate::human;
use crate::step::{Name, Step, StepStatus};

/// For how many seconds a log may be silent without a word about it.
const STALE: f64 = 86400.0;

/// How many seconds a file may be ahead of its own CVM's clock.
const AHEAD: f64 = 2.0;

/// Checks each log; an error names the step after which the shell was gone.
pub(super) async fn check(
    client: &mut Client<'_>,
    scope: &CheckScope,
    shell: &ShellFacts,
    about: &Endpoint,
    reporter: &StepReporter<'_>,
) -> Result<(), Name> {
    let mut logs = scope.logs.clone();
    for pattern in &scope.patterns {
        let began = Instant::now();
        let report = |failure: Failure| {
            let log = pattern.to_string();
            let (message, hint) = (failure.message, failure.hint);
            reporter.report_log(Step {
                name: Name::LogExists,
                log: Some(log.clone()),
                status: StepStatus::Failed,
                took: Some(began.elapsed()),
                message,
                hint,
            });
            reporter.skip_log(&log, &Name::OF_LOG[1..], "not tried: log_exists comes first");
        };
        match glob::ask_on(client, pattern).await {
            Ok((there, hidden)) => {
                let found = SeenFiles::default().news(there);
                for hidden in &hidden {
                    report(glob::explain(hidden, about));
                }
                if found.is_empty() && hidden.is_empty() {
                    let failure = diagnosis::log_failure(&table::NOWHERE, pattern.path(), about);
                    report(Failure { message: format!("no file matches {pattern}"), ..failure });
                }
                let mut naming = scope.naming.borrow_mut();
                let new = found.into_iter().filter(|path| logs.iter().all(|(_, known)| known != path));
                logs.extend(new.map(|path| (naming.name(&path), path)).collect::<Vec<_>>());
            }
            Err(failure) => report(failure),
        }
    }
    for (log, path) in &logs {
        check_one(client, (log, path), shell, about, reporter).await;
    }
    Ok(())
}

/// Checks the log of this name at this path.
async fn check_one(
    client: &mut Client<'_>,
    (log, path): (&str, &RemotePath),
    shell: &ShellFacts,
    about: &Endpoint,
    reporter: &StepReporter<'_>,
) {
    let began = Instant::now();
    let found = facts::log(client, path).await;
    let took = Some(began.elapsed());
    // All is one question: the first step has the time it took.
    let report = |name: Name, status: StepStatus, message: String, hint: Option<Hint>| {
        let took = took.filter(|_| name == Name::LogExists);
        reporter.report_log(Step { name, log: Some(log.to_owned()), status, took, message, hint });
    };
    let fact = match found.and_then(|fact| exists(fact, path, about)) {
        Ok(fact) => fact,
        Err(failure) => {
            let name = match failure.kind {
                failure::Kind::Unreadable => Name::LogReadable,
                _ => Name::LogExists,
            };
            if name == Name::LogReadable {
                reporter.skip_log(
                    log,
                    &[Name::LogExists],
                    "unknown: a directory above it may not be entered",
                );
            }
            report(name, StepStatus::Failed, failure.message, failure.hint);
            let after = Name::OF_LOG.iter().position(|other| *other == name).map_or(0, |at| at + 1);
            return reporter.skip_log(
                log,
                &Name::OF_LOG[after..],
                &format!("not tried: {} comes first", name.word()),
            );
        }
    };
    let Some(file) = &fact.file else { return };
    let link = fact.target.as_ref().map_or_else(String::new, |target| format!(", a link to {target}"));
    report(Name::LogExists, StepStatus::Passed, format!("{path}{link}"), None);
    if file.readable {
        report(
            Name::LogReadable,
            StepStatus::Passed,
            format!("{} may read it (mode {})", shell.user, file.access),
            None,
        );
    } else {
        let failure = unreadable(file, path, shell, about);
        report(Name::LogReadable, StepStatus::Failed, failure.message, failure.hint);
    }
    let (status, message, hint) = freshness(&fact, file, path, about);
    report(Name::LogFresh, status, message, hint);
}

/// The log, if there is a file at its path.
fn exists(fact: LogFacts, path: &RemotePath, about: &Endpoint) -> Result<LogFacts, Failure> {
    let Some(refusal) = fact.refused else { return Ok(fact) };
    let cause = table::refused(refusal, &table::NOWHERE);
    let mut failure = diagnosis::log_failure(cause, path, about);
    if let (Refusal::Missing, Some(target)) = (refusal, &fact.target) {
        failure.message = format!("{path} is a link to {target}, which is not there");
    }
    Err(failure)
}

/// Why a file that is there cannot be read, and who could.
fn unreadable(file: &FileFacts, path: &RemotePath, shell: &ShellFacts, about: &Endpoint) -> Failure {
    let mut failure = diagnosis::log_failure(&table::UNREADABLE, path, about);
    let (mode, owners) = file.access.split_once(' ').unwrap_or((&file.access, ""));
    let (owner, group) = owners.split_once(':').unwrap_or((owners, ""));
    let _ = write!(
        failure.message,
        ": it is owned by {owner}, group {group}, mode {mode}; the groups of {} are {}",
        shell.user, shell.groups
    );
    let group_reads = mode.len() >= 2 && mode.as_bytes()[mode.len() - 2] & 0o4 != 0;
    let template = if file.by_sudo {
        "[log in as {owner} (`--user {owner}`), or: ]{user} could by sudo, which cvmtail does not use; let {user} read \
         it without[: `{login} sudo setfacl -m u:{user}:r {path}`]"
    } else if group_reads && group != "root" {
        "[log in as {owner} (`--user {owner}`), or: ]have {user} put into the group {group} on the CVM[: `sudo usermod \
         -aG {group} {user}`]"
    } else {
        "[log in as {owner} (`--user {owner}`), or: ]have root let {user} read it on the CVM[: `sudo setfacl -m \
         u:{user}:r {path}`]"
    };
    failure.hint = Hint::fill(template, |name| match name {
        "owner" if owner != "root" => Value::account(owner),
        "user" => Value::account(&shell.user),
        "group" => Value::account(group),
        "path" => Value::Path(Cow::Borrowed(&path.0)),
        "login" => Value::Login(about.login()),
        _ => Value::Nothing,
    })
    .or(Some("log in as a user who may read it".into()));
    failure
}

/// When the log was written last, and whether that is as it should be.
fn freshness(
    fact: &LogFacts,
    file: &FileFacts,
    path: &RemotePath,
    about: &Endpoint,
) -> (StepStatus, String, Option<Hint>) {
    let rotated = match (fact.rotated, fact.newest) {
        (0, _) | (_, None) => ", no rotated file beside it".to_owned(),
        (1, Some(age)) => format!(", 1 rotated file beside it, {} old", human::seconds(age)),
        (count, Some(age)) => {
            format!(", {count} rotated files beside it, the newest {} old", human::seconds(age))
        }
    };
    let hint = |template| {
        Hint::fill(template, |name| match name {
            "path" => Value::Path(Cow::Borrowed(&path.0)),
            name => about.hint_value(name),
        })
    };
    let FileFacts { size, age, .. } = *file;
    if age < -AHEAD {
        let message = format!(
            "{}, last written {} ahead of the CVM's clock{rotated}",
            human::size(size),
            human::seconds(-age)
        );
        let hint = hint(
            "the clock was set back, or the file was copied[; `{login} ls -l {path}*` shows it and its neighbours]",
        );
        return (StepStatus::Warned, message, hint);
    }
    let message = format!("{}, last written {} ago{rotated}", human::size(size), human::seconds(age));
    if age > STALE {
        let hint = hint(
            "is the service stopped, or does it write elsewhere?[ `{login} ls -l {path}*` shows it and its neighbours]",
        );
        return (StepStatus::Warned, message, hint);
    }
    (StepStatus::Passed, message, None)
}

#[cfg(test)]
mod tests;
