//! Questions to a CVM's `sh` and their answers, one after the other on one channel.

use std::io;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::timeout;

use crate::diagnosis::{self, Endpoint, table};
use crate::failure::Failure;
use crate::human;
use crate::random;
use crate::ssh::channel::Channel;
use crate::ssh::process::{CommandEnd, Process};

/// The most that an answer may have.
const ANSWER: usize = 8 * 1024 * 1024;

/// How much of what is said in place of an answer, and of complaints, is kept.
const NOISE: usize = 64 * 1024;

/// A `sh` on a CVM that is asked.
pub struct Dialogue {
    /// The questions.
    stdin: Sender,
    /// The answers.
    stdout: Receiver,
    /// Complaints.
    stderr: Receiver,
    /// The shell; taken when it has ended.
    process: Option<Process>,
    /// What ends an answer: a control byte, a random word and a NUL.
    mark: Vec<u8>,
    /// What came and is not handed out yet.
    heard: Vec<u8>,
    /// What was complained of last.
    complaints: Vec<u8>,
}

/// Why there is no answer.
enum Silence {
    /// The shell said something or nothing, and went.
    Gone,
    /// The answer is larger than any can be.
    Endless,
}

impl Dialogue {
    /// A dialogue over `channel`. An error: this machine gives no random bytes.
    pub fn new(channel: Channel) -> io::Result<Self> {
        let word = format!("{:032x}", u128::from_be_bytes(random::bytes()?));
        let Channel { stdin, stdout, stderr, process } = channel;
        let mark = [b"\x1e", word.as_bytes(), b"\0"].concat();
        let process = Some(process);
        Ok(Self { stdin, stdout, stderr, process, mark, heard: Vec::new(), complaints: Vec::new() })
    }

    /// What `script` writes, which must not read its stdin; bounded by `limit` and in size.
    ///
    /// Fails if no shell answers, or if the one that did is gone: in both cases the dialogue is over.
    pub async fn ask(
        &mut self,
        script: &[u8],
        limit: Duration,
        about: &Endpoint,
    ) -> Result<Vec<u8>, Failure> {
        let word = String::from_utf8_lossy(&self.mark[1..self.mark.len() - 1]).into_owned();
        // The mark's first byte is spelt out, so that who only repeats the question does not answer it.
        let mark = format!("printf '\\036%s\\000' {word}\n");
        // An empty line would take what a menu offers first.
        let end: &[u8] = if script.is_empty() { b"" } else { b"\n" };
        let question = [script, end, mark.as_bytes()].concat();
        match timeout(limit, self.answer(&question)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Silence::Endless)) => Err(diagnosis::because(&table::CHATTY, about, "8 MiB")),
            Ok(Err(Silence::Gone)) => {
                let end = match self.process.take() {
                    Some(process) => timeout(limit, process.end()).await.unwrap_or(CommandEnd::Killed),
                    None => CommandEnd::Killed,
                };
                match end {
                    CommandEnd::Lost(failure) => Err(failure),
                    CommandEnd::Exited(code) => {
                        Err(diagnosis::no_shell(&self.heard, &self.complaints, Some(code), about))
                    }
                    CommandEnd::Killed => {
                        Err(diagnosis::no_shell(&self.heard, &self.complaints, None, about))
                    }
                }
            }
            Err(_) if self.heard.is_empty() && self.complaints.is_empty() => {
                Err(diagnosis::because(&table::SLOW, about, &human::duration(limit)))
            }
            // A menu waits for its own words.
            Err(_) => Err(diagnosis::no_shell(&self.heard, &self.complaints, None, about)),
        }
    }

    /// Asks, and waits for the mark.
    async fn answer(&mut self, question: &[u8]) -> Result<Vec<u8>, Silence> {
        let Self { stdin, stdout, stderr, heard, complaints, mark, .. } = self;
        let writing = stdin.write_all(question);
        tokio::pin!(writing);
        let (mut written, mut complained) = (false, false);
        let (mut buffer, mut complaint) = (vec![0; 16 * 1024], [0; 4096]);
        loop {
            tokio::select! {
                // A shell that does not want the question says why, or ends.
                _ = &mut writing, if !written => written = true,
                read = stdout.read(&mut buffer) => match read {
                    Ok(count @ 1..) => {
                        let searched = heard.len().saturating_sub(mark.len());
                        heard.extend_from_slice(&buffer[..count]);
                        if let Some(at) = memmem::find(&heard[searched..], mark) {
                            let rest = heard.split_off(searched + at + mark.len());
                            let mut answer = std::mem::replace(heard, rest);
                            answer.truncate(searched + at);
                            return Ok(answer);
                        }
                        if heard.len() > ANSWER {
                            return Err(Silence::Endless);
                        }
                    }
                    _ => break,
                },
                read = stderr.read(&mut complaint), if !complained => match read {
                    Ok(count @ 1..) => keep(complaints, &complaint[..count]),
                    _ => complained = true,
                },
            }
        }
        while let Ok(count @ 1..) = stderr.read(&mut complaint).await {
            keep(complaints, &complaint[..count]);
        }
        Err(Silence::Gone)
    }
}

/// Adds to what is kept, up to a bound.
fn keep(kept: &mut Vec<u8>, bytes: &[u8]) {
    kept.extend_from_slice(&bytes[..bytes.len().min(NOISE.saturating_sub(kept.len()))]);
}
