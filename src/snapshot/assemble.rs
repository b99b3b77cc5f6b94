//! Assembles the document from what was observed on all CVMs.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::human;
use crate::line::level::Level;
use crate::snapshot::compare::{self, Earlier};
use crate::snapshot::document::{
    Amount, Breach, CvmCount, CvmReport, Document, Finding, Levels, LogReport, StalledLog, TopPattern,
    VERSION,
};
use crate::snapshot::observation::{CvmObservation, LogObservation, Observation, Trouble};
use crate::snapshot::patterns::PatternStats;
use crate::snapshot::status::{CvmStatus, LogStatus};
use crate::snapshot::stream_counts::StreamCounts;
use crate::snapshot::thresholds::Rule;

/// The maximum number of patterns listed per stream.
const TOP: usize = 10;

/// The maximum number of findings listed.
const FINDINGS: usize = 1_000;

/// A log is stalled if it was silent for this part of the window …
const STILL: f64 = 0.5;

/// … and the same log of another CVM was written to within this part.
const MOVING: f64 = 0.1;

/// The document, with a comparison if there is an earlier one.
pub fn assemble(observation: &Observation<'_>, earlier: Option<&Earlier>) -> Document {
    let cvms: Vec<CvmReport> = observation.cvms.iter().map(|seen| cvm(observation, seen)).collect();
    let breaches: Vec<Breach> = observation
        .cvms
        .iter()
        .zip(&cvms)
        .filter(|(_, cvm)| cvm.status == CvmStatus::Ok)
        .flat_map(|(seen, cvm)| {
            let pairs = seen.logs.iter().zip(&cvm.logs);
            pairs.flat_map(|(seen, log)| breaches(&cvm.cvm, seen, log))
        })
        .collect();
    let looked_everywhere = cvms
        .iter()
        .all(|cvm| cvm.status == CvmStatus::Ok && cvm.logs.iter().all(|log| log.message.is_none()));
    let mut findings = findings(observation);
    let findings_omitted = findings.len().saturating_sub(FINDINGS);
    findings.truncate(FINDINGS);
    let mut document = Document {
        kind: "snapshot",
        version: VERSION,
        from: observation.from,
        to: observation.to,
        healthy: breaches.is_empty() && looked_everywhere,
        breaches,
        standing_still: standing_still(&cvms, seconds(observation.to.duration_since(observation.from))),
        cvms,
        looked_everywhere,
        timeout_s: observation.timeout,
        findings,
        findings_omitted,
        comparison: None,
    };
    document.comparison = earlier.map(|earlier| compare::compare(earlier, &document));
    document
}

/// A duration in seconds, to the millisecond.
fn seconds(duration: SignedDuration) -> f64 {
    round(duration.as_secs_f64())
}

/// Rounds to three decimal places.
fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn cvm(observation: &Observation<'_>, seen: &CvmObservation<'_>) -> CvmReport {
    let (message, hint) = message_and_hint(seen.trouble.as_ref());
    let skew = seen.skew.unwrap_or_default();
    let reached = seen.trouble.is_none();
    let logs = if reached {
        seen.logs.iter().map(|seen| log(observation, skew, seen)).collect()
    } else {
        Vec::new()
    };
    CvmReport {
        cvm: seen.name.to_owned(),
        status: if reached { CvmStatus::Ok } else { CvmStatus::Unreachable },
        message,
        hint,
        clock_skew_ms: seen.skew.map(|skew| i64::try_from(skew.as_millis()).unwrap_or(i64::MAX)),
        logs,
        asked: seen.logs.iter().map(|seen| seen.log.to_owned()).chain(seen.globs.iter().cloned()).collect(),
    }
}

fn message_and_hint(trouble: Option<&Trouble>) -> (Option<String>, Option<String>) {
    trouble.map_or((None, None), |trouble| {
        (Some(trouble.message.clone()), trouble.hint.clone().map(String::from))
    })
}

/// `skew`: how far the clock of the CVM is ahead.
fn log(observation: &Observation<'_>, skew: SignedDuration, seen: &LogObservation<'_>) -> LogReport {
    let (message, hint) = message_and_hint(seen.trouble.as_ref());
    let window = observation.to.duration_since(observation.from);
    let counts = seen.counts;
    let lines = counts.map_or(0, |counts| counts.lines);
    let last = counts.and_then(|counts| counts.last);
    let ranked = counts.map(|counts| counts.patterns.ranked()).unwrap_or_default();
    LogReport {
        log: seen.log.to_owned(),
        path: seen.path.clone(),
        status: seen.status,
        size: seen.size,
        modified: seen.modified,
        age_s: age(observation, skew, seen.modified, last),
        lines,
        bytes: counts.map_or(0, |counts| counts.bytes),
        first: counts.and_then(|counts| counts.first),
        last,
        levels: counts.map(levels).unwrap_or_default(),
        top: ranked.into_iter().take(TOP).map(|(level, pattern, seen)| top(level, pattern, seen)).collect(),
        #[expect(clippy::cast_precision_loss, reason = "nobody counts 2^52 lines")]
        lines_per_s: round(lines as f64 / window.as_secs_f64().max(1.0)),
        other: counts.map_or(0, |counts| counts.patterns.other()),
        message,
        hint,
    }
}

/// The time from the last line or write to the end of the window, in seconds.
fn age(
    observation: &Observation<'_>,
    skew: SignedDuration,
    modified: Option<Timestamp>,
    last: Option<Timestamp>,
) -> Option<f64> {
    let end = observation.to.checked_add(skew).ok()?;
    let age = |at: Timestamp| seconds(end.duration_since(at)).max(0.0);
    // A write after the window says nothing about the window.
    let written = modified.filter(|modified| !observation.bounded || *modified <= end);
    match last.max(written) {
        Some(at) => Some(age(at)),
        // It was written to after the window, and not within.
        None if modified.is_some() => Some(seconds(observation.to.duration_since(observation.from))),
        None => None,
    }
}

const fn levels(counts: &StreamCounts) -> Levels {
    let [trace, debug, info, warning, error, fatal] = counts.levels;
    Levels { trace, debug, info, warning, error, fatal, unknown: counts.unknown }
}

fn top(level: Level, pattern: &str, seen: &PatternStats) -> TopPattern {
    TopPattern {
        pattern: pattern.to_owned(),
        level,
        count: seen.count,
        first: seen.first,
        last: seen.last,
        sample: seen.sample.clone(),
    }
}

/// The breached thresholds of a stream. They apply to what was read, even if that is not everything.
fn breaches(cvm: &str, seen: &LogObservation<'_>, log: &LogReport) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut breach = |rule, limit, found, message| {
        let (cvm, log) = (cvm.to_owned(), log.log.clone());
        breaches.push(Breach { rule, cvm, log, limit, found, message });
    };
    let thresholds = seen.thresholds;
    if let Some(counts) = seen.counts
        && let Some((sample, which)) = &counts.matched
    {
        let pattern = thresholds.fail_on.get(*which).map_or("", String::as_str);
        let verb = if counts.matches == 1 { "matches" } else { "match" };
        let what = format!("{} {verb}", human::count(counts.matches, "line"));
        let message = format!("{what} `{pattern}`, first: {sample}");
        breach(Rule::FailOn, Amount::Lines(0), Amount::Lines(counts.matches), message);
    }
    let errors_and_warnings = seen.counts.map_or((0, 0), |counts| (counts.errors(), counts.warnings()));
    for (rule, limit, found, noun) in [
        (Rule::MaxErrors, thresholds.max_errors, errors_and_warnings.0, "error"),
        (Rule::MaxWarnings, thresholds.max_warnings, errors_and_warnings.1, "warning"),
    ] {
        if let Some(limit) = limit.filter(|limit| found > *limit) {
            let message = format!("{}, at most {limit} allowed", human::count(found, noun));
            breach(rule, Amount::Lines(limit), Amount::Lines(found), message);
        }
    }
    if let (Some(limit), Some(age)) = (thresholds.max_silence, log.age_s)
        && age > limit.as_secs_f64()
    {
        let limit = limit.as_secs_f64();
        let message =
            format!("silent for {}, at most {} allowed", human::seconds(age), human::seconds(limit));
        breach(Rule::MaxSilence, Amount::Seconds(limit), Amount::Seconds(age), message);
    }
    breaches
}

/// The patterns of all streams, those of the same log on several CVMs combined.
fn findings(observation: &Observation<'_>) -> Vec<Finding> {
    let mut by_pattern: BTreeMap<(&str, Level, String), Finding> = BTreeMap::new();
    for cvm in observation.cvms.iter().filter(|cvm| cvm.trouble.is_none()) {
        for log in &cvm.logs {
            let Some(counts) = log.counts else { continue };
            for (level, pattern, seen) in counts.patterns.ranked() {
                let share = CvmCount { cvm: cvm.name.to_owned(), count: seen.count };
                by_pattern
                    .entry((log.log, level, pattern.to_owned()))
                    .and_modify(|finding| {
                        let TopPattern { count, first, last, .. } = &mut finding.top;
                        *count += seen.count;
                        *first = [*first, seen.first].into_iter().flatten().min();
                        *last = (*last).max(seen.last);
                        finding.cvms.push(share.clone());
                    })
                    .or_insert_with(|| Finding {
                        log: log.log.to_owned(),
                        top: top(level, pattern, seen),
                        cvms: vec![share],
                    });
            }
        }
    }
    let mut findings: Vec<_> = by_pattern.into_iter().collect();
    findings.sort_by_key(|((_, level, _), finding)| std::cmp::Reverse((*level, finding.top.count)));
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// The logs that are silent on one CVM while they are written to on another; `window` in seconds.
fn standing_still(cvms: &[CvmReport], window: f64) -> Vec<StalledLog> {
    let pairs = || cvms.iter().flat_map(|cvm| cvm.logs.iter().map(move |log| (cvm, log)));
    let mut still = Vec::new();
    for (cvm, log) in pairs().filter(|(_, log)| log.status == LogStatus::Ok) {
        let others =
            pairs().filter(|(other, same)| other.cvm != cvm.cvm && same.path == log.path && same.lines > 0);
        let ages: Vec<f64> = others.filter_map(|(_, other)| other.age_s).collect();
        let Some(youngest) = ages.iter().copied().reduce(f64::min) else { continue };
        let Some(age) = log.age_s else { continue };
        let is_late = age >= window * STILL && youngest <= window * MOVING;
        if log.lines == 0 && age > youngest || is_late {
            still.push(StalledLog {
                cvm: cvm.cvm.clone(),
                log: log.log.clone(),
                age_s: age,
                elsewhere_s: youngest,
                moves_on: ages.len(),
            });
        }
    }
    still
}
