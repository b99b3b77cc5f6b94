//! Metrics in the Prometheus text format 0.0.4, for the textfile collector. Patterns are not included: each would be a
//! series of its own.

use std::fmt::{Display, Write as _};

use jiff::Timestamp;

use crate::snapshot::document::{CvmReport, Document, LogReport};
use crate::snapshot::status::CvmStatus;

pub fn render(document: &Document) -> String {
    let mut metrics = Metrics::default();
    let flag = |is: bool| u8::from(is);
    metrics.single(
        "snapshot_healthy",
        "Nothing is breached and everything was looked at.",
        flag(document.healthy),
    );
    metrics.single(
        "snapshot_looked_everywhere",
        "Every log of every CVM was read to its end.",
        flag(document.looked_everywhere),
    );
    metrics.single("snapshot_breaches", "Thresholds that are breached.", document.breaches.len());
    metrics.single("snapshot_from_timestamp_seconds", "The begin of the window.", seconds(document.from));
    metrics.single("snapshot_to_timestamp_seconds", "The end of the window.", seconds(document.to));

    metrics.head("cvm_up", "The CVM was reached.");
    for cvm in &document.cvms {
        metrics.sample("cvm_up", &[("cvm", &cvm.cvm)], flag(cvm.status == CvmStatus::Ok));
    }
    metrics.head("cvm_clock_skew_seconds", "How far the CVM's clock is ahead.");
    for (cvm, skew) in document.cvms.iter().filter_map(|cvm| Some((cvm, cvm.clock_skew_ms?))) {
        let sign = if skew < 0 { "-" } else { "" };
        let skew = skew.unsigned_abs();
        let value = format!("{sign}{}.{:03}", skew / 1000, skew % 1000);
        metrics.sample("cvm_clock_skew_seconds", &[("cvm", &cvm.cvm)], value);
    }

    metrics.head("log_up", "The log was read to its end.");
    for cvm in &document.cvms {
        for log in &cvm.asked {
            let read = cvm.logs.iter().any(|seen| seen.log == *log && seen.message.is_none());
            metrics.sample("log_up", &[("cvm", &cvm.cvm), ("log", log)], flag(read));
        }
    }
    metrics.logs(document, "log_size_bytes", "The length of the log's file.", |log| {
        log.size.map(|size| size.to_string())
    });
    metrics.logs(
        document,
        "log_modified_timestamp_seconds",
        "When the log was last written to, by the CVM's clock.",
        |log| log.modified.map(seconds),
    );
    metrics.logs(
        document,
        "log_age_seconds",
        "How long ago the last line or write was, at the end of the window.",
        |log| log.age_s.map(|age| age.to_string()),
    );
    metrics.logs(document, "log_window_bytes", "Bytes within the window.", |log| Some(log.bytes.to_string()));
    metrics.head("log_window_lines", "Lines within the window, by level.");
    for (cvm, log) in pairs(document) {
        for (level, count) in log.levels.named() {
            metrics.sample(
                "log_window_lines",
                &[("cvm", &cvm.cvm), ("log", &log.log), ("level", level)],
                count,
            );
        }
    }
    metrics.head("log_breached", "The threshold is breached.");
    for breach in &document.breaches {
        let labels = [("cvm", breach.cvm.as_str()), ("log", &breach.log), ("rule", breach.rule.word())];
        metrics.sample("log_breached", &labels, 1);
    }
    metrics.head("log_standing_still", "The log is silent while it moves on another CVM.");
    for still in &document.standing_still {
        metrics.sample("log_standing_still", &[("cvm", &still.cvm), ("log", &still.log)], 1);
    }
    metrics.0
}

/// The logs with their CVMs.
fn pairs(document: &Document) -> impl Iterator<Item = (&CvmReport, &LogReport)> {
    document.cvms.iter().flat_map(|cvm| cvm.logs.iter().map(move |log| (cvm, log)))
}

/// An instant as seconds since 1970, to the millisecond.
fn seconds(instant: Timestamp) -> String {
    let milliseconds = instant.as_millisecond().max(0);
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// The output so far.
#[derive(Default)]
struct Metrics(String);

impl Metrics {
    /// Begins a metric. All are gauges: the counts are those of a window.
    fn head(&mut self, name: &str, help: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "# HELP cvmtail_{name} {help}\n# TYPE cvmtail_{name} gauge");
    }

    /// One value of a metric.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.0, "cvmtail_{name}");
        for (index, (label, value)) in labels.iter().enumerate() {
            let mark = if index == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{mark}{label}=\"{}\"", escape(value));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{close} {value}");
    }

    /// A metric with one value.
    fn single(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help);
        self.sample(name, &[], value);
    }

    /// A metric with a value for each log that has one.
    fn logs(
        &mut self,
        document: &Document,
        name: &str,
        help: &str,
        value: impl Fn(&LogReport) -> Option<String>,
    ) {
        self.head(name, help);
        for (cvm, log) in pairs(document) {
            if let Some(value) = value(log) {
                self.sample(name, &[("cvm", &cvm.cvm), ("log", &log.log)], value);
            }
        }
    }
}

/// Escapes the value of a label.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
