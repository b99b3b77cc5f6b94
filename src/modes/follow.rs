//! The story of a follow: reach the CVMs, merge their streams, print what is kept, and leave nothing behind.

mod finds;
mod health;

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{LocalBoxStream, SelectAll};
use futures::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

use crate::agent::fleet::{ear, hosts};
use crate::agent::glob::Found;
use crate::agent::heartbeat::Pulse;
use crate::cluster::naming::Naming;
use crate::cluster::target::{RemotePath, Target};
use crate::event::{Event, Status, Subject};
use crate::exit::Exit;
use crate::flow::filter::Filter;
use crate::flow::merge::Merge;
use crate::item::Item;
use crate::modes::signals::{Asking, Signals};
use crate::options::{Backlog, Reading};
use crate::output::{Closed, Output};
use crate::pipeline::Pipeline;
use crate::plan::{self};
use crate::render::renderer::Renderer;
use crate::report::Reporter;
use crate::ssh::descriptor_limit;
use crate::tail::stream::{self, Host};
use crate::usage::Usage;
use finds::{Find, finds};
use health::Health;

/// How much is rendered before it is written even though more is ready.
const FULL: usize = 64 * 1024;

/// After how many batches in a row something else may have its turn.
const IN_A_ROW: u32 = 64;

/// How long closing the connections may take at the end; what is left then dies with this process.
const FAREWELL: Duration = Duration::from_secs(3);

/// How long a reader of stdout or stderr may take for what is printed, where it cannot be waited for: when a signal ends
/// the run, and on a terminal before something else is written to it.
const LAST_READ: Duration = Duration::from_secs(2);

/// Why the run ends.
enum End {
    /// Every stream has ended, enough was printed, or the time is up.
    Itself,
    /// A signal of that number.
    Signal(u8),
    /// stdout takes no more.
    Closed(Closed),
}

/// Follows until the plan, the user or the reader ends it. An error: a pattern or a template is wrong, or
/// this machine lacks what any run needs.
pub fn run(plan: &plan::FollowPlan) -> Result<Exit, Usage> {
    let filter = Filter::new(&plan.filter).map_err(Usage::new)?;
    let renderer = Renderer::new(&plan.output, &plan.targets).map_err(Usage::new)?;
    let live = plan.reading.follow && !is_past(plan);
    let pipeline = Pipeline::new(filter, renderer, plan, live);
    descriptor_limit::raise();
    // One thread: the signal by which the masters die with us goes by the thread that started them.
    let runtime = Builder::new_current_thread().enable_all().build();
    let lacking = |error: io::Error| Usage::new(format!("this machine does not let it run: {error}"));
    runtime.and_then(|runtime| runtime.block_on(follow(plan, pipeline, live))).map_err(lacking)
}

/// The run, from the first connection to the last farewell.
async fn follow(plan: &plan::FollowPlan, pipeline: Pipeline, live: bool) -> io::Result<Exit> {
    let began = Instant::now();
    let reading = Reading { follow: live, ..plan.reading.clone() };
    let (mut signals, mut asking) = (Signals::listen()?, Asking::listen()?);
    let (ear, heard) = ear(plan.ssh.verbose);
    let pulse = Rc::new(Pulse::default());
    let hosts = hosts(&plan.cvms, &plan.ssh, &pulse, ear.as_ref())?;
    let mut run = Run {
        streams: Merge::new([]),
        finds: finds(&hosts, &plan.patterns, live),
        naming: plan.naming.clone(),
        known: HashSet::new(),
        reading,
        pipeline,
        buffer: Vec::new(),
        output: Output::stdout()?,
        reporter: Reporter::stderr(&plan.report, &plan.targets)?,
        health: Health::new(plan.cvms.len()),
        began,
        heard,
    };
    for target in &plan.targets {
        if let Some(host) = hosts.iter().find(|host| *host.session.cvm() == target.cvm) {
            run.follow(Arc::clone(target), host, plan.reading.backlog);
        }
    }
    let over = plan.stop_after.map(|after| began + after);
    let stats = plan.report.stats;
    let end = tokio::select! {
        biased;
        number = signals.ending() => End::Signal(number),
        end = run.pump(stats.and_then(|stats| stats.every), &mut asking) => end,
        () = at(over) => End::Itself,
        () = pulse.run() => End::Itself,
    };
    run.pipeline.flush(&mut run.buffer, Instant::now().into_std());
    let code = run.exit(&end);
    // A second signal ends it at once, and the first one after it ended by itself: what is not closed properly
    // dies with this process.
    let by_itself = matches!(end, End::Itself);
    tokio::select! {
        biased;
        number = signals.ending() => Ok(if by_itself { Exit::Signal(number) } else { code }),
        said = run.finish(end, stats.is_some(), &hosts) => match said {
            Err(Closed::Failed(_)) if by_itself => Ok(Exit::Failed),
            _ => Ok(code),
        },
    }
}

/// What a run works with.
struct Run<'a> {
    /// All streams.
    streams: Merge<LocalBoxStream<'a, Item>>,
    /// What globs over paths match.
    finds: SelectAll<LocalBoxStream<'static, Find>>,
    /// Names what they match.
    naming: Naming,
    /// What is followed: CVM and path.
    known: HashSet<(String, RemotePath)>,
    /// How streams are read.
    reading: Reading,
    /// Makes bytes of lines.
    pipeline: Pipeline,
    /// What is made and not handed to `output` yet.
    buffer: Vec<u8>,
    /// stdout.
    output: Output,
    /// stderr.
    reporter: Reporter,
    /// Which streams are well.
    health: Health,
    /// When it began.
    began: Instant,
    /// What ssh itself says, for `--verbose`.
    heard: UnboundedReceiver<String>,
}

impl Run<'_> {
    /// Moves items from the streams to stdout and stderr until there are no more. stdout is flushed
    /// whenever nothing is ready.
    async fn pump(&mut self, every: Option<Duration>, asking: &mut Asking) -> End {
        let mut due = every.map(|every| Instant::now() + every);
        let mut in_a_row = 0;
        loop {
            self.streams.arrange(self.pipeline.demands(Instant::now().into_std()));
            if self.streams.is_idle() && self.finds.is_empty() {
                return End::Itself;
            }
            // In a flood, what else there is has its turn now and then.
            in_a_row = (in_a_row + 1) % IN_A_ROW;
            let ready = if in_a_row > 0 { self.streams.next().now_or_never().flatten() } else { None };
            let (id, item) = if let Some(item) = ready {
                item
            } else {
                if let Err(closed) = self.write().await {
                    return End::Closed(closed);
                }
                let waking = self.pipeline.deadline().map(Instant::from_std);
                let closing = self.pipeline.closing_time().map(from_now);
                tokio::select! {
                    Some(item) = self.streams.next() => item,
                    find = self.finds.next(), if !self.finds.is_empty() => {
                        match find {
                            Some(Find::Log(host, found)) => self.found(&host, found).await,
                            Some(Find::Told(event)) => {
                                let _ = self.tell(&event).await;
                            }
                            None => {}
                        }
                        continue;
                    }
                    () = at(waking) => {
                        if self.wake().await.is_break() {
                            return End::Itself;
                        }
                        continue;
                    }
                    () = at(closing) => return End::Itself,
                    () = self.output.gone() => return End::Closed(Closed::Gone),
                    () = asking.asked() => {
                        self.summarise();
                        continue;
                    }
                    () = at(due) => {
                        due = every.map(|every| Instant::now() + every);
                        self.summarise();
                        continue;
                    }
                    Some(words) = self.heard.recv() => {
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
                return End::Itself;
            }
            if self.buffer.len() >= FULL
                && let Err(closed) = self.write().await
            {
                return End::Closed(closed);
            }
        }
    }

    /// Hands what is made to stdout. While a progress line is drawn on the same terminal, it makes room.
    async fn write(&mut self) -> Result<(), Closed> {
        let (settled, all) = (self.health.settled(), self.health.cvms());
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

    /// Follows one more log, from there on.
    fn follow(&mut self, target: Arc<Target>, host: &Rc<Host>, backlog: Backlog) {
        self.known.insert((target.cvm.name.clone(), target.path.clone()));
        let id = target.id;
        let reading = Reading { backlog, ..self.reading.clone() };
        let stream = stream::follow(target, Rc::clone(host), reading);
        self.streams.push(id, stream.boxed_local());
    }

    /// Follows a file that a glob found, unless it is followed already; of a new one every line is read.
    async fn found(&mut self, host: &Rc<Host>, found: Found) {
        let Found { path, is_new, is_alone } = found;
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

    /// Does what is due, and tells what the pipeline has to report.
    async fn wake(&mut self) -> ControlFlow<()> {
        let now = Instant::now().into_std();
        let mut flow = ControlFlow::Continue(());
        if self.pipeline.deadline().is_some_and(|deadline| deadline <= now) {
            flow = self.pipeline.on_deadline(&mut self.buffer, now);
        }
        for event in self.pipeline.take_events() {
            let _ = self.tell(&event).await;
        }
        flow
    }

    /// Tells an event where the user wants it.
    async fn tell(&mut self, event: &Event) -> ControlFlow<()> {
        self.health.observe(event);
        let flow = self.pipeline.on_event(&mut self.buffer, event, Instant::now().into_std());
        if self.pipeline.is_interactive() {
            // On a terminal, what came before the event stands before it. An error shows at the next write.
            let _ = self.write().await;
            let _ = timeout(LAST_READ, self.output.drained()).await;
        }
        self.reporter.event(event);
        self.reporter.connecting(self.health.settled(), self.health.cvms());
        flow
    }

    /// Says how much has been read and printed so far.
    fn summarise(&mut self) {
        if let Some(text) = self.pipeline.summary(&mut self.buffer, self.began.elapsed()) {
            self.reporter.text(&text);
        }
    }

    /// The status for that end.
    fn exit(&self, end: &End) -> Exit {
        match end {
            End::Itself => Exit::for_follow(self.pipeline.printed(), self.health.any_ill()),
            End::Signal(number) => Exit::Signal(*number),
            End::Closed(Closed::Gone) => Exit::Found,
            End::Closed(Closed::Failed(_)) => Exit::Failed,
        }
    }

    /// Ends what is open on the CVMs and here, and says the last words. An error: stdout did not take them.
    async fn finish(mut self, end: End, stats: bool, hosts: &[Rc<Host>]) -> Result<(), Closed> {
        self.streams.clear();
        self.finds.clear();
        let farewell = join_all(hosts.iter().map(|host| host.session.close()));
        let _ = timeout(FAREWELL, farewell).await;
        self.reporter.connecting(1, 1);
        // What was asked for waits until it is read, as long as that may take; who ends the run does not, and
        // a reader that has not read for long is not waited for again.
        let patience = match end {
            End::Signal(_) => LAST_READ.saturating_sub(self.output.held_up()),
            End::Itself | End::Closed(_) => Duration::MAX,
        };
        let said = match end {
            End::Closed(closed) => Err(closed),
            End::Itself | End::Signal(_) => {
                for event in self.pipeline.take_events() {
                    let _ = timeout(patience, self.tell(&event)).await;
                }
                if stats {
                    self.summarise();
                }
                self.pipeline.finish(&mut self.buffer);
                let last = async {
                    self.output.send(&mut self.buffer).await?;
                    self.output.drained().await
                };
                timeout(patience, last).await.unwrap_or(Ok(()))
            }
        };
        if let Err(Closed::Failed(error)) = &said {
            self.reporter.run(&format!("stdout cannot be written: {error}"), None, true);
        }
        self.reporter.finish(LAST_READ);
        said
    }
}

/// Whether all that `--until` leaves has been written: then there is nothing to wait for.
fn is_past(plan: &plan::FollowPlan) -> bool {
    plan.flow.until.is_some_and(|until| until < Timestamp::now())
}

/// The moment of this machine's clock, as one that can be waited for.
fn from_now(time: Timestamp) -> Instant {
    let left = time.duration_since(Timestamp::now());
    Instant::now() + Duration::try_from(left).unwrap_or_default()
}

/// Waits until then; without a time, for ever.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
