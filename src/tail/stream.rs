//! One stream: a log on a CVM, followed over whatever happens to the connection, the CVM and the file.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::stream::{self, Stream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};

use crate::agent::client::time_limit;
use crate::agent::fleet::Host;
use crate::batch::Batch;
use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};
use crate::failure::Failure;
use crate::item::Item;
use crate::options::{Reading, Reconnect};
use crate::ssh::backoff;
use crate::tail::conversation::report::Report;
use crate::tail::conversation::{Conversation, Start};
use crate::tail::events;
use crate::tail::follower::Reported;
use crate::tail::long_line::LongLine;

/// How often a bounded read that breaks off is taken up again before it has failed.
const BOUNDED_TRIES: u32 = 5;

/// How long a stream lets another one ask for the shell of their connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a script must have run without a line to have got somewhere all the same: a log may be quiet.
const STEADY: Duration = Duration::from_secs(10);

/// Follows one log: gives its lines and its events until it ends by itself or has failed for good.
pub fn follow(target: Arc<Target>, host: Rc<Host>, reading: Reading) -> impl Stream<Item = Item> {
    let start = (reading.backlog, None, Reported::default());
    let tail = Tail {
        target,
        host,
        reading,
        items: VecDeque::new(),
        long: LongLine::default(),
        state: State::Down(start),
        turn: None,
        attempts: 0,
        unread: false,
        lost: None,
        caught_up: 0,
        here: None,
    };
    stream::unfold(tail, |mut tail| async move { tail.next().await.map(|item| (item, tail)) })
}

/// Where the stream stands.
enum State {
    /// There is no connection.
    Down(Start),
    /// There is none, and the next try begins then.
    Pausing(Start, Instant),
    /// The script is being talked with.
    Up(Box<Conversation>),
    /// The stream is over.
    Ended,
}

/// A stream.
struct Tail {
    /// The log and its CVM.
    target: Arc<Target>,
    /// The CVM as all its streams share it.
    host: Rc<Host>,
    /// From where to where.
    reading: Reading,
    /// What is to be handed out first.
    items: VecDeque<Item>,
    /// Joins the pieces of a long line, also across a reconnect.
    long: LongLine,
    /// Where it stands.
    state: State,
    /// Held while it asks for the shell of its connection.
    turn: Option<OwnedSemaphorePermit>,
    /// How many tries failed in a row, without progress.
    attempts: u32,
    /// Something was not read though it may be there.
    unread: bool,
    /// When the connection broke that is being replaced.
    lost: Option<Instant>,
    /// How many bytes came since the connection was replaced.
    caught_up: u64,
    /// Since when the script runs, until it has sent something of the log.
    here: Option<Instant>,
}

impl Tail {
    /// The next item; `None`: the stream is over.
    async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Some(item);
            }
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return None,
                State::Pausing(start, until) => {
                    sleep_until(until).await;
                    State::Down(start)
                }
                State::Down(start) => self.connect(start).await,
                State::Up(conversation) => self.listen(conversation).await,
            };
        }
    }

    /// Opens a channel and starts the script on it.
    async fn connect(&mut self, start: Start) -> State {
        if !self.host.approached.replace(true) {
            self.tell_of_cvm(Status::Connecting, "connecting");
        }
        let channel = match self.host.session.open().await {
            Ok(channel) => channel,
            Err(failure) => return self.fail(start, &failure),
        };
        if !self.host.reached.replace(true) {
            self.tell_of_cvm(Status::Connected, "connected");
        }
        let connection = Rc::clone(channel.connection());
        let known = || self.host.clock.borrow().clone().filter(|_| connection.has_shell.get());
        if known().is_none() {
            let turn = timeout(PATIENCE, Arc::clone(&self.host.greeting).acquire_owned()).await;
            self.turn = turn.ok().and_then(Result::ok);
        }
        let clock = known();
        if clock.is_some() {
            self.turn = None;
        }
        let secret = self.host.secret.clone();
        let target = Arc::clone(&self.target);
        let limit = time_limit(self.host.session.endpoint());
        let mut conversation = Conversation::begin(
            channel,
            &self.host.heartbeat,
            secret,
            target,
            self.reading.follow,
            start,
            limit,
        );
        conversation.greet(clock.as_ref()).await;
        State::Up(Box::new(conversation))
    }

    /// Hears what the script has to say next.
    async fn listen(&mut self, mut conversation: Box<Conversation>) -> State {
        let report = conversation.hear(self.host.session.endpoint()).await;
        match report {
            Report::Shell(clock) => {
                self.host.clock.replace(Some(clock.clone()));
                self.turn = None;
                conversation.introduce(Some(&clock)).await;
                State::Up(conversation)
            }
            Report::Started => {
                self.here = Some(Instant::now());
                self.caught_up = 0;
                if let Some(clock) = self.host.clock.borrow().clone() {
                    self.items.push_back(Item::Clock { target: Arc::clone(&self.target), clock });
                }
                State::Up(conversation)
            }
            Report::Lines(lines) => {
                if self.here.is_some() {
                    self.progress();
                }
                self.caught_up += lines.bytes.len() as u64;
                let batch = Batch {
                    target: Arc::clone(&self.target),
                    file: lines.file,
                    offset: lines.offset,
                    received: SystemTime::now(),
                    bytes: lines.bytes,
                    continues: false,
                    ending: lines.ending,
                };
                self.long.take(batch, |batch| self.items.push_back(Item::Lines(batch)));
                State::Up(conversation)
            }
            Report::Notice(notice) => {
                let away = self.lost.map(|lost| lost.elapsed());
                let event =
                    events::notice(&notice, &self.target, self.host.session.endpoint(), away, self.caught_up);
                if let Some(event) = event {
                    self.unread |= event.unread;
                    self.tell(event);
                }
                if events::is_resumed(&notice) {
                    self.lost = None;
                }
                State::Up(conversation)
            }
            Report::Fresh => {
                self.items.push_back(Item::Fresh(Arc::clone(&self.target)));
                State::Up(conversation)
            }
            Report::Finished => {
                let message = if self.unread { "what can be read was read" } else { "everything was read" };
                tracing::debug!(
                    cvm = self.target.cvm.name,
                    log = self.target.log,
                    outcome = message,
                    "stream ended"
                );
                self.tell(Event::new(Status::Stopped, self.subject(), message));
                State::Ended
            }
            Report::Refused(failure) => {
                self.tell_failure(&failure);
                State::Ended
            }
            // Who asked for a bounded read wants an answer, and another connection would not change it.
            Report::Failed(failure) if !self.reading.follow => {
                self.tell_failure(&failure);
                State::Ended
            }
            Report::Failed(failure) | Report::Broken(failure) => {
                self.turn = None;
                self.lost.get_or_insert_with(Instant::now);
                if self.here.is_some_and(|here| here.elapsed() >= STEADY) {
                    self.progress();
                }
                self.fail(conversation.into_start(), &failure)
            }
        }
    }

    /// The stream got on: what fails from now on is a first try.
    fn progress(&mut self) {
        self.here = None;
        self.attempts = 0;
        self.host.backoff.on_success();
    }

    /// A try failed: pause and try again, or give up.
    fn fail(&mut self, start: Start, failure: &Failure) -> State {
        self.attempts += 1;
        let limit = match self.reading.reconnect {
            Reconnect::Never => Some(0),
            // Who asked for a bounded read wants an answer, not patience.
            Reconnect::Try(None) if !self.reading.follow => {
                Some(if self.lost.is_some() { BOUNDED_TRIES } else { 0 })
            }
            Reconnect::Try(limit) => limit,
        };
        let (cvm, log) = (self.target.cvm.name.as_str(), self.target.log.as_str());
        let attempt = self.attempts;
        tracing::debug!(cvm, log, attempt, reason = failure.message, "connection lost or not made");
        if !failure.kind.is_transient() || limit.is_some_and(|limit| self.attempts > limit) {
            self.tell_failure(failure);
            return State::Ended;
        }
        // A script that starts and gets nowhere is this stream's trouble, and not its CVM's.
        let next = match self.here.take() {
            Some(_) => Instant::now() + backoff::pause(self.attempts),
            None => self.host.backoff.on_failure().1,
        };
        let mut event = Event::new(Status::Reconnecting, self.subject(), failure.message.clone());
        event.hint.clone_from(&failure.hint);
        event.attempt = Some(self.attempts);
        self.tell(event);
        State::Pausing(start, next)
    }

    /// This stream, as events name it.
    fn subject(&self) -> Subject {
        Subject::Stream(Arc::clone(&self.target))
    }

    /// Hands out an event, after the unfinished long line that it ends, if it does.
    fn tell(&mut self, event: Event) {
        use Status::{Error, Gap, Rotated, Stopped, Truncated};
        if matches!(event.status, Rotated | Truncated | Gap | Stopped | Error) {
            self.long.break_off(|batch| self.items.push_back(Item::Lines(batch)));
        }
        self.items.push_back(Item::Event(event));
    }

    /// Hands out an event of the whole CVM.
    fn tell_of_cvm(&mut self, status: Status, message: &str) {
        self.tell(Event::new(status, Subject::Cvm(Arc::clone(&self.target.cvm)), message));
    }

    /// Tells that the stream has failed for good.
    fn tell_failure(&mut self, failure: &Failure) {
        let (cvm, log) = (self.target.cvm.name.as_str(), self.target.log.as_str());
        tracing::debug!(cvm, log, reason = failure.message, "stream failed");
        let mut event = Event::new(Status::Error, self.subject(), failure.message.clone());
        event.hint.clone_from(&failure.hint);
        self.tell(event);
    }
}

#[cfg(test)]
mod tests;
