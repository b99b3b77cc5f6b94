//! A plan for whichever verb was called.

use crate::cli::Verb;
use crate::options::Shell;
use crate::plan::check::{CheckPlan, check};
use crate::plan::cvms::{CvmsPlan, cvms};
use crate::plan::discover::Obstacle;
use crate::plan::follow::{FollowPlan, follow};
use crate::plan::inputs::Inputs;
use crate::plan::listing::{ListingPlan, listing};
use crate::plan::logs::{LogsPlan, logs};
use crate::plan::snapshot::{SnapshotPlan, snapshot};

/// What the run is for: one variant per verb.
#[derive(Debug)]
pub enum Plan {
    /// `cvmtail LOG...`
    Follow(Box<FollowPlan>),
    /// `cvmtail snapshot LOG...`
    Snapshot(Box<SnapshotPlan>),
    /// `cvmtail check`
    Check(Box<CheckPlan>),
    /// `cvmtail logs`
    Logs(LogsPlan),
    /// `cvmtail logs -c CVM`
    Listing(Box<ListingPlan>),
    /// `cvmtail cvms`
    Cvms(CvmsPlan),
    /// `cvmtail completions SHELL`
    Completions(Shell),
    /// `cvmtail man`
    Man,
}

/// A plan, and what the user should know about how it came about.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan,
    /// One sentence each, without a full stop: duplicates that were dropped, exclusions that matched nothing.
    pub notes: Vec<String>,
}

/// Decides what the run will do.
///
/// Fails on the first thing that cannot be done as asked, or with the CVMs that have to be asked first; then call
/// again with their answers.
pub fn resolve(inputs: &Inputs<'_>) -> Result<Planned, Obstacle> {
    let mut notes = Vec::new();
    let plan = match &inputs.flags.verb {
        None => Plan::Follow(Box::new(follow(inputs, &mut notes)?)),
        Some(Verb::Snapshot(flags)) => Plan::Snapshot(Box::new(snapshot(inputs, flags, &mut notes)?)),
        Some(Verb::Check(flags)) => {
            let typed = match &inputs.typed.verb {
                Some(Verb::Check(typed)) => typed,
                _ => flags,
            };
            Plan::Check(Box::new(check(inputs, typed, flags, &mut notes)?))
        }
        Some(Verb::Logs(flags)) => match &inputs.typed.verb {
            // `cvmtail logs` without -c prints the catalogue, it does not connect to the default cluster.
            Some(Verb::Logs(typed)) if typed.cvms.names_any() => {
                Plan::Listing(Box::new(listing(inputs, typed, flags, &mut notes)?))
            }
            _ => Plan::Logs(logs(inputs, flags)?),
        },
        Some(Verb::Cvms(flags)) => Plan::Cvms(cvms(inputs, flags, &mut notes)?),
        Some(Verb::Completions { shell }) => Plan::Completions(*shell),
        Some(Verb::Man) => Plan::Man,
    };
    Ok(Planned { plan, notes })
}
