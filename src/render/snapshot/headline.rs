//! The result of a snapshot in one line.

use crate::human;
use crate::snapshot::document::Document;
use crate::snapshot::status::LogStatus;

/// One sentence without a full stop.
pub fn headline(document: &Document) -> String {
    if document.healthy {
        return "healthy".to_owned();
    }
    let mut parts = Vec::new();
    if !document.breaches.is_empty() {
        parts.push(human::count(document.breaches.len(), "breach"));
    }
    let unreachable = document.unreachable().count();
    if unreachable > 0 {
        parts.push(format!("{} of {} not reached", unreachable, human::count(document.cvms.len(), "CVM")));
    }
    let missing = document.unread().filter(|(_, log)| log.status == LogStatus::Missing).count();
    if missing > 0 {
        parts.push(format!("{} missing", human::count(missing, "log")));
    }
    let unread = document.unread().count() - missing;
    if unread > 0 {
        parts.push(format!("{} not read to the end", human::count(unread, "log")));
    }
    parts.join("; ")
}
