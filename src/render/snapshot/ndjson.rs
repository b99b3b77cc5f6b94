//! One JSON object per breach, CVM, log, finding and stalled log, and a summary at the end.

use jiff::Timestamp;
use serde::Serialize;

use crate::human::rfc3339;
use crate::snapshot::document::{Breach, Document, Finding, LogReport, StalledLog};
use crate::snapshot::status::CvmStatus;

/// An object with its `type`.
#[derive(Serialize)]
struct Tagged<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(flatten)]
    rest: T,
}

/// A CVM without its logs.
#[derive(Serialize)]
struct CvmObject<'a> {
    cvm: &'a str,
    status: CvmStatus,
    message: Option<&'a str>,
    hint: Option<&'a str>,
    clock_skew_ms: Option<i64>,
}

#[derive(Serialize)]
struct LogObject<'a> {
    cvm: &'a str,
    #[serde(flatten)]
    log: &'a LogReport,
}

#[derive(Serialize)]
struct SummaryObject {
    version: u32,
    from: String,
    to: String,
    healthy: bool,
    looked_everywhere: bool,
    breaches: usize,
    cvms: usize,
    cvms_unreachable: usize,
    /// Logs that could not be read completely.
    logs_unread: usize,
    findings: usize,
    findings_omitted: usize,
}

/// The objects, each followed by a newline.
pub fn render(document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    let breach = |breach| Tagged::<&Breach> { kind: "snapshot_breach", rest: breach };
    document.breaches.iter().for_each(|it| push(&mut out, &breach(it)));
    for it in &document.cvms {
        let rest = CvmObject {
            cvm: &it.cvm,
            status: it.status,
            message: it.message.as_deref(),
            hint: it.hint.as_deref(),
            clock_skew_ms: it.clock_skew_ms,
        };
        push(&mut out, &Tagged { kind: "snapshot_cvm", rest });
        for log in &it.logs {
            push(&mut out, &Tagged { kind: "snapshot_log", rest: LogObject { cvm: &it.cvm, log } });
        }
    }
    let finding = |finding| Tagged::<&Finding> { kind: "snapshot_finding", rest: finding };
    document.findings.iter().for_each(|it| push(&mut out, &finding(it)));
    let still = |still| Tagged::<&StalledLog> { kind: "snapshot_standing_still", rest: still };
    document.standing_still.iter().for_each(|it| push(&mut out, &still(it)));
    if let Some(comparison) = &document.comparison {
        push(&mut out, &Tagged { kind: "snapshot_comparison", rest: comparison });
    }
    let instant = |instant: Timestamp| rfc3339(instant);
    let rest = SummaryObject {
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
    push(&mut out, &Tagged { kind: "snapshot_summary", rest });
    out
}

/// Appends an object and a newline.
fn push(out: &mut Vec<u8>, object: &impl Serialize) {
    // Numbers are finite and keys are text, so writing cannot fail.
    let _ = serde_json::to_writer(&mut *out, object);
    out.push(b'\n');
}
