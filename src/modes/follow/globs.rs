//! What the globs over paths match: at the start, and as files appear while logs are followed.

use std::rc::Rc;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{LocalBoxStream, SelectAll};

use crate::agent::fleet::Host;
use crate::agent::glob::{self, FoundFile, Sighting};
use crate::agent::hidden::Hidden;
use crate::cluster::pattern::PathPattern;
use crate::event::{Event, Status, Subject};
use crate::failure::Failure;
use crate::hint::Hint;

/// What a CVM answers about a glob.
pub(super) struct GlobNews {
    pub(super) host: Rc<Host>,
    /// The glob as text.
    pub(super) glob: Rc<str>,
    pub(super) answer: GlobAnswer,
}

pub(super) enum GlobAnswer {
    /// A file matches.
    Match(FoundFile),
    /// No file matches yet; the event to report.
    NoMatch(Event),
    /// There is no answer; the event to report.
    Failed(Event),
    /// Files that match may be missing from the answer; the event to report.
    Incomplete(Event),
}

/// Asks every CVM what the globs match: once, and if `live` again and again. A file that vanishes is reported by
/// the stream that follows it.
pub(super) fn watch(
    hosts: &[Rc<Host>],
    patterns: &[PathPattern],
    live: bool,
) -> SelectAll<LocalBoxStream<'static, GlobNews>> {
    let pairs = hosts.iter().flat_map(|host| patterns.iter().map(move |pattern| (host, pattern)));
    pairs.map(|(host, pattern)| watch_one(Rc::clone(host), pattern.clone(), live)).collect()
}

/// Asks one CVM what one glob matches.
fn watch_one(host: Rc<Host>, pattern: PathPattern, live: bool) -> LocalBoxStream<'static, GlobNews> {
    let glob: Rc<str> = pattern.to_string().into();
    let news = glob::watch(Rc::clone(&host), pattern.clone(), live).map(move |sighting| {
        let answer = match sighting {
            Sighting::Found(found) => GlobAnswer::Match(found),
            Sighting::Nothing => GlobAnswer::NoMatch(no_match(&host, &pattern)),
            Sighting::Hidden(hidden) => GlobAnswer::Incomplete(incomplete(&host, &hidden)),
            Sighting::Failed(failure) => GlobAnswer::Failed(failed(&host, &failure, live)),
        };
        GlobNews { host: Rc::clone(&host), glob: Rc::clone(&glob), answer }
    });
    news.boxed_local()
}

/// A glob matches nothing yet.
fn no_match(host: &Host, pattern: &PathPattern) -> Event {
    let subject = Subject::Cvm(Arc::clone(host.session.cvm()));
    let mut event = Event::new(Status::Missing, subject, format!("no file matches {pattern}"));
    let about = host.session.endpoint();
    event.hint = Hint::fill("`cvmtail logs {reach}` lists what there is", |name| about.hint_value(name));
    event
}

/// What cannot be examined may match.
fn incomplete(host: &Host, hidden: &Hidden) -> Event {
    let subject = Subject::Cvm(Arc::clone(host.session.cvm()));
    let failure = glob::explain(hidden, host.session.endpoint());
    Event { hint: failure.hint, unread: true, ..Event::new(Status::Missing, subject, failure.message) }
}

/// A CVM gives no answer. While logs are followed it is asked again, unless only the user can fix the cause.
fn failed(host: &Host, failure: &Failure, live: bool) -> Event {
    let status = if live && failure.kind.is_transient() { Status::Reconnecting } else { Status::Error };
    let subject = Subject::Cvm(Arc::clone(host.session.cvm()));
    let mut event = Event::new(status, subject, failure.message.clone());
    event.hint.clone_from(&failure.hint);
    event
}
