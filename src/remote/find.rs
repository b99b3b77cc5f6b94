//! What a glob over paths matches on a CVM: asked once, or again and again for new and vanished files.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use futures::stream::{self, Stream};
use tokio::time::sleep;

use super::dialogue::Dialogue;
use super::explain;
use super::script::quote;
use super::session::Session;
use super::tail::Host;
use crate::cluster::pattern::{PathPattern, Piece};
use crate::cluster::target::RemotePath;
use crate::failure::Failure;

/// How long nothing is asked after an answer.
const PAUSE: Duration = Duration::from_secs(10);

/// What is seen of a pattern on one CVM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// A file matches that did not before.
    Found(RemotePath),
    /// A file that matched is not there any more.
    Vanished(RemotePath),
    /// The CVM could not be asked; told once, until an answer comes again.
    Failed(Failure),
}

/// The files, or links to files, that match `pattern` on the CVM of `session`, sorted; packed ones only if the
/// pattern ends as they do. Costs a channel for two round trips, and no process on the CVM but its `sh`.
pub async fn list(session: &Session, pattern: &PathPattern) -> Result<Vec<RemotePath>, Failure> {
    let about = session.about();
    let limit = about.connect_timeout();
    let mut dialogue = Dialogue::new(session.open().await?).map_err(|error| explain::here(&error, about))?;
    // What a login script writes comes before the first answer.
    dialogue.ask(b"", limit, about).await?;
    Ok(answer(&dialogue.ask(&question(pattern), limit, about).await?, pattern))
}

/// Sees what matches `pattern` on the CVM of `host`, at once and every ten seconds; ends only when dropped.
///
/// The first answer is a `Found` for each match. A CVM that cannot be asked has not lost its files: nothing is
/// `Vanished` until an answer says so. Each question opens a channel of its own for a moment, so between the
/// questions none of `MaxSessions` is taken, and each finds the connection that is up then, or makes one.
pub fn watch(host: Rc<Host>, pattern: PathPattern) -> impl Stream<Item = Sighting> {
    watch_every(PAUSE, host, pattern)
}

/// The same with another pause.
fn watch_every(pause: Duration, host: Rc<Host>, pattern: PathPattern) -> impl Stream<Item = Sighting> {
    let (seen, news) = (BTreeSet::new(), VecDeque::new());
    let watch = Watch { host, pattern, seen, news, pause, asked: false, failed: false };
    stream::unfold(watch, |mut watch| async move { Some((watch.next().await, watch)) })
}

/// A pattern that is watched on one CVM.
struct Watch {
    /// The CVM.
    host: Rc<Host>,
    /// The pattern.
    pattern: PathPattern,
    /// What matched at the last answer.
    seen: BTreeSet<RemotePath>,
    /// What is to be handed out first.
    news: VecDeque<Sighting>,
    /// How long nothing is asked after an answer.
    pause: Duration,
    /// It was asked before.
    asked: bool,
    /// The last question had no answer.
    failed: bool,
}

impl Watch {
    /// The next sighting.
    async fn next(&mut self) -> Sighting {
        loop {
            if let Some(sighting) = self.news.pop_front() {
                return sighting;
            }
            if std::mem::replace(&mut self.asked, true) {
                sleep(self.pause).await;
            }
            match list(&self.host.session, &self.pattern).await {
                Ok(there) => {
                    self.failed = false;
                    self.news.extend(compare(&mut self.seen, there));
                }
                Err(_) if self.failed => {}
                Err(failure) => {
                    self.failed = true;
                    return Sighting::Failed(failure);
                }
            }
        }
    }
}

/// What is new in `there` and what is gone from `seen`, which becomes what is there.
fn compare(seen: &mut BTreeSet<RemotePath>, there: Vec<RemotePath>) -> Vec<Sighting> {
    let there: BTreeSet<_> = there.into_iter().collect();
    let gone = seen.difference(&there).cloned().map(Sighting::Vanished);
    let new = there.difference(seen).cloned().map(Sighting::Found);
    let news = gone.chain(new).collect();
    *seen = there;
    news
}

/// The question to a `sh`: builtins only, each path with a NUL behind it.
pub(super) fn question(pattern: &PathPattern) -> Vec<u8> {
    let mut text = b"LC_ALL=C; for f in ".to_vec();
    write_word(pattern, &mut text);
    text.extend_from_slice(b"; do [ ! -f \"$f\" ] || printf '%s\\000' \"$f\"; done");
    text
}

/// The paths in an answer that the pattern means, sorted.
pub(super) fn answer(said: &[u8], pattern: &PathPattern) -> Vec<RemotePath> {
    let ended = said.iter().rposition(|&byte| byte == 0).unwrap_or(0);
    let paths = said[..ended].split(|&byte| byte == 0).filter(|path| !path.is_empty());
    let mut paths: Vec<_> =
        paths.map(|path| RemotePath(path.to_vec())).filter(|path| pattern.wants(path)).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Appends the pattern as a word of `sh`: all quoted but what makes it a glob.
pub(super) fn write_word(pattern: &PathPattern, text: &mut Vec<u8>) {
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(bytes) => quote(bytes, text),
            Piece::Any => text.push(b'*'),
            Piece::One => text.push(b'?'),
            Piece::Class { negated, members } => {
                text.extend_from_slice(if negated { b"[!" } else { b"[" });
                let last = members.len() - 1;
                for (at, &member) in members.iter().enumerate() {
                    if member == b'-' && at != 0 && at != last {
                        text.push(b'-');
                    } else {
                        quote(&[member], text);
                    }
                }
                text.push(b']');
            }
        }
    }
}

#[cfg(test)]
mod tests;
