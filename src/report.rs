//! stderr, with one owner: events, failures with their fixes, the progress line, the summary.
//!
//! A thread of its own writes, behind a bounded queue: a stderr that nobody reads costs messages, which
//! are counted, and never the run.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::cluster::target::Target;
use crate::descriptor::Descriptor;
use crate::event::Event;
use crate::plan;
use crate::render::notice::Notices;

/// How many messages may wait: more than one per stream of a large cluster.
const QUEUE: usize = 1024;

/// What is said on stderr, said in order.
#[derive(Debug)]
pub struct Reporter {
    /// Words events.
    notices: Notices,
    /// Events are told here at all.
    events: bool,
    /// A progress line may be drawn.
    terminal: bool,
    /// To the thread.
    queue: SyncSender<Message>,
    /// Hung up when the thread has said all.
    done: Receiver<()>,
    /// Messages that found the queue full since the last one that did not.
    dropped: u64,
}

/// What the thread is told.
#[derive(Debug)]
enum Message {
    /// Write this.
    Text(Vec<u8>),
    /// This many CVMs of so many are reached, or given up.
    Progress(u64, u64),
    /// Take the progress line off the terminal until the next `Progress`, and say so.
    Clear(oneshot::Sender<()>),
}

/// How long a terminal may take to lose its progress line.
const CLEARED: Duration = Duration::from_millis(500);

impl Reporter {
    /// Speaks on this process's stderr; `targets` are the streams known at the start.
    pub fn stderr(plan: &plan::Report, targets: &[Arc<Target>]) -> io::Result<Self> {
        Self::to(Descriptor::of(&io::stderr())?, plan, targets)
    }

    /// Speaks into any writer.
    fn to(
        writer: impl Write + Send + 'static,
        plan: &plan::Report,
        targets: &[Arc<Target>],
    ) -> io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let (said, done) = channel::<()>();
        let work = move || {
            speak(writer, &messages);
            drop(said);
        };
        thread::Builder::new().name("stderr".into()).spawn(work)?;
        let notices = Notices::new(plan, targets);
        Ok(Self { notices, events: plan.events, terminal: plan.terminal, queue, done, dropped: 0 })
    }

    /// Tells an event, unless `-q` or NDJSON keep events off stderr.
    pub fn event(&mut self, event: &Event) {
        if self.events {
            let mut text = Vec::new();
            self.notices.event(&mut text, event);
            self.say(&text);
        }
    }

    /// Tells something of the run as a whole, whatever `-q` says; `grave` if it is an error.
    pub fn run(&mut self, message: &str, hint: Option<&str>, grave: bool) {
        let mut text = Vec::new();
        self.notices.run(&mut text, message, hint, grave);
        self.say(&text);
    }

    /// Says text that is ready and harmless, such as the summary.
    pub fn text(&mut self, text: &str) {
        self.say(text.as_bytes());
    }

    /// Draws `connecting 12/16` on a terminal for as long as `settled` (CVMs reached or given up) is
    /// below `all`.
    pub fn connecting(&mut self, settled: usize, all: usize) {
        if self.terminal && self.events {
            // A progress line that is skipped is made good by the next one.
            let _ = self.queue.try_send(Message::Progress(settled as u64, all as u64));
        }
    }

    /// Takes the progress line off the terminal, so that lines of logs do not run into it; where there is
    /// none, nothing is waited for.
    pub async fn clear(&self) {
        if !(self.terminal && self.events) {
            return;
        }
        let (says, cleared) = oneshot::channel();
        if self.queue.try_send(Message::Clear(says)).is_ok() {
            // A terminal that is held up loses looks, never lines.
            let _ = timeout(CLEARED, cleared).await;
        }
    }

    /// Waits until all is said, at most for `patience`; false if that was not enough.
    pub fn finish(mut self, patience: Duration) -> bool {
        if self.dropped > 0 {
            self.say(&[]);
        }
        drop(self.queue);
        matches!(self.done.recv_timeout(patience), Err(RecvTimeoutError::Disconnected))
    }

    /// Queues text, together with what has to be said about text that was dropped before.
    fn say(&mut self, text: &[u8]) {
        let mut all = Vec::new();
        if self.dropped > 0 {
            let lost = format!("{} messages dropped, stderr was not read", self.dropped);
            self.notices.run(&mut all, &lost, None, false);
        }
        all.extend_from_slice(text);
        if all.is_empty() {
            return;
        }
        match self.queue.try_send(Message::Text(all)) {
            Ok(()) => self.dropped = 0,
            Err(_) => self.dropped += u64::from(!text.is_empty()),
        }
    }
}

/// The thread: writes until nothing more can come. What cannot be written is let go, since there is
/// nobody left to tell.
fn speak(mut writer: impl Write, messages: &Receiver<Message>) {
    let mut line: Option<ProgressBar> = None;
    for message in messages {
        match message {
            Message::Text(text) => {
                let mut write = || drop(writer.write_all(&text));
                match &line {
                    Some(line) => line.suspend(write),
                    None => write(),
                }
            }
            Message::Progress(settled, all) if settled < all => {
                line.get_or_insert_with(|| progress_line(all)).set_position(settled);
            }
            Message::Progress(..) => clear(line.take()),
            Message::Clear(says) => {
                clear(line.take());
                // Who asked may have lost patience.
                let _ = says.send(());
            }
        }
    }
    clear(line);
}

/// Takes a progress line off the terminal, if there is one.
fn clear(line: Option<ProgressBar>) {
    if let Some(line) = line {
        line.finish_and_clear();
    }
}

/// The line that says how many of `all` CVMs are reached.
fn progress_line(all: u64) -> ProgressBar {
    let line = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("connecting {pos}/{len}") {
        line.set_style(style);
    }
    line.tick();
    line
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::{QUEUE, Reporter};
    use crate::event::{Event, Status, Subject};
    use crate::plan::Report;
    use crate::tally::tests::target;

    /// A stderr that is not read before the test gives leave, and says what was written.
    struct Stalled {
        /// Told that a write has begun.
        begun: Sender<()>,
        /// Gives leave for ever when hung up.
        leave: Receiver<()>,
        /// What was written.
        written: Sender<Vec<u8>>,
    }

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // The test may no longer want to know.
            let _ = self.begun.send(());
            let _ = self.leave.recv();
            self.written.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A reporter into a stalled stderr, the news of its writes, the leave to read, and what was read.
    fn stalled(events: bool) -> (Reporter, Receiver<()>, Sender<()>, Receiver<Vec<u8>>) {
        let (begun, begins) = channel();
        let (leave, gate) = channel();
        let (written, out) = channel();
        let plan = Report { events, color: false, terminal: false, stats: None };
        (Reporter::to(Stalled { begun, leave: gate, written }, &plan, &[]).unwrap(), begins, leave, out)
    }

    /// The event that a stream has started.
    fn started() -> Event {
        Event::new(Status::Started, Subject::Stream(target(0, "a", "genesis")), "")
    }

    #[test]
    fn a_stderr_that_nobody_reads_costs_messages_and_says_how_many() {
        let (mut reporter, begins, leave, out) = stalled(true);
        reporter.event(&started());
        begins.recv().unwrap();
        for _ in 0..QUEUE + 10 {
            reporter.event(&started());
        }
        drop(leave);
        assert_eq!(out.recv().unwrap(), b"+ a genesis\n");
        for _ in 0..8 {
            out.recv().unwrap();
        }
        reporter.run("the end", None, true);
        assert!(reporter.finish(Duration::from_secs(10)));
        let last = out.iter().last().unwrap();
        let expected = "cvmtail: 10 messages dropped, stderr was not read\ncvmtail: the end\n";
        assert_eq!(String::from_utf8(last).unwrap(), expected);
    }

    #[test]
    fn the_end_does_not_wait_for_ever() {
        let (mut reporter, _begins, _leave, _out) = stalled(true);
        reporter.event(&started());
        assert!(!reporter.finish(Duration::from_millis(20)));
    }

    #[test]
    fn quiet_is_for_events_only() {
        let (mut reporter, _begins, leave, out) = stalled(false);
        drop(leave);
        reporter.event(&started());
        reporter.text("summary\n");
        assert!(reporter.finish(Duration::from_secs(10)));
        assert_eq!(out.iter().collect::<Vec<_>>(), [b"summary\n".to_vec()]);
    }
}
