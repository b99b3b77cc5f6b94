//! The story of a snapshot: inspect all CVMs at once for a bounded time, fold the results, report it, and let the
//! exit status say the verdict.

mod inspection;

use std::fs;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until, timeout};

use crate::agent::fleet::{Host, hosts, ssh_log};
use crate::agent::heartbeat::Heartbeat;
use crate::exit::Exit;
use crate::modes::runtime;
use crate::modes::signals::Signals;
use crate::modes::stop::Stop;
use crate::options::ReportForm;
use crate::output::{Closed, Output};
use crate::plan::SnapshotPlan;
use crate::render::snapshot::headline::headline;
use crate::render::snapshot::render;
use crate::replace;
use crate::report::Reporter;
use crate::snapshot::assemble::assemble;
use crate::snapshot::compare::{self, Earlier};
use crate::snapshot::document::Document;
use crate::ssh::descriptor_limit;
use crate::usage::Usage;
use inspection::Inspection;

/// How long closing the connections may take at the end; what is left then dies with this process.
const FAREWELL: Duration = Duration::from_secs(3);

/// How long the reader of stdout may take for the report.
const LAST_READ: Duration = Duration::from_secs(10);

/// How long the reader of stderr may take for the last words.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Looks and reports. An error: there is nothing to compare with, the report has no place, or this machine lacks
/// what any run needs.
pub fn run(plan: &SnapshotPlan) -> Result<Exit, Stop> {
    let earlier = plan.compare.as_ref().map(|file| {
        let told = |why: String| {
            let usage = Usage::new(format!("{} is no earlier report: {why}", file.display()));
            usage.hint("write one with `cvmtail snapshot -o json --output-file FILE`")
        };
        let text = fs::read(file).map_err(|error| told(error.to_string()))?;
        compare::read(&text).map_err(told)
    });
    let earlier = earlier.transpose()?;
    if let Some(file) = &plan.output_file {
        replace::check(file)
            .with_context(|| format!("--output-file {} cannot be written", file.display()))?;
    }
    descriptor_limit::raise();
    let exit = runtime::single_threaded()?.block_on(snapshot(plan, earlier.as_ref()));
    Ok(exit.context("cannot start")?)
}

/// The run, from the first connection to the last word; a signal ends it at any time.
async fn snapshot(plan: &SnapshotPlan, earlier: Option<&Earlier>) -> io::Result<Exit> {
    let mut signals = Signals::listen()?;
    let mut reporter = Reporter::stderr(&plan.report, &plan.targets)?;
    let (ssh_log, mut ssh_lines) = ssh_log(plan.ssh.verbose);
    let heartbeat = Rc::new(Heartbeat::default());
    let hosts = hosts(&plan.cvms, &plan.ssh, &heartbeat, ssh_log.as_ref())?;
    let mut inspection = Inspection::new(plan, &hosts);
    let over = Instant::now() + plan.timeout;
    let signal = loop {
        tokio::select! {
            biased;
            number = signals.ending() => break Some(number),
            () = sleep_until(over) => break None,
            Some(words) = ssh_lines.recv() => reporter.run(&words, None, false),
            () = heartbeat.run() => break None,
            more = inspection.step() => {
                reporter.connecting(inspection.settled(), plan.cvms.len());
                if !more {
                    break None;
                }
            }
        }
    };
    let now = Timestamp::now();
    inspection.stop();
    reporter.connecting(1, 1);
    let code = if let Some(number) = signal {
        let _ = timeout(FAREWELL, farewell(&hosts)).await;
        Exit::Signal(number)
    } else {
        let document = assemble(&inspection.looked(now), earlier);
        tokio::select! {
            biased;
            number = signals.ending() => Exit::Signal(number),
            code = async {
                let _ = timeout(FAREWELL, farewell(&hosts)).await;
                tell(plan, &document, &mut reporter).await
            } => code,
        }
    };
    reporter.finish(LAST_WORDS);
    Ok(code)
}

/// Closes all connections.
async fn farewell(hosts: &[Rc<Host>]) {
    join_all(hosts.iter().map(|host| host.session.close())).await;
}

/// Puts the report where it is wanted, and gives the status.
async fn tell(plan: &SnapshotPlan, document: &Document, reporter: &mut Reporter) -> Exit {
    let mut report = render(plan.form, document, plan.look);
    let written = match &plan.output_file {
        Some(file) => {
            replace::replace(file, &report).with_context(|| format!("{} cannot be written", file.display()))
        }
        None => print(&mut report).await,
    };
    // Whoever does not read the report as text gets the verdict as text.
    let is_read = plan.output_file.is_none() && plan.form == ReportForm::Text;
    if plan.report.events && !document.healthy && !is_read {
        reporter.run(&headline(document), None, false);
    }
    match written {
        Ok(()) => Exit::for_snapshot(!document.breaches.is_empty(), document.looked_everywhere),
        Err(error) => {
            reporter.run(&format!("{error:#}"), None, true);
            Exit::Failed
        }
    }
}

/// Prints the report on stdout. A reader that went away has read enough.
async fn print(report: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut output = Output::stdout().context("stdout cannot be written")?;
    let whole = async {
        output.send(report).await?;
        output.drained().await
    };
    match timeout(LAST_READ, whole).await {
        Ok(Ok(()) | Err(Closed::Gone)) => Ok(()),
        Ok(Err(closed @ Closed::Failed(_))) => Err(closed.into()),
        Err(_) => bail!("stdout was not read: the report is not complete"),
    }
}
