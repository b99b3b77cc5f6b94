//! What the globs over paths match: at the start, and as files come while logs are followed.

use std::rc::Rc;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{LocalBoxStream, SelectAll};

use crate::agent::glob::{self, Found, Sighting};
use crate::agent::hidden::Hidden;
use crate::cluster::pattern::PathPattern;
use crate::event::{Event, Status, Subject};
use crate::failure::Failure;
use crate::hint::Hint;
use crate::tail::stream::Host;

/// What came of asking a CVM.
pub(super) enum Find {
    /// A file matches.
    Log(Rc<Host>, Found),
    /// Something to tell.
    Told(Event),
}

/// Asks every CVM what the globs match: once, and if `live` again and again. What vanishes is told by the
/// stream that follows it.
pub(super) fn finds(
    hosts: &[Rc<Host>],
    patterns: &[PathPattern],
    live: bool,
) -> SelectAll<LocalBoxStream<'static, Find>> {
    let pairs = hosts.iter().flat_map(|host| patterns.iter().map(move |pattern| (host, pattern)));
    pairs.map(|(host, pattern)| of_one(Rc::clone(host), pattern.clone(), live)).collect()
}

/// Asks one CVM what one glob matches.
fn of_one(host: Rc<Host>, pattern: PathPattern, live: bool) -> LocalBoxStream<'static, Find> {
    let finds = glob::watch(Rc::clone(&host), pattern.clone(), live).map(move |sighting| match sighting {
        Sighting::Found(found) => Find::Log(Rc::clone(&host), found),
        Sighting::Nothing => Find::Told(nothing(&host, &pattern)),
        Sighting::Hidden(hidden) => Find::Told(unread(&host, &hidden)),
        Sighting::Failed(failure) => Find::Told(failed(&host, &failure, live)),
    });
    finds.boxed_local()
}

/// A glob matches nothing yet.
fn nothing(host: &Host, pattern: &PathPattern) -> Event {
    let subject = Subject::Cvm(Arc::clone(host.session.cvm()));
    let mut event = Event::new(Status::Missing, subject, format!("no file matches {pattern}"));
    let about = host.session.endpoint();
    event.hint = Hint::fill("`cvmtail logs {reach}` lists what there is", |name| about.hint_value(name));
    event
}

/// Nobody knows what matches there.
fn unread(host: &Host, hidden: &Hidden) -> Event {
    let subject = Subject::Cvm(Arc::clone(host.session.cvm()));
    let failure = glob::explain(hidden, host.session.endpoint());
    Event { hint: failure.hint, unread: true, ..Event::new(Status::Missing, subject, failure.message) }
}

/// A CVM could not be asked; while logs are followed it will be asked again.
fn failed(host: &Host, failure: &Failure, again: bool) -> Event {
    let status = if again && failure.kind.is_transient() { Status::Reconnecting } else { Status::Error };
    let subject = Subject::Cvm(Arc::clone(host.session.cvm()));
    let mut event = Event::new(status, subject, failure.message.clone());
    event.hint.clone_from(&failure.hint);
    event
}
