//! The check of one CVM: each step on the way to its logs, and if one fails, why.

mod connection;
pub mod facts;
mod logs;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures::future::join_all;
use tokio::time::timeout;

use crate::agent::dialogue::Dialogue;
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::{Failure, Kind};
use crate::hint::Hint;
use crate::human;
use crate::options;
use crate::ssh::session::{Channel, Connection, LogSink, Resources};
use crate::step::{Name, Step, StepStatus as Status};
use facts::{Clock, Shell};

/// The functions a CVM's `sh` is given.
const SCRIPT: &str = concat!(include_str!("../agent/why.sh"), include_str!("../agent/probe.sh"));

/// How many channels of one connection are tried at least: one more than sshd's default of `MaxSessions`.
const CHANNELS: usize = 11;

/// How many are tried at most.
const MANY: usize = 32;

/// How often the clock is asked; the quickest answer counts.
const READINGS: usize = 3;

/// By how many seconds a clock may be wrong: `--order time` waits one second for late lines.
const SKEW: f64 = 1.0;

/// What is checked on every CVM, and with what.
pub struct Wanted {
    /// How ssh is called.
    pub ssh: Arc<options::SshOptions>,
    /// What the sessions share.
    pub resources: Arc<Resources>,
    /// Hears what ssh says (`--verbose`).
    pub ear: Option<LogSink>,
    /// The logs.
    pub logs: Vec<(String, RemotePath)>,
    /// Globs over paths.
    pub patterns: Vec<PathPattern>,
    /// Names what the globs match.
    pub naming: RefCell<Naming>,
}

/// Checks one CVM and tells each step as it is done; ends by itself, with all connections closed.
pub async fn probe(cvm: &Arc<Cvm>, wanted: &Wanted, tell: &dyn Fn(Step)) {
    let teller = Teller { tell, of_cvm: RefCell::new(Name::OF_CVM.to_vec()) };
    if let Err(failed) = walk(cvm, wanted, &teller).await {
        // What is not told by now depends on what failed.
        let message = format!("not tried: {} comes first", failed.word());
        for name in teller.of_cvm.take() {
            (teller.tell)(skipped(name, None, &message));
        }
        let logs = wanted.logs.iter().map(|(name, _)| name.clone());
        for log in logs.chain(wanted.patterns.iter().map(PathPattern::to_string)) {
            for name in Name::OF_LOG {
                (teller.tell)(skipped(name, Some(log.clone()), &message));
            }
        }
    }
}

/// Tells steps, and knows which of the CVM's own are still to come.
struct Teller<'a> {
    /// Who is told.
    tell: &'a dyn Fn(Step),
    /// The steps of the CVM that were not told yet.
    of_cvm: RefCell<Vec<Name>>,
}

impl Teller<'_> {
    /// Tells a step of the CVM.
    fn tell(&self, name: Name, status: Status, took: Option<Duration>, message: String, hint: Option<Hint>) {
        self.of_cvm.borrow_mut().retain(|other| *other != name);
        (self.tell)(Step { name, log: None, status, took, message, hint });
    }

    /// Tells a step that went as it should.
    fn passed(&self, name: Name, took: Option<Duration>, message: String) {
        self.tell(name, Status::Passed, took, message, None);
    }

    /// Tells why a step failed, and gives its name.
    fn failed(&self, name: Name, took: Option<Duration>, failure: Failure) -> Name {
        self.tell(name, Status::Failed, took, failure.message, failure.hint);
        name
    }
}

/// A step that was not tried.
fn skipped(name: Name, log: Option<String>, message: &str) -> Step {
    Step { name, log, status: Status::Skipped, took: None, message: message.to_owned(), hint: None }
}

/// The way, until a step that the others depend on fails.
async fn walk(cvm: &Arc<Cvm>, wanted: &Wanted, teller: &Teller<'_>) -> Result<(), Name> {
    let (session, channel) = connection::connect(cvm, wanted, teller).await?;
    let about = session.endpoint();
    let limit = about.connect_timeout();
    let carrier = Rc::clone(channel.connection());
    let began = Instant::now();
    let result = async {
        let mut dialogue = Dialogue::new(channel)
            .map_err(|error| teller.failed(Name::Shell, None, diagnosis::local_failure(&error, about)))?;
        let shell = shell(&mut dialogue, about, teller, began).await?;
        if cvm.address == Address::Local {
            teller.tell(
                Name::Sessions,
                Status::Skipped,
                None,
                "this machine is read without ssh".into(),
                None,
            );
        } else {
            sessions(&carrier, wanted, about, teller).await;
        }
        clock(&mut dialogue, about, teller).await;
        let mut about = about.clone();
        about.user = Some(shell.user.clone());
        logs::check(&mut dialogue, wanted, &shell, &about, limit, teller).await
    }
    .await;
    drop(carrier);
    // A master that does not end is killed when the session is dropped.
    let _ = timeout(limit, session.close()).await;
    result
}

/// The shell: that there is one, what a login script says, and which tools are there.
async fn shell(
    dialogue: &mut Dialogue,
    about: &Endpoint,
    teller: &Teller<'_>,
    began: Instant,
) -> Result<Shell, Name> {
    let failed = |failure| teller.failed(Name::Shell, Some(began.elapsed()), failure);
    let greeting = dialogue.ask(b"", about.connect_timeout(), about).await;
    let noise = greeting.map_err(|failure| match failure.kind {
        Kind::TimedOut => {
            let silence = format!("no output for {}", human::duration(about.connect_timeout()));
            failed(diagnosis::because(&table::NO_SHELL, about, &silence))
        }
        _ => failed(failure),
    })?;
    let question = [SCRIPT.as_bytes(), b"h"].concat();
    let said = dialogue.ask(&question, about.connect_timeout(), about).await.map_err(failed)?;
    let Some(shell) = Shell::parse(&said) else {
        return Err(failed(diagnosis::no_shell(&said, b"", None, about)));
    };
    let lacking =
        if shell.tail.is_empty() { "tail" } else { shell.missing.split(' ').next().unwrap_or_default() };
    if !lacking.is_empty() {
        let words = format!("sh: {lacking}: not found\n");
        return Err(failed(diagnosis::no_shell(b"", words.as_bytes(), None, about)));
    }
    let took = Some(began.elapsed());
    let message = format!("a shell of {}, {} is {}", shell.user, shell.tail, shell.flavour);
    let said = String::from_utf8_lossy(&noise);
    match said.lines().map(str::trim).find(|line| !line.is_empty()) {
        None => teller.passed(Name::Shell, took, message),
        Some(line) => {
            let line: String = line.chars().take(80).collect();
            teller.tell(
                Name::Shell,
                Status::Warned,
                took,
                format!("{message}; a login script writes {} bytes on stdout, the first line is “{line}”", noise.len()),
                Some("it is passed over; scp and rsync stumble over it: in the script (~/.bashrc), write only if stdout is a terminal, `[ -t 1 ]`".into()),
            );
        }
    }
    Ok(shell)
}

/// How many channels sshd opens on one connection, tried out, and how many connections the logs need.
async fn sessions(carrier: &Rc<Connection>, wanted: &Wanted, about: &Endpoint, teller: &Teller<'_>) {
    let began = Instant::now();
    let logs = wanted.logs.len() + wanted.patterns.len();
    let most = CHANNELS.max(logs + 1).min(MANY);
    // One is open already: the one that asks.
    let trying = join_all((1..most).map(|_| Channel::open(carrier)));
    let Ok(channels) = timeout(about.connect_timeout(), trying).await else {
        teller.failed(Name::Sessions, Some(began.elapsed()), diagnosis::because(&table::SILENT, about, ""));
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
        return teller.passed(Name::Sessions, took, message);
    }
    let plural = if open == 1 { "" } else { "s" };
    let message =
        format!("sshd opens {open} session{plural} on one connection (MaxSessions {open}){}", need(needed));
    // DoD mode: `* hard maxlogins 10`.
    if open == 1 || needed > 10 {
        let hint = "cvmtail makes as many connections as it needs, but each costs a login: raise MaxSessions in the CVM's sshd_config, or follow fewer logs at once";
        teller.tell(Name::Sessions, Status::Warned, took, message, Some(hint.into()));
    } else {
        teller.passed(Name::Sessions, took, message);
    }
}

/// How far the CVM's clock is from ours, and its zone.
async fn clock(dialogue: &mut Dialogue, about: &Endpoint, teller: &Teller<'_>) {
    let began = Instant::now();
    let mut best: Option<(Duration, f64, String)> = None;
    for _ in 0..READINGS {
        let (sent, ours) = (Instant::now(), SystemTime::now());
        let said = match dialogue.ask(b"c", about.connect_timeout(), about).await {
            Ok(said) => said,
            Err(failure) => {
                teller.failed(Name::Clock, Some(began.elapsed()), failure);
                return;
            }
        };
        let trip = sent.elapsed();
        let ours = ours.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default() + trip / 2;
        if let Some(Clock { seconds, zone }) = Clock::parse(&said)
            && best.as_ref().is_none_or(|(quickest, ..)| trip < *quickest)
        {
            best = Some((trip, seconds - ours.as_secs_f64(), zone));
        }
    }
    let took = Some(began.elapsed());
    let Some((trip, skew, zone)) = best else {
        let message = "the CVM's `date` is not understood".to_owned();
        return teller.tell(Name::Clock, Status::Warned, took, message, None);
    };
    let doubt = trip.as_secs_f64() / 2.0;
    let side = if skew < 0.0 { "behind" } else { "ahead of" };
    let message = format!(
        "the CVM's clock is {} {side} ours (give or take {}), its zone is {zone}",
        human::seconds(skew.abs()),
        human::seconds(doubt)
    );
    if skew.abs() <= SKEW + doubt {
        return teller.passed(Name::Clock, took, message);
    }
    let template = "see which of the two clocks is wrong: [`{login} chronyc tracking || ntpq -pn`, and ]`timedatectl` here";
    let hint = Hint::fill(template, |name| about.hint_value(name));
    teller.tell(Name::Clock, Status::Warned, took, message, hint);
}

/// How long something took, if it has begun and ended.
fn between(from: Option<Instant>, to: Option<Instant>) -> Option<Duration> {
    Some(to?.saturating_duration_since(from?))
}
