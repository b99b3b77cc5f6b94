//! The snapshot report in each of its forms.

pub mod headline;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod ndjson;
pub mod prometheus;
pub mod text;

use crate::options::{ReportForm, ReportStyle};
use crate::render::json::make_harmless;
use crate::sanitize;
use crate::snapshot::document::Document;

/// The report, ending with a newline.
pub fn render(form: ReportForm, document: &Document, style: ReportStyle) -> Vec<u8> {
    let mut out = match form {
        ReportForm::Text => return text::render(document, style).into_bytes(),
        ReportForm::Json => json::render(document),
        ReportForm::Ndjson => ndjson::render(document),
        ReportForm::Prometheus => prometheus::render(document).into_bytes(),
        ReportForm::Junit => junit::render(document).into_bytes(),
        ReportForm::Markdown => markdown::render(document).into_bytes(),
    };
    match form {
        _ if !style.terminal => out,
        ReportForm::Json | ReportForm::Ndjson => {
            make_harmless(&mut out, 0);
            out
        }
        _ => sanitize::lines(&String::from_utf8_lossy(&out)).into_bytes(),
    }
}
