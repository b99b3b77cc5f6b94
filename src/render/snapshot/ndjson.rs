//! One JSON object per breach, CVM, log, finding and log that stands still, and a summary at the end.

use jiff::Timestamp;
use serde::Serialize;

use crate::human::rfc3339;
use crate::snapshot::document::{Breach, Document, Finding, Log, Still};

/// An object of that `type`, with what else it holds.
#[derive(Serialize)]
struct Object<'a, T> {
    /// What it is.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The rest.
    #[serde(flatten)]
    rest: T,
}

/// A CVM without its logs.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the contract")]
struct Cvm<'a> {
    /// Its name.
    cvm: &'a str,
    /// `ok` or `unreachable`.
    status: &'a str,
    /// Why it is unreachable.
    message: Option<&'a str>,
    /// What to do about it.
    hint: Option<&'a str>,
    /// How far its clock is ahead, in milliseconds.
    clock_skew_ms: Option<i64>,
}

/// A log with its CVM.
#[derive(Serialize)]
struct OfCvm<'a> {
    /// The CVM.
    cvm: &'a str,
    /// The log.
    #[serde(flatten)]
    log: &'a Log,
}

/// The last object.
#[derive(Serialize)]
struct Summary {
    /// The version of the document.
    version: u32,
    /// The begin of the window.
    from: String,
    /// Its end.
    to: String,
    /// The exit status is 0.
    healthy: bool,
    /// Everything was looked at.
    looked_everywhere: bool,
    /// How many breaches there are.
    breaches: usize,
    /// How many CVMs were asked.
    cvms: usize,
    /// How many of them could not be reached.
    cvms_unreachable: usize,
    /// How many logs could not be read to their end.
    logs_unread: usize,
    /// How many findings were listed.
    findings: usize,
    /// How many were not.
    findings_omitted: usize,
}

/// The objects, each with a newline.
pub fn render(document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    let breach = |breach| Object::<&Breach> { kind: "snapshot_breach", rest: breach };
    document.breaches.iter().for_each(|it| push(&mut out, &breach(it)));
    for it in &document.cvms {
        let rest = Cvm {
            cvm: &it.cvm,
            status: it.status,
            message: it.message.as_deref(),
            hint: it.hint.as_deref(),
            clock_skew_ms: it.clock_skew_ms,
        };
        push(&mut out, &Object { kind: "snapshot_cvm", rest });
        for log in &it.logs {
            push(&mut out, &Object { kind: "snapshot_log", rest: OfCvm { cvm: &it.cvm, log } });
        }
    }
    let finding = |finding| Object::<&Finding> { kind: "snapshot_finding", rest: finding };
    document.findings.iter().for_each(|it| push(&mut out, &finding(it)));
    let still = |still| Object::<&Still> { kind: "snapshot_standing_still", rest: still };
    document.standing_still.iter().for_each(|it| push(&mut out, &still(it)));
    if let Some(comparison) = &document.comparison {
        push(&mut out, &Object { kind: "snapshot_comparison", rest: comparison });
    }
    let instant = |instant: Timestamp| rfc3339(instant);
    let rest = Summary {
        version: document.version,
        from: instant(document.from),
        to: instant(document.to),
        healthy: document.healthy,
        looked_everywhere: document.looked_everywhere,
        breaches: document.breaches.len(),
        cvms: document.cvms.len(),
        cvms_unreachable: document.unreachable().count(),
        logs_unread: document.unread().count(),
        findings: document.findings.len(),
        findings_omitted: document.findings_omitted,
    };
    push(&mut out, &Object { kind: "snapshot_summary", rest });
    out
}

/// Appends an object and a newline.
fn push(out: &mut Vec<u8>, object: &impl Serialize) {
    // Numbers are finite and keys are text, so writing cannot fail.
    let _ = serde_json::to_writer(&mut *out, object);
    out.push(b'\n');
}
