//! XML in the form of `JUnit`, as CI systems read it: a suite per CVM, a test case per log; a breach is a failure, what could not be
//! looked at an error.

use std::fmt::Write as _;

use crate::human;
use crate::sanitize;
use crate::snapshot::document::{Cvm, Document, Log};

/// The XML.
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
    // JUnit's times have neither a fraction nor a zone.
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

/// The cases of a CVM.
struct Suite<'a> {
    /// The CVM.
    name: &'a str,
    /// How many cases there are.
    tests: usize,
    /// How many of them breach a threshold.
    failures: usize,
    /// How many of them could not be looked at.
    errors: usize,
    /// They as XML.
    cases: String,
}

/// The suite of a CVM.
fn suite<'a>(document: &Document, cvm: &'a Cvm) -> Suite<'a> {
    let mut suite = Suite { name: &cvm.cvm, tests: 0, failures: 0, errors: 0, cases: String::new() };
    for name in &cvm.asked {
        suite.tests += 1;
        let log = cvm.logs.iter().find(|log| log.log == *name);
        let mut inner = String::new();
        // One case has one outcome for most readers: the worst stands first.
        for breach in document.breaches.iter().filter(|breach| breach.cvm == cvm.cvm && breach.log == *name) {
            suite.failures += usize::from(inner.is_empty());
            element(&mut inner, "failure", breach.rule.word(), &breach.message, "");
        }
        let (trouble, hint) = log.map_or((&cvm.message, &cvm.hint), |log: &Log| (&log.message, &log.hint));
        if let Some(message) = trouble {
            suite.errors += usize::from(inner.is_empty());
            let status = log.map_or(cvm.status, |log| log.status);
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

/// Appends why a case is not well.
fn element(out: &mut String, name: &str, kind: &str, message: &str, text: &str) {
    let (message, text) = (escape(message), escape(text));
    let _ = writeln!(out, "      <{name} type=\"{kind}\" message=\"{message}\">{text}</{name}>");
}

/// The counts and patterns of a log, as its output.
fn counts(log: &Log) -> String {
    let mut text = human::count(log.lines, "line");
    for (level, count) in log.levels.named().into_iter().filter(|(_, count)| *count > 0) {
        let _ = write!(text, ", {level} {count}");
    }
    for top in &log.top {
        let _ = write!(text, "\n{} x {}: {}", top.count, top.level, sanitize::text(&top.pattern));
    }
    format!("      <system-out>{}</system-out>\n", lines(&text))
}

/// Text as XML 1.0 may have it: what it may not hold at all is shown as on a terminal.
fn escape(text: &str) -> String {
    lines(&sanitize::text(text)).replace('"', "&quot;").replace('\t', "&#9;")
}

/// Text of harmless lines as XML.
fn lines(text: &str) -> String {
    let is_no_character = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_no_character, "\u{fffd}").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
