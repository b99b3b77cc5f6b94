//! The report as text of some form: one file each.

pub mod json;
pub mod junit;
pub mod markdown;
pub mod ndjson;
pub mod prometheus;
pub mod text;

use crate::human;
use crate::options::{ReportForm, ReportStyle};
use crate::render::json::make_harmless;
use crate::sanitize;
use crate::snapshot::document::Document;

/// The report as bytes, the last one being a newline.
pub fn render(form: ReportForm, document: &Document, look: ReportStyle) -> Vec<u8> {
    let mut out = match form {
        ReportForm::Text => return text::render(document, look).into_bytes(),
        ReportForm::Json => json::render(document),
        ReportForm::Ndjson => ndjson::render(document),
        ReportForm::Prometheus => prometheus::render(document).into_bytes(),
        ReportForm::Junit => junit::render(document).into_bytes(),
        ReportForm::Markdown => markdown::render(document).into_bytes(),
    };
    match form {
        _ if !look.terminal => out,
        ReportForm::Json | ReportForm::Ndjson => {
            make_harmless(&mut out, 0);
            out
        }
        _ => sanitize::lines(&String::from_utf8_lossy(&out)).into_bytes(),
    }
}

/// The verdict in one sentence without a full stop.
pub fn verdict(document: &Document) -> String {
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
    let missing = document.unread().filter(|(_, log)| log.status == "missing").count();
    if missing > 0 {
        parts.push(format!("{} missing", human::count(missing, "log")));
    }
    let unread = document.unread().count() - missing;
    if unread > 0 {
        parts.push(format!("{} not read to the end", human::count(unread, "log")));
    }
    parts.join("; ")
}
