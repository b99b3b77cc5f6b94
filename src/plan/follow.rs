//! The plan of a follow.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{
    FilterFlags, FollowFlags, LineFormat, OrderChoice, OutputFlags, PrefixChoice, ReadFlags, When,
};
use crate::cluster::cvm::Cvm;
use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::Target;
use crate::options::{
    Backlog, Case, FilterOptions, FlowOptions, Format, OutputOptions, PatternSyntax, Prefix, Reading,
    Reconnect, ReportOptions, SshOptions,
};
use crate::plan::discover::Obstacle;
use crate::plan::inputs::Inputs;
use crate::plan::log_names::{ChosenLogs, LogNames};
use crate::plan::surroundings::Surroundings;
use crate::plan::{common, cvm_choice};

#[derive(Debug)]
pub struct FollowPlan {
    /// The CVMs, each once, in the order named.
    pub cvms: Vec<Arc<Cvm>>,
    /// Every CVM×log pair, ordered by CVM, then as the logs were named; `targets[i].id == i`.
    pub targets: Vec<Arc<Target>>,
    /// Globs over paths, each once; each CVM is asked what they match, in addition to the targets.
    pub patterns: Vec<PathPattern>,
    /// Names the files that the globs match.
    pub naming: Naming,
    pub ssh: SshOptions,
    pub reading: Reading,
    pub filter: FilterOptions,
    pub flow: FlowOptions,
    pub output: OutputOptions,
    pub report: ReportOptions,
    /// Stop after this many printed lines.
    pub max_count: Option<u64>,
    /// Stop after this long.
    pub stop_after: Option<Duration>,
}

/// Adds to `notes` which duplicates were dropped and which exclusions matched nothing.
pub(super) fn follow(inputs: &Inputs<'_>, notes: &mut Vec<String>) -> Result<FollowPlan, Obstacle> {
    let flags = &inputs.flags.follow;
    let typed = &inputs.typed.follow;
    let names = LogNames::new(inputs.config);
    let ChosenLogs { logs, patterns } = common::logs(inputs, &names, &flags.logs)?;
    let ssh = common::ssh(&flags.cvms, &flags.ssh, flags.output.verbose, inputs.surroundings)?;
    let jump = typed.ssh.jump.as_deref();
    let cvms = cvm_choice::cvms(inputs, &typed.cvms, &flags.cvms, jump, &ssh, notes)?;
    let cvms: Vec<Arc<Cvm>> = cvms.into_iter().map(Arc::new).collect();
    let now = |when: Option<When>, flag| {
        when.map(|when| common::instant(when, flag, inputs.surroundings)).transpose()
    };
    let since = now(flags.read.since, "--since")?;
    let until = now(flags.read.until, "--until")?;
    Ok(FollowPlan {
        targets: common::targets(&cvms, &logs),
        cvms,
        patterns,
        naming: names.naming(&logs),
        ssh,
        reading: reading(&flags.read, since),
        filter: filter(&flags.filter),
        flow: flow(flags, since, until),
        output: output(&flags.output, inputs.surroundings),
        report: report(&flags.output, inputs.surroundings),
        max_count: flags.read.max_count,
        stop_after: flags.read.stop_after,
    })
}

fn reading(flags: &ReadFlags, since: Option<Timestamp>) -> Reading {
    let reconnect = match (flags.no_reconnect, flags.retry_limit) {
        (true, _) | (_, Some(0)) => Reconnect::Never,
        (false, limit) => Reconnect::Try(limit),
    };
    let backlog = since.map_or(flags.lines, Backlog::Since);
    Reading { backlog, follow: !flags.no_follow, reconnect }
}

fn flow(flags: &FollowFlags, since: Option<Timestamp>, until: Option<Timestamp>) -> FlowOptions {
    let filtering = &flags.filter;
    let around = filtering.context.unwrap_or(0);
    FlowOptions {
        since,
        until,
        level: filtering.level,
        records: filtering.records,
        before: filtering.before_context.unwrap_or(around),
        after: filtering.after_context.unwrap_or(around),
        dedup: filtering.dedup,
        rate_limit: filtering.rate_limit,
        order_window: (flags.output.order == OrderChoice::Time).then_some(flags.output.order_window),
    }
}

fn filter(flags: &FilterFlags) -> FilterOptions {
    let case = match (flags.ignore_case, flags.smart_case) {
        (true, _) => Case::Ignore,
        (false, true) => Case::Smart,
        (false, false) => Case::Sensitive,
    };
    FilterOptions {
        keep: flags.grep.clone(),
        drop: flags.exclude.clone(),
        highlight: flags.highlight.clone(),
        patterns: PatternSyntax { case, word: flags.word_regexp, fixed: flags.fixed_strings },
    }
}

/// `--output` and `--json` in one.
fn line_format(flags: &OutputFlags) -> LineFormat {
    if flags.json { LineFormat::Ndjson } else { flags.format }
}

fn output(flags: &OutputFlags, surroundings: &Surroundings) -> OutputOptions {
    let format = match (line_format(flags), &flags.template) {
        (_, Some(template)) => Format::Template(template.clone()),
        (LineFormat::Ndjson, None) => Format::Ndjson,
        (LineFormat::Raw, None) => Format::Raw,
        (LineFormat::Text, None) => Format::Text(match flags.prefix {
            PrefixChoice::Full => Prefix::Full,
            PrefixChoice::Cvm => Prefix::Cvm,
            PrefixChoice::Log => Prefix::Log,
            PrefixChoice::None => Prefix::None,
        }),
    };
    let terminal = surroundings.stdout_is_terminal;
    OutputOptions {
        format,
        color: common::color(flags.color, surroundings, terminal),
        terminal,
        timestamps: flags.timestamps.clone(),
        zone: surroundings.zone.clone(),
    }
}

fn report(flags: &OutputFlags, surroundings: &Surroundings) -> ReportOptions {
    let terminal = surroundings.stderr_is_terminal;
    let in_ndjson = flags.template.is_none() && line_format(flags) == LineFormat::Ndjson;
    ReportOptions {
        events: !flags.quiet && !in_ndjson,
        color: common::color(flags.color, surroundings, terminal),
        terminal,
        stats: flags.stats,
    }
}
