//! The document as one JSON object on one line.

use crate::snapshot::document::Document;

pub fn render(document: &Document) -> Vec<u8> {
    // Numbers are finite and keys are text, so writing cannot fail.
    let mut out = serde_json::to_vec(document).unwrap_or_default();
    out.push(b'\n');
    out
}
