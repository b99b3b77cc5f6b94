//! The trace of one conversation: every request and every reply, but of the log only how many bytes of it came.

use std::sync::Arc;

use tokio::time::Instant;

use crate::agent::protocol::Reply;
use crate::cluster::target::Target;

/// How much of a reply is shown.
const SHOWN: usize = 300;

pub struct Trace {
    target: Arc<Target>,
    /// When something was last asked.
    asked: Instant,
    /// How many bytes of the log were handed on.
    pub log_bytes: u64,
}

impl Trace {
    pub fn new(target: &Arc<Target>) -> Self {
        Self { target: Arc::clone(target), asked: Instant::now(), log_bytes: 0 }
    }

    /// The greeting has gone out, which names the nonce.
    pub fn on_greeting(&mut self) {
        self.asked = Instant::now();
        let (cvm, log) = self.stream();
        tracing::debug!(cvm, log, nonce = "masked", "greeting sent");
    }

    /// The agent's script has gone out, which names the nonce.
    pub fn on_script(&mut self, bytes: usize) {
        self.asked = Instant::now();
        let (cvm, log) = self.stream();
        tracing::debug!(cvm, log, path = ?self.target.path, bytes, nonce = "masked", "script sent");
    }

    pub fn on_request(&mut self, line: &[u8]) {
        self.asked = Instant::now();
        if tracing::enabled!(tracing::Level::DEBUG) {
            let (cvm, log) = self.stream();
            let request = String::from_utf8_lossy(line.trim_ascii_end());
            tracing::debug!(cvm, log, request = &*request, "request");
        }
    }

    /// A reply, as it came and as it was parsed.
    pub fn on_reply(&self, text: &[u8], parsed: Option<&Reply>) {
        if tracing::enabled!(tracing::Level::DEBUG) {
            let (cvm, log) = self.stream();
            let us = u64::try_from(self.asked.elapsed().as_micros()).unwrap_or(u64::MAX);
            let reply = match parsed {
                Some(Reply::Peeked(bytes)) => format!("{} bytes of the log", bytes.len()),
                Some(_) => String::from_utf8_lossy(&text[..text.len().min(SHOWN)]).into_owned(),
                None => format!("{} bytes that are not a reply", text.len()),
            };
            tracing::debug!(cvm, log, reply, us, log_bytes = self.log_bytes, "reply");
        }
    }

    /// A message of `tail`, or what looks like one.
    pub fn on_message(&self, bytes: usize) {
        let (cvm, log) = self.stream();
        tracing::debug!(cvm, log, bytes, log_bytes = self.log_bytes, "message of tail");
    }

    /// The conversation is over; `noise`: how many bytes came that are neither replies nor of the log.
    pub fn on_end(&self, reason: &str, noise: usize) {
        let (cvm, log) = self.stream();
        tracing::debug!(cvm, log, reason, noise, log_bytes = self.log_bytes, "conversation ended");
    }

    fn stream(&self) -> (&str, &str) {
        (&self.target.cvm.name, &self.target.log)
    }
}
