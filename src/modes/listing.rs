//! `cvmtail logs -c CVM`: the logs that are really there.

use std::sync::Arc;

use futures::future::join_all;
use jiff::Timestamp;
use serde::Serialize;

use crate::agent::client::Client;
use crate::agent::files::{self, CvmListing, Entry};
use crate::cluster::naming::{Naming, shown};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::human::{self, Table};
use crate::modes::print::push_object;
use crate::modes::runtime;
use crate::modes::stop::Stop;
use crate::options::ListForm;
use crate::plan;
use crate::ssh::session::{Resources, Session};
use crate::{output, report};

/// Asks all CVMs side by side and prints what each has; the exit status says whether there is anything, and (2)
/// whether a CVM gave no answer.
pub fn run(plan: &plan::ListingPlan) -> Result<Exit, Stop> {
    let answers = runtime::run(async { Ok(ask(plan).await) })?;
    let mut failed = false;
    for (cvm, answer) in plan.cvms.iter().zip(&answers) {
        let failures = match answer {
            Ok(listing) => listing.failures.as_slice(),
            Err(failure) => std::slice::from_ref(failure),
        };
        for failure in failures {
            failed = true;
            report::say_failure(cvm, failure);
        }
    }
    let (out, found) = list(plan, &answers);
    output::print(&out).map_or_else(Stop::for_stdout, |()| Ok(Exit::for_follow(found, failed)))
}

/// What each CVM answers.
async fn ask(plan: &plan::ListingPlan) -> Vec<Result<CvmListing, Failure>> {
    let ssh = Arc::new(plan.ssh.clone());
    let resources = Resources::new(&ssh);
    join_all(plan.cvms.iter().map(async |cvm| {
        let session = Session::new(Arc::clone(cvm), Arc::clone(&ssh), Arc::clone(&resources));
        let paths = plan.wanted.logs.iter().map(|(_, path)| path);
        let answer = async {
            let mut client = Client::open_once(&session).await?;
            files::list(&mut client, paths, &plan.wanted.patterns).await
        }
        .await;
        session.close().await;
        answer
    }))
    .await
}

/// The `log_file` object of NDJSON.
#[derive(Serialize)]
struct LogFileObject<'a> {
    /// Always `log_file`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The CVM.
    cvm: &'a str,
    /// The name it can be followed by: of the catalogue or the config, else the file's own.
    log: &'a str,
    /// The path; lossy where it is not UTF-8.
    path: &'a str,
    /// The size in bytes; `None`: a link that leads nowhere.
    size: Option<u64>,
    /// When it was written last.
    modified: Option<String>,
    /// What the path links to.
    target: Option<String>,
    /// The catalogue or the config has a name for it.
    known: bool,
}

/// What was found as objects or as a table, and how many files that are.
fn list(plan: &plan::ListingPlan, answers: &[Result<CvmListing, Failure>]) -> (Vec<u8>, u64) {
    let (mut out, mut found) = (Vec::new(), 0);
    let mut table = Table::new(["CVM", "LOG", "KNOWN", "SIZE", "AGE", "PATH"]).with_numbers([3, 4]);
    let known = &plan.naming;
    let mut naming: Naming = known.clone();
    for (cvm, listing) in plan.cvms.iter().zip(answers) {
        let Ok(listing) = listing else { continue };
        for entry in &listing.entries {
            found += 1;
            let log = naming.name(&entry.path);
            let is_known = known.knows(&entry.path);
            let Entry { path, size, modified, target } = entry;
            if let ListForm::Json { terminal } = plan.form {
                push_object(
                    &mut out,
                    terminal,
                    &LogFileObject {
                        kind: "log_file",
                        cvm: &cvm.name,
                        log: &log,
                        path: &path.to_string(),
                        size: *size,
                        modified: modified.and_then(timestamp),
                        target: target.as_ref().map(ToString::to_string),
                        known: is_known,
                    },
                );
                continue;
            }
            let size = size.map_or_else(|| "-".to_owned(), human::size);
            let age = match (listing.now, modified) {
                (Some(now), Some(modified)) => human::seconds(now - modified),
                _ => "-".to_owned(),
            };
            let link = target.as_ref().map_or_else(String::new, |target| format!(" -> {}", shown(&target.0)));
            let place = shown(&path.0) + &link;
            table.row([&cvm.name, &log, if is_known { "yes" } else { "-" }, &size, &age, &place]);
        }
    }
    if plan.form == ListForm::Table && found > 0 {
        out = table.text().into_bytes();
    }
    (out, found)
}

/// A moment in RFC 3339, to the microsecond.
fn timestamp(seconds: f64) -> Option<String> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float that is too large becomes the largest integer"
    )]
    let micros = (seconds * 1e6).round() as i64;
    Timestamp::from_microsecond(micros).ok().map(human::rfc3339)
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn moments_are_rfc_3339() {
        assert_eq!(timestamp(1_795_000_000.5).as_deref(), Some("2026-11-18T11:06:40.500000Z"));
        assert_eq!(timestamp(f64::INFINITY), None);
    }
}
