//! The inspection of all CVMs: what globs match and a survey of each, then a bounded read of each log, all at once.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use futures::stream::{AbortHandle, FuturesUnordered, LocalBoxStream, SelectAll, abortable};
use futures::{FutureExt as _, StreamExt as _};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::agent::client::Client;
use crate::agent::files::{self, PathState};
use crate::agent::fleet::Host;
use crate::agent::glob::{self, FoundFile};
use crate::agent::hidden::Hidden;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::{RemotePath, Target};
use crate::event::{Event, Status, Subject};
use crate::failure::{Failure, Refusal};
use crate::human;
use crate::item::Item;
use crate::line::reader::Reader;
use crate::line::time::ClockContext;
use crate::options::{Backlog, Reading, Reconnect};
use crate::plan::SnapshotPlan;
use crate::snapshot::observation::{CvmObservation, LogObservation, Observation, Trouble};
use crate::snapshot::status::LogStatus;
use crate::snapshot::stream_counts::{CvmWindow, StreamCounts};
use crate::snapshot::thresholds::Thresholds;
use crate::tail::stream;

/// How many patterns all streams may have together …
const ALL_PATTERNS: usize = 100_000;

/// … and one stream at most, and at least.
const PATTERNS: (usize, usize) = (50, 1_000);

/// How many things more than one that could not be had of a log are reported.
const TROUBLES: usize = 4;

/// A log that was not written to for this long before the window has no line in it, whatever clocks do.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// What is known of a CVM before its logs are read.
struct Survey {
    /// How far its clock is ahead of this machine's; `None` if it cannot tell.
    skew: Option<SignedDuration>,
    /// Its zone.
    zone: TimeZone,
    /// What globs match beside what was named.
    found: Vec<FoundFile>,
    /// What could not be examined.
    hidden: Vec<Hidden>,
    /// The files that were named, those that were found, and the directories of the globs.
    files: Vec<PathState>,
}

/// A survey, or why there is none.
type Surveyed = Result<Survey, Failure>;

/// An inspection under way.
pub(super) struct Inspection<'a> {
    /// What is inspected.
    plan: &'a SnapshotPlan,
    /// The CVMs, in the order of the plan.
    hosts: &'a [Rc<Host>],
    /// CVMs that are being surveyed.
    surveys: FuturesUnordered<futures::future::LocalBoxFuture<'a, (usize, Surveyed)>>,
    /// Logs that are being read.
    streams: SelectAll<LocalBoxStream<'a, Item>>,
    /// What is known of each CVM.
    cvms: Vec<CvmState>,
    /// What is known of each log, by the number of its target.
    logs: Vec<InspectedLog>,
    /// Names what globs match.
    naming: Naming,
    /// All that globs match is in one folder, so that no two files have one name.
    one_folder: bool,
}

/// What is known of a CVM.
enum CvmState {
    /// It is being connected to.
    Waiting,
    /// It is reached; how far its clock is ahead.
    Reached(Option<SignedDuration>),
    /// It cannot be.
    Failed(Trouble),
}

/// What is known of a log.
struct InspectedLog {
    /// The number of its CVM.
    cvm: usize,
    /// Which it is.
    target: Arc<Target>,
    /// What counts as ill.
    thresholds: Thresholds,
    /// Its older files are read by themselves.
    is_alone: bool,
    /// Its file.
    seen: PathState,
    /// What was read.
    tally: Option<StreamCounts>,
    /// It was read to its end, or will not be.
    done: bool,
    /// What could not be had.
    trouble: Option<Trouble>,
    /// How many more there are than one, joined to it.
    troubles: usize,
    /// Nothing more could be.
    failed: bool,
    /// Ends its stream.
    abort: Option<AbortHandle>,
}

impl InspectedLog {
    /// A log that was not read yet, on the CVM of that number.
    fn new(plan: &SnapshotPlan, cvm: usize, target: Arc<Target>) -> Self {
        Self {
            cvm,
            thresholds: plan.rulebook.thresholds_for(&target.path),
            target,
            is_alone: false,
            seen: PathState::default(),
            tally: None,
            done: false,
            trouble: None,
            troubles: 0,
            failed: false,
            abort: None,
        }
    }
}

impl<'a> Inspection<'a> {
    /// An inspection that has not begun.
    pub(super) fn new(plan: &'a SnapshotPlan, hosts: &'a [Rc<Host>]) -> Self {
        let logs = plan.targets.iter().filter_map(|target| {
            let cvm = plan.cvms.iter().position(|cvm| Arc::ptr_eq(cvm, &target.cvm))?;
            Some(InspectedLog::new(plan, cvm, Arc::clone(target)))
        });
        let logs: Vec<InspectedLog> = logs.collect();
        let survey = |(number, host): (usize, &'a Rc<Host>)| {
            let named = logs.iter().filter(|log| log.cvm == number);
            let paths = named.map(|log| log.target.path.clone()).collect();
            survey_of(number, host, paths, &plan.patterns).boxed_local()
        };
        let folders: Option<BTreeSet<RemotePath>> =
            plan.patterns.iter().map(PathPattern::only_folder).collect();
        Self {
            plan,
            hosts,
            surveys: hosts.iter().enumerate().map(survey).collect(),
            streams: SelectAll::new(),
            cvms: hosts.iter().map(|_| CvmState::Waiting).collect(),
            logs,
            naming: plan.naming.clone(),
            one_folder: folders.is_some_and(|folders| folders.len() <= 1),
        }
    }

    /// How many CVMs are reached or given up.
    pub(super) fn settled(&self) -> usize {
        self.cvms.iter().filter(|state| !matches!(state, CvmState::Waiting)).count()
    }

    /// Waits for what comes next; false: nothing does. May be cancelled.
    pub(super) async fn step(&mut self) -> bool {
        tokio::select! {
            Some((number, survey)) = self.surveys.next() => self.on_survey(number, survey),
            Some(item) = self.streams.next() => self.on_item(&item),
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
    fn on_survey(&mut self, number: usize, survey: Surveyed) {
        let mut survey = match survey {
            Ok(survey) => survey,
            Err(failure) => {
                self.cvms[number] = CvmState::Failed(trouble(failure));
                return;
            }
        };
        self.cvms[number] = CvmState::Reached(survey.skew);
        let skew = survey.skew.unwrap_or_default();
        let host = &self.hosts[number];
        // Nobody's calendar ends within the skew of a clock.
        let there = |instant: Timestamp| instant.checked_add(skew).unwrap_or(instant);
        let since = there(self.plan.since);
        for FoundFile { path, is_alone, .. } in survey.found {
            // Which CVM answers first must not matter.
            let short = self.one_folder || self.naming.knows(&path);
            let name = if short { self.naming.name(&path) } else { path.to_string() };
            self.add(number, name, path).is_alone = is_alone;
        }
        let folders = survey.files.split_off(survey.files.len() - self.plan.patterns.len());
        let streams = survey.files.len() * self.plan.cvms.len();
        let room = (ALL_PATTERNS / streams.max(1)).clamp(PATTERNS.0, PATTERNS.1);
        let logs = self.logs.iter_mut().filter(|log| log.cvm == number);
        for (log, seen) in logs.zip(survey.files) {
            log.seen = seen;
            if let Some((_, failure)) = &log.seen.refused {
                (log.trouble, log.done) = (Some(trouble(failure.clone())), true);
                continue;
            }
            let quiet = log.seen.modified.is_some_and(|modified| since.duration_since(modified) > MARGIN);
            let window = CvmWindow { since, until: self.plan.until.map(there), undated: !quiet };
            let reader =
                Reader::new(ClockContext { zone: survey.zone.clone(), reference: there(Timestamp::now()) });
            // The patterns were compiled once already, when they were planned.
            let fail_on = log.thresholds.patterns().unwrap_or_default();
            log.tally = Some(StreamCounts::new(window, reader, fail_on, room));
            // There is nothing in it to be read. A CVM that does not tell its clock may mean any time, and while a
            // new file is empty, the service may still write to the old one.
            if quiet && survey.skew.is_some() && log.seen.size != Some(0) {
                log.done = true;
                continue;
            }
            let backlog = if log.is_alone { Backlog::SinceHere(since) } else { Backlog::Since(since) };
            let reading = Reading { backlog, follow: false, reconnect: Reconnect::Try(None) };
            let (stream, abort) =
                abortable(stream::follow(Arc::clone(&log.target), Rc::clone(host), reading));
            log.abort = Some(abort);
            self.streams.push(stream.boxed_local());
        }
        for hidden in survey.hidden {
            // The directory in which a glob looks first is surveyed.
            if self.plan.patterns.iter().any(|pattern| pattern.folder() == *hidden.path()) {
                continue;
            }
            let told = trouble(glob::explain(&hidden, host.session.endpoint()));
            let log = self.add(number, hidden.path().to_string(), hidden.path().clone());
            (log.trouble, log.done, log.failed) = (Some(told), true, true);
        }
        // Where a folder cannot be listed, nobody knows what would have matched.
        for (pattern, folder) in self.plan.patterns.iter().zip(folders) {
            let trouble = match &folder.refused {
                Some((Refusal::Directory, _)) => continue,
                Some((_, failure)) => trouble(failure.clone()),
                None => Trouble { message: format!("{} is no folder", pattern.folder()), hint: None },
            };
            let log = self.add(number, pattern.to_string(), pattern.path().clone());
            (log.trouble, log.done, log.failed, log.seen) = (Some(trouble), true, true, folder);
        }
    }

    /// Adds one more log on the CVM of that number.
    fn add(&mut self, number: usize, log: String, path: RemotePath) -> &mut InspectedLog {
        let (id, cvm) = (self.logs.len(), Arc::clone(&self.plan.cvms[number]));
        let target = Arc::new(Target { id, cvm, log, path });
        self.logs.push(InspectedLog::new(self.plan, number, target));
        &mut self.logs[id]
    }

    /// Handles an item of a stream.
    fn on_item(&mut self, item: &Item) {
        match item {
            Item::Lines(batch) => {
                let log = &mut self.logs[batch.target.id];
                let over = log.tally.as_mut().is_some_and(|tally| tally.batch(batch).is_break());
                if over && let Some(abort) = &log.abort {
                    abort.abort();
                    log.done = true;
                }
            }
            Item::Event(event) => self.on_event(event),
            Item::Clock { .. } | Item::Fresh(_) => {}
        }
    }

    /// Handles an event of a stream.
    fn on_event(&mut self, event: &Event) {
        let Subject::Stream(target) = &event.subject else { return };
        let log = &mut self.logs[target.id];
        let trouble = || Trouble { message: event.message.clone(), hint: event.hint.clone() };
        match event.status {
            Status::Stopped => log.done = true,
            Status::Error => {
                log.trouble = Some(trouble());
                (log.done, log.failed) = (true, true);
            }
            Status::Gap | Status::Truncated | Status::Missing => match &mut log.trouble {
                Some(trouble) if log.troubles < TROUBLES => {
                    trouble.message.push_str("; ");
                    trouble.message.push_str(&event.message);
                    log.troubles += 1;
                }
                Some(_) => {}
                None => log.trouble = Some(trouble()),
            },
            _ => {}
        }
        if matches!(event.status, Status::Gap | Status::Truncated | Status::Rotated)
            && let Some(tally) = &mut log.tally
        {
            tally.forget();
        }
    }

    /// The results until `now`; what is still under way counts as not read.
    pub(super) fn looked<'s>(&'s self, now: Timestamp) -> Observation<'s> {
        let past = self.plan.until.filter(|until| *until <= now);
        let timeout = self.plan.timeout.as_secs_f64();
        let late = |what: &str| Trouble {
            message: format!("{what} within {} (--timeout)", human::seconds(timeout)),
            hint: Some("allow more time with --timeout, or look at fewer logs or a shorter window".into()),
        };
        let globs: Vec<String> = self.plan.patterns.iter().map(PathPattern::to_string).collect();
        let looked = |log: &'s InspectedLog| {
            let refused = log.seen.refused.as_ref().map(|(refusal, _)| *refusal);
            LogObservation {
                log: &log.target.log,
                path: log.target.path.to_string(),
                thresholds: &log.thresholds,
                status: match refused {
                    Some(refusal) if refusal.is_missing() => LogStatus::Missing,
                    None if log.done && !log.failed && log.trouble.is_none() => LogStatus::Ok,
                    _ => LogStatus::Unreadable,
                },
                trouble: if log.done { log.trouble.clone() } else { Some(late("not read to its end")) },
                size: log.seen.size,
                modified: log.seen.modified,
                counts: log.tally.as_ref(),
            }
        };
        let cvms =
            self.cvms.iter().zip(&self.plan.cvms).enumerate().map(|(number, (state, cvm))| CvmObservation {
                name: &cvm.name,
                trouble: match state {
                    CvmState::Waiting => Some(late("not reached")),
                    CvmState::Reached(_) => None,
                    CvmState::Failed(trouble) => Some(trouble.clone()),
                },
                skew: if let CvmState::Reached(skew) = state { *skew } else { None },
                logs: self.logs.iter().filter(|log| log.cvm == number).map(looked).collect(),
                globs: if let CvmState::Reached(_) = state { Vec::new() } else { globs.clone() },
            });
        Observation {
            from: self.plan.since,
            to: past.unwrap_or(now),
            bounded: past.is_some(),
            timeout,
            cvms: cvms.collect(),
        }
    }
}

/// Surveys the CVM of that number: the files at `paths`, what `patterns` match beside them, and their folders.
async fn survey_of(
    number: usize,
    host: &Host,
    mut paths: Vec<RemotePath>,
    patterns: &[PathPattern],
) -> (usize, Surveyed) {
    let survey = async {
        let mut client = Client::open(&host.session, &host.secret).await?;
        let (mut found, hidden) = glob::find(&mut client, patterns).await?;
        found.retain(|found| !paths.contains(&found.path));
        paths.extend(found.iter().map(|found| found.path.clone()));
        paths.extend(patterns.iter().map(PathPattern::folder));
        let files = files::examine(&mut client, &paths).await?;
        let reading = client.clock().await?;
        let skew = reading.map(|reading| reading.skew);
        let zone = reading.map_or(TimeZone::UTC, |reading| reading.clock.zone.clone());
        client.close().await;
        Ok(Survey { skew, zone, found, hidden, files })
    };
    (number, survey.await)
}

/// A failure as the report has it.
fn trouble(failure: Failure) -> Trouble {
    Trouble { message: failure.message, hint: failure.hint }
}
