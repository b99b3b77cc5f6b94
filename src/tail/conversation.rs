//! One conversation with the agent about one log, from the greeting to the end of the channel.
//!
//! It reads the channel, separates replies from bytes of the log, hands both to the follower and carries out its effects.

pub mod report;
mod trace;

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::io::Interest;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::agent::client::{Complaints, NOISE_LIMIT, Silence, explain, time_limit};
use crate::agent::clock::{ClockReading, ClockReadings};
use crate::agent::framing::{Intake, Interjection};
use crate::agent::heartbeat::{AgentStdin, Heartbeat};
use crate::agent::protocol::{Reply, Request, Secret};
use crate::batch::Ending;
use crate::cluster::target::Target;
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::{Failure, Kind};
use crate::item::CvmClock;
use crate::line::reader::Reader;
use crate::line::time::ClockContext;
use crate::ssh::channel::Channel;
use crate::ssh::process::Process;
use crate::tail::conversation::report::Report;
use crate::tail::conversation::trace::Trace;
use crate::tail::follower::Follower;
use crate::tail::follower::effect::Effect;
use crate::tail::follower::start::Start;
use crate::tail::pace::Pace;

/// How often a file that grows is compared with what was read of it: that takes six processes there.
const VERIFY: Duration = Duration::from_secs(30);

/// After the reader has stalled for so long, `tail` may have missed a truncation.
const STALLED: Duration = Duration::from_secs(2);

/// A read of so many bytes shows that the log grows faster than it is consumed.
const FLOOD: usize = 32 * 1024;

/// Our end of the channel, and what is known about the log.
pub struct Conversation {
    target: Arc<Target>,
    /// What marks the agent's replies.
    secret: Secret,
    /// The script's standard input.
    line: Rc<AgentStdin>,
    /// Its standard output.
    stdout: Rc<Receiver>,
    /// What the remote shell complains of.
    complaints: Complaints,
    /// The remote shell, until its end is waited for.
    process: Option<Process>,
    /// Bytes received and not delivered.
    intake: Intake,
    follower: Follower,
    /// What is reported before more is read.
    reports: VecDeque<Report>,
    /// Requests on their way, with repeated ones delayed.
    pace: Pace,
    /// When the clock was last asked for.
    greeted: (Timestamp, Instant),
    /// What it showed, until that is good enough.
    readings: ClockReadings,
    /// The agent has started.
    has_started: bool,
    /// Until when it must be.
    deadline: Instant,
    /// When the file is next compared with what was read of it.
    verify_at: Instant,
    /// When the stream last asked for a report.
    polled_at: Instant,
    trace: Trace,
}

impl Conversation {
    /// A conversation over `channel` about the log of `target`, marked by `secret`; `follow`: beyond its end. The agent
    /// must reply within `limit`.
    pub fn new(
        channel: Channel,
        pulse: &Heartbeat,
        secret: Secret,
        target: Arc<Target>,
        follow: bool,
        start: Start,
        limit: Duration,
    ) -> Self {
        let connection = Rc::clone(channel.connection());
        let Channel { stdin, stdout, stderr, process } = channel;
        let stdout = Rc::new(stdout);
        let line = pulse.join(stdin, Rc::clone(&stdout), connection);
        let mut intake = Intake::new(&secret);
        intake.hold();
        Self {
            follower: Follower::new(target.path.clone(), start, follow),
            trace: Trace::new(&target),
            target,
            secret,
            line,
            stdout,
            complaints: Complaints::new(stderr),
            process: Some(process),
            intake,
            reports: VecDeque::new(),
            pace: Pace::default(),
            greeted: (Timestamp::now(), Instant::now()),
            readings: ClockReadings::default(),
            has_started: false,
            deadline: Instant::now() + limit,
            verify_at: Instant::now() + VERIFY,
            polled_at: Instant::now(),
        }
    }

    /// Greets, or on a connection known to have a shell sends the script. The greeting does no harm if a menu reads it.
    pub async fn start(&mut self, clock: Option<&CvmClock>) {
        if clock.is_some() {
            self.send_script(clock).await;
        } else {
            self.ask_for_clock().await;
        }
    }

    /// Sends the greeting, to which a shell answers with its clock.
    async fn ask_for_clock(&mut self) {
        self.greeted = (Timestamp::now(), Instant::now());
        self.trace.on_greeting();
        self.line.write(&self.secret.greeting()).await;
    }

    /// Sends the script. `clock` reads the times of lines.
    pub async fn send_script(&mut self, clock: Option<&CvmClock>) {
        let zone = clock.map_or(TimeZone::UTC, |clock| clock.zone.clone());
        self.follower.read_times_with(Reader::new(ClockContext { zone, reference: Timestamp::now() }));
        let mut text = self.secret.preamble();
        Request::Serve { log: self.target.path.clone() }.write(&mut text);
        text.extend(self.line.guard());
        self.trace.on_script(text.len());
        self.line.write(&text).await;
    }

    /// What the next conversation starts with.
    pub fn into_start(self) -> Start {
        self.follower.into_start()
    }

    /// Waits for the next report.
    pub async fn next_report(&mut self, about: &Endpoint) -> Report {
        if self.polled_at.elapsed() >= STALLED {
            self.verify_at = Instant::now();
        }
        let report = self.advance(about).await;
        self.polled_at = Instant::now();
        report
    }

    async fn advance(&mut self, about: &Endpoint) -> Report {
        loop {
            if let Some(report) = self.reports.pop_front() {
                return report;
            }
            let (fresh, found) = self.intake.scan();
            self.follower.received(fresh);
            self.take_lines();
            match found {
                Some(Interjection::Record(text)) => self.on_reply(&text, about).await,
                Some(Interjection::Message(text)) => {
                    self.trace.on_message(text.len());
                    let mut effects = Vec::new();
                    self.follower.on_message(&text, &mut effects);
                    self.apply(effects, about).await;
                }
                None if self.reports.is_empty() => {
                    if self.follower.is_unverified() && self.verify_at <= Instant::now() {
                        self.verify_at = Instant::now() + VERIFY;
                        let mut effects = Vec::new();
                        self.follower.verify(&mut effects);
                        self.apply(effects, about).await;
                    }
                    if let Some(failure) = self.read(about).await {
                        return Report::Broken(failure);
                    }
                }
                None => {}
            }
        }
    }

    /// Waits for bytes and reads them. `Some`: there are no more.
    async fn read(&mut self, about: &Endpoint) -> Option<Failure> {
        self.line.listen(true);
        let due = self.pace.due();
        let more = loop {
            tokio::select! {
                ready = self.stdout.ready(Interest::READABLE) => match ready {
                    Err(_) => break false,
                    Ok(_) => match self.stdout.try_read_buf(self.intake.space()) {
                        Ok(0) => break false,
                        Ok(count) => {
                            self.intake.filled(count);
                            if count >= FLOOD {
                                self.line.widen();
                            }
                            break true;
                        }
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(_) => break false,
                    },
                },
                () = self.complaints.read() => {}
                () = sleep_until(self.deadline), if !self.has_started => break false,
                () = sleep_until(due.unwrap_or(self.deadline)), if due.is_some() => {
                    self.line.listen(false);
                    self.send_due().await;
                    return None;
                }
                () = sleep_until(self.verify_at), if self.follower.is_unverified() => {
                    self.line.listen(false);
                    return None;
                }
            }
        };
        self.line.listen(false);
        if more && (self.has_started || self.intake.noise().len() < NOISE_LIMIT) {
            self.line.moved();
            return None;
        }
        let failure = self.explain_end(more, about).await;
        self.trace.on_end(&failure.message, self.intake.noise().len());
        Some(failure)
    }

    /// Why nothing more comes. `talking`: something still does, but it is not the agent.
    async fn explain_end(&mut self, talking: bool, about: &Endpoint) -> Failure {
        let silence = if talking {
            Silence::Noisy
        } else if !self.has_started && self.deadline <= Instant::now() {
            Silence::Late(time_limit(about))
        } else {
            Silence::Ended
        };
        let noise = (!self.has_started).then(|| self.intake.noise());
        let failure = explain(silence, self.process.take(), &mut self.complaints, noise, about).await;
        if self.line.was_let_go() && failure.kind == Kind::Lost {
            return diagnosis::because(&table::LOST, about, ": nothing took what it sent, so it was let go");
        }
        failure
    }

    /// The script said something.
    async fn on_reply(&mut self, text: &[u8], about: &Endpoint) {
        let reply = Reply::parse(text);
        self.trace.on_reply(text, reply.as_ref());
        let Some(reply) = reply else {
            let words = format!(": {} made no sense", String::from_utf8_lossy(text));
            self.reports.push_back(Report::Broken(diagnosis::because(&table::LOST, about, &words)));
            return;
        };
        if !self.has_started {
            let noise = self.intake.reject();
            self.follower.rejected(noise);
            self.intake.hold();
        }
        if let Reply::Clock(clock) = reply {
            let (asked, began) = self.greeted;
            self.readings.add(clock, asked, began.elapsed());
            if !self.readings.is_settled() {
                return self.ask_for_clock().await;
            }
            self.line.connection().has_shell.set(true);
            let unknown = || CvmClock { skew: SignedDuration::ZERO, zone: TimeZone::UTC };
            let clock = self.readings.best().map_or_else(unknown, ClockReading::cvm_clock);
            self.reports.push_back(Report::Greeted(clock));
            return;
        }
        if let Reply::Serving { tail } = &reply {
            if tail.is_empty() {
                self.reports.push_back(Report::Refused(diagnosis::because(&table::TAILLESS, about, "")));
                return;
            }
            self.has_started = true;
            self.line.set_serving();
            self.intake.accept();
            self.intake.expect_messages(&self.secret.message_prefix(tail));
            self.reports.push_back(Report::Started);
        }
        if reply == Reply::Halted {
            self.intake.tail(false);
        }
        let mut effects = Vec::new();
        self.follower.on(reply, &mut effects);
        self.apply(effects, about).await;
    }

    /// Does what the follower wants done.
    async fn apply(&mut self, effects: Vec<Effect>, about: &Endpoint) {
        for effect in effects {
            match effect {
                Effect::Send(command) => {
                    if let Request::Follow { .. } = command {
                        self.intake.tail(true);
                    }
                    let mut text = Vec::new();
                    command.write(&mut text);
                    self.trace.on_request(&text);
                    self.pace.admit(text, Instant::now());
                }
                Effect::Report(notice) => self.reports.push_back(Report::Notice(notice)),
                Effect::Flush => {
                    if let Some(rest) = self.intake.take_rest() {
                        self.deliver(rest, Ending::EndOfFile);
                    }
                }
                Effect::Forget => self.intake.forget(),
                Effect::Quarantine => self.intake.hold(),
                Effect::Accept => {
                    self.intake.accept();
                    self.take_lines();
                }
                Effect::Reject => {
                    let rejected = self.intake.reject();
                    self.follower.rejected(rejected);
                }
                Effect::Discard => self.intake.discard(true),
                Effect::StopDiscarding => self.intake.discard(false),
                Effect::Fresh => self.reports.push_back(Report::Fresh),
                Effect::Finish => self.reports.push_back(Report::Finished),
                Effect::Undated => {
                    let failure = diagnosis::log_failure(&table::UNDATED, &self.target.path, about);
                    self.reports.push_back(Report::Refused(failure));
                }
                Effect::Refuse(refusal) => {
                    let cause = table::refused(refusal, &table::ABSENT);
                    let failure = diagnosis::log_failure(cause, &self.target.path, about);
                    self.reports.push_back(Report::Refused(failure));
                }
                Effect::Fail(why) => {
                    let failure =
                        diagnosis::log_failure_because(&table::READ, &self.target.path, &why, about);
                    self.reports.push_back(Report::Failed(failure));
                }
                Effect::Break(why) => {
                    let failure = diagnosis::because(&table::LOST, about, &format!(": {why}"));
                    self.reports.push_back(Report::Broken(failure));
                }
            }
        }
        self.line.watch(self.follower.is_waiting());
        self.send_due().await;
    }

    /// Sends the requests that are due.
    async fn send_due(&mut self) {
        let text = self.pace.take(Instant::now());
        if !text.is_empty() {
            self.line.write(&text).await;
        }
    }

    /// Delivers the lines that are complete.
    fn take_lines(&mut self) {
        while let Some((bytes, ending)) = self.intake.take_lines() {
            self.deliver(bytes, ending);
        }
    }

    /// Delivers bytes of the log, with their position.
    fn deliver(&mut self, bytes: Bytes, ending: Ending) {
        let Some(position) = self.follower.position() else { return };
        let (file, offset) = (position.file, position.offset);
        self.follower.delivered(&bytes);
        self.trace.log_bytes += bytes.len() as u64;
        self.pace.progress();
        self.reports.push_back(Report::Lines { file, offset, bytes, ending });
    }
}
