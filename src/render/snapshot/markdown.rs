//! Markdown with GitHub tables, for the summary of a CI job.

use std::fmt::Write as _;

use crate::human;
use crate::render::snapshot::headline::headline;
use crate::sanitize;
use crate::snapshot::document::{Document, LogReport, PatternChange, StreamName};
use crate::snapshot::status::CvmStatus;

/// The maximum number of findings, and of changes of each kind.
const LISTED: usize = 20;

pub fn render(document: &Document) -> String {
    let sign = match (document.healthy, document.breaches.is_empty()) {
        (true, _) => "✅",
        (false, true) => "⚠️",
        (false, false) => "❌",
    };
    let mut out = format!("## {sign} cvmtail snapshot: {}\n\n", escape(&headline(document)));
    // Writing into a String cannot fail.
    let _ = writeln!(
        out,
        "{} to {}\n",
        second(&human::rfc3339(document.from)),
        second(&human::rfc3339(document.to))
    );
    breaches(&mut out, document);
    let _ = writeln!(out, "| CVM | LogReport | Status | Size | Last write | Lines | Warnings | Errors |");
    let _ = writeln!(out, "|---|---|---|---:|---:|---:|---:|---:|");
    for cvm in &document.cvms {
        if cvm.status == CvmStatus::Ok && cvm.logs.is_empty() {
            let _ = writeln!(out, "| {} |  | no file |  |  |  |  |  |", escape(&cvm.cvm));
        }
        if cvm.status != CvmStatus::Ok {
            let message = cvm.message.as_deref().unwrap_or_default();
            let _ = writeln!(
                out,
                "| {} |  | **unreachable**: {} |  |  |  |  |  |",
                escape(&cvm.cvm),
                escape(message)
            );
        }
        for log in &cvm.logs {
            row(&mut out, &cvm.cvm, log);
        }
    }
    findings(&mut out, document);
    if let Some(comparison) = &document.comparison {
        let _ = writeln!(out, "\n### Since {}\n", escape(&second(&comparison.to)));
        for (what, cvms) in [("lost", &comparison.cvms_lost), ("gained", &comparison.cvms_gained)] {
            for cvm in cvms {
                let _ = writeln!(out, "- CVM {what}: {}", escape(cvm));
            }
        }
        for (what, logs) in [("lost", &comparison.logs_lost), ("gained", &comparison.logs_gained)] {
            for StreamName { cvm, log } in logs {
                let _ = writeln!(out, "- log {what}: {} {}", escape(cvm), escape(log));
            }
        }
        changes(&mut out, "new", &comparison.new);
        changes(&mut out, "gone", &comparison.gone);
        changes(&mut out, "up", &comparison.up);
        changes(&mut out, "down", &comparison.down);
    }
    out
}

fn breaches(out: &mut String, document: &Document) {
    for breach in &document.breaches {
        let (cvm, log) = (escape(&breach.cvm), escape(&breach.log));
        let _ = writeln!(out, "- **{cvm} {log}** {}: {}", breach.rule.word(), escape(&breach.message));
    }
    if !document.breaches.is_empty() {
        out.push('\n');
    }
}

/// A row of the table of logs.
fn row(out: &mut String, cvm: &str, log: &LogReport) {
    let status = match &log.message {
        Some(message) => format!("**{}**: {}", log.status.word(), escape(message)),
        None => log.status.word().to_owned(),
    };
    let _ = writeln!(
        out,
        "| {} | {} | {status} | {} | {} | {} | {} | {} |",
        escape(cvm),
        escape(&log.log),
        log.size.map(human::size).unwrap_or_default(),
        log.age_s.map(|age| format!("{} ago", human::seconds(age))).unwrap_or_default(),
        log.lines,
        log.levels.warning,
        log.levels.error + log.levels.fatal
    );
}

/// Findings and stalled logs.
fn findings(out: &mut String, document: &Document) {
    if !document.findings.is_empty() {
        let _ = writeln!(
            out,
            "\n### Findings\n\n| Count | Level | LogReport | CVMs | Pattern |\n|---:|---|---|---|---|"
        );
    }
    for finding in document.findings.iter().take(LISTED) {
        let cvms: Vec<String> = finding.cvms.iter().map(|share| escape(&share.cvm)).collect();
        let (top, log) = (&finding.top, escape(&finding.log));
        let pattern = escape(&top.pattern);
        let _ = writeln!(
            out,
            "| {} | {} | {log} | {} | {pattern} |",
            top.count,
            top.level.word(),
            cvms.join(", ")
        );
    }
    let more = document.findings.len().saturating_sub(LISTED) + document.findings_omitted;
    if more > 0 {
        let _ = writeln!(out, "\n{more} more are not listed.");
    }
    if !document.standing_still.is_empty() {
        let _ = writeln!(out, "\n### Standing still\n");
    }
    for still in &document.standing_still {
        let (cvm, log) = (escape(&still.cvm), escape(&still.log));
        let (age, elsewhere) = (human::seconds(still.age_s), human::seconds(still.elsewhere_s));
        let _ = writeln!(out, "- {cvm} {log}: silent for {age}, elsewhere for {elsewhere}");
    }
}

fn changes(out: &mut String, what: &str, changes: &[PatternChange]) {
    for PatternChange { log, level, pattern, before, after } in changes.iter().take(LISTED) {
        let (log, pattern) = (escape(log), escape(pattern));
        let _ = writeln!(out, "- {what}: {log} {level} {pattern} ({before} → {after})");
    }
    if changes.len() > LISTED {
        let _ = writeln!(out, "- {what}: {} more", changes.len() - LISTED);
    }
}

/// RFC 3339 without the fraction.
fn second(instant: &str) -> String {
    instant.split_once('.').map_or_else(|| instant.to_owned(), |(second, _)| format!("{second}Z"))
}

/// Escapes foreign text for a line of Markdown.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in sanitize::text(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}
