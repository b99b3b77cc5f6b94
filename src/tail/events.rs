//! Pure: a follower's notices as events, in the words that users read.

use std::sync::Arc;
use std::time::Duration;

use crate::agent::hidden::Hidden;
use crate::agent::protocol::Flaw;
use crate::batch::FileId;
use crate::cluster::target::Target;
use crate::diagnosis::{self, Endpoint, table};
use crate::event::{Event, Status, Subject};
use crate::human;
use crate::tail::follower::effect::{LossCause, Notice};

/// The event of a notice. `interrupted`: how long ago the connection was lost that has been replaced since; `behind`: how
/// many bytes came on the new one. `None`: the end of an interruption of which nothing was reported.
pub fn from_notice(
    notice: &Notice,
    target: &Arc<Target>,
    about: &Endpoint,
    interrupted: Option<Duration>,
    behind: u64,
) -> Option<Event> {
    let event = |status, message: String| Event::new(status, Subject::Stream(Arc::clone(target)), message);
    let path = &target.path;
    Some(match notice {
        Notice::Started { file, offset } => {
            at(*file, *offset, event(Status::Started, format!("reading {path} from byte {offset}")))
        }
        Notice::Rotated { read, to, whole } => {
            let until = if *whole { "to its end at byte" } else { "only up to byte" };
            let message = format!("{path} was rotated; the old file was read {until} {read}");
            at(*to, 0, event(Status::Rotated, message))
        }
        Notice::Truncated { file, offset } => {
            let message = format!(
                "{path} was truncated after {offset} bytes were read; anything written between then and the truncation is lost"
            );
            at(*file, *offset, event(Status::Truncated, message))
        }
        Notice::Gap { file, offset, bytes, cause } => {
            let cause = reason(*cause);
            let message = match bytes {
                Some(bytes) => {
                    let amount = human::count(*bytes, "byte");
                    format!("{amount} after byte {offset} of {path} cannot be recovered: {cause}")
                }
                None => format!(
                    "an unknown number of bytes after byte {offset} of {path} cannot be recovered: {cause}"
                ),
            };
            Event { bytes: *bytes, ..at(*file, *offset, event(Status::Gap, message)) }
        }
        Notice::Hidden(hidden) => {
            let failure = match hidden {
                Hidden::Directory(path) => diagnosis::log_failure(&table::UNLISTED, path, about),
                Hidden::File(path) => diagnosis::log_failure(&table::HIDDEN, path, about),
            };
            Event { hint: failure.hint, unread: true, ..event(Status::Gap, failure.message) }
        }
        Notice::Unread { path, place, flaw } => {
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
        Notice::Deleted { file, offset } => {
            let message = format!(
                "{path} was deleted and created anew after byte {offset} was read; if that happened more than once, the files in between are lost"
            );
            at(*file, *offset, event(Status::Gap, message))
        }
        Notice::Undated { bytes } => {
            let failure = diagnosis::log_failure(&table::UNDATED, path, about);
            Event { hint: failure.hint, bytes: Some(*bytes), ..event(Status::Suppressed, failure.message) }
        }
        Notice::Absent(refusal) => {
            let failure = diagnosis::log_failure(table::refused(*refusal, &table::MISSING), path, about);
            Event { hint: failure.hint, ..event(Status::Missing, failure.message) }
        }
        Notice::Unreadable { path, bytes } => {
            let failure = diagnosis::log_failure(&table::UNREADABLE, path, about);
            let event = event(Status::Missing, failure.message);
            Event { hint: failure.hint, bytes: Some(*bytes), unread: true, ..event }
        }
        Notice::Appeared => event(Status::Appeared, format!("{path} can be read now")),
        Notice::CaughtUp => Event::resumed(Subject::Stream(Arc::clone(target)), interrupted?, behind),
    })
}

/// The event, with its place in the log.
fn at(file: FileId, offset: u64, event: Event) -> Event {
    Event { place: Some((file, offset)), ..event }
}

/// Why bytes are lost.
const fn reason(cause: LossCause) -> &'static str {
    match cause {
        LossCause::TruncatedBeforeRead => "the file was truncated before they were read",
        LossCause::TruncatedAndRegrown => {
            "the file was truncated and grew past that byte before this could be noticed"
        }
        LossCause::PermissionLost => "the file is no longer readable",
        LossCause::PossiblyUnreadable => "the file, or a copy of it, may be among those that cannot be read",
        LossCause::Overwritten => "the file was overwritten during the interruption",
        LossCause::DeletedOrCompressed => "the file was deleted or compressed during the interruption",
    }
}
