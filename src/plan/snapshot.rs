//! Pure: the plan of a snapshot.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{self, value};
use crate::cluster::cvm::Cvm;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::{RemotePath, Target};
use crate::config::{self, Located};
use crate::options::{ReportForm, ReportStyle};
use crate::options::{ReportOptions, SshOptions};
use crate::plan::discover::Obstacle;
use crate::plan::inputs::Inputs;
use crate::plan::name::{Named, Names};
use crate::plan::{choose, follow};
use crate::snapshot::rulebook::{Rulebook, Rules, Scope};
use crate::snapshot::thresholds::Thresholds;
use crate::usage::Usage;

/// What is looked at, what counts as ill, and how it is reported.
#[derive(Debug)]
pub struct SnapshotPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// Every CVM×log pair that was named, ordered by CVM, then as the logs were named; `targets[i].id == i`.
    pub targets: Vec<Arc<Target>>,
    /// Globs over paths: what they match on a CVM is looked at, too.
    pub patterns: Vec<PathPattern>,
    /// Names what they match.
    pub naming: Naming,
    /// How ssh is called.
    pub ssh: SshOptions,
    /// Lines from this instant on are looked at.
    pub since: Timestamp,
    /// Lines before this instant are looked at; `None`: up to the end of each log.
    pub until: Option<Timestamp>,
    /// Report after this long, whatever is not read by then.
    pub timeout: Duration,
    /// What counts as ill.
    pub rulebook: Rulebook,
    /// The form of the report.
    pub form: ReportForm,
    /// Where the report goes; `None`: stdout.
    pub output_file: Option<PathBuf>,
    /// The earlier report to compare with.
    pub compare: Option<PathBuf>,
    /// How the report looks.
    pub look: ReportStyle,
    /// What is said on stderr; events are not.
    pub report: ReportOptions,
}

/// The plan of a snapshot; what was folded or excluded in vain is told in `notes`.
pub fn snapshot(
    words: &Inputs<'_>,
    flags: &cli::SnapshotFlags,
    notes: &mut Vec<String>,
) -> Result<SnapshotPlan, Obstacle> {
    let typed = match &words.typed.verb {
        Some(cli::Verb::Snapshot(typed)) => typed,
        _ => flags,
    };
    let environment = words.environment;
    let names = Names::new(words.config);
    let Named { logs, patterns } = follow::logs(words, &names, &flags.logs)?;
    let reporting = &flags.reporting;
    let ssh = follow::ssh(&flags.choosing, &flags.reaching, reporting.verbose, environment)?;
    let jump = typed.reaching.jump.as_deref();
    let cvms = choose::cvms(words, &typed.choosing, &flags.choosing, jump, &ssh, notes)?;
    let cvms: Vec<Arc<Cvm>> = cvms.into_iter().map(Arc::new).collect();
    let since = follow::instant(flags.looking.since, "--since", environment)?;
    if since > environment.now {
        return Err(Usage::new("the window has not begun: --since is in the future")
            .hint("for example: --since 2h")
            .into());
    }
    let until = flags.looking.until.map(|when| follow::instant(when, "--until", environment)).transpose()?;
    if until.is_some_and(|until| until <= since) {
        return Err(Usage::new("the window ends before it begins: --until is not after --since")
            .hint("for example: --since 2h --until 1h")
            .into());
    }
    let terminal = environment.stdout_terminal && reporting.output_file.is_none();
    let quiet = reporting.quiet;
    Ok(SnapshotPlan {
        rulebook: rulebook(words, &names, &flags.thresholds)?,
        targets: follow::targets(&cvms, &logs),
        naming: names.naming(&logs),
        patterns,
        ssh,
        cvms,
        since,
        until,
        timeout: flags.looking.timeout,
        form: if reporting.json { ReportForm::Json } else { reporting.form },
        output_file: reporting.output_file.clone(),
        compare: reporting.compare.clone(),
        look: ReportStyle {
            color: follow::color(reporting.color, environment, terminal),
            terminal,
            unicode: environment.unicode,
        },
        report: ReportOptions {
            events: !quiet,
            color: follow::color(reporting.color, environment, environment.stderr_terminal),
            terminal: environment.stderr_terminal,
            stats: None,
        },
    })
}

/// What counts as ill: what the flags say, else the config for a log, else the config for all.
fn rulebook(words: &Inputs<'_>, names: &Names, flags: &cli::ThresholdFlags) -> Result<Rulebook, Usage> {
    let config = &words.config.snapshot;
    let mut book = Rulebook::default();
    book.add(Scope::All, rules(&config.rules)?);
    let mut single = Vec::new();
    for (named, typed) in &config.logs {
        let Named { logs, patterns } =
            names.named(&[named.value.clone().into()]).map_err(|usage| usage.at(&named.place))?;
        if !patterns.is_empty() {
            return Err(
                Usage::new("rules stand for names of logs, globs over names and paths").at(&named.place)
            );
        }
        let paths: Vec<RemotePath> = logs.into_iter().map(|(_, path)| path).collect();
        // Checked whether or not the log is looked at now.
        single.push((paths, rules(typed)?));
    }
    // A glob is wider than a name.
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

/// Rules of the config.
fn rules(typed: &config::Rules) -> Result<Rules, Usage> {
    let max_silence = typed
        .max_silence
        .as_ref()
        .map(|Located { value, place }| value::duration(value).map_err(|why| Usage::new(why).at(place)));
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

/// Fails if one of the patterns at `place` is none.
fn check(fail_on: Option<&[String]>, place: &str) -> Result<(), Usage> {
    let fail_on = fail_on.unwrap_or_default().to_vec();
    let patterns = Thresholds { fail_on, ..Thresholds::default() }.patterns();
    patterns.map(drop).map_err(|usage| usage.at(place))
}
