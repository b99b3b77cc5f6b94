//! Pure: what happened to a log, in the words of an event.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::target::Target;
use crate::diagnosis::{self, About, table};
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
    about: &About,
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
        Notice::Rotated((_, read), next) => {
            let mut event = event(
                Status::Rotated,
                format!("{path} goes on in a new file, the old one was read to its end at byte {read}"),
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
        Notice::Deleted(file, offset) => {
            let message = format!(
                "{path} was deleted after byte {offset} and created anew; if that was done more than once, what was in between cannot be had"
            );
            let mut event = event(Status::Gap, message);
            event.place = Some((*file, *offset));
            event
        }
        Notice::Undated(bytes) => {
            let failure = diagnosis::of_log(&table::UNDATED, path, about);
            let mut event = event(Status::Suppressed, failure.message);
            (event.hint, event.bytes) = (failure.hint, Some(*bytes));
            event
        }
        Notice::Absent(refusal) => {
            let failure = diagnosis::of_log(table::refused(*refusal, &table::MISSING), path, about);
            let mut event = event(Status::Missing, failure.message);
            event.hint = failure.hint;
            event
        }
        Notice::Unreadable(path, bytes) => {
            let failure = diagnosis::of_log(&table::UNREADABLE, path, about);
            let mut event = event(Status::Missing, failure.message);
            (event.hint, event.bytes) = (failure.hint, Some(*bytes));
            event
        }
        Notice::Appeared => event(Status::Appeared, format!("{path} is there")),
        Notice::CaughtUp => Event::resumed(Subject::Stream(Arc::clone(target)), away?, caught_up),
    })
}
