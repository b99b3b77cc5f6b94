//! Pure: the plan of a snapshot.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{self, ReportForm, value};
use crate::cluster::cvm::Cvm;
use crate::cluster::target::Target;
use crate::config::{Located, Rules};
use crate::plan::discover::Obstacle;
use crate::plan::name::{Named, Names};
use crate::plan::resolve::Words;
use crate::plan::{Report, Ssh, choose, follow};
use crate::snapshot::thresholds::Thresholds;
use crate::usage::Usage;

/// What is looked at, what counts as ill, and how it is reported.
#[derive(Debug)]
pub struct Snapshot {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// Every CVM×log pair, ordered by CVM, then as the logs were named; `targets[i].id == i`.
    pub targets: Vec<Arc<Target>>,
    /// How ssh is called.
    pub ssh: Ssh,
    /// Lines from this instant on are looked at.
    pub since: Timestamp,
    /// Lines before this instant are looked at; `None`: up to the end of each log.
    pub until: Option<Timestamp>,
    /// Report after this long, whatever is not read by then.
    pub timeout: Duration,
    /// The rules of each of `targets`.
    pub thresholds: Vec<Thresholds>,
    /// The form of the report.
    pub form: ReportForm,
    /// Where the report goes; `None`: stdout.
    pub output_file: Option<PathBuf>,
    /// The earlier report to compare with.
    pub compare: Option<PathBuf>,
    /// How the report looks.
    pub look: Look,
    /// What is said on stderr; events are not.
    pub report: Report,
}

/// What the place can show that the report goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Use colours in text.
    pub color: bool,
    /// It is a terminal: bars are drawn, control characters are made harmless.
    pub terminal: bool,
    /// It can show more than ASCII.
    pub unicode: bool,
}

/// The plan of a snapshot; what was folded or excluded in vain is told in `notes`.
pub fn snapshot(
    words: &Words<'_>,
    flags: &cli::Snapshot,
    notes: &mut Vec<String>,
) -> Result<Snapshot, Obstacle> {
    let typed = match &words.typed.verb {
        Some(cli::Verb::Snapshot(typed)) => typed,
        _ => flags,
    };
    let environment = words.environment;
    let names = Names::new(words.config);
    let Named { logs, patterns } = follow::logs(words, &names, &flags.logs)?;
    if !patterns.is_empty() {
        return Err(Usage::new("a snapshot takes no globs over paths")
            .hint("name each file; `cvmtail logs -c` lists them")
            .into());
    }
    let reporting = &flags.reporting;
    let ssh = follow::ssh(&flags.choosing, &flags.reaching, reporting.verbose, environment)?;
    let jump = typed.reaching.jump.as_deref();
    let cvms = choose::cvms(words, &typed.choosing, &flags.choosing, jump, &ssh, notes)?;
    let cvms: Vec<Arc<Cvm>> = cvms.into_iter().map(Arc::new).collect();
    let targets = follow::targets(&cvms, &logs);
    let since = follow::instant(flags.looking.since, "--since", environment)?;
    let until = flags.looking.until.map(|when| follow::instant(when, "--until", environment)).transpose()?;
    if until.is_some_and(|until| until <= since) {
        return Err(Usage::new("the window ends before it begins: --until is not after --since")
            .hint("for example: --since 2h --until 1h")
            .into());
    }
    let terminal = environment.stdout_terminal && reporting.output_file.is_none();
    let quiet = reporting.quiet;
    Ok(Snapshot {
        thresholds: thresholds(words, &names, &flags.thresholds, &targets)?,
        targets,
        ssh,
        cvms,
        since,
        until,
        timeout: flags.looking.timeout,
        form: if reporting.json { ReportForm::Json } else { reporting.form },
        output_file: reporting.output_file.clone(),
        compare: reporting.compare.clone(),
        look: Look {
            color: follow::color(reporting.color, environment, terminal),
            terminal,
            unicode: environment.unicode,
        },
        report: Report {
            events: !quiet,
            color: follow::color(reporting.color, environment, environment.stderr_terminal),
            terminal: environment.stderr_terminal,
            stats: None,
        },
    })
}

/// The rules of each stream: what the flags say, else the config for its log, else the config for all.
fn thresholds(
    words: &Words<'_>,
    names: &Names,
    flags: &cli::Thresholds,
    targets: &[Arc<Target>],
) -> Result<Vec<Thresholds>, Usage> {
    let config = &words.config.snapshot;
    let mut all = Thresholds::default();
    narrow(&mut all, &config.rules)?;
    let mut single = Vec::new();
    for (named, rules) in &config.logs {
        let Named { logs, patterns } =
            names.named(&[named.value.clone().into()]).map_err(|usage| usage.at(&named.place))?;
        if !patterns.is_empty() {
            return Err(
                Usage::new("rules stand for names of logs, globs over names and paths").at(&named.place)
            );
        }
        // Checked whether or not the log is looked at now.
        narrow(&mut Thresholds::default(), rules)?;
        single.push((logs, rules));
    }
    // A glob is wider than a name.
    single.sort_by_key(|(logs, _)| std::cmp::Reverse(logs.len()));
    targets
        .iter()
        .map(|target| {
            let mut own = all.clone();
            for (_, rules) in
                single.iter().filter(|(logs, _)| logs.iter().any(|(_, path)| *path == target.path))
            {
                narrow(&mut own, rules)?;
            }
            own.max_errors = flags.max_errors.or(own.max_errors);
            own.max_warnings = flags.max_warnings.or(own.max_warnings);
            own.max_silence = flags.max_silence.or(own.max_silence);
            if !flags.fail_on.is_empty() {
                own.fail_on.clone_from(&flags.fail_on);
                own.patterns().map_err(|usage| usage.at("--fail-on"))?;
            }
            Ok(own)
        })
        .collect()
}

/// Puts the rules of the config, as far as they say something, in place of wider ones.
fn narrow(wider: &mut Thresholds, rules: &Rules) -> Result<(), Usage> {
    wider.max_errors = rules.max_errors.or(wider.max_errors);
    wider.max_warnings = rules.max_warnings.or(wider.max_warnings);
    if let Some(Located { value, place }) = &rules.max_silence {
        let silence = value::duration(value).map_err(|why| Usage::new(why).at(place))?;
        wider.max_silence = Some(silence);
    }
    if let Some(Located { value, place }) = &rules.fail_on {
        wider.fail_on.clone_from(value);
        wider.patterns().map_err(|usage| usage.at(place))?;
    }
    Ok(())
}
