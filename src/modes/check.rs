//! `cvmtail check`: can the CVMs and logs be reached, step by step, and if not, why.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use futures::future::join_all;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::check::{Wanted, probe};
use crate::exit::Exit;
use crate::modes::{object, runtime};
use crate::options::CheckStyle;
use crate::plan::CheckPlan;
use crate::render::verdict::{Look, Object, Summary, block};
use crate::ssh::descriptor_limit;
use crate::ssh::session::Resources;
use crate::step::{Count, Step};
use crate::usage::Usage;

/// What a CVM's check tells: its next step, or (`None`) that there are no more.
type News = (usize, Option<Step>);

/// Checks all CVMs side by side; the exit tells whether a step failed.
pub fn run(plan: CheckPlan) -> Result<Exit, Usage> {
    descriptor_limit::raise();
    match runtime::run(check(plan))? {
        Ok(Ok(exit)) | Err(exit) => Ok(exit),
        Ok(Err(error)) => runtime::refused(&error),
    }
}

/// Checks and tells.
async fn check(plan: CheckPlan) -> io::Result<Exit> {
    let CheckPlan { cvms, logs, patterns, naming, ssh, verdict } = plan;
    let wanted = Wanted {
        resources: Resources::new(&ssh),
        ear: ssh.verbose.then(runtime::ear),
        ssh: Arc::new(ssh),
        logs,
        patterns,
        naming: RefCell::new(naming),
    };
    let (news, told) = mpsc::unbounded_channel::<News>();
    let checks = join_all(cvms.iter().enumerate().map(|(index, cvm)| {
        let (news, wanted) = (news.clone(), &wanted);
        async move {
            // Who is told goes away only together with this.
            probe(cvm, wanted, &|step| drop(news.send((index, Some(step))))).await;
            let _ = news.send((index, None));
        }
    }));
    drop(news);
    let names: Vec<&str> = cvms.iter().map(|cvm| cvm.name.as_str()).collect();
    let telling = tell(told, &names, verdict);
    tokio::pin!(checks, telling);
    tokio::select! {
        // Once all is checked, the rest is told.
        _ = &mut checks => telling.await,
        // Before that, only a stdout that is closed ends the telling.
        told = &mut telling => told,
    }
}

/// Tells what comes: objects at once, text as a block per CVM in the order the CVMs were named.
async fn tell(mut told: UnboundedReceiver<News>, names: &[&str], verdict: CheckStyle) -> io::Result<Exit> {
    let began = Instant::now();
    let mut count = Count::default();
    let mut blocks: HashMap<usize, (Vec<Step>, bool)> = HashMap::new();
    let mut next = 0;
    while let Some((index, step)) = told.recv().await {
        if let Some(step) = &step {
            count.add(step.status);
        }
        match (verdict, step) {
            (CheckStyle::Ndjson { terminal }, Some(step)) => {
                let mut line = Vec::new();
                object::write(&mut line, terminal, &Object::of(names[index], &step))?;
                runtime::print(line).await?;
            }
            (CheckStyle::Ndjson { .. }, None) => {}
            (CheckStyle::Text { .. }, Some(step)) => blocks.entry(index).or_default().0.push(step),
            (CheckStyle::Text { color, unicode }, None) => {
                blocks.entry(index).or_default().1 = true;
                while let Some((steps, true)) = blocks.get(&next) {
                    let text = block(names[next], steps, Look { color, unicode });
                    runtime::print(text.into_bytes()).await?;
                    blocks.remove(&next);
                    next += 1;
                }
            }
        }
    }
    let summary = Summary::new(names.len(), count, began.elapsed());
    let mut last = Vec::new();
    match verdict {
        CheckStyle::Ndjson { terminal } => object::write(&mut last, terminal, &summary)?,
        CheckStyle::Text { color, unicode } => {
            last.extend(summary.text(Look { color, unicode }).into_bytes());
        }
    }
    runtime::print(last).await?;
    Ok(if count.failed > 0 { Exit::NotFound } else { Exit::Found })
}
