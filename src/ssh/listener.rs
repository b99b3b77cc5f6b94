//! What an `ssh` says: its log, kept apart from what others write on its stderr.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::cluster::cvm::Cvm;
use crate::diagnosis::repeats_server;

/// How many of the last bytes are kept to tell a cause from: a changed key takes 1 KiB, a banner a few.
const WORDS: usize = 16 * 1024;

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// ssh, in its log.
    Log,
    /// ssh before it has a log, the server in its banner, or the `ssh` to a jump host.
    Other,
}

/// The ear for what is said, line by line (`--verbose`).
pub type Ear = Arc<dyn Fn(&Cvm, Writer, &[u8]) + Send + Sync>;

/// The last words of both writers.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Of ssh's log.
    pub log: Vec<u8>,
    /// Of the rest.
    pub rest: Vec<u8>,
}

/// Takes in what ssh says.
pub struct Listener {
    /// Who it is about.
    cvm: Arc<Cvm>,
    /// Who wants to hear each line.
    ear: Option<Ear>,
    /// The last of it.
    words: Arc<Mutex<Words>>,
    /// Lines that are not ended yet.
    begun: Words,
    /// ssh's log has begun to repeat what the server said: what follows may be the server's, too.
    repeats: bool,
}

impl Listener {
    /// Keeps the last words in `words`.
    pub fn new(cvm: Arc<Cvm>, ear: Option<Ear>, words: Arc<Mutex<Words>>) -> Self {
        Self { cvm, ear, words, begun: Words::default(), repeats: false }
    }

    /// Listens until both have ended. The log is read first, so that it is ahead of what it explains.
    pub async fn listen(
        &mut self,
        log: Option<impl AsyncRead + Unpin>,
        rest: Option<impl AsyncRead + Unpin>,
    ) {
        let (mut log, mut rest) = (log, rest);
        let (mut logged, mut said) = ([0; 4096], [0; 4096]);
        while log.is_some() || rest.is_some() {
            tokio::select! {
                biased;
                read = read(&mut log, &mut logged), if log.is_some() => match read {
                    Some(count) => self.hear(Writer::Log, &logged[..count]),
                    None => log = None,
                },
                read = read(&mut rest, &mut said), if rest.is_some() => match read {
                    Some(count) => self.hear(Writer::Other, &said[..count]),
                    None => rest = None,
                },
            }
        }
    }

    /// Takes in some bytes.
    fn hear(&mut self, writer: Writer, bytes: &[u8]) {
        {
            let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
            let words = words.of(writer);
            words.extend_from_slice(bytes);
            let surplus = words.len().saturating_sub(WORDS);
            words.drain(..surplus);
        }
        let Some(ear) = &self.ear else { return };
        let begun = self.begun.of(writer);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") || begun.len() > WORDS {
                let line = begun.trim_ascii_end();
                ear(&self.cvm, if self.repeats { Writer::Other } else { writer }, line);
                self.repeats |= writer == Writer::Log && repeats_server(&String::from_utf8_lossy(line));
                begun.clear();
            }
        }
    }
}

impl Words {
    /// Those of one writer.
    fn of(&mut self, writer: Writer) -> &mut Vec<u8> {
        match writer {
            Writer::Log => &mut self.log,
            Writer::Other => &mut self.rest,
        }
    }
}

/// How many bytes came; `None` at the end.
async fn read(source: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> Option<usize> {
    let count = source.as_mut()?.read(buffer).await.ok()?;
    (count > 0).then_some(count)
}
