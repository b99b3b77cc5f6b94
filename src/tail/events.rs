//! Pure: what happened to a log, in the words of an event.

use std::sync::Arc;
use std::time::Duration;

use crate::agent::hidden::Hidden;
use crate::agent::protocol::Flaw;
use crate::cluster::target::Target;
use crate::diagnosis::{self, Endpoint, table};
use crate::event::{Event, Status, Subject};
use crate::human;
use crate::tail::follower::act::Notice;

/// True if the notice closes an interruption.
pub fn is_resumed(notice: &Notice) -> bool {
    matches!(notice, Notice::CaughtUp)
}

/// The event of a notice. `away`: how long ago the connection broke that was replaced, `caught_up`: how
/// many bytes came since it was.
pub fn notice(
    notice: &Notice,
    target: &Arc<Target>,
    about: &Endpoint,
    away: Option<Duration>,
    caught_up: u64,
) -> Option<Event> {
    let event = |status, message: String| Event::new(status, Subject::Stream(Arc::clone(target)), message);
    let path = &target.path;
    Some(match notice {
        Notice::Started(file, offset) => {
            let mut event = event(Status::Started, format!("reading {path} from byte {offset}"));
            event.place = Some((*file, *offset));
            event
        }
        Notice::Rotated((_, read), next, whole) => {
            let until = if *whole { "to its end at byte" } else { "only up to byte" };
            let mut event = event(
                Status::Rotated,
                format!("{path} goes on in a new file, the old one was read {until} {read}"),
            );
            event.place = Some((*next, 0));
            event
        }
        Notice::Truncated(file, offset) => {
            let message = format!(
                "{path} was cut after {offset} bytes of it were read; what was written between that and the cut cannot be had"
            );
            let mut event = event(Status::Truncated, message);
            event.place = Some((*file, *offset));
            event
        }
        Notice::Gap(file, offset, bytes, cause) => {
            let amount =
                bytes.map_or_else(|| "what followed".to_owned(), |bytes| human::count(bytes, "byte"));
            let message = format!("{amount} after byte {offset} of {path} cannot be had: {cause}");
            let mut event = event(Status::Gap, message);
            event.place = Some((*file, *offset));
            event.bytes = *bytes;
            event
        }
        Notice::Hidden(hidden) => {
            let failure = match hidden {
                Hidden::Directory(path) => diagnosis::log_failure(&table::UNLISTED, path, about),
                Hidden::File(path) => diagnosis::log_failure(&table::HIDDEN, path, about),
            };
            Event { hint: failure.hint, unread: true, ..event(Status::Gap, failure.message) }
        }
        Notice::Unread(path, place, flaw) => {
            let cause = match flaw {
                Flaw::Denied => &table::UNREADABLE,
                Flaw::Deleted => &table::DELETED,
                Flaw::NoTool => &table::NO_UNPACKER,
                Flaw::Damaged => &table::DAMAGED,
                Flaw::Failed => &table::UNREAD,
            };
            let failure = diagnosis::log_failure(cause, path, about);
            Event { hint: failure.hint, place: *place, unread: true, ..event(Status::Gap, failure.message) }
        }
        Notice::Deleted(file, offset) => {
            let message = format!(
                "{path} was deleted after byte {offset} and created anew; if that was done more than once, what was in between cannot be had"
            );
            let mut event = event(Status::Gap, message);
            event.place = Some((*file, *offset));
            event
        }
        Notice::Undated(bytes) => {
            let failure = diagnosis::log_failure(&table::UNDATED, path, about);
            let mut event = event(Status::Suppressed, failure.message);
            (event.hint, event.bytes) = (failure.hint, Some(*bytes));
            event
        }
        Notice::Absent(refusal) => {
            let failure = diagnosis::log_failure(table::refused(*refusal, &table::MISSING), path, about);
            let mut event = event(Status::Missing, failure.message);
            event.hint = failure.hint;
            event
        }
        Notice::Unreadable(path, bytes) => {
            let failure = diagnosis::log_failure(&table::UNREADABLE, path, about);
            let event = event(Status::Missing, failure.message);
            Event { hint: failure.hint, bytes: Some(*bytes), unread: true, ..event }
        }
        Notice::Appeared => event(Status::Appeared, format!("{path} is there")),
        Notice::CaughtUp => Event::resumed(Subject::Stream(Arc::clone(target)), away?, caught_up),
    })
}
