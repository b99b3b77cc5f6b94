//! The plan of `cvmtail snapshot`.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{self, duration};
use crate::cluster::cvm::Cvm;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::{RemotePath, Target};
use crate::config::{self, Located};
use crate::options::{ReportForm, ReportOptions, ReportStyle, SshOptions};
use crate::plan::discover::Obstacle;
use crate::plan::inputs::Inputs;
use crate::plan::log_names::{ChosenLogs, LogNames};
use crate::plan::{common, cvm_choice};
use crate::snapshot::rulebook::{Rulebook, Rules, Scope};
use crate::snapshot::thresholds::Thresholds;
use crate::usage::Usage;

#[derive(Debug)]
pub struct SnapshotPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// Every CVM×log pair that was named, ordered by CVM, then as the logs were named; `targets[i].id == i`.
    pub targets: Vec<Arc<Target>>,
    /// Globs over paths: the files they match on a CVM are read, too.
    pub patterns: Vec<PathPattern>,
    /// Names the files that the globs match.
    pub naming: Naming,
    pub ssh: SshOptions,
    /// Start of the window.
    pub since: Timestamp,
    /// End of the window; `None`: the end of each log.
    pub until: Option<Timestamp>,
    /// Report after this long, even if not everything has been read.
    pub timeout: Duration,
    pub rulebook: Rulebook,
    pub form: ReportForm,
    /// Where the report goes; `None`: stdout.
    pub output_file: Option<PathBuf>,
    /// The earlier report to compare with.
    pub compare: Option<PathBuf>,
    pub look: ReportStyle,
    pub report: ReportOptions,
}

/// Adds to `notes` which duplicates were dropped and which exclusions matched nothing.
pub(super) fn snapshot(
    inputs: &Inputs<'_>,
    flags: &cli::SnapshotFlags,
    notes: &mut Vec<String>,
) -> Result<SnapshotPlan, Obstacle> {
    let typed = match &inputs.typed.verb {
        Some(cli::Verb::Snapshot(typed)) => typed,
        _ => flags,
    };
    let surroundings = inputs.surroundings;
    let names = LogNames::new(inputs.config);
    let ChosenLogs { logs, patterns } = common::logs(inputs, &names, &flags.logs)?;
    let ssh = common::ssh(&flags.cvms, &flags.ssh, flags.report.verbose, surroundings)?;
    let jump = typed.ssh.jump.as_deref();
    let cvms = cvm_choice::cvms(inputs, &typed.cvms, &flags.cvms, jump, &ssh, notes)?;
    let cvms: Vec<Arc<Cvm>> = cvms.into_iter().map(Arc::new).collect();
    let since = common::instant(flags.window.since, "--since", surroundings)?;
    if since > surroundings.now {
        return Err(Usage::new("--since is in the future").hint("for example: --since 2h").into());
    }
    let until = flags.window.until.map(|when| common::instant(when, "--until", surroundings)).transpose()?;
    if until.is_some_and(|until| until <= since) {
        return Err(Usage::new("--until must be after --since")
            .hint("for example: --since 2h --until 1h")
            .into());
    }
    let terminal = surroundings.stdout_is_terminal && flags.report.output_file.is_none();
    let quiet = flags.report.quiet;
    Ok(SnapshotPlan {
        rulebook: rulebook(inputs, &names, &flags.thresholds)?,
        targets: common::targets(&cvms, &logs),
        naming: names.naming(&logs),
        patterns,
        ssh,
        cvms,
        since,
        until,
        timeout: flags.window.timeout,
        form: if flags.report.json { ReportForm::Json } else { flags.report.format },
        output_file: flags.report.output_file.clone(),
        compare: flags.report.compare.clone(),
        look: ReportStyle {
            color: common::color(flags.report.color, surroundings, terminal),
            terminal,
            unicode: surroundings.unicode,
        },
        report: ReportOptions {
            events: !quiet,
            color: common::color(flags.report.color, surroundings, surroundings.stderr_is_terminal),
            terminal: surroundings.stderr_is_terminal,
            stats: None,
        },
    })
}

/// The thresholds: of the flags, else of the config for a log, else of the config for all logs.
fn rulebook(inputs: &Inputs<'_>, names: &LogNames, flags: &cli::ThresholdFlags) -> Result<Rulebook, Usage> {
    let config = &inputs.config.snapshot;
    let mut book = Rulebook::default();
    book.add(Scope::All, rules(&config.thresholds)?);
    let mut single = Vec::new();
    for (named, typed) in &config.logs {
        let ChosenLogs { logs, patterns } =
            names.choose(&[named.value.clone().into()]).map_err(|usage| usage.at(&named.place))?;
        if !patterns.is_empty() {
            return Err(Usage::new("thresholds can be set for names of logs, globs over names, and paths")
                .at(&named.place));
        }
        let paths: Vec<RemotePath> = logs.into_iter().map(|(_, path)| path).collect();
        // Checked even if this run does not read the log.
        single.push((paths, rules(typed)?));
    }
    // Thresholds of a name take precedence over those of a glob.
    single.sort_by_key(|(paths, _)| Reverse(paths.len()));
    for (paths, rules) in single {
        book.add(Scope::Logs(paths), rules);
    }
    let fail_on = (!flags.fail_on.is_empty()).then(|| flags.fail_on.clone());
    check(fail_on.as_deref(), "--fail-on")?;
    let (max_errors, max_warnings, max_silence) = (flags.max_errors, flags.max_warnings, flags.max_silence);
    book.add(Scope::All, Rules { max_errors, max_warnings, max_silence, fail_on });
    Ok(book)
}

fn rules(typed: &config::ThresholdConfig) -> Result<Rules, Usage> {
    let max_silence = typed
        .max_silence
        .as_ref()
        .map(|Located { value, place }| duration(value).map_err(|why| Usage::new(why).at(place)));
    if let Some(Located { value, place }) = &typed.fail_on {
        check(Some(value), place)?;
    }
    Ok(Rules {
        max_errors: typed.max_errors,
        max_warnings: typed.max_warnings,
        max_silence: max_silence.transpose()?,
        fail_on: typed.fail_on.as_ref().map(|fail_on| fail_on.value.clone()),
    })
}

/// Fails if one of the patterns at `place` is not a regular expression.
fn check(fail_on: Option<&[String]>, place: &str) -> Result<(), Usage> {
    let fail_on = fail_on.unwrap_or_default().to_vec();
    let patterns = Thresholds { fail_on, ..Thresholds::default() }.patterns();
    patterns.map(drop).map_err(|usage| usage.at(place))
}
