//! One stream: a log on a CVM, followed across lost connections, reboots of the CVM and rotations of the file.

use crate::agent::client::time_limit;
use crate::agent::fleet::Host;
use crate::batch::Batch;
use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};
use crate::failure::Failure;
use crate::item::Item;
use crate::options::{Reading, Reconnect};
use crate::ssh::backoff;
use crate::tail::conversation::Conversation;
use crate::tail::conversation::report::Report;
use crate::tail::events;
use crate::tail::follower::effect::Notice;
use crate::tail::follower::start::Start;
use crate::tail::long_line::LongLine;
use futures::stream::{self, Stream};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};

/// How often an interrupted bounded read is retried.
const BOUNDED_TRIES: u32 = 5;

/// How long a stream waits for another one to greet the shell of their connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// An agent that has run this long counts as progress even without a line: a log may be quiet.
const STEADY: Duration = Duration::from_secs(10);

/// Follows one log: emits its lines and events until it ends by itself or has failed for good.
pub fn follow(target: Arc<Target>, host: Rc<Host>, reading: Reading) -> impl Stream<Item = Item> {
    let start = Start::new(reading.backlog);
    let tail = Tail {
        target,
        host,
        reading,
        items: VecDeque::new(),
        long: LongLine::default(),
        state: TailState::Disconnected(start),
        greeting_turn: None,
        attempts: 0,
        unread: false,
        broken_at: None,
        behind: 0,
        agent_since: None,
    };
    stream::unfold(tail, |mut tail| async move { tail.next().await.map(|item| (item, tail)) })
}

enum TailState {
    Disconnected(Start),
    /// Disconnected, with the next try at that time.
    Pausing {
        start: Start,
        until: Instant,
    },
    Connected(Box<Conversation>),
    Ended,
}

struct Tail {
    target: Arc<Target>,
    host: Rc<Host>,
    reading: Reading,
    /// What is emitted before anything else is done.
    items: VecDeque<Item>,
    /// Joins the pieces of a long line, also across a reconnect.
    long: LongLine,
    state: TailState,
    /// Held while this stream greets the shell of its connection.
    greeting_turn: Option<OwnedSemaphorePermit>,
    /// How many tries failed in a row, without progress.
    attempts: u32,
    /// Something was not read although it may exist.
    unread: bool,
    /// When the connection broke that is being replaced.
    broken_at: Option<Instant>,
    /// How many bytes came since the connection was replaced: what was behind.
    behind: u64,
    /// Since when the agent has run, until the first bytes of the log.
    agent_since: Option<Instant>,
}

impl Tail {
    /// The next item; `None`: the stream is over.
    async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Some(item);
            }
            self.state = match std::mem::replace(&mut self.state, TailState::Ended) {
                TailState::Ended => return None,
                TailState::Pausing { start, until } => {
                    sleep_until(until).await;
                    TailState::Disconnected(start)
                }
                TailState::Disconnected(start) => self.connect(start).await,
                TailState::Connected(conversation) => self.converse(conversation).await,
            };
        }
    }

    /// Opens a channel and greets the shell on it, or sends the script.
    async fn connect(&mut self, start: Start) -> TailState {
        if !self.host.approached.replace(true) {
            self.emit_for_cvm(Status::Connecting, "connecting");
        }
        let channel = match self.host.session.open().await {
            Ok(channel) => channel,
            Err(failure) => return self.on_failure(start, &failure),
        };
        if !self.host.reached.replace(true) {
            self.emit_for_cvm(Status::Connected, "connected");
        }
        let connection = Rc::clone(channel.connection());
        let known = || self.host.clock.borrow().clone().filter(|_| connection.has_shell.get());
        if known().is_none() {
            let turn = timeout(PATIENCE, Arc::clone(&self.host.greeting).acquire_owned()).await;
            self.greeting_turn = turn.ok().and_then(Result::ok);
        }
        let clock = known();
        if clock.is_some() {
            self.greeting_turn = None;
        }
        let secret = self.host.secret.clone();
        let target = Arc::clone(&self.target);
        let limit = time_limit(self.host.session.endpoint());
        let follow = self.reading.follow;
        let mut conversation =
            Conversation::new(channel, &self.host.heartbeat, secret, target, follow, start, limit);
        conversation.start(clock.as_ref()).await;
        TailState::Connected(Box::new(conversation))
    }

    /// Turns the next report of the conversation into items.
    async fn converse(&mut self, mut conversation: Box<Conversation>) -> TailState {
        let report = conversation.next_report(self.host.session.endpoint()).await;
        match report {
            Report::Greeted(clock) => {
                self.host.clock.replace(Some(clock.clone()));
                self.greeting_turn = None;
                conversation.send_script(Some(&clock)).await;
                TailState::Connected(conversation)
            }
            Report::Started => {
                self.agent_since = Some(Instant::now());
                self.behind = 0;
                if let Some(clock) = self.host.clock.borrow().clone() {
                    self.items.push_back(Item::Clock { target: Arc::clone(&self.target), clock });
                }
                TailState::Connected(conversation)
            }
            Report::Lines { file, offset, bytes, ending } => {
                if self.agent_since.is_some() {
                    self.on_progress();
                }
                self.behind += bytes.len() as u64;
                let batch = Batch {
                    target: Arc::clone(&self.target),
                    file,
                    offset,
                    received: SystemTime::now(),
                    bytes,
                    continues: false,
                    ending,
                };
                self.long.take(batch, |batch| self.items.push_back(Item::Lines(batch)));
                TailState::Connected(conversation)
            }
            Report::Notice(notice) => {
                let interrupted = self.broken_at.map(|broken_at| broken_at.elapsed());
                let event = events::from_notice(
                    &notice,
                    &self.target,
                    self.host.session.endpoint(),
                    interrupted,
                    self.behind,
                );
                if let Some(event) = event {
                    self.unread |= event.unread;
                    self.emit(event);
                }
                if notice == Notice::CaughtUp {
                    self.broken_at = None;
                }
                TailState::Connected(conversation)
            }
            Report::Fresh => {
                self.items.push_back(Item::Fresh(Arc::clone(&self.target)));
                TailState::Connected(conversation)
            }
            Report::Finished => {
                let message = if self.unread {
                    "everything that could be read was read"
                } else {
                    "everything was read"
                };
                tracing::debug!(
                    cvm = self.target.cvm.name,
                    log = self.target.log,
                    outcome = message,
                    "stream ended"
                );
                self.emit(Event::new(Status::Stopped, self.subject(), message));
                TailState::Ended
            }
            Report::Refused(failure) => {
                self.emit_failure(&failure);
                TailState::Ended
            }
            // A bounded read ends: another connection would fail in the same way.
            Report::Failed(failure) if !self.reading.follow => {
                self.emit_failure(&failure);
                TailState::Ended
            }
            Report::Failed(failure) | Report::Broken(failure) => {
                self.greeting_turn = None;
                self.broken_at.get_or_insert_with(Instant::now);
                if self.agent_since.is_some_and(|since| since.elapsed() >= STEADY) {
                    self.on_progress();
                }
                self.on_failure(conversation.into_start(), &failure)
            }
        }
    }

    /// The stream has made progress: the next failure counts as the first.
    fn on_progress(&mut self) {
        self.agent_since = None;
        self.attempts = 0;
        self.host.backoff.on_success();
    }

    /// An attempt failed: pauses and retries, or gives up.
    fn on_failure(&mut self, start: Start, failure: &Failure) -> TailState {
        self.attempts += 1;
        let limit = match self.reading.reconnect {
            Reconnect::Never => Some(0),
            // A bounded read is for someone who waits for the answer.
            Reconnect::Try(None) if !self.reading.follow => {
                Some(if self.broken_at.is_some() { BOUNDED_TRIES } else { 0 })
            }
            Reconnect::Try(limit) => limit,
        };
        let (cvm, log) = (self.target.cvm.name.as_str(), self.target.log.as_str());
        let attempt = self.attempts;
        tracing::debug!(cvm, log, attempt, reason = failure.message, "connection lost or not made");
        if !failure.kind.is_transient() || limit.is_some_and(|limit| self.attempts > limit) {
            self.emit_failure(failure);
            return TailState::Ended;
        }
        // An agent that starts and fails is a fault of this stream, not of the CVM.
        let next = match self.agent_since.take() {
            Some(_) => Instant::now() + backoff::pause(self.attempts),
            None => self.host.backoff.on_failure().1,
        };
        let mut event = Event::new(Status::Reconnecting, self.subject(), failure.message.clone());
        event.hint.clone_from(&failure.hint);
        event.attempt = Some(self.attempts);
        self.emit(event);
        TailState::Pausing { start, until: next }
    }

    /// This stream, as events name it.
    fn subject(&self) -> Subject {
        Subject::Stream(Arc::clone(&self.target))
    }

    /// Emits an event, after the unfinished long line that it ends, if any.
    fn emit(&mut self, event: Event) {
        use Status::{Error, Gap, Rotated, Stopped, Truncated};
        if matches!(event.status, Rotated | Truncated | Gap | Stopped | Error) {
            self.long.break_off(|batch| self.items.push_back(Item::Lines(batch)));
        }
        self.items.push_back(Item::Event(event));
    }

    fn emit_for_cvm(&mut self, status: Status, message: &str) {
        self.emit(Event::new(status, Subject::Cvm(Arc::clone(&self.target.cvm)), message));
    }

    /// Emits that the stream has failed for good.
    fn emit_failure(&mut self, failure: &Failure) {
        let (cvm, log) = (self.target.cvm.name.as_str(), self.target.log.as_str());
        tracing::debug!(cvm, log, reason = failure.message, "stream failed");
        let mut event = Event::new(Status::Error, self.subject(), failure.message.clone());
        event.hint.clone_from(&failure.hint);
        self.emit(event);
    }
}

#[cfg(test)]
mod tests;
