//! The look at all CVMs: a survey of each, then a bounded read of each log, all at once.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use futures::stream::{AbortHandle, FuturesUnordered, LocalBoxStream, SelectAll, abortable};
use futures::{FutureExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};

use crate::batch::Item;
use crate::event::{Event, Status, Subject};
use crate::failure::Failure;
use crate::line::reader::Reader;
use crate::line::time::ClockContext;
use crate::plan::snapshot::Snapshot;
use crate::plan::{Backlog, Reading, Reconnect};
use crate::remote::script::{Refusal, Secret};
use crate::remote::survey::{self, Seen, Survey};
use crate::remote::tail::{self, Host};
use crate::render::snapshot::span;
use crate::snapshot::fold::{Looked, LookedCvm, LookedLog, Trouble};
use crate::snapshot::tally::{Tally, Window};

/// How many patterns all streams may have together …
const ALL_PATTERNS: usize = 100_000;

/// … and one stream at most, and at least.
const PATTERNS: (usize, usize) = (50, 1_000);

/// A log that was not written to for this long before the window has no line in it, whatever clocks do.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// The survey of the CVM of that number.
type Surveyed = (usize, Result<Survey, Failure>);

/// The look under way.
pub(super) struct Look<'a> {
    /// What is looked at.
    plan: &'a Snapshot,
    /// The CVMs, in the order of the plan.
    hosts: &'a [Rc<Host>],
    /// CVMs that are being surveyed.
    surveys: FuturesUnordered<futures::future::LocalBoxFuture<'a, Surveyed>>,
    /// Logs that are being read.
    streams: SelectAll<LocalBoxStream<'a, Item>>,
    /// What is known of each CVM.
    cvms: Vec<State>,
    /// What is known of each log, by the number of its target.
    logs: Vec<Log>,
}

/// What is known of a CVM.
enum State {
    /// It is being connected to.
    Waiting,
    /// It is reached; how far its clock is ahead.
    Reached(Option<SignedDuration>),
    /// It cannot be.
    Failed(Trouble),
}

/// What is known of a log.
#[derive(Default)]
struct Log {
    /// Its file.
    seen: Seen,
    /// What was read.
    tally: Option<Tally>,
    /// It was read to its end, or will not be.
    done: bool,
    /// What could not be had.
    trouble: Option<Trouble>,
    /// Nothing more could be.
    failed: bool,
    /// Ends its stream.
    abort: Option<AbortHandle>,
}

impl<'a> Look<'a> {
    /// A look that has not begun. An error: this machine gives no random bytes.
    pub(super) fn new(plan: &'a Snapshot, hosts: &'a [Rc<Host>]) -> io::Result<Self> {
        let secret = survey::secret()?;
        let survey = |(number, host): (usize, &'a Rc<Host>)| {
            survey_of(plan, number, host, secret.clone()).boxed_local()
        };
        Ok(Self {
            plan,
            hosts,
            surveys: hosts.iter().enumerate().map(survey).collect(),
            streams: SelectAll::new(),
            cvms: hosts.iter().map(|_| State::Waiting).collect(),
            logs: plan.targets.iter().map(|_| Log::default()).collect(),
        })
    }

    /// How many CVMs are reached or given up.
    pub(super) fn settled(&self) -> usize {
        self.cvms.iter().filter(|state| !matches!(state, State::Waiting)).count()
    }

    /// Waits for what comes next; false: nothing does. May be cancelled.
    pub(super) async fn step(&mut self) -> bool {
        tokio::select! {
            Some((number, survey)) = self.surveys.next() => self.surveyed(number, survey),
            Some(item) = self.streams.next() => self.item(&item),
            else => return false,
        }
        true
    }

    /// Ends what is under way.
    pub(super) fn stop(&mut self) {
        self.surveys.clear();
        self.streams.clear();
    }

    /// A CVM was surveyed: its logs are read now.
    fn surveyed(&mut self, number: usize, survey: Result<Survey, Failure>) {
        let survey = match survey {
            Ok(survey) => survey,
            Err(failure) => {
                self.cvms[number] = State::Failed(trouble(failure));
                return;
            }
        };
        self.cvms[number] = State::Reached(survey.skew);
        let skew = survey.skew.unwrap_or_default();
        let host = &self.hosts[number];
        // Nobody's calendar ends within the skew of a clock.
        let there = |instant: Timestamp| instant.checked_add(skew).unwrap_or(instant);
        let since = there(self.plan.since);
        let room = (ALL_PATTERNS / self.plan.targets.len().max(1)).clamp(PATTERNS.0, PATTERNS.1);
        let targets: Vec<_> = of_cvm(self.plan, number).cloned().collect();
        for (target, seen) in targets.into_iter().zip(survey.files) {
            let log = &mut self.logs[target.id];
            log.seen = seen;
            if let Some((_, failure)) = &log.seen.refused {
                (log.trouble, log.done) = (Some(trouble(failure.clone())), true);
                continue;
            }
            let quiet = log.seen.modified.is_some_and(|modified| since.duration_since(modified) > MARGIN);
            let window = Window { since, until: self.plan.until.map(there), undated: !quiet };
            let reader =
                Reader::new(ClockContext { zone: survey.zone.clone(), reference: there(Timestamp::now()) });
            // The patterns were compiled once already, when they were planned.
            let fail_on = self.plan.thresholds[target.id].patterns().unwrap_or_default();
            log.tally = Some(Tally::new(window, reader, fail_on, room));
            let reading =
                Reading { backlog: Backlog::Since(since), follow: false, reconnect: Reconnect::Try(None) };
            let (stream, abort) = abortable(tail::follow(Arc::clone(&target), Rc::clone(host), reading));
            log.abort = Some(abort);
            self.streams.push(stream.boxed_local());
        }
    }

    /// A stream says something.
    fn item(&mut self, item: &Item) {
        match item {
            Item::Lines(batch) => {
                let log = &mut self.logs[batch.target.id];
                let over = log.tally.as_mut().is_some_and(|tally| tally.batch(batch).is_break());
                if over && let Some(abort) = &log.abort {
                    abort.abort();
                    log.done = true;
                }
            }
            Item::Event(event) => self.event(event),
            Item::Clock(..) => {}
        }
    }

    /// A stream says something about itself.
    fn event(&mut self, event: &Event) {
        let Subject::Stream(target) = &event.subject else { return };
        let log = &mut self.logs[target.id];
        let told = || Trouble { message: event.message.clone(), hint: event.hint.clone() };
        match event.status {
            Status::Stopped => log.done = true,
            Status::Error => {
                log.trouble = Some(told());
                (log.done, log.failed) = (true, true);
            }
            Status::Gap | Status::Truncated => {
                log.trouble.get_or_insert_with(told);
            }
            _ => {}
        }
        if matches!(event.status, Status::Gap | Status::Truncated | Status::Rotated)
            && let Some(tally) = &mut log.tally
        {
            tally.forget();
        }
    }

    /// What was seen until `now`; what is still under way was not looked at.
    pub(super) fn looked(&self, now: Timestamp) -> Looked<'_> {
        let past = self.plan.until.filter(|until| *until <= now);
        let timeout = self.plan.timeout.as_secs_f64();
        let late = |what: &str| Trouble {
            message: format!("{what} within {} (--timeout)", span(timeout)),
            hint: Some(
                "allow more time with --timeout, or look at fewer logs or a shorter window".to_owned(),
            ),
        };
        let log = |target: &'a Arc<crate::cluster::target::Target>| {
            let log = &self.logs[target.id];
            let refused = log.seen.refused.as_ref().map(|(refusal, _)| *refusal);
            LookedLog {
                log: &target.log,
                path: target.path.to_string(),
                thresholds: &self.plan.thresholds[target.id],
                status: match refused {
                    Some(Refusal::Missing) => "missing",
                    None if log.done && !log.failed => "ok",
                    _ => "unreadable",
                },
                trouble: if log.done { log.trouble.clone() } else { Some(late("not read to its end")) },
                size: log.seen.size,
                modified: log.seen.modified,
                tally: log.tally.as_ref(),
            }
        };
        let cvms =
            self.cvms.iter().zip(&self.plan.cvms).enumerate().map(|(number, (state, cvm))| LookedCvm {
                name: &cvm.name,
                trouble: match state {
                    State::Waiting => Some(late("not reached")),
                    State::Reached(_) => None,
                    State::Failed(trouble) => Some(trouble.clone()),
                },
                skew: if let State::Reached(skew) = state { *skew } else { None },
                logs: of_cvm(self.plan, number).map(log).collect(),
            });
        Looked {
            from: self.plan.since,
            to: past.unwrap_or(now),
            bounded: past.is_some(),
            timeout,
            cvms: cvms.collect(),
        }
    }
}

/// The targets on the CVM of that number: as many as there are logs, one CVM behind the other.
fn of_cvm(plan: &Snapshot, number: usize) -> impl Iterator<Item = &Arc<crate::cluster::target::Target>> {
    let logs = plan.targets.len() / plan.cvms.len().max(1);
    plan.targets.iter().skip(number * logs).take(logs)
}

/// Surveys the CVM of that number.
async fn survey_of(plan: &Snapshot, number: usize, host: &Host, secret: Secret) -> Surveyed {
    let paths: Vec<_> = of_cvm(plan, number).map(|target| target.path.clone()).collect();
    (number, survey::survey(&host.session, &secret, &paths).await)
}

/// A failure as the report tells it.
fn trouble(failure: Failure) -> Trouble {
    Trouble { message: failure.message, hint: failure.hint }
}
