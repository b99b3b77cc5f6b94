//! `cvmtail check`: can the CVMs and logs be reached, step by step, and if not, why.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::join_all;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::agent::fleet;
use crate::check::check_cvm;
use crate::check::reporter::CheckScope;
use crate::exit::Exit;
use crate::modes::print::push_object;
use crate::modes::runtime;
use crate::modes::stop::Stop;
use crate::options::CheckStyle;
use crate::output::{Closed, Output};
use crate::plan::CheckPlan;
use crate::render::verdict::{CheckSummary, StepObject, VerdictStyle, block};
use crate::report::{Reporter, SILENT};
use crate::ssh::descriptor_limit;
use crate::ssh::session::Resources;
use crate::step::{Count, Step};

/// How long the reader of stderr may take for the last words of ssh.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The next step of a CVM's check, by the CVM's number, or (`None`) that there are no more.
type CheckNews = (usize, Option<Step>);

/// Checks all CVMs side by side; the exit status says whether a step failed.
pub fn run(plan: CheckPlan) -> Result<Exit, Stop> {
    descriptor_limit::raise();
    runtime::run(check(plan))
}

/// Checks, and prints the results.
async fn check(plan: CheckPlan) -> Result<Exit, Stop> {
    let CheckPlan { cvms, logs, patterns, naming, ssh, verdict } = plan;
    let mut reporter = Reporter::stderr(&SILENT, &[]).context("cannot start")?;
    let (ssh_log, mut ssh_lines) = fleet::ssh_log(ssh.verbose);
    let scope = CheckScope {
        resources: Resources::new(&ssh),
        ssh_log,
        ssh: Arc::new(ssh),
        logs,
        patterns,
        naming: RefCell::new(naming),
    };
    let output = Output::stdout().context("stdout cannot be written")?;
    let (news, steps) = mpsc::unbounded_channel::<CheckNews>();
    let checks = join_all(cvms.iter().enumerate().map(|(index, cvm)| {
        let (news, scope) = (news.clone(), &scope);
        async move {
            // The receiver goes away only together with this.
            check_cvm(cvm, scope, &|step| drop(news.send((index, Some(step))))).await;
            let _ = news.send((index, None));
        }
    }));
    drop(news);
    let names: Vec<&str> = cvms.iter().map(|cvm| cvm.name.as_str()).collect();
    let printing = print(output, steps, &names, verdict);
    tokio::pin!(checks, printing);
    let printed = loop {
        tokio::select! {
            biased;
            Some(words) = ssh_lines.recv() => reporter.run(&words, None, false),
            // Once all is checked, the rest is printed.
            _ = &mut checks => break printing.await,
            // Before that, only a closed stdout ends the printing.
            printed = &mut printing => break printed,
        }
    };
    while let Ok(words) = ssh_lines.try_recv() {
        reporter.run(&words, None, false);
    }
    reporter.finish(LAST_WORDS);
    match printed {
        Ok(count) if count.failed > 0 => Ok(Exit::NotFound),
        Ok(_) => Ok(Exit::Found),
        Err(closed) => Stop::for_stdout(closed),
    }
}

/// Prints what comes: objects at once, text as a block per CVM in the order the CVMs were named.
async fn print(
    mut output: Output,
    mut news: UnboundedReceiver<CheckNews>,
    names: &[&str],
    style: CheckStyle,
) -> Result<Count, Closed> {
    let began = Instant::now();
    let mut count = Count::default();
    let mut blocks: HashMap<usize, (Vec<Step>, bool)> = HashMap::new();
    let mut next = 0;
    let mut out = Vec::new();
    while let Some((index, step)) = news.recv().await {
        if let Some(step) = &step {
            count.add(step.status);
        }
        match (style, step) {
            (CheckStyle::Ndjson { terminal }, Some(step)) => {
                push_object(&mut out, terminal, &StepObject::new(names[index], &step));
            }
            (CheckStyle::Ndjson { .. }, None) => {}
            (CheckStyle::Text { .. }, Some(step)) => blocks.entry(index).or_default().0.push(step),
            (CheckStyle::Text { color, unicode }, None) => {
                blocks.entry(index).or_default().1 = true;
                while let Some((steps, true)) = blocks.get(&next) {
                    out.extend(block(names[next], steps, VerdictStyle { color, unicode }).into_bytes());
                    blocks.remove(&next);
                    next += 1;
                }
            }
        }
        output.send(&mut out).await?;
        output.drained().await?;
    }
    let summary = CheckSummary::new(names.len(), count, began.elapsed());
    match style {
        CheckStyle::Ndjson { terminal } => push_object(&mut out, terminal, &summary),
        CheckStyle::Text { color, unicode } => {
            out.extend(summary.text(VerdictStyle { color, unicode }).into_bytes());
        }
    }
    output.send(&mut out).await?;
    output.drained().await?;
    Ok(count)
}
