//! Pure: the plan of a follow.

use std::ffi::OsString;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::when::When;
use crate::cli::{self, ColorWhen, Form, OrderWord, PrefixWord};
use crate::cluster::address;
use crate::cluster::cvm::Cvm;
use crate::cluster::target::Target;
use crate::environment::{Color, Environment};
use crate::options::{
    Backlog, Case, FilterOptions, FlowOptions, Format, OutputOptions, PatternSyntax, Prefix, Reading,
    Reconnect, ReportOptions, SshOptions, Stats,
};
use crate::plan::discover::Obstacle;
use crate::plan::inputs::Inputs;
use crate::plan::name::{self, Log, Named, Names};
use crate::plan::{FollowPlan, choose};
use crate::usage::Usage;

/// The plan of a follow; what was folded or excluded in vain is told in `notes`.
pub fn follow(words: &Inputs<'_>, notes: &mut Vec<String>) -> Result<FollowPlan, Obstacle> {
    let flags = &words.flags.follow;
    let typed = &words.typed.follow;
    let names = Names::new(words.config);
    let Named { logs, patterns } = logs(words, &names, &flags.logs)?;
    let ssh = ssh(&flags.choosing, &flags.reaching, flags.output.verbose, words.environment)?;
    let jump = typed.reaching.jump.as_deref();
    let cvms = choose::cvms(words, &typed.choosing, &flags.choosing, jump, &ssh, notes)?;
    let cvms: Vec<Arc<Cvm>> = cvms.into_iter().map(Arc::new).collect();
    let now = |when: Option<When>, flag| when.map(|when| instant(when, flag, words.environment)).transpose();
    let since = now(flags.following.since, "--since")?;
    let until = now(flags.following.until, "--until")?;
    Ok(FollowPlan {
        targets: targets(&cvms, &logs),
        cvms,
        patterns,
        naming: names.naming(&logs),
        ssh,
        reading: reading(&flags.following, since),
        filter: filter(&flags.filtering),
        flow: flow(flags, since, until),
        output: output(&flags.output, words.environment),
        report: report(&flags.output, words.environment),
        max_count: flags.following.max_count,
        stop_after: flags.following.stop_after,
    })
}

/// The logs of the command line, or else those of the config.
pub(super) fn logs(words: &Inputs<'_>, names: &Names, typed: &[OsString]) -> Result<Named, Usage> {
    if !typed.is_empty() {
        return names.named(typed);
    }
    let defaults = &words.config.default_logs;
    for log in defaults {
        names.named(&[log.value.clone().into()]).map_err(|usage| usage.at(&log.place))?;
    }
    let defaults: Vec<_> = defaults.iter().map(|log| log.value.clone().into()).collect();
    if defaults.is_empty() { Err(name::none_named()) } else { names.named(&defaults) }
}

/// Every CVM×log pair, by CVM, numbered.
pub(super) fn targets(cvms: &[Arc<Cvm>], logs: &[Log]) -> Vec<Arc<Target>> {
    let pairs = cvms.iter().flat_map(|cvm| logs.iter().map(move |log| (cvm, log)));
    pairs
        .enumerate()
        .map(|(id, (cvm, (log, path)))| {
            Arc::new(Target { id, cvm: Arc::clone(cvm), log: log.clone(), path: path.clone() })
        })
        .collect()
}

/// How ssh is called.
pub fn ssh(
    choosing: &cli::CvmFlags,
    reaching: &cli::SshFlags,
    verbose: bool,
    environment: &Environment,
) -> Result<SshOptions, Usage> {
    if let Some(jump) = &reaching.jump {
        address::checked_jump(jump).map_err(|why| Usage::new(why).at("--jump"))?;
    }
    Ok(SshOptions {
        config: reaching.ssh_config.clone(),
        user: choosing.user.clone(),
        port: choosing.port,
        identities: reaching.identity.clone(),
        jump: reaching.jump.clone(),
        options: reaching.ssh_option.clone(),
        connect_timeout: reaching.connect_timeout,
        parallel: reaching.parallel,
        dead_after: reaching.dead_after,
        socket_folder: environment.socket_folder.clone(),
        askpass: environment.askpass.clone(),
        verbose,
        diagnose: false,
    })
}

/// Where streams start and end.
fn reading(flags: &cli::ReadFlags, since: Option<Timestamp>) -> Reading {
    let reconnect = match (flags.no_reconnect, flags.retry_limit) {
        (true, _) | (_, Some(0)) => Reconnect::Never,
        (false, limit) => Reconnect::Try(limit),
    };
    let backlog = since.map_or(flags.lines, Backlog::Since);
    Reading { backlog, follow: !flags.no_follow, reconnect }
}

/// The instant that is meant by a flag's time.
pub(super) fn instant(when: When, flag: &str, environment: &Environment) -> Result<Timestamp, Usage> {
    when.resolve(environment.now, &environment.zone)
        .ok_or_else(|| Usage::new("this time is outside of all calendars").at(flag))
}

/// How lines flow.
fn flow(flags: &cli::FollowFlags, since: Option<Timestamp>, until: Option<Timestamp>) -> FlowOptions {
    let filtering = &flags.filtering;
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
        order_window: (flags.output.order == OrderWord::Time).then_some(flags.output.order_window),
    }
}

/// Which lines are kept.
fn filter(flags: &cli::FilterFlags) -> FilterOptions {
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

/// The form of the output, after `--json`.
fn form(flags: &cli::OutputFlags) -> Form {
    if flags.json { Form::Ndjson } else { flags.form }
}

/// How lines become bytes.
fn output(flags: &cli::OutputFlags, environment: &Environment) -> OutputOptions {
    let format = match (form(flags), &flags.template) {
        (_, Some(template)) => Format::Template(template.clone()),
        (Form::Ndjson, None) => Format::Ndjson,
        (Form::Raw, None) => Format::Raw,
        (Form::Text, None) => Format::Text(match flags.prefix {
            PrefixWord::Full => Prefix::Full,
            PrefixWord::Cvm => Prefix::Cvm,
            PrefixWord::Log => Prefix::Log,
            PrefixWord::None => Prefix::None,
        }),
    };
    let terminal = environment.stdout_terminal;
    OutputOptions {
        format,
        color: color(flags.color, environment, terminal),
        terminal,
        timestamps: flags.timestamps.clone(),
        zone: environment.zone.clone(),
    }
}

/// What is said on stderr.
fn report(flags: &cli::OutputFlags, environment: &Environment) -> ReportOptions {
    let terminal = environment.stderr_terminal;
    let in_ndjson = flags.template.is_none() && form(flags) == Form::Ndjson;
    ReportOptions {
        events: !flags.quiet && !in_ndjson,
        color: color(flags.color, environment, terminal),
        terminal,
        stats: flags.stats.map(|stats| match stats {
            cli::StatsFlag::AtEnd => Stats { every: None },
            cli::StatsFlag::Every(interval) => Stats { every: Some(interval) },
        }),
    }
}

/// Whether colours are used where `terminal` says what it is: the flag, then the environment, then the terminal.
pub fn color(when: ColorWhen, environment: &Environment, terminal: bool) -> bool {
    match (when, environment.color) {
        (ColorWhen::Always, _) | (ColorWhen::Auto, Color::Always) => true,
        (ColorWhen::Never, _) | (ColorWhen::Auto, Color::Never) => false,
        (ColorWhen::Auto, Color::OnTerminal) => terminal,
    }
}
