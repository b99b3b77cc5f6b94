//! What a glob over paths matches on a CVM: asked once, or again and again for new and vanished files.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use futures::stream::{self, Stream};
use tokio::time::sleep;

use crate::agent::client::Client;
use crate::agent::file::Sibling;
use crate::agent::fleet::Host;
use crate::agent::hidden::Hidden;
use crate::agent::protocol::{Reply, Request};
use crate::batch::FileId;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, Endpoint, table};
use crate::failure::Failure;
use crate::series::{is_of_series, stem};

/// How long nothing is asked after an answer.
const PAUSE: Duration = Duration::from_secs(10);

/// How often a question is asked while files are being renamed.
const TRIES: usize = 5;

/// The files that match, and what could not be examined.
type Answer = (Vec<Match>, Vec<Hidden>);

/// What is found of a pattern on one CVM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// A file matches.
    Found(FoundFile),
    /// Nothing matched at the first answer.
    Nothing,
    /// That could not be examined, so what matches there is not known; reported once.
    Hidden(Hidden),
    /// The CVM could not be asked; reported once until it answers again. The last sighting, if a retry cannot help.
    Failed(Failure),
}

/// A file that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is.
    pub path: RemotePath,
    /// It did not at the first answer, so all that is in it is new.
    pub is_new: bool,
    /// Other files of its series are found by themselves.
    pub is_alone: bool,
}

/// Watches what matches `pattern` on the CVM of `host`: once, or if `live` again and again, until dropped.
///
/// Each file is found by one name. A CVM that cannot be asked has not lost its files, and what vanishes is reported by
/// the stream that follows it. Each question opens a channel of its own for a moment, so that none of `MaxSessions` is
/// taken between questions, and each uses the connection that is up then, or makes one.
pub fn watch(host: Rc<Host>, pattern: PathPattern, live: bool) -> impl Stream<Item = Sighting> {
    watch_every(live.then_some(PAUSE), host, pattern)
}

/// The same with another pause; `None`: once.
fn watch_every(
    pause: Option<Duration>,
    host: Rc<Host>,
    pattern: PathPattern,
) -> impl Stream<Item = Sighting> {
    let (seen, news) = (SeenFiles::default(), VecDeque::new());
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
    seen: SeenFiles,
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
            match ask(&self.host, &self.pattern).await {
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
pub struct SeenFiles {
    /// The names that were given.
    given: HashSet<RemotePath>,
    /// The stems of the series of those among them that go on to the next file of a series.
    series: HashSet<Vec<u8>>,
    /// Each name of the last answer, and what it named.
    names: HashMap<RemotePath, FileId>,
}

impl SeenFiles {
    /// The names of files that are new in an answer, sorted. Of several names of one file a link is given, as it goes
    /// on to the next file of its series, and is what the service's log is called.
    ///
    /// What the stream of a given name reads is not new: what its link named before, and other files of its series. A
    /// inode number alone proves nothing: that of a deleted file goes to the next one.
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
    fn found(&self, path: RemotePath, is_new: bool) -> FoundFile {
        let file = self.names.get(&path);
        // A link has the series of the file it leads to.
        let mut names = self.names.iter().filter(|(_, other)| Some(*other) == file).map(|(name, _)| name);
        let of_series =
            |stem| self.names.iter().any(|(name, other)| Some(other) != file && is_of_series(stem, name));
        let is_alone = names.any(|name| of_series(stem(name)));
        FoundFile { path, is_new, is_alone }
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

/// What matches any of `patterns`, sorted, each file by one name, compressed files only where a pattern means them; and
/// what could not be examined. Without patterns nothing is asked.
pub async fn find(
    client: &mut Client<'_>,
    patterns: &[PathPattern],
) -> Result<(Vec<FoundFile>, Vec<Hidden>), Failure> {
    let (mut there, mut seen, mut hidden) = (Vec::new(), SeenFiles::default(), Vec::new());
    for pattern in patterns {
        let (files, others) = ask_on(client, pattern).await?;
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

/// Asks on a channel of its own what matches.
async fn ask(host: &Host, pattern: &PathPattern) -> Result<Answer, Failure> {
    let mut client = Client::open(&host.session, &host.secret).await?;
    ask_on(&mut client, pattern).await
}

/// Asks what matches.
pub async fn ask_on(client: &mut Client<'_>, pattern: &PathPattern) -> Result<Answer, Failure> {
    for _ in 0..TRIES {
        let replies = client.ask(&requests(pattern)).await?;
        // If a file was renamed just then, it may be missing under both names.
        if !replies.contains(&Reply::Relisted) {
            return Ok(collect(replies, pattern));
        }
    }
    let why = ": files come and go faster than they can be listed";
    Err(diagnosis::because(&table::UNANSWERED, client.endpoint(), why))
}

/// What is asked about a pattern.
fn requests(pattern: &PathPattern) -> [Request; 2] {
    [
        Request::ListDirectories { patterns: pattern.directories().collect() },
        Request::FindFiles { paths: Vec::new(), patterns: vec![pattern.clone()] },
    ]
}

/// The files in an answer that the pattern means, compressed ones only if it ends as they do, and what could not be
/// examined.
fn collect(replies: Vec<Reply>, pattern: &PathPattern) -> Answer {
    let (mut files, mut links, mut hidden) = (Vec::new(), HashSet::new(), Vec::new());
    for reply in replies {
        match reply {
            Reply::Link(path) => {
                links.insert(path);
            }
            Reply::File(file) if pattern.wants(&file.path) => files.push(file),
            Reply::Hidden(what) if pattern.wants(what.path()) => hidden.push(what),
            _ => {}
        }
    }
    let found = |file: Sibling| Match { is_link: links.contains(&file.path), path: file.path, file: file.id };
    (files.into_iter().map(found).collect(), hidden)
}

#[cfg(test)]
mod tests;
