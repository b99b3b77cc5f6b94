//! What changed since an earlier report, on the streams that both have looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::snapshot::document::{Change, Comparison, Document, Share, Stream, VERSION};

/// What of an earlier report counts.
#[derive(Debug, Deserialize)]
pub struct Earlier {
    /// Must be `snapshot`.
    #[serde(rename = "type")]
    kind: String,
    /// Must be [`VERSION`].
    version: u32,
    /// The begin of its window.
    from: String,
    /// The end of its window.
    to: String,
    /// Its CVMs.
    cvms: Vec<EarlierCvm>,
    /// Its findings.
    #[serde(default)]
    findings: Vec<EarlierFinding>,
    /// How many there were beyond.
    #[serde(default)]
    findings_omitted: usize,
}

/// A CVM of an earlier report.
#[derive(Debug, Deserialize)]
struct EarlierCvm {
    /// Its name.
    cvm: String,
    /// Whether it was reached.
    status: String,
    /// Its logs.
    #[serde(default)]
    logs: Vec<EarlierLog>,
}

/// A log of an earlier report.
#[derive(Debug, Deserialize)]
struct EarlierLog {
    /// Its name.
    log: String,
    /// Whether it was read.
    status: String,
}

/// A finding of an earlier report.
#[derive(Debug, Deserialize)]
struct EarlierFinding {
    /// The log.
    log: String,
    /// The level.
    level: String,
    /// The pattern.
    pattern: String,
    /// How often each CVM had it.
    #[serde(default)]
    cvms: Vec<Share>,
}

/// Reads an earlier report; an error says why it is none.
pub fn read(text: &[u8]) -> Result<Earlier, String> {
    let earlier: Earlier = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if earlier.kind != "snapshot" {
        return Err(format!("its type is `{}`, not `snapshot`", earlier.kind.escape_debug()));
    }
    if earlier.version != VERSION {
        return Err(format!("it has version {}, and only {VERSION} is known here", earlier.version));
    }
    Ok(earlier)
}

/// What `now` has that `earlier` had not, and the other way round. Counts are those of the streams that
/// both have read: what was not looked at is neither new nor gone.
pub fn compare(earlier: &Earlier, now: &Document) -> Comparison {
    let then_reached: BTreeSet<&str> =
        earlier.cvms.iter().filter(|cvm| cvm.status == "ok").map(|cvm| cvm.cvm.as_str()).collect();
    let now_reached: BTreeSet<&str> =
        now.cvms.iter().filter(|cvm| cvm.status == "ok").map(|cvm| cvm.cvm.as_str()).collect();
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
            cvm.logs.iter().filter(|log| log.status == "ok").map(|log| (cvm.cvm.as_str(), log.log.as_str()))
        })
        .collect();
    let both: BTreeSet<_> = then_read.intersection(&now_read).copied().collect();
    // Those of a CVM that was reached once only are not told one by one.
    let unread = |from: &BTreeSet<(&str, &str)>, to: &BTreeSet<(&str, &str)>| {
        let streams =
            from.difference(to).filter(|(cvm, _)| then_reached.contains(cvm) && now_reached.contains(cvm));
        streams.map(|(cvm, log)| Stream { cvm: (*cvm).to_owned(), log: (*log).to_owned() }).collect()
    };
    let count = |log: &str, shares: &[Share]| -> u64 {
        shares.iter().filter(|share| both.contains(&(share.cvm.as_str(), log))).map(|share| share.count).sum()
    };
    let mut counts: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
    for finding in &earlier.findings {
        let key = (finding.log.as_str(), finding.level.as_str(), finding.pattern.as_str());
        counts.entry(key).or_default().0 += count(&finding.log, &finding.cvms);
    }
    for finding in &now.findings {
        let key = (finding.log.as_str(), finding.top.level, finding.top.pattern.as_str());
        counts.entry(key).or_default().1 += count(&finding.log, &finding.cvms);
    }
    let mut changes: Vec<Change> = counts
        .into_iter()
        .map(|((log, level, pattern), (before, after))| Change {
            log: log.to_owned(),
            level: level.to_owned(),
            pattern: pattern.to_owned(),
            before,
            after,
        })
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.before.abs_diff(change.after)));
    let those = |is: &dyn Fn(&Change) -> bool| changes.iter().filter(|change| is(change)).cloned().collect();
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
