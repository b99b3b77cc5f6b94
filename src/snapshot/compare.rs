//! Compares a report with an earlier one, on the streams that both have read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::snapshot::document::{Comparison, CvmCount, Document, PatternChange, StreamName, VERSION};
use crate::snapshot::status::{CvmStatus, LogStatus};

/// The parts of an earlier report that are compared.
#[derive(Debug, Deserialize)]
pub struct Earlier {
    /// Must be `snapshot`.
    #[serde(rename = "type")]
    kind: String,
    /// Must be [`VERSION`].
    version: u32,
    from: String,
    to: String,
    cvms: Vec<EarlierCvm>,
    #[serde(default)]
    findings: Vec<EarlierFinding>,
    #[serde(default)]
    findings_omitted: usize,
}

#[derive(Debug, Deserialize)]
struct EarlierCvm {
    cvm: String,
    status: String,
    #[serde(default)]
    logs: Vec<EarlierLog>,
}

#[derive(Debug, Deserialize)]
struct EarlierLog {
    log: String,
    status: String,
}

#[derive(Debug, Deserialize)]
struct EarlierFinding {
    log: String,
    level: String,
    pattern: String,
    #[serde(default)]
    cvms: Vec<CvmCount>,
}

/// Parses an earlier report; the error says why it is not one.
pub fn read(text: &[u8]) -> Result<Earlier, String> {
    let earlier: Earlier = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if earlier.kind != "snapshot" {
        return Err(format!("its type is `{}`, not `snapshot`", earlier.kind.escape_debug()));
    }
    if earlier.version != VERSION {
        return Err(format!("it has version {}; this cvmtail reads version {VERSION}", earlier.version));
    }
    Ok(earlier)
}

/// What is in `now` but not in `earlier`, and vice versa. Only streams that both have read are counted: what was not
/// read is neither new nor gone.
pub fn compare(earlier: &Earlier, now: &Document) -> Comparison {
    let then_reached: BTreeSet<&str> =
        earlier.cvms.iter().filter(|cvm| cvm.status == "ok").map(|cvm| cvm.cvm.as_str()).collect();
    let now_reached: BTreeSet<&str> =
        now.cvms.iter().filter(|cvm| cvm.status == CvmStatus::Ok).map(|cvm| cvm.cvm.as_str()).collect();
    let missing = |from: &BTreeSet<&str>, to: &BTreeSet<&str>| {
        from.difference(to).map(|cvm| (*cvm).to_owned()).collect()
    };
    let then_read: BTreeSet<(&str, &str)> = earlier
        .cvms
        .iter()
        .flat_map(|cvm| {
            cvm.logs.iter().filter(|log| log.status == "ok").map(|log| (cvm.cvm.as_str(), log.log.as_str()))
        })
        .collect();
    let now_read: BTreeSet<(&str, &str)> = now
        .cvms
        .iter()
        .flat_map(|cvm| {
            cvm.logs
                .iter()
                .filter(|log| log.status == LogStatus::Ok)
                .map(|log| (cvm.cvm.as_str(), log.log.as_str()))
        })
        .collect();
    let both: BTreeSet<_> = then_read.intersection(&now_read).copied().collect();
    // If a CVM was reached only once, its logs are not listed.
    let unread = |from: &BTreeSet<(&str, &str)>, to: &BTreeSet<(&str, &str)>| {
        let streams =
            from.difference(to).filter(|(cvm, _)| then_reached.contains(cvm) && now_reached.contains(cvm));
        streams.map(|(cvm, log)| StreamName { cvm: (*cvm).to_owned(), log: (*log).to_owned() }).collect()
    };
    let count = |log: &str, shares: &[CvmCount]| -> u64 {
        shares.iter().filter(|share| both.contains(&(share.cvm.as_str(), log))).map(|share| share.count).sum()
    };
    let mut counts: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
    for finding in &earlier.findings {
        let key = (finding.log.as_str(), finding.level.as_str(), finding.pattern.as_str());
        counts.entry(key).or_default().0 += count(&finding.log, &finding.cvms);
    }
    for finding in &now.findings {
        let key = (finding.log.as_str(), finding.top.level.word(), finding.top.pattern.as_str());
        counts.entry(key).or_default().1 += count(&finding.log, &finding.cvms);
    }
    let mut changes: Vec<PatternChange> = counts
        .into_iter()
        .map(|((log, level, pattern), (before, after))| PatternChange {
            log: log.to_owned(),
            level: level.to_owned(),
            pattern: pattern.to_owned(),
            before,
            after,
        })
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.before.abs_diff(change.after)));
    let those =
        |is: &dyn Fn(&PatternChange) -> bool| changes.iter().filter(|change| is(change)).cloned().collect();
    Comparison {
        from: earlier.from.clone(),
        to: earlier.to.clone(),
        complete: earlier.findings_omitted == 0 && now.findings_omitted == 0,
        cvms_lost: missing(&then_reached, &now_reached),
        cvms_gained: missing(&now_reached, &then_reached),
        logs_lost: unread(&then_read, &now_read),
        logs_gained: unread(&now_read, &then_read),
        new: those(&|change| change.before == 0 && change.after > 0),
        gone: those(&|change| change.before > 0 && change.after == 0),
        up: those(&|change| change.before > 0 && change.after > change.before),
        down: those(&|change| change.after > 0 && change.after < change.before),
    }
}
