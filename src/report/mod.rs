//! stderr, with one owner: events, failures with their fixes, the progress line, the summary.
//!
//! A thread of its own writes, behind a bounded queue: a stderr that nobody reads costs messages, which
//! are counted, and never the run.

mod outage;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::cluster::cvm::Cvm;
use crate::cluster::target::Target;
use crate::descriptor::Descriptor;
use crate::event::Event;
use crate::failure::Failure;
use crate::options;
use crate::render::notice::Notices;
use crate::sanitize;
use outage::{Outages, Told};

/// Says something outside of a run, where nothing else is said meanwhile; a newline is added. stderr may be closed:
/// the exit status tells it too.
pub fn say(text: &str) {
    let _ = io::stderr().lock().write_all((sanitize::lines(text) + "\n").as_bytes());
}

/// Says of a CVM what cannot be done, and what to do about it.
pub fn say_failure(cvm: &Cvm, failure: &Failure) {
    let hint =
        failure.hint.as_ref().map_or_else(String::new, |hint| format!("\n  hint: {}", sanitize::text(hint)));
    say(&format!("cvmtail: {cvm}: {}{hint}", sanitize::text(&failure.message)));
}

/// How many messages may wait: more than one per stream of a large cluster.
const QUEUE: usize = 1024;

/// What is said on stderr, said in order.
#[derive(Debug)]
pub struct Reporter {
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
    /// Tell this, by itself or with what other logs have to tell.
    Event(Box<Event>),
    /// Say this of the run as a whole: what, its hint, and whether it is an error.
    Run(String, Option<String>, bool),
    /// Write this.
    Text(String),
    /// This many CVMs of so many are reached, or given up.
    Progress(u64, u64),
    /// Take the progress line off the terminal until the next `Progress`, and say so.
    Clear(oneshot::Sender<()>),
}

/// How long a terminal may take to lose its progress line.
const CLEARED: Duration = Duration::from_millis(500);

impl Reporter {
    /// Speaks on this process's stderr; `targets` are the streams known at the start.
    pub fn stderr(plan: &options::ReportOptions, targets: &[Arc<Target>]) -> io::Result<Self> {
        Self::to(Descriptor::of(&io::stderr())?, plan, targets)
    }

    /// Speaks into any writer.
    fn to(
        writer: impl Write + Send + 'static,
        plan: &options::ReportOptions,
        targets: &[Arc<Target>],
    ) -> io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let (said, done) = channel::<()>();
        let voice = Voice {
            writer,
            notices: Notices::new(plan, targets),
            outages: Outages::new(targets),
            line: None,
        };
        let work = move || {
            voice.speak(&messages);
            drop(said);
        };
        thread::Builder::new().name("stderr".into()).spawn(work)?;
        Ok(Self { events: plan.events, terminal: plan.terminal, queue, done, dropped: 0 })
    }

    /// Tells an event, unless `-q` or NDJSON keep events off stderr.
    pub fn event(&mut self, event: &Event) {
        if self.events {
            self.say(Message::Event(Box::new(event.clone())));
        }
    }

    /// Tells something of the run as a whole, whatever `-q` says; `grave` if it is an error.
    pub fn run(&mut self, message: &str, hint: Option<&str>, grave: bool) {
        self.say(Message::Run(message.to_owned(), hint.map(str::to_owned), grave));
    }

    /// Says text that is ready and harmless, such as the summary.
    pub fn text(&mut self, text: &str) {
        self.say(Message::Text(text.to_owned()));
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
        self.say_dropped();
        drop(self.queue);
        matches!(self.done.recv_timeout(patience), Err(RecvTimeoutError::Disconnected))
    }

    /// Queues a message, behind what has to be said about messages that were dropped before.
    fn say(&mut self, message: Message) {
        self.say_dropped();
        if self.dropped > 0 || self.queue.try_send(message).is_err() {
            self.dropped += 1;
        }
    }

    /// Queues how many messages were dropped, if any were and there is room.
    fn say_dropped(&mut self) {
        if self.dropped > 0 {
            let lost = format!("{} messages dropped, stderr was not read", self.dropped);
            if self.queue.try_send(Message::Run(lost, None, false)).is_ok() {
                self.dropped = 0;
            }
        }
    }
}

/// What the thread works with.
struct Voice<W> {
    /// stderr.
    writer: W,
    /// Words events.
    notices: Notices,
    /// Events that wait for others of their kind.
    outages: Outages,
    /// The progress line, while it is drawn.
    line: Option<ProgressBar>,
}

impl<W: Write> Voice<W> {
    /// The thread: writes until nothing more can come.
    fn speak(mut self, messages: &Receiver<Message>) {
        loop {
            let patience = self.outages.due().map(|due| due.saturating_duration_since(Instant::now()));
            let message = match patience {
                Some(patience) => messages.recv_timeout(patience),
                None => messages.recv().map_err(RecvTimeoutError::from),
            };
            match message {
                Ok(message) => self.hear(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let ripe = self.outages.ripe(Instant::now());
            self.tell(&ripe);
        }
        self.tell_rest();
        clear(self.line);
    }

    /// Does what the message says; what is said of the whole run comes after all events before it.
    fn hear(&mut self, message: Message) {
        if let Message::Run(..) | Message::Text(_) = message {
            self.tell_rest();
        }
        match message {
            Message::Event(event) => {
                let told = self.outages.take(*event, Instant::now());
                self.tell(&told);
            }
            Message::Run(message, hint, grave) => {
                let mut text = Vec::new();
                self.notices.run(&mut text, &message, hint.as_deref(), grave);
                self.write(&text);
            }
            Message::Text(text) => self.write(text.as_bytes()),
            Message::Progress(settled, all) if settled < all => {
                self.line.get_or_insert_with(|| progress_line(all)).set_position(settled);
            }
            Message::Progress(..) => clear(self.line.take()),
            Message::Clear(says) => {
                clear(self.line.take());
                // Who asked may have lost patience.
                let _ = says.send(());
            }
        }
    }

    /// Tells what still waits.
    fn tell_rest(&mut self) {
        let rest = self.outages.rest();
        self.tell(&rest);
    }

    /// Tells events.
    fn tell(&mut self, told: &[Told]) {
        let mut text = Vec::new();
        for Told { event, targets } in told {
            let logs: Vec<&str> = targets.iter().map(|target| target.log.as_str()).collect();
            self.notices.event(&mut text, event, &logs);
        }
        self.write(&text);
    }

    /// Writes text. What cannot be written is let go, since there is nobody left to tell.
    fn write(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        let mut write = || drop(self.writer.write_all(text));
        match &self.line {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }
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
    use crate::options::ReportOptions;
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
        let plan = ReportOptions { events, color: false, terminal: false, stats: None };
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
        let all: Vec<Vec<u8>> = out.iter().collect();
        let expected = "cvmtail: 10 messages dropped, stderr was not read\ncvmtail: the end\n";
        assert_eq!(String::from_utf8(all[all.len() - 2..].concat()).unwrap(), expected);
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
