//! The story of a follow: reach the CVMs, merge their streams, print what is kept, and leave nothing behind.

mod ending;
mod globs;
mod run;

use std::collections::HashSet;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::agent::fleet::{hosts, ssh_log};
use crate::agent::heartbeat::Heartbeat;
use crate::exit::Exit;
use crate::flow::filter::Filter;
use crate::flow::merge::Merge;
use crate::modes::runtime;
use crate::modes::signals::{Asking, Signals};
use crate::modes::stop::Stop;
use crate::options::Reading;
use crate::output::{Closed, Output};
use crate::pipeline::Pipeline;
use crate::plan;
use crate::render::renderer::Renderer;
use crate::report::Reporter;
use crate::ssh::descriptor_limit;
use crate::usage::Usage;
use run::{Run, RunEnd, at};

/// Follows until the plan, the user or the reader ends it. An error: a pattern or a template is wrong, or
/// this machine lacks what any run needs.
pub fn run(plan: &plan::FollowPlan) -> Result<Exit, Stop> {
    let filter = Filter::new(&plan.filter).map_err(Usage::new)?;
    let renderer = Renderer::new(&plan.output, &plan.targets).map_err(Usage::new)?;
    let live = plan.reading.follow && !is_past(plan);
    let pipeline = Pipeline::new(filter, renderer, plan, live);
    descriptor_limit::raise();
    let exit = runtime::single_threaded()?.block_on(follow(plan, pipeline, live));
    Ok(exit.context("cannot start")?)
}

/// The run, from the first connection to the last farewell.
async fn follow(plan: &plan::FollowPlan, pipeline: Pipeline, live: bool) -> io::Result<Exit> {
    let began = Instant::now();
    let reading = Reading { follow: live, ..plan.reading.clone() };
    let (mut signals, mut asking) = (Signals::listen()?, Asking::listen()?);
    let (ssh_log, ssh_lines) = ssh_log(plan.ssh.verbose);
    let heartbeat = Rc::new(Heartbeat::default());
    let hosts = hosts(&plan.cvms, &plan.ssh, &heartbeat, ssh_log.as_ref())?;
    let mut run = Run {
        streams: Merge::new([]),
        globs: globs::watch(&hosts, &plan.patterns, live),
        naming: plan.naming.clone(),
        known: HashSet::new(),
        reading,
        pipeline,
        buffer: Vec::new(),
        output: Output::stdout()?,
        reporter: Reporter::stderr(&plan.report, &plan.targets)?,
        cvms: plan.cvms.len(),
        last_events: Vec::new(),
        began,
        ssh_lines,
    };
    for (host, pattern) in hosts.iter().flat_map(|host| plan.patterns.iter().map(move |it| (host, it))) {
        run.pipeline.tally().expect_glob(&host.session.cvm().name, &pattern.to_string());
    }
    for target in &plan.targets {
        if let Some(host) = hosts.iter().find(|host| *host.session.cvm() == target.cvm) {
            run.follow(Arc::clone(target), host, plan.reading.backlog);
        }
    }
    let over = plan.stop_after.map(|after| began + after);
    let stats = plan.report.stats;
    let end = tokio::select! {
        biased;
        number = signals.ending() => RunEnd::Signal(number),
        end = run.pump(stats.and_then(|stats| stats.every), &mut asking) => end,
        () = at(over) => RunEnd::TimeUp,
        () = heartbeat.run() => RunEnd::Done,
    };
    run.pipeline.flush(&mut run.buffer, Instant::now().into_std());
    if matches!(end, RunEnd::TimeUp) {
        run.give_up(&hosts);
    }
    let code = run.exit(&end);
    // A second signal ends it at once, and the first one after it ended by itself: what is not closed properly
    // dies with this process.
    let by_itself = matches!(end, RunEnd::Done | RunEnd::TimeUp);
    tokio::select! {
        biased;
        number = signals.ending() => Ok(if by_itself { Exit::Signal(number) } else { code }),
        said = run.finish(end, stats.is_some(), &hosts) => match said {
            Err(Closed::Failed(_)) if by_itself => Ok(Exit::Failed),
            _ => Ok(code),
        },
    }
}

/// Whether all that `--until` leaves has been written: then there is nothing to wait for.
fn is_past(plan: &plan::FollowPlan) -> bool {
    plan.flow.until.is_some_and(|until| until < Timestamp::now())
}
