//! The client's end of a conversation with the agent on a CVM: the greeting, the clock, the noise of login scripts,
//! the limits, and why a conversation ended. The same for every question; a stream that follows a log uses the parts.
//!
//! | limit | value | beyond it |
//! |---|---|---|
//! | the first record, and each answer | [`time_limit`] | no shell, or a slow CVM |
//! | what comes before the first record | [`NOISE_LIMIT`] | no shell |
//! | what the shell complains of | the last [`COMPLAINTS_LIMIT`] | what is older is dropped |
//! | an answer's records | [`ANSWER_LIMIT`] | a chatty CVM |
//! | a record | `framing::RECORD_CAP` | it is no record |
//! | the end of the shell, once stdout has ended | [`END_LIMIT`] | it is taken for killed |

use std::io;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::{Instant, timeout};

use crate::agent::clock::{ClockReading, ClockReadings};
use crate::agent::framing::{Intake, Interjection};
use crate::agent::protocol::{Reply, Request, Secret};
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::Failure;
use crate::human;
use crate::random;
use crate::ssh::channel::Channel;
use crate::ssh::connection::Connection;
use crate::ssh::process::{CommandEnd, Process};
use crate::ssh::session::Session;

/// How many bytes of a request are traced.
const TRACED: usize = 1000;

/// How long the first record and each answer may take, unless the user allows a connection more: a login script may
/// take its time, and a log that can be followed can be checked and listed too.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// How many bytes may come before the first record: login scripts chatter, menus are long.
pub const NOISE_LIMIT: usize = 256 * 1024;

/// How many bytes of what the remote shell complains of are kept.
const COMPLAINTS_LIMIT: usize = 4096;

/// How many bytes the records of one answer may have.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// How long the shell may take to end once its stdout has ended.
const END_LIMIT: Duration = Duration::from_secs(10);

/// How long the first record and each answer of that CVM may take.
pub fn time_limit(about: &Endpoint) -> Duration {
    TIME_LIMIT.max(about.connect_timeout())
}

/// A secret for conversations with one CVM. An error: this machine gives no random bytes.
pub fn new_secret() -> io::Result<Secret> {
    Ok(Secret::new(&random::bytes()?))
}

/// What a remote shell writes to stderr; the end of it is kept.
#[derive(Debug)]
pub struct Complaints {
    /// `None` once it has ended.
    stderr: Option<Receiver>,
    text: Vec<u8>,
}

impl Complaints {
    pub fn new(stderr: Receiver) -> Self {
        Self { stderr: Some(stderr), text: Vec::new() }
    }

    /// Reads what comes next; pending for ever once there is no more. May be cancelled.
    pub async fn read(&mut self) {
        match &mut self.stderr {
            None => std::future::pending().await,
            Some(pipe) => match pipe.read_buf(&mut self.text).await {
                Ok(count) if count > 0 => {
                    let surplus = self.text.len().saturating_sub(COMPLAINTS_LIMIT);
                    self.text.drain(..surplus);
                }
                _ => self.stderr = None,
            },
        }
    }

    /// Reads to the end.
    async fn read_to_end(&mut self) {
        while self.stderr.is_some() {
            self.read().await;
        }
    }
}

/// How a conversation came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The shell's stdout has ended.
    Ended,
    /// Nothing that helps came within that time.
    Late(Duration),
    /// Something speaks, but it is not the agent.
    Noisy,
    /// The answer is larger than any can be.
    Endless,
    /// A record makes no sense.
    Nonsense,
}

/// Why a conversation ended: one translation for all. `noise` came in place of the first record; `None`: there was one.
pub async fn explain(
    silence: Silence,
    process: Option<Process>,
    complaints: &mut Complaints,
    noise: Option<&[u8]>,
    about: &Endpoint,
) -> Failure {
    let mut code = None;
    if let (Silence::Ended, Some(process)) = (silence, process) {
        // Once the end of the process is waited for, what is unread may be lost.
        let _ = timeout(END_LIMIT, complaints.read_to_end()).await;
        match timeout(END_LIMIT, process.end()).await {
            Ok(CommandEnd::Lost(failure)) => return failure,
            Ok(CommandEnd::Exited(status)) => code = Some(status),
            Ok(CommandEnd::Killed) | Err(_) => {}
        }
    }
    match (noise, silence) {
        (Some(noise), Silence::Late(limit)) if noise.is_empty() && complaints.text.is_empty() => {
            let silence = format!("something that says nothing for {}", human::duration(limit));
            diagnosis::because(&table::NO_SHELL, about, &silence)
        }
        (Some(noise), _) => diagnosis::no_shell(noise, &complaints.text, code, about),
        (None, Silence::Late(limit)) => diagnosis::because(&table::SLOW, about, &human::duration(limit)),
        (None, Silence::Endless) => diagnosis::because(&table::CHATTY, about, "8 MiB"),
        (None, Silence::Nonsense) => diagnosis::because(&table::LOST, about, ": a reply made no sense"),
        (None, Silence::Ended | Silence::Noisy) => {
            diagnosis::because(&table::LOST, about, ": the remote shell was ended")
        }
    }
}

/// Questions to the agent on a CVM and its answers, one after the other on one channel. After a failure it is over.
pub struct Client<'a> {
    about: &'a Endpoint,
    secret: Secret,
    /// How long an answer may take.
    limit: Duration,
    stdin: Sender,
    stdout: Receiver,
    complaints: Complaints,
    /// The remote shell, until its end is waited for.
    process: Option<Process>,
    connection: Rc<Connection>,
    intake: Intake,
    /// A record came: the rest of what is no record is dropped.
    is_greeted: bool,
    /// The shell has the agent's functions.
    has_agent: bool,
    readings: ClockReadings,
    noise: Bytes,
}

impl<'a> Client<'a> {
    /// A client on a channel of its own.
    pub async fn open(session: &'a Session, secret: &Secret) -> Result<Self, Failure> {
        Self::greet(session.open().await?, secret, session.endpoint()).await
    }

    /// A client on a channel of its own, for a CVM that is asked once: with a secret of its own, too.
    pub async fn open_once(session: &'a Session) -> Result<Self, Failure> {
        let secret = new_secret().map_err(|error| diagnosis::local_failure(&error, session.endpoint()))?;
        Self::open(session, &secret).await
    }

    /// A client on `channel`. Until it is known to be a shell that answers, it is sent nothing but what is harmless to
    /// a menu; a connection that is known to give one needs no greeting.
    pub async fn greet(channel: Channel, secret: &Secret, about: &'a Endpoint) -> Result<Self, Failure> {
        let connection = Rc::clone(channel.connection());
        let Channel { stdin, stdout, stderr, process } = channel;
        let mut client = Self {
            about,
            secret: secret.clone(),
            limit: time_limit(about),
            stdin,
            stdout,
            complaints: Complaints::new(stderr),
            process: Some(process),
            intake: Intake::new(secret),
            connection,
            is_greeted: false,
            has_agent: false,
            readings: ClockReadings::default(),
            noise: Bytes::new(),
        };
        if !client.connection.has_shell.get() {
            client.read_clock().await?;
            client.connection.has_shell.set(true);
        }
        Ok(client)
    }

    /// The CVM, for messages.
    pub fn endpoint(&self) -> &'a Endpoint {
        self.about
    }

    /// What login scripts wrote before the first record.
    pub fn noise(&self) -> &[u8] {
        &self.noise
    }

    /// The CVM's clock; `None`: what `date` prints makes no sense.
    pub async fn clock(&mut self) -> Result<Option<&ClockReading>, Failure> {
        while !self.readings.is_complete() {
            self.read_clock().await?;
        }
        Ok(self.readings.best())
    }

    /// What the agent replies to `requests`.
    pub async fn ask(&mut self, requests: &[Request]) -> Result<Vec<Reply>, Failure> {
        let mut text = if self.has_agent { Vec::new() } else { self.secret.preamble() };
        let begin = text.len();
        for request in requests {
            request.write(&mut text);
        }
        if tracing::enabled!(tracing::Level::DEBUG) {
            // What stands before the requests names the nonce.
            let shown = String::from_utf8_lossy(&text[begin..text.len().min(begin + TRACED)]);
            tracing::debug!(host = self.about.host, request = shown.trim_end(), "request");
        }
        Request::EndAnswer.write(&mut text);
        let mut replies = Vec::new();
        self.exchange(&text, |reply| {
            if reply == Reply::Answered {
                return ControlFlow::Break(());
            }
            replies.push(reply);
            ControlFlow::Continue(())
        })
        .await?;
        self.has_agent = true;
        tracing::debug!(
            host = self.about.host,
            requests = requests.len(),
            replies = replies.len(),
            "answered"
        );
        Ok(replies)
    }

    /// Lets the shell end by itself, for a moment.
    pub async fn close(self) {
        let Self { stdin, stdout, process, .. } = self;
        drop((stdin, stdout));
        if let Some(process) = process {
            // What does not end is ended by being dropped.
            let _ = timeout(Duration::from_secs(1), process.end()).await;
        }
    }

    /// Reads the clock once.
    async fn read_clock(&mut self) -> Result<(), Failure> {
        let (asked, began, mut answer) = (Timestamp::now(), Instant::now(), None);
        let greeting = self.secret.greeting();
        self.exchange(&greeting, |reply| match reply {
            Reply::Clock(clock) => {
                answer = clock;
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })
        .await?;
        self.readings.add(answer, asked, began.elapsed());
        Ok(())
    }

    /// Sends `text`, and hands on replies until `on_reply` has enough, or the limit is reached.
    async fn exchange(
        &mut self,
        text: &[u8],
        mut on_reply: impl FnMut(Reply) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let silence = match timeout(self.limit, self.converse(text, &mut on_reply)).await {
            Ok(None) => return Ok(()),
            Ok(Some(silence)) => silence,
            Err(_) => Silence::Late(self.limit),
        };
        let noise = (!self.is_greeted).then(|| self.intake.noise());
        Err(explain(silence, self.process.take(), &mut self.complaints, noise, self.about).await)
    }

    /// The same without the limit; `None`: `on_reply` has enough.
    async fn converse(
        &mut self,
        text: &[u8],
        on_reply: &mut impl FnMut(Reply) -> ControlFlow<()>,
    ) -> Option<Silence> {
        let Self { stdin, stdout, complaints, intake, is_greeted, noise, .. } = self;
        let writing = stdin.write_all(text);
        tokio::pin!(writing);
        let (mut is_written, mut size) = (false, 0);
        loop {
            while let (_, Some(found)) = intake.scan() {
                let Interjection::Record(text) = found else { continue };
                if !*is_greeted {
                    *noise = intake.take_rest().unwrap_or_default();
                    intake.discard(true);
                    *is_greeted = true;
                }
                size += text.len();
                let Some(reply) = Reply::parse(&text) else { return Some(Silence::Nonsense) };
                if on_reply(reply).is_break() {
                    return None;
                }
                if size > ANSWER_LIMIT {
                    return Some(Silence::Endless);
                }
            }
            if !*is_greeted && intake.noise().len() > NOISE_LIMIT {
                return Some(Silence::Noisy);
            }
            tokio::select! {
                // A shell that does not take the question says why, or ends.
                _ = &mut writing, if !is_written => is_written = true,
                read = stdout.read_buf(intake.space()) => match read {
                    Ok(count) if count > 0 => intake.filled(count),
                    _ => return Some(Silence::Ended),
                },
                () = complaints.read() => {}
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use crate::agent::framing::{Intake, Interjection};
    use crate::agent::protocol::{Reply, Request, Secret};

    /// The shells of this machine that CVMs may have, as commands.
    pub fn shells() -> Vec<&'static str> {
        let mut shells = vec!["sh", "bash", "dash", "bash --posix"];
        shells.extend(std::path::Path::new("/usr/bin/busybox").exists().then_some("busybox sh"));
        shells
    }

    /// What a shell of this machine replies.
    pub fn answers(shell: &str, requests: &[Request]) -> Vec<Reply> {
        let secret = Secret::new(&[7; crate::agent::protocol::RANDOM]);
        let mut text = secret.preamble();
        for request in requests.iter().chain([&Request::EndAnswer]) {
            request.write(&mut text);
        }
        let mut words = shell.split(' ');
        let mut command = Command::new(words.next().expect("a program"));
        let mut child =
            command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        child.stdin.take().expect("stdin").write_all(&text).expect("written");
        let output = child.wait_with_output().expect("an answer").stdout;
        let mut intake = Intake::new(&secret);
        intake.space().extend_from_slice(&output);
        std::iter::from_fn(|| intake.scan().1)
            .map(|found| match found {
                Interjection::Record(text) => {
                    Reply::parse(&text).unwrap_or_else(|| panic!("{shell}: {}", text.escape_ascii()))
                }
                Interjection::Message(text) => panic!("{shell}: {}", text.escape_ascii()),
            })
            .collect()
    }
}
