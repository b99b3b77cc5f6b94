//! The report as text of some form: one file each.

pub mod json;
pub mod junit;
pub mod markdown;
pub mod ndjson;
pub mod prometheus;
pub mod text;

use crate::options::ReportForm;
use crate::options::ReportStyle;
use crate::render::json::make_harmless;
use crate::render::sanitize;
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

/// A duration as a person says it: `0.4s`, `12s`, `3m`, `5h`, `9d`.
pub fn span(seconds: f64) -> String {
    match seconds {
        ..10.0 => format!("{:.1}s", seconds.max(0.0)),
        ..120.0 => format!("{seconds:.0}s"),
        ..7_200.0 => format!("{:.0}m", seconds / 60.0),
        ..172_800.0 => format!("{:.0}h", seconds / 3_600.0),
        _ => format!("{:.0}d", seconds / 86_400.0),
    }
}

/// A size as a person says it: `812 B`, `3.1 MiB`.
pub fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut amount = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if amount < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{amount:.1} {unit}") };
        }
        amount /= 1024.0;
    }
    format!("{amount:.1} TiB")
}

/// A count with its noun, which gets an `s` unless there is one.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The verdict in one sentence without a full stop.
pub fn verdict(document: &Document) -> String {
    if document.healthy {
        return "healthy".to_owned();
    }
    let mut parts = Vec::new();
    if !document.breaches.is_empty() {
        parts.push(match document.breaches.len() {
            1 => "1 breach".to_owned(),
            count => format!("{count} breaches"),
        });
    }
    let unreachable = document.unreachable().count();
    if unreachable > 0 {
        parts.push(format!("{} of {} not reached", unreachable, counted(document.cvms.len(), "CVM")));
    }
    let missing = document.unread().filter(|(_, log)| log.status == "missing").count();
    if missing > 0 {
        parts.push(format!("{} missing", counted(missing, "log")));
    }
    let unread = document.unread().count() - missing;
    if unread > 0 {
        parts.push(format!("{} not read to the end", counted(unread, "log")));
    }
    parts.join("; ")
}
