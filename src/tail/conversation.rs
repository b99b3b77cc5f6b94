//! One conversation with the script of one stream, from the first word to the break of the connection.

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
use crate::options::Backlog;
use crate::ssh::channel::Channel;
use crate::ssh::process::Process;
use crate::tail::conversation::report::{Lines, Report};
use crate::tail::conversation::trace::Trace;
use crate::tail::follower::act::Act;
use crate::tail::follower::{Follower, Reported};
use crate::tail::pace::Pace;
use crate::tail::position::Position;

/// How often a file that grows is compared with what was read of it: that takes six processes there.
const VERIFY: Duration = Duration::from_secs(30);

/// Who takes no lines for so long keeps `tail` from looking at the file.
const HELD_UP: Duration = Duration::from_secs(2);

/// A read of so many bytes tells that the log comes faster than it is taken.
const FLOOD: usize = 32 * 1024;

/// What a conversation begins with: what to read first, or the place where the one before stopped.
pub type Start = (Backlog, Option<Position>, Reported);

/// The client's end of the channel and what it knows.
pub struct Conversation {
    /// The log.
    target: Arc<Target>,
    /// What marks the script's words.
    secret: Secret,
    /// The script's standard input.
    line: Rc<AgentStdin>,
    /// Its standard output.
    stdout: Rc<Receiver>,
    /// What the remote shell complains of.
    complaints: Complaints,
    /// The remote shell, until its end is waited for.
    process: Option<Process>,
    /// What came and was not handed on.
    intake: Intake,
    /// What to say next.
    follower: Follower,
    /// What is to be handed out before more is read.
    reports: VecDeque<Report>,
    /// What is on its way to the script, none of it in circles.
    pace: Pace,
    /// When the clock was last asked for.
    greeted: (Timestamp, Instant),
    /// What it showed, until that is good enough.
    readings: ClockReadings,
    /// The script was heard.
    heard: bool,
    /// Until when it must be.
    deadline: Instant,
    /// When the file is compared with what was read of it.
    verify_at: Instant,
    /// When it was last listened.
    listened: Instant,
    trace: Trace,
}

impl Conversation {
    /// A conversation over `channel` about the log of `target`, marked by `secret`; `follow`: beyond its end. The agent
    /// must reply within `limit`.
    pub fn begin(
        channel: Channel,
        pulse: &Heartbeat,
        secret: Secret,
        target: Arc<Target>,
        follow: bool,
        (backlog, position, reported): Start,
        limit: Duration,
    ) -> Self {
        let connection = Rc::clone(channel.connection());
        let Channel { stdin, stdout, stderr, process } = channel;
        let stdout = Rc::new(stdout);
        let line = pulse.join(stdin, Rc::clone(&stdout), connection);
        let mut intake = Intake::new(&secret);
        intake.hold();
        Self {
            follower: Follower::new(target.path.clone(), backlog, follow, position).having(reported),
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
            heard: false,
            deadline: Instant::now() + limit,
            verify_at: Instant::now() + VERIFY,
            listened: Instant::now(),
        }
    }

    /// Says the first word. On a connection that is not known to give us a shell it is one that does no harm
    /// should a menu hear it.
    pub async fn greet(&mut self, clock: Option<&CvmClock>) {
        if clock.is_some() {
            self.introduce(clock).await;
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
    pub async fn introduce(&mut self, clock: Option<&CvmClock>) {
        let zone = clock.map_or(TimeZone::UTC, |clock| clock.zone.clone());
        self.follower.read_times_with(Reader::new(ClockContext { zone, reference: Timestamp::now() }));
        let mut text = self.secret.preamble();
        Request::Serve { log: self.target.path.clone() }.write(&mut text);
        text.extend(self.line.guard());
        self.trace.on_script(text.len());
        self.line.write(&text).await;
    }

    /// What the next conversation begins with.
    pub fn into_start(self) -> Start {
        self.follower.into_start()
    }

    /// Listens until there is something to report.
    pub async fn hear(&mut self, about: &Endpoint) -> Report {
        if self.listened.elapsed() >= HELD_UP {
            self.verify_at = Instant::now();
        }
        let report = self.next(about).await;
        self.listened = Instant::now();
        report
    }

    /// As [`Self::hear`].
    async fn next(&mut self, about: &Endpoint) -> Report {
        loop {
            if let Some(report) = self.reports.pop_front() {
                return report;
            }
            let (fresh, found) = self.intake.scan();
            self.follower.received(fresh);
            self.take_lines();
            match found {
                Some(Interjection::Record(text)) => self.on_record(&text, about).await,
                Some(Interjection::Message(text)) => {
                    self.trace.on_message(text.len());
                    let mut acts = Vec::new();
                    self.follower.on_message(&text, &mut acts);
                    self.act(acts, about).await;
                }
                None if self.reports.is_empty() => {
                    if self.follower.is_unverified() && self.verify_at <= Instant::now() {
                        self.verify_at = Instant::now() + VERIFY;
                        let mut acts = Vec::new();
                        self.follower.verify(&mut acts);
                        self.act(acts, about).await;
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
                () = sleep_until(self.deadline), if !self.heard => break false,
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
        if more && (self.heard || self.intake.noise().len() < NOISE_LIMIT) {
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
        } else if !self.heard && self.deadline <= Instant::now() {
            Silence::Late(time_limit(about))
        } else {
            Silence::Ended
        };
        let noise = (!self.heard).then(|| self.intake.noise());
        let failure = explain(silence, self.process.take(), &mut self.complaints, noise, about).await;
        if self.line.was_let_go() && failure.kind == Kind::Lost {
            return diagnosis::because(&table::LOST, about, ": nothing took what it sent, so it was let go");
        }
        failure
    }

    /// The script said something.
    async fn on_record(&mut self, text: &[u8], about: &Endpoint) {
        let reply = Reply::parse(text);
        self.trace.on_reply(text, reply.as_ref());
        let Some(reply) = reply else {
            let words = format!(": {} made no sense", String::from_utf8_lossy(text));
            self.reports.push_back(Report::Broken(diagnosis::because(&table::LOST, about, &words)));
            return;
        };
        if !self.heard {
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
            self.reports.push_back(Report::Shell(clock));
            return;
        }
        if let Reply::Serving { tail } = &reply {
            if tail.is_empty() {
                self.reports.push_back(Report::Refused(diagnosis::because(&table::TAILLESS, about, "")));
                return;
            }
            self.heard = true;
            self.line.set_serving();
            self.intake.accept();
            self.intake.expect_messages(&self.secret.message_prefix(tail));
            self.reports.push_back(Report::Started);
        }
        if reply == Reply::Halted {
            self.intake.tail(false);
        }
        let mut acts = Vec::new();
        self.follower.on(reply, &mut acts);
        self.act(acts, about).await;
    }

    /// Does what the follower wants done.
    async fn act(&mut self, acts: Vec<Act>, about: &Endpoint) {
        for act in acts {
            match act {
                Act::Send(command) => {
                    if let Request::Follow { .. } = command {
                        self.intake.tail(true);
                    }
                    let mut text = Vec::new();
                    command.write(&mut text);
                    self.trace.on_request(&text);
                    self.pace.admit(text, Instant::now());
                }
                Act::Tell(notice) => self.reports.push_back(Report::Notice(notice)),
                Act::Flush => {
                    if let Some(rest) = self.intake.take_rest() {
                        self.hand_on(rest, Ending::EndOfFile);
                    }
                }
                Act::Forget => self.intake.forget(),
                Act::Hold => self.intake.hold(),
                Act::Accept => {
                    self.intake.accept();
                    self.take_lines();
                }
                Act::Reject => {
                    let rejected = self.intake.reject();
                    self.follower.rejected(rejected);
                }
                Act::Discard => self.intake.discard(true),
                Act::Pass => self.intake.discard(false),
                Act::Fresh => self.reports.push_back(Report::Fresh),
                Act::Finish => self.reports.push_back(Report::Finished),
                Act::Undated => {
                    let failure = diagnosis::log_failure(&table::UNDATED, &self.target.path, about);
                    self.reports.push_back(Report::Refused(failure));
                }
                Act::Refuse(refusal) => {
                    let cause = table::refused(refusal, &table::ABSENT);
                    let failure = diagnosis::log_failure(cause, &self.target.path, about);
                    self.reports.push_back(Report::Refused(failure));
                }
                Act::Fail(why) => {
                    let failure =
                        diagnosis::log_failure_because(&table::READ, &self.target.path, &why, about);
                    self.reports.push_back(Report::Failed(failure));
                }
                Act::Break(why) => {
                    let failure = diagnosis::because(&table::LOST, about, &format!(": {why}"));
                    self.reports.push_back(Report::Broken(failure));
                }
            }
        }
        self.line.watch(self.follower.is_waiting());
        self.send_due().await;
    }

    /// Sends the commands whose time has come.
    async fn send_due(&mut self) {
        let text = self.pace.take(Instant::now());
        if !text.is_empty() {
            self.line.write(&text).await;
        }
    }

    /// Hands on the lines that are complete.
    fn take_lines(&mut self) {
        while let Some((bytes, ending)) = self.intake.take_lines() {
            self.hand_on(bytes, ending);
        }
    }

    /// Hands on bytes of the log, in their place.
    fn hand_on(&mut self, bytes: Bytes, ending: Ending) {
        let Some(position) = self.follower.position() else { return };
        let (file, offset) = (position.file, position.offset);
        self.follower.delivered(&bytes);
        self.trace.log_bytes += bytes.len() as u64;
        self.pace.progress();
        self.reports.push_back(Report::Lines(Lines { file, offset, bytes, ending }));
    }
}
