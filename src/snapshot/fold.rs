//! What was seen of all streams, folded into the document.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::hint::Hint;
use crate::human;
use crate::line::level::Level;
use crate::snapshot::compare::{self, Earlier};
use crate::snapshot::document::{
    Amount, Breach, Cvm, Document, Finding, Levels, Log, Share, Still, Top, VERSION,
};
use crate::snapshot::tally::Tally;
use crate::snapshot::thresholds::{Rule, Thresholds};

/// How many patterns of one stream the document lists.
const TOP: usize = 10;

/// How many findings it lists.
const FINDINGS: usize = 1_000;

/// A log that is silent for this part of the window stands still …
const STILL: f64 = 0.5;

/// … if elsewhere it was written to within this part of it.
const MOVING: f64 = 0.1;

/// All that was seen.
pub struct Looked<'a> {
    /// The begin of the window, by this machine's clock.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The end is the past: later lines and writes do not count.
    pub bounded: bool,
    /// How long it was allowed to take, in seconds.
    pub timeout: f64,
    /// The CVMs, in the order named.
    pub cvms: Vec<LookedCvm<'a>>,
}

/// What was seen of a CVM.
pub struct LookedCvm<'a> {
    /// Its name.
    pub name: &'a str,
    /// Why it could not be reached.
    pub trouble: Option<Trouble>,
    /// How far its clock is ahead, if it told.
    pub skew: Option<SignedDuration>,
    /// Its logs: in the order named, then what globs match.
    pub logs: Vec<LookedLog<'a>>,
    /// Globs of which it is not known what they match, because it was not reached.
    pub globs: Vec<String>,
}

/// What was seen of a log.
pub struct LookedLog<'a> {
    /// Its name.
    pub log: &'a str,
    /// Its path.
    pub path: String,
    /// What counts as ill.
    pub thresholds: &'a Thresholds,
    /// `ok`, `missing` or `unreadable`.
    pub status: &'static str,
    /// What could not be had of it.
    pub trouble: Option<Trouble>,
    /// The length of the file.
    pub size: Option<u64>,
    /// When it was last written to, by the CVM's clock.
    pub modified: Option<Timestamp>,
    /// What was read; `None`: nothing could be.
    pub tally: Option<&'a Tally>,
}

/// What could not be had, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The cause in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<Hint>,
}

/// The document of all that was seen, compared with an earlier one if there is one.
pub fn fold(looked: &Looked<'_>, earlier: Option<&Earlier>) -> Document {
    let cvms: Vec<Cvm> = looked.cvms.iter().map(|seen| cvm(looked, seen)).collect();
    let breaches: Vec<Breach> = looked
        .cvms
        .iter()
        .zip(&cvms)
        .filter(|(_, cvm)| cvm.status == "ok")
        .flat_map(|(seen, cvm)| {
            let pairs = seen.logs.iter().zip(&cvm.logs);
            pairs.flat_map(|(seen, log)| breaches(&cvm.cvm, seen, log))
        })
        .collect();
    let looked_everywhere =
        cvms.iter().all(|cvm| cvm.status == "ok" && cvm.logs.iter().all(|log| log.message.is_none()));
    let mut findings = findings(looked);
    let findings_omitted = findings.len().saturating_sub(FINDINGS);
    findings.truncate(FINDINGS);
    let mut document = Document {
        kind: "snapshot",
        version: VERSION,
        from: looked.from,
        to: looked.to,
        healthy: breaches.is_empty() && looked_everywhere,
        breaches,
        standing_still: standing_still(&cvms, seconds(looked.to.duration_since(looked.from))),
        cvms,
        looked_everywhere,
        timeout_s: looked.timeout,
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

/// A number with three digits behind its point at most.
fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// A CVM of the document.
fn cvm(looked: &Looked<'_>, seen: &LookedCvm<'_>) -> Cvm {
    let (message, hint) = told(seen.trouble.as_ref());
    let skew = seen.skew.unwrap_or_default();
    let reached = seen.trouble.is_none();
    let logs =
        if reached { seen.logs.iter().map(|seen| log(looked, skew, seen)).collect() } else { Vec::new() };
    Cvm {
        cvm: seen.name.to_owned(),
        status: if reached { "ok" } else { "unreachable" },
        message,
        hint,
        clock_skew_ms: seen.skew.map(|skew| i64::try_from(skew.as_millis()).unwrap_or(i64::MAX)),
        logs,
        asked: seen.logs.iter().map(|seen| seen.log.to_owned()).chain(seen.globs.iter().cloned()).collect(),
    }
}

/// Message and hint of a trouble.
fn told(trouble: Option<&Trouble>) -> (Option<String>, Option<String>) {
    trouble.map_or((None, None), |trouble| {
        (Some(trouble.message.clone()), trouble.hint.clone().map(String::from))
    })
}

/// A log of the document, on a CVM whose clock is `skew` ahead.
fn log(looked: &Looked<'_>, skew: SignedDuration, seen: &LookedLog<'_>) -> Log {
    let (message, hint) = told(seen.trouble.as_ref());
    let window = looked.to.duration_since(looked.from);
    let tally = seen.tally;
    let lines = tally.map_or(0, |tally| tally.lines);
    let last = tally.and_then(|tally| tally.last);
    let ranked = tally.map(|tally| tally.patterns.ranked()).unwrap_or_default();
    Log {
        log: seen.log.to_owned(),
        path: seen.path.clone(),
        status: seen.status,
        size: seen.size,
        modified: seen.modified,
        age_s: age(looked, skew, seen.modified, last),
        lines,
        bytes: tally.map_or(0, |tally| tally.bytes),
        first: tally.and_then(|tally| tally.first),
        last,
        levels: tally.map(levels).unwrap_or_default(),
        top: ranked.into_iter().take(TOP).map(|(level, pattern, seen)| top(level, pattern, seen)).collect(),
        #[expect(clippy::cast_precision_loss, reason = "nobody counts 2^52 lines")]
        lines_per_s: round(lines as f64 / window.as_secs_f64().max(1.0)),
        other: tally.map_or(0, |tally| tally.patterns.other()),
        message,
        hint,
    }
}

/// How long before the end of the window, in seconds, the last line or write was.
fn age(
    looked: &Looked<'_>,
    skew: SignedDuration,
    modified: Option<Timestamp>,
    last: Option<Timestamp>,
) -> Option<f64> {
    let end = looked.to.checked_add(skew).ok()?;
    let age = |at: Timestamp| seconds(end.duration_since(at)).max(0.0);
    // A write after the window says nothing about the window.
    let written = modified.filter(|modified| !looked.bounded || *modified <= end);
    match last.max(written) {
        Some(at) => Some(age(at)),
        // It was written to since, and not within the window.
        None if modified.is_some() => Some(seconds(looked.to.duration_since(looked.from))),
        None => None,
    }
}

/// The levels of a stream.
const fn levels(tally: &Tally) -> Levels {
    let [trace, debug, info, warning, error, fatal] = tally.levels;
    Levels { trace, debug, info, warning, error, fatal, unknown: tally.unknown }
}

/// A pattern of the document.
fn top(level: Level, pattern: &str, seen: &crate::snapshot::patterns::Seen) -> Top {
    Top {
        pattern: pattern.to_owned(),
        level: level.word(),
        count: seen.count,
        first: seen.first,
        last: seen.last,
        sample: seen.sample.clone(),
    }
}

/// What a stream breaches. What could be read of it is judged even if not all could be.
fn breaches(cvm: &str, seen: &LookedLog<'_>, log: &Log) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut breach = |rule, limit, found, message| {
        let (cvm, log) = (cvm.to_owned(), log.log.clone());
        breaches.push(Breach { rule, cvm, log, limit, found, message });
    };
    let thresholds = seen.thresholds;
    if let Some(tally) = seen.tally
        && let Some((sample, which)) = &tally.matched
    {
        let pattern = thresholds.fail_on.get(*which).map_or("", String::as_str);
        let verb = if tally.matches == 1 { "matches" } else { "match" };
        let what = format!("{} {verb}", human::count(tally.matches, "line"));
        let message = format!("{what} `{pattern}`, the first one: {sample}");
        breach(Rule::FailOn, Amount::Lines(0), Amount::Lines(tally.matches), message);
    }
    let counted = seen.tally.map_or((0, 0), |tally| (tally.errors(), tally.warnings()));
    for (rule, limit, found, noun) in [
        (Rule::MaxErrors, thresholds.max_errors, counted.0, "error"),
        (Rule::MaxWarnings, thresholds.max_warnings, counted.1, "warning"),
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

/// The patterns of all streams, the same of one log folded over CVMs.
fn findings(looked: &Looked<'_>) -> Vec<Finding> {
    let mut folded: BTreeMap<(&str, Level, String), Finding> = BTreeMap::new();
    for cvm in looked.cvms.iter().filter(|cvm| cvm.trouble.is_none()) {
        for log in &cvm.logs {
            let Some(tally) = log.tally else { continue };
            for (level, pattern, seen) in tally.patterns.ranked() {
                let share = Share { cvm: cvm.name.to_owned(), count: seen.count };
                folded
                    .entry((log.log, level, pattern.to_owned()))
                    .and_modify(|finding| {
                        let Top { count, first, last, .. } = &mut finding.top;
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
    let mut findings: Vec<_> = folded.into_iter().collect();
    findings.sort_by_key(|((_, level, _), finding)| std::cmp::Reverse((*level, finding.top.count)));
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// The logs that are silent on a CVM while they move on another, in a window of that many seconds.
fn standing_still(cvms: &[Cvm], window: f64) -> Vec<Still> {
    let pairs = || cvms.iter().flat_map(|cvm| cvm.logs.iter().map(move |log| (cvm, log)));
    let mut still = Vec::new();
    for (cvm, log) in pairs().filter(|(_, log)| log.status == "ok") {
        let others =
            pairs().filter(|(other, same)| other.cvm != cvm.cvm && same.path == log.path && same.lines > 0);
        let ages: Vec<f64> = others.filter_map(|(_, other)| other.age_s).collect();
        let Some(youngest) = ages.iter().copied().reduce(f64::min) else { continue };
        let Some(age) = log.age_s else { continue };
        let is_late = age >= window * STILL && youngest <= window * MOVING;
        if log.lines == 0 && age > youngest || is_late {
            still.push(Still {
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
