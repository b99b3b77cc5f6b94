//! What a glob over paths matches on a CVM: asked once, or again and again for new and vanished files.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use futures::stream::{self, Stream};
use tokio::time::sleep;

use crate::agent::dialogue::Dialogue;
use crate::agent::hidden::Hidden;
use crate::agent::protocol::{ENTRIES, quote};
use crate::batch::FileId;
use crate::cluster::pattern::{PathPattern, PatternPart};
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::Failure;
use crate::ssh::session::Session;
use crate::tail::position::{is_of_series, stem};
use crate::tail::stream::Host;

/// How long nothing is asked after an answer.
const PAUSE: Duration = Duration::from_secs(10);

/// How often a question is asked while files are being renamed.
const TRIES: usize = 5;

/// The files that match, and what could not be examined.
type Answer = (Vec<Match>, Vec<Hidden>);

/// What is seen of a pattern on one CVM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// A file matches.
    Found(Found),
    /// Nothing matched at the first answer.
    Nothing,
    /// That could not be examined, so what matches there is not known; reported once.
    Hidden(Hidden),
    /// The CVM could not be asked; told once, until an answer comes again. The last, if trying again cannot heal it.
    Failed(Failure),
}

/// A file that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: RemotePath,
    /// It did not at the first answer, so all that is in it is new.
    pub is_new: bool,
    /// Other files of its series are found by themselves.
    pub is_alone: bool,
}

/// Sees what matches `pattern` on the CVM of `host`: once, or if `live` again and again, until dropped.
///
/// Each file is found by one name. A CVM that cannot be asked has not lost its files, and what vanishes is told by
/// the stream that follows it. Each question opens a channel of its own for a moment, so between the questions none
/// of `MaxSessions` is taken, and each finds the connection that is up then, or makes one.
pub fn watch(host: Rc<Host>, pattern: PathPattern, live: bool) -> impl Stream<Item = Sighting> {
    watch_every(live.then_some(PAUSE), host, pattern)
}

/// The same with another pause; `None`: once.
fn watch_every(
    pause: Option<Duration>,
    host: Rc<Host>,
    pattern: PathPattern,
) -> impl Stream<Item = Sighting> {
    let (seen, news) = (Seen::default(), VecDeque::new());
    let hidden = Vec::new();
    let watch =
        Watch { host, pattern, seen, hidden, news, pause, asked: false, answered: false, failed: false };
    stream::unfold(watch, |mut watch| async move { watch.next().await.map(|sighting| (sighting, watch)) })
}

/// A pattern that is watched on one CVM.
struct Watch {
    /// The CVM.
    host: Rc<Host>,
    /// The pattern.
    pattern: PathPattern,
    /// What matched before.
    seen: Seen,
    /// What could not be examined and was reported.
    hidden: Vec<Hidden>,
    /// What is to be handed out first.
    news: VecDeque<Sighting>,
    /// How long nothing is asked after an answer; `None`: one answer is enough.
    pause: Option<Duration>,
    /// It was asked before.
    asked: bool,
    /// It was answered before.
    answered: bool,
    /// The last question had no answer.
    failed: bool,
}

impl Watch {
    /// The next sighting; `None`: there will be no more.
    async fn next(&mut self) -> Option<Sighting> {
        loop {
            if let Some(sighting) = self.news.pop_front() {
                return Some(sighting);
            }
            if std::mem::replace(&mut self.asked, true) {
                sleep(self.pause?).await;
            }
            match ask(&self.host.session, &self.pattern).await {
                Ok((there, hidden)) => {
                    self.failed = false;
                    let is_new = std::mem::replace(&mut self.answered, true);
                    for hidden in hidden {
                        if !self.hidden.contains(&hidden) {
                            self.hidden.push(hidden.clone());
                            self.news.push_back(Sighting::Hidden(hidden));
                        }
                    }
                    let found = self.seen.news(there);
                    self.news.extend((found.is_empty() && !is_new).then_some(Sighting::Nothing));
                    let found = found.into_iter().map(|path| self.seen.found(path, is_new));
                    self.news.extend(found.map(Sighting::Found));
                }
                Err(_) if self.failed => {}
                Err(failure) => {
                    self.failed = true;
                    if !failure.kind.is_transient() {
                        // Only the user can heal it, so nothing is asked again.
                        self.pause = None;
                    }
                    return Some(Sighting::Failed(failure));
                }
            }
        }
    }
}

/// A file under a name that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The name.
    path: RemotePath,
    /// The name is a link.
    is_link: bool,
    /// The file, links followed.
    file: FileId,
}

/// What matched so far, by name and by file: so that a file is found once, whatever its names.
#[derive(Debug, Default)]
pub struct Seen {
    /// The names that were given.
    given: HashSet<RemotePath>,
    /// The stems of the series of those among them that go on to the next file of a series.
    series: HashSet<Vec<u8>>,
    /// Each name of the last answer, and what it named.
    names: HashMap<RemotePath, FileId>,
}

impl Seen {
    /// The names of files that are new in an answer, sorted. Of several names of one file a link is given, as it goes
    /// on to the next file of its series, and is what the service's log is called.
    ///
    /// What the stream of a given name reads is not new: what its link named before, and other files of its series. A
    /// number of a file alone tells nothing: that of a deleted file goes to the next one.
    pub fn news(&mut self, mut there: Vec<Match>) -> Vec<RemotePath> {
        there.sort_by(|a, b| (!a.is_link, &a.path).cmp(&(!b.is_link, &b.path)));
        let is_known = |found: &Match| {
            self.names.get(&found.path) == Some(&found.file)
                || self.series.iter().any(|stem| is_of_series(stem, &found.path))
        };
        let is_given = |found: &&Match| self.given.contains(&found.path);
        let mut taken: HashSet<FileId> = there.iter().filter(is_given).map(|found| found.file).collect();
        let is_new = |found: &&Match| !is_given(found) && !is_known(found) && taken.insert(found.file);
        let news: BTreeSet<_> = there.iter().filter(is_new).map(|found| found.path.clone()).collect();
        self.given.extend(news.iter().cloned());
        self.remember(there);
        news.into_iter().collect()
    }

    /// That name of the last answer as one that is found.
    fn found(&self, path: RemotePath, is_new: bool) -> Found {
        let file = self.names.get(&path);
        // A link has the series of the file it leads to.
        let mut names = self.names.iter().filter(|(_, other)| Some(*other) == file).map(|(name, _)| name);
        let of_series =
            |stem| self.names.iter().any(|(name, other)| Some(other) != file && is_of_series(stem, name));
        let is_alone = names.any(|name| of_series(stem(name)));
        Found { path, is_new, is_alone }
    }

    /// Keeps what the next answer is held against.
    fn remember(&mut self, there: Vec<Match>) {
        let own = there.iter().filter(|found| !found.is_link).map(|found| (found.file, &found.path));
        let own: HashMap<FileId, &RemotePath> = own.collect();
        for found in there.iter().filter(|found| self.given.contains(&found.path)) {
            let stem = own.get(&found.file).map_or(&[][..], |path| stem(path));
            // A name with a date in it stays with its file.
            if found.is_link && !stem.is_empty() || stem == found.path.0 {
                self.series.insert(stem.to_vec());
            }
        }
        self.names = there.into_iter().map(|found| (found.path, found.file)).collect();
    }
}

/// What matches any of `patterns` on the CVM of `session`, sorted, each file by one name; packed files only where a
/// pattern means them; and what could not be examined. Without patterns nothing is asked.
pub async fn find(session: &Session, patterns: &[PathPattern]) -> Result<(Vec<Found>, Vec<Hidden>), Failure> {
    let (mut there, mut seen, mut hidden) = (Vec::new(), Seen::default(), Vec::new());
    for pattern in patterns {
        let (files, others) = ask(session, pattern).await?;
        there.extend(files);
        hidden.extend(others);
    }
    let news = seen.news(there);
    Ok((news.into_iter().map(|path| seen.found(path, false)).collect(), hidden))
}

/// Why it is not known what of a glob is there.
pub fn explain(hidden: &Hidden, about: &Endpoint) -> Failure {
    let cause = if let Hidden::Directory(_) = hidden { &table::UNSEARCHED } else { &table::HIDDEN };
    diagnosis::log_failure(cause, hidden.path(), about)
}

/// Asks the CVM of `session` what matches. Costs a channel for two round trips.
async fn ask(session: &Session, pattern: &PathPattern) -> Result<Answer, Failure> {
    let about = session.endpoint();
    let limit = about.connect_timeout();
    let mut dialogue =
        Dialogue::new(session.open().await?).map_err(|error| diagnosis::local_failure(&error, about))?;
    // What a login script writes comes before the first answer.
    dialogue.ask(b"", limit, about).await?;
    ask_in(&mut dialogue, pattern, limit, about).await
}

/// Asks what matches in a dialogue.
pub async fn ask_in(
    dialogue: &mut Dialogue,
    pattern: &PathPattern,
    limit: Duration,
    about: &Endpoint,
) -> Result<Answer, Failure> {
    for _ in 0..TRIES {
        let said = dialogue.ask(&question(pattern), limit, about).await?;
        match answer(&said, pattern) {
            None => return Err(diagnosis::because(&table::UNANSWERED, about, "")),
            // A file was renamed just then: it may be in neither answer.
            Some((_, true)) => {}
            Some((answer, false)) => return Ok(answer),
        }
    }
    Err(diagnosis::because(&table::UNANSWERED, about, ": files come and go faster than they can be listed"))
}

/// The question to a `sh`: `L` and path of each link, `F`, mode, file and path of each file, `U` and path of each name
/// that cannot be examined, `D` and path of each directory that cannot be listed, and `.` when all of that was said.
fn question(pattern: &PathPattern) -> Vec<u8> {
    let mut text = preamble("%f %d:%i");
    for directory in pattern.directories() {
        text.extend_from_slice(b"listable ");
        write_word(&directory, &mut text);
        text.push(b'\n');
    }
    text.extend_from_slice(b"examine ");
    write_word(pattern, &mut text);
    text.extend_from_slice(b"\nprintf '.\\000'");
    text
}

/// The functions that list files for a question, each with what `stat` says of it in that form.
pub fn preamble(form: &str) -> Vec<u8> {
    let mut text = format!("LC_ALL=C; export LC_ALL; form='{form}'\n{ENTRIES}").into_bytes();
    text.extend_from_slice(
        br#"
seen() { printf 'F%s %s\000' "$1" "$2"; }
unseen() { printf 'U%s\000' "$1"; }
listable() {
  for folder do
    [ -r "$folder" ] && [ -x "$folder" ] && continue
    if words=$(stat -L -c '' -- "$folder" 2>&1) || ! nowhere "$words"; then printf 'D%s\000' "$folder"; fi
  done
}
examine() {
  for name do [ ! -L "$name" ] || printf 'L%s\000' "$name"; done
  # A pattern that matches nothing stands for itself.
  [ $# -gt 1 ] || [ -e "$1" ] || [ -L "$1" ] || return 0
  entries "$@" || printf 'G\000'
}
"#,
    );
    text
}

/// The files in an answer that the pattern means, packed ones only if it ends as they do, and what could not be examined;
/// `None`: the answer is not complete.
fn answer(said: &[u8], pattern: &PathPattern) -> Option<(Answer, bool)> {
    let ended = said.iter().rposition(|&byte| byte == 0)?;
    let fields = || said[..ended].split(|&byte| byte == 0);
    if fields().next_back() != Some(b".") {
        return None;
    }
    let links: HashSet<&[u8]> = fields().filter_map(|field| field.strip_prefix(b"L")).collect();
    let found = |field: &[u8]| {
        let (path, file) = file(field.strip_prefix(b"F")?)?;
        Some(Match { is_link: links.contains(path), path: RemotePath(path.to_vec()), file })
    };
    let files = fields().filter_map(found).filter(|found| pattern.wants(&found.path)).collect();
    let hidden = fields().filter_map(hidden).filter(|hidden| pattern.wants(hidden.path())).collect();
    Some(((files, hidden), fields().any(|field| field == b"G")))
}

/// Reads what could not be examined.
pub(super) fn hidden(field: &[u8]) -> Option<Hidden> {
    match field.split_first()? {
        (b'U', path) => Some(Hidden::File(RemotePath(path.to_vec()))),
        (b'D', path) => Some(Hidden::Directory(RemotePath(path.to_vec()))),
        _ => None,
    }
}

/// Reads `mode device:inode path`, the mode in hexadecimal; `None` for what is no file.
fn file(text: &[u8]) -> Option<(&[u8], FileId)> {
    let mut parts = text.splitn(3, |&byte| byte == b' ');
    let mut word = || std::str::from_utf8(parts.next()?).ok();
    let mode = u32::from_str_radix(word()?, 16).ok()?;
    let (device, inode) = word()?.split_once(':')?;
    let file = FileId { device: device.parse().ok()?, inode: inode.parse().ok()? };
    // inode(7): S_IFMT and S_IFREG.
    (mode & 0o170_000 == 0o100_000).then_some((parts.next()?, file))
}

/// Appends the pattern as a word of `sh`: all quoted but what makes it a glob.
pub fn write_word(pattern: &PathPattern, text: &mut Vec<u8>) {
    for piece in pattern.pieces() {
        match piece {
            PatternPart::Text(bytes) => quote(bytes, text),
            PatternPart::Any => text.push(b'*'),
            PatternPart::One => text.push(b'?'),
            PatternPart::Class { negated, members } => {
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
