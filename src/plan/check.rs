//! Pure: the plan of a check, and of a look at the logs that are there.

use std::sync::Arc;

use crate::cli::{self, CheckFormat};
use crate::environment::Environment;
use crate::options::CheckStyle;
use crate::options::ListForm;
use crate::plan::discover::Obstacle;
use crate::plan::follow::{color, ssh};
use crate::plan::inputs::Inputs;
use crate::plan::name::{Named, Names};
use crate::plan::{CheckPlan, ListingPlan, choose};

/// The plan of `cvmtail check`; without a log, of the CVMs alone.
pub fn check(
    words: &Inputs<'_>,
    typed: &cli::CheckFlags,
    flags: &cli::CheckFlags,
    notes: &mut Vec<String>,
) -> Result<CheckPlan, Obstacle> {
    let names = Names::new(words.config);
    let Named { logs, patterns } = names.named(&flags.logs)?;
    let ssh = ssh(&flags.choosing, &flags.reaching, flags.verbose, words.environment)?;
    let jump = typed.reaching.jump.as_deref();
    let cvms = choose::cvms(words, &typed.choosing, &flags.choosing, jump, &ssh, notes)?;
    let environment = words.environment;
    let verdict = match (flags.json, flags.form) {
        (true, _) | (false, CheckFormat::Ndjson) => {
            CheckStyle::Ndjson { terminal: environment.stdout_terminal }
        }
        (false, CheckFormat::Text) => CheckStyle::Text {
            color: color(flags.color, environment, environment.stdout_terminal),
            unicode: environment.unicode,
        },
    };
    Ok(CheckPlan {
        cvms: cvms.into_iter().map(Arc::new).collect(),
        naming: names.naming(&logs),
        logs,
        patterns,
        ssh,
        verdict,
    })
}

/// The form of a list.
pub const fn list_form(json: bool, environment: &Environment) -> ListForm {
    if json { ListForm::Json { terminal: environment.stdout_terminal } } else { ListForm::Table }
}

/// The plan of `cvmtail logs -c CVM`.
pub fn listing(
    words: &Inputs<'_>,
    typed: &cli::LogsFlags,
    flags: &cli::LogsFlags,
    notes: &mut Vec<String>,
) -> Result<ListingPlan, Obstacle> {
    let names = Names::new(words.config);
    let wanted = if flags.names.is_empty() { None } else { Some(names.named(&flags.names)?) };
    let ssh = ssh(&flags.choosing, &flags.reaching, false, words.environment)?;
    let jump = typed.reaching.jump.as_deref();
    let cvms = choose::cvms(words, &typed.choosing, &flags.choosing, jump, &ssh, notes)?;
    Ok(ListingPlan {
        cvms: cvms.into_iter().map(Arc::new).collect(),
        naming: names.naming(&[]),
        wanted: wanted.unwrap_or_else(|| Named { logs: names.all(), patterns: ListingPlan::everywhere() }),
        ssh,
        form: list_form(flags.json, words.environment),
    })
}
