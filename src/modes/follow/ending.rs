//! How a follow ends: what its end means for the exit status, and what is still to be closed and reported.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout};

use crate::agent::fleet::Host;
use crate::event::{Event, Status, Subject};
use crate::exit::Exit;
use crate::hint::Hint;
use crate::human;
use crate::modes::follow::run::{LAST_READ, Run, RunEnd};
use crate::output::Closed;

/// How long closing the connections may take at the end; what is left then dies with this process.
const FAREWELL: Duration = Duration::from_secs(3);

/// A run that was meant to be shorter says nothing about a CVM that has not answered by its end.
const TIME_TO_ANSWER: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// Gives up the CVMs that did not answer in time: what they have was not read.
    pub(super) fn give_up(&mut self, hosts: &[Rc<Host>]) {
        let elapsed = self.began.elapsed();
        if elapsed < TIME_TO_ANSWER {
            return;
        }
        for host in hosts {
            let cvm = host.session.cvm();
            if !self.pipeline.tally().give_up(&cvm.name) {
                continue;
            }
            let message = format!("no answer within {}", human::duration(elapsed));
            let mut event = Event::new(Status::Error, Subject::Cvm(Arc::clone(cvm)), message);
            let about = host.session.endpoint();
            let hint =
                "`cvmtail check {reach}` shows why; a longer --for or a later --until gives it more time";
            event.hint = Hint::fill(hint, |name| about.hint_value(name));
            self.last_events.push(event);
        }
    }

    /// The exit status for that end.
    pub(super) fn exit(&mut self, end: &RunEnd) -> Exit {
        match end {
            RunEnd::Done | RunEnd::TimeUp => {
                Exit::for_follow(self.pipeline.printed(), self.pipeline.tally().streams_failed() > 0)
            }
            RunEnd::Signal(number) => Exit::Signal(*number),
            RunEnd::Closed(Closed::Gone) => Exit::Found,
            RunEnd::Closed(Closed::Failed(_)) => Exit::Failed,
        }
    }

    /// Closes what is open on the CVMs and here, and prints the last lines and messages. An error: stdout cannot be
    /// written.
    pub(super) async fn finish(mut self, end: RunEnd, stats: bool, hosts: &[Rc<Host>]) -> Result<(), Closed> {
        self.streams.clear();
        self.globs.clear();
        let farewell = join_all(hosts.iter().map(|host| host.session.close()));
        let _ = timeout(FAREWELL, farewell).await;
        self.reporter.connecting(1, 1);
        // A run that ends by itself waits until all is read, as long as that may take. One that is ended by a signal
        // does not, and a reader that has not read for long is not waited for again.
        let patience = match end {
            RunEnd::Signal(_) => LAST_READ.saturating_sub(self.output.held_up()),
            RunEnd::Done | RunEnd::TimeUp | RunEnd::Closed(_) => Duration::MAX,
        };
        let deadline = Instant::now().checked_add(patience);
        let left = || deadline.map_or(Duration::MAX, |deadline| deadline.duration_since(Instant::now()));
        let written = match end {
            RunEnd::Closed(closed) => Err(closed),
            RunEnd::Done | RunEnd::TimeUp | RunEnd::Signal(_) => {
                let mut events = std::mem::take(&mut self.last_events);
                events.extend(self.pipeline.take_events());
                // What follows on stderr stands below the lines.
                if !events.is_empty() || stats {
                    let _ = timeout(left(), self.flush()).await;
                }
                for event in events {
                    let _ = timeout(left(), self.tell(&event)).await;
                }
                if stats {
                    self.summarise();
                }
                self.pipeline.finish(&mut self.buffer);
                let last = async {
                    self.output.send(&mut self.buffer).await?;
                    self.output.drained().await
                };
                timeout(left(), last).await.unwrap_or(Ok(()))
            }
        };
        if let Err(closed @ Closed::Failed(_)) = &written {
            self.reporter.run(&closed.to_string(), None, true);
        }
        self.reporter.finish(LAST_READ);
        written
    }
}
