//! A follow under way: items from the streams become lines on stdout and events on stderr.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{LocalBoxStream, SelectAll};
use futures::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use crate::agent::fleet::Host;
use crate::agent::glob::FoundFile;
use crate::cluster::naming::Naming;
use crate::cluster::target::{RemotePath, Target};
use crate::event::{Event, Status, Subject};
use crate::flow::merge::Merge;
use crate::item::Item;
use crate::modes::follow::globs::{GlobAnswer, GlobNews};
use crate::modes::signals::Asking;
use crate::options::{Backlog, Reading};
use crate::output::{Closed, Output};
use crate::pipeline::Pipeline;
use crate::report::Reporter;
use crate::tail::stream;

/// How much is rendered before it is written even though more is ready.
const FULL: usize = 64 * 1024;

/// After how many batches in a row something else may have its turn.
const IN_A_ROW: u32 = 64;

/// How long a reader of stdout or stderr may take for what is printed, where it cannot be waited for: when a signal ends
/// the run, and on a terminal before something else is written to it.
pub(super) const LAST_READ: Duration = Duration::from_secs(2);

/// Why the run ends.
pub(super) enum RunEnd {
    /// Every stream has ended, or enough was printed.
    Done,
    /// The time of `--for` or `--until` is up.
    TimeUp,
    /// A signal of that number.
    Signal(u8),
    /// stdout cannot be written any more.
    Closed(Closed),
}

/// What a run works with.
pub(super) struct Run<'a> {
    /// All streams.
    pub(super) streams: Merge<LocalBoxStream<'a, Item>>,
    /// What globs over paths match.
    pub(super) globs: SelectAll<LocalBoxStream<'static, GlobNews>>,
    /// Names what they match.
    pub(super) naming: Naming,
    /// What is followed: CVM and path.
    pub(super) known: HashSet<(String, RemotePath)>,
    /// How streams are read.
    pub(super) reading: Reading,
    /// Turns lines into bytes.
    pub(super) pipeline: Pipeline,
    /// What is made and not handed to `output` yet.
    pub(super) buffer: Vec<u8>,
    /// stdout.
    pub(super) output: Output,
    /// stderr.
    pub(super) reporter: Reporter,
    /// How many CVMs there are.
    pub(super) cvms: usize,
    /// What is still to be reported when the run ends.
    pub(super) last_events: Vec<Event>,
    /// When it began.
    pub(super) began: Instant,
    /// What ssh itself says, for `--verbose`.
    pub(super) ssh_lines: UnboundedReceiver<String>,
}

impl Run<'_> {
    /// Moves items from the streams to stdout and stderr until there are no more. stdout is flushed
    /// whenever nothing is ready.
    pub(super) async fn pump(&mut self, every: Option<Duration>, asking: &mut Asking) -> RunEnd {
        let mut due = every.map(|every| Instant::now() + every);
        let mut in_a_row = 0;
        loop {
            self.streams.arrange(self.pipeline.demands(Instant::now().into_std()));
            if self.streams.is_idle() && self.globs.is_empty() {
                return RunEnd::Done;
            }
            // In a flood, what else there is has its turn now and then.
            in_a_row = (in_a_row + 1) % IN_A_ROW;
            let ready = if in_a_row > 0 { self.streams.next().now_or_never().flatten() } else { None };
            let (id, item) = if let Some(item) = ready {
                item
            } else {
                if let Err(closed) = self.write().await {
                    return RunEnd::Closed(closed);
                }
                let waking = self.pipeline.deadline().map(Instant::from_std);
                let closing = self.pipeline.closing_time().map(from_now);
                tokio::select! {
                    Some(item) = self.streams.next() => item,
                    news = self.globs.next(), if !self.globs.is_empty() => {
                        if let Some(news) = news {
                            self.on_glob(news).await;
                        }
                        continue;
                    }
                    () = at(waking) => {
                        if self.wake().await.is_break() {
                            return RunEnd::Done;
                        }
                        continue;
                    }
                    () = at(closing) => return RunEnd::TimeUp,
                    () = self.output.gone() => return RunEnd::Closed(Closed::Gone),
                    () = asking.asked() => {
                        self.flush().await;
                        self.summarise();
                        continue;
                    }
                    () = at(due) => {
                        due = every.map(|every| Instant::now() + every);
                        self.flush().await;
                        self.summarise();
                        continue;
                    }
                    Some(words) = self.ssh_lines.recv() => {
                        self.reporter.run(&words, None, false);
                        continue;
                    }
                }
            };
            let now = Instant::now().into_std();
            let flow = match item {
                None => self.pipeline.on_end(&mut self.buffer, id, now),
                Some(Item::Lines(batch)) => self.pipeline.on_batch(&mut self.buffer, &batch, now),
                Some(Item::Event(event)) => self.tell(&event).await,
                Some(Item::Clock { target, clock }) => {
                    self.pipeline.on_clock(&target, &clock);
                    ControlFlow::Continue(())
                }
                Some(Item::Fresh(target)) => {
                    self.pipeline.on_fresh(&target);
                    ControlFlow::Continue(())
                }
            };
            if flow.is_break() || self.wake().await.is_break() {
                return RunEnd::Done;
            }
            if self.buffer.len() >= FULL
                && let Err(closed) = self.write().await
            {
                return RunEnd::Closed(closed);
            }
        }
    }

    /// Hands what is made to stdout. While a progress line is drawn on the same terminal, it makes room.
    pub(super) async fn write(&mut self) -> Result<(), Closed> {
        let (settled, all) = (self.pipeline.tally().cvms_settled(), self.cvms);
        let in_the_way = self.pipeline.is_interactive() && settled < all && !self.buffer.is_empty();
        if in_the_way {
            self.reporter.clear().await;
        }
        self.output.send(&mut self.buffer).await?;
        if in_the_way {
            let _ = timeout(LAST_READ, self.output.drained()).await;
            self.reporter.connecting(settled, all);
        }
        Ok(())
    }

    /// Waits until what is made is written, as long as a reader may take. An error shows at the next write.
    pub(super) async fn flush(&mut self) {
        let flush = async {
            self.write().await?;
            self.output.drained().await
        };
        let _ = timeout(LAST_READ, flush).await;
    }

    /// Follows one more log, from there on.
    pub(super) fn follow(&mut self, target: Arc<Target>, host: &Rc<Host>, backlog: Backlog) {
        self.known.insert((target.cvm.name.clone(), target.path.clone()));
        let id = target.id;
        let reading = Reading { backlog, ..self.reading.clone() };
        let stream = stream::follow(target, Rc::clone(host), reading);
        self.streams.push(id, stream.boxed_local());
    }

    /// A CVM answered what a glob matches, or could not.
    pub(super) async fn on_glob(&mut self, GlobNews { host, glob, answer }: GlobNews) {
        let tally = self.pipeline.tally();
        match &answer {
            GlobAnswer::Failed(event) | GlobAnswer::Incomplete(event) => tally.observe_glob(&glob, event),
            GlobAnswer::Match(_) | GlobAnswer::NoMatch(_) => {
                tally.resolve_glob(&host.session.cvm().name, &glob);
            }
        }
        match answer {
            GlobAnswer::Match(found) => self.found(&host, found).await,
            GlobAnswer::NoMatch(event) | GlobAnswer::Failed(event) | GlobAnswer::Incomplete(event) => {
                let _ = self.tell(&event).await;
            }
        }
    }

    /// Follows a file that a glob found, unless it is followed already; of a new one every line is read.
    pub(super) async fn found(&mut self, host: &Rc<Host>, found: FoundFile) {
        let FoundFile { path, is_new, is_alone } = found;
        let cvm = host.session.cvm();
        if self.known.contains(&(cvm.name.clone(), path.clone())) {
            return;
        }
        let log = self.naming.name(&path);
        let target = Arc::new(Target { id: self.known.len(), cvm: Arc::clone(cvm), log, path });
        if is_new {
            let subject = Subject::Stream(Arc::clone(&target));
            let event = Event::new(Status::Appeared, subject, format!("{} is there", target.path));
            let _ = self.tell(&event).await;
            self.pipeline.on_fresh(&target);
        }
        let backlog = match self.reading.backlog {
            _ if is_new => Backlog::FromLine(1),
            Backlog::Since(wanted) if is_alone => Backlog::SinceHere(wanted),
            backlog => backlog,
        };
        self.follow(target, host, backlog);
    }

    /// Does what is due, and reports the events of the pipeline.
    pub(super) async fn wake(&mut self) -> ControlFlow<()> {
        let now = Instant::now().into_std();
        let mut flow = ControlFlow::Continue(());
        if self.pipeline.deadline().is_some_and(|due| due <= now) {
            flow = self.pipeline.on_deadline(&mut self.buffer, now);
        }
        for event in self.pipeline.take_events() {
            let _ = self.tell(&event).await;
        }
        flow
    }

    /// Tells an event where the user wants it.
    pub(super) async fn tell(&mut self, event: &Event) -> ControlFlow<()> {
        let flow = self.pipeline.on_event(&mut self.buffer, event, Instant::now().into_std());
        if self.pipeline.is_interactive() {
            // On a terminal, what came before the event stands before it.
            self.flush().await;
        }
        self.reporter.event(event);
        self.reporter.connecting(self.pipeline.tally().cvms_settled(), self.cvms);
        flow
    }

    /// Reports how much has been read and printed so far.
    pub(super) fn summarise(&mut self) {
        if let Some(text) = self.pipeline.summary(&mut self.buffer, self.began.elapsed()) {
            self.reporter.text(&text);
        }
    }
}

/// An instant of this machine's clock as one that can be waited for.
fn from_now(time: Timestamp) -> Instant {
    let left = time.duration_since(Timestamp::now());
    Instant::now() + Duration::try_from(left).unwrap_or_default()
}

/// Waits until then; without a time, for ever.
pub(super) async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
