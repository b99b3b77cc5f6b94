//! The check of one CVM: each step on the way to its logs, and if one fails, why.

mod connection;
pub mod facts;
mod logs;
pub mod reporter;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use futures::future::join_all;
use tokio::time::timeout;

use crate::agent::client::{Client, new_secret};
use crate::agent::clock::ClockReading;
use crate::agent::description::ShellFacts;
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::pattern::PathPattern;
use crate::diagnosis::{self, Endpoint, table};
use crate::hint::Hint;
use crate::human;
use crate::ssh::session::{Channel, Connection};
use crate::step::{Name, Step, StepStatus};
use reporter::{CheckScope, StepReporter};

/// How many channels of one connection are tried at least: one more than sshd's default of `MaxSessions`.
const CHANNELS: usize = 11;

/// How many are tried at most.
const MANY: usize = 32;

/// By how many seconds a clock may be wrong: `--order time` waits one second for late lines.
const SKEW: f64 = 1.0;

/// Checks one CVM and emits each step as it is done; ends with all connections closed.
pub async fn check_cvm(cvm: &Arc<Cvm>, scope: &CheckScope, emit: &dyn Fn(Step)) {
    let reporter = StepReporter::new(emit);
    if let Err(failed) = check_steps(cvm, scope, &reporter).await {
        // What is not reported by now depends on what failed.
        let message = format!("not tried: {} comes first", failed.word());
        reporter.skip_pending(&message);
        let logs = scope.logs.iter().map(|(name, _)| name.clone());
        for log in logs.chain(scope.patterns.iter().map(PathPattern::to_string)) {
            reporter.skip_log(&log, &Name::OF_LOG, &message);
        }
    }
}

/// Checks step by step, until one fails that the others depend on.
async fn check_steps(cvm: &Arc<Cvm>, scope: &CheckScope, reporter: &StepReporter<'_>) -> Result<(), Name> {
    let (session, channel) = connection::connect(cvm, scope, reporter).await?;
    let about = session.endpoint();
    let limit = about.connect_timeout();
    let carrier = Rc::clone(channel.connection());
    let began = Instant::now();
    let result = async {
        let failed = |failure| reporter.failed(Name::Shell, Some(began.elapsed()), failure);
        let secret = new_secret().map_err(|error| failed(diagnosis::local_failure(&error, about)))?;
        let mut client = Client::greet(channel, &secret, about).await.map_err(failed)?;
        let shell = shell(&mut client, about, reporter, began).await?;
        if cvm.address == Address::Local {
            reporter.report(
                Name::Sessions,
                StepStatus::Skipped,
                None,
                "this machine is read without ssh".into(),
                None,
            );
        } else {
            sessions(&carrier, scope, about, reporter).await;
        }
        clock(&mut client, about, reporter).await;
        let mut about = about.clone();
        about.user = Some(shell.user.clone());
        logs::check(&mut client, scope, &shell, &about, reporter).await
    }
    .await;
    drop(carrier);
    // A master that does not end is killed when the session is dropped.
    let _ = timeout(limit, session.close()).await;
    result
}

/// The shell: that there is one, what login scripts print, and which tools are there.
async fn shell(
    client: &mut Client<'_>,
    about: &Endpoint,
    reporter: &StepReporter<'_>,
    began: Instant,
) -> Result<ShellFacts, Name> {
    let failed = |failure| reporter.failed(Name::Shell, Some(began.elapsed()), failure);
    let shell = facts::shell(client).await.map_err(failed)?;
    let Some(shell) = shell else {
        return Err(failed(diagnosis::no_shell(client.noise(), b"", None, about)));
    };
    let lacking =
        if shell.tail.is_empty() { "tail" } else { shell.missing.split(' ').next().unwrap_or_default() };
    if !lacking.is_empty() {
        let words = format!("sh: {lacking}: not found\n");
        return Err(failed(diagnosis::no_shell(b"", words.as_bytes(), None, about)));
    }
    let took = Some(began.elapsed());
    let message = format!("a shell of {}, {} is {}", shell.user, shell.tail, shell.flavour);
    let noise = client.noise();
    let text = String::from_utf8_lossy(noise);
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        None => reporter.passed(Name::Shell, took, message),
        Some(line) => {
            let line: String = line.chars().take(80).collect();
            reporter.report(
                Name::Shell,
                StepStatus::Warned,
                took,
                format!("{message}; a login script writes {} bytes to stdout, beginning with “{line}”", noise.len()),
                Some("cvmtail ignores that, but scp and rsync fail on it: in the script (~/.bashrc), print only if stdout is a terminal, `[ -t 1 ]`".into()),
            );
        }
    }
    Ok(shell)
}

/// How many channels sshd opens on one connection, tried out, and how many connections the logs need.
async fn sessions(
    carrier: &Rc<Connection>,
    scope: &CheckScope,
    about: &Endpoint,
    reporter: &StepReporter<'_>,
) {
    let began = Instant::now();
    let logs = scope.logs.len() + scope.patterns.len();
    let most = CHANNELS.max(logs + 1).min(MANY);
    // One is open already: the one that asks.
    let trying = join_all((1..most).map(|_| Channel::open(carrier)));
    let Ok(channels) = timeout(about.connect_timeout(), trying).await else {
        reporter.failed(Name::Sessions, Some(began.elapsed()), diagnosis::because(&table::SILENT, about, ""));
        return;
    };
    let open = 1 + channels.iter().filter(|channel| channel.is_ok()).count();
    drop(channels);
    let took = Some(began.elapsed());
    let needed = logs.div_ceil(open);
    let need = |needed: usize| match (logs, needed) {
        (0, _) => String::new(),
        (1, _) => ", the log needs one".to_owned(),
        (_, 1) => format!(", the {logs} logs need one connection"),
        _ => format!(", the {logs} logs need {needed} connections"),
    };
    if open == most {
        let message = format!("sshd opens {open} sessions or more on one connection{}", need(needed));
        return reporter.passed(Name::Sessions, took, message);
    }
    let plural = if open == 1 { "" } else { "s" };
    let message =
        format!("sshd opens {open} session{plural} on one connection (MaxSessions {open}){}", need(needed));
    // DoD mode: `* hard maxlogins 10`.
    if open == 1 || needed > 10 {
        let hint = "cvmtail makes as many connections as it needs, but each costs a login: raise MaxSessions in the CVM's sshd_config, or follow fewer logs at once";
        reporter.report(Name::Sessions, StepStatus::Warned, took, message, Some(hint.into()));
    } else {
        reporter.passed(Name::Sessions, took, message);
    }
}

/// How far the CVM's clock is from ours, and its zone.
async fn clock(client: &mut Client<'_>, about: &Endpoint, reporter: &StepReporter<'_>) {
    let began = Instant::now();
    let reading = match client.clock().await {
        Ok(reading) => reading,
        Err(failure) => {
            reporter.failed(Name::Clock, Some(began.elapsed()), failure);
            return;
        }
    };
    let took = Some(began.elapsed());
    let Some(ClockReading { skew, uncertainty, clock }) = reading else {
        let message = "cannot parse what the CVM's `date` prints".to_owned();
        return reporter.report(Name::Clock, StepStatus::Warned, took, message, None);
    };
    let (skew, doubt, zone) = (skew.as_secs_f64(), uncertainty.as_secs_f64(), &clock.zone_name);
    let side = if skew < 0.0 { "behind" } else { "ahead of" };
    let message = format!(
        "the CVM's clock is {} {side} ours (give or take {}), its zone is {zone}",
        human::seconds(skew.abs()),
        human::seconds(doubt)
    );
    if skew.abs() <= SKEW + doubt {
        return reporter.passed(Name::Clock, took, message);
    }
    let template = "see which of the two clocks is wrong: [`{login} chronyc tracking || ntpq -pn`, and ]`timedatectl` here";
    let hint = Hint::fill(template, |name| about.hint_value(name));
    reporter.report(Name::Clock, StepStatus::Warned, took, message, hint);
}
