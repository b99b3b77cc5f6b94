//! XML in the format of `JUnit`, for CI systems: a suite per CVM, a test case per log. A breach is a failure; a log
//! that could not be read is an error.

use std::fmt::Write as _;

use crate::human;
use crate::sanitize;
use crate::snapshot::document::{CvmReport, Document, LogReport};

pub fn render(document: &Document) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let suites: Vec<Suite> = document.cvms.iter().map(|cvm| suite(document, cvm)).collect();
    let sum = |number: fn(&Suite) -> usize| suites.iter().map(number).sum::<usize>();
    // Writing into a String cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"cvmtail snapshot\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        sum(|suite| suite.tests),
        sum(|suite| suite.failures),
        sum(|suite| suite.errors)
    );
    // Times in JUnit have neither a fraction nor a zone.
    let time = human::rfc3339(document.to);
    for Suite { name, tests, failures, errors, cases } in suites {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" \
             time=\"0\" timestamp=\"{}\">\n{cases}  </testsuite>",
            escape(name),
            &time[..19]
        );
    }
    out + "</testsuites>\n"
}

/// The suite of a CVM.
struct Suite<'a> {
    name: &'a str,
    tests: usize,
    /// Logs that breach a threshold.
    failures: usize,
    /// Logs that could not be read.
    errors: usize,
    /// The test cases as XML.
    cases: String,
}

fn suite<'a>(document: &Document, cvm: &'a CvmReport) -> Suite<'a> {
    let mut suite = Suite { name: &cvm.cvm, tests: 0, failures: 0, errors: 0, cases: String::new() };
    for name in &cvm.asked {
        suite.tests += 1;
        let log = cvm.logs.iter().find(|log| log.log == *name);
        let mut inner = String::new();
        // Most readers expect one outcome per case: the worst comes first.
        for breach in document.breaches.iter().filter(|breach| breach.cvm == cvm.cvm && breach.log == *name) {
            suite.failures += usize::from(inner.is_empty());
            element(&mut inner, "failure", breach.rule.word(), &breach.message, "");
        }
        let (trouble, hint) =
            log.map_or((&cvm.message, &cvm.hint), |log: &LogReport| (&log.message, &log.hint));
        if let Some(message) = trouble {
            suite.errors += usize::from(inner.is_empty());
            let status = log.map_or(cvm.status.word(), |log| log.status.word());
            element(&mut inner, "error", status, message, hint.as_deref().unwrap_or_default());
        }
        let out = log.map(counts).unwrap_or_default();
        let _ = writeln!(
            suite.cases,
            "    <testcase classname=\"{}\" name=\"{}\" time=\"0\">\n{inner}{out}    </testcase>",
            escape(&cvm.cvm),
            escape(name)
        );
    }
    suite
}

/// Appends a failure or an error.
fn element(out: &mut String, name: &str, kind: &str, message: &str, text: &str) {
    let (message, text) = (escape(message), escape(text));
    let _ = writeln!(out, "      <{name} type=\"{kind}\" message=\"{message}\">{text}</{name}>");
}

/// The counts and patterns of a log as `system-out`.
fn counts(log: &LogReport) -> String {
    let mut text = human::count(log.lines, "line");
    for (level, count) in log.levels.named().into_iter().filter(|(_, count)| *count > 0) {
        let _ = write!(text, ", {level} {count}");
    }
    for top in &log.top {
        let _ = write!(text, "\n{} x {}: {}", top.count, top.level.word(), sanitize::text(&top.pattern));
    }
    format!("      <system-out>{}</system-out>\n", lines(&text))
}

/// Escapes text for XML 1.0; characters that it cannot contain are shown as on a terminal.
fn escape(text: &str) -> String {
    lines(&sanitize::text(text)).replace('"', "&quot;").replace('\t', "&#9;")
}

/// Escapes sanitized text for XML.
fn lines(text: &str) -> String {
    let is_no_character = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_no_character, "\u{fffd}").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
