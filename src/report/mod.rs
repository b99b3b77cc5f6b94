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
use crate::human;
use crate::options;
use crate::render::notice::Notices;
use crate::sanitize;
use outage::{GroupedEvent, Outages};

/// Prints a message outside of a run, when no [`Reporter`] does; a newline is added. stderr may be closed: the exit
/// status says it too.
pub fn say(text: &str) {
    say_styled(&(sanitize::lines(text) + "\n"));
}

/// The same of text that has colors of our own, and in which all foreign text is sanitized already.
pub fn say_styled(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Reports outside of a run what cannot be done with a CVM, and how to fix it.
pub fn say_failure(cvm: &Cvm, failure: &Failure) {
    let mut text = Vec::new();
    let notices = Notices::new(&SILENT, &[]);
    let message = format!("{cvm}: {}", failure.message);
    notices.run(&mut text, &message, failure.hint.as_deref(), false);
    say_styled(&String::from_utf8_lossy(&text));
}

/// Options of a reporter that reports no events and draws nothing.
pub const SILENT: options::ReportOptions =
    options::ReportOptions { events: false, color: false, terminal: false, stats: None };

/// How many messages may wait: more than one per stream of a large cluster.
const QUEUE: usize = 1024;

/// What is printed on stderr, in order.
#[derive(Debug)]
pub struct Reporter {
    /// Events are printed.
    events: bool,
    /// A progress line may be drawn.
    terminal: bool,
    /// To the thread.
    queue: SyncSender<Message>,
    /// Hung up when the thread has written all.
    done: Receiver<()>,
    /// Messages dropped since the last one that was queued.
    dropped: u64,
}

/// What the thread is to do.
#[derive(Debug)]
enum Message {
    /// An event, printed by itself or together with the same event of other logs.
    Event(Box<Event>),
    /// A message about the run as a whole.
    Run {
        message: String,
        hint: Option<String>,
        is_error: bool,
    },
    Text(String),
    /// How many CVMs of all are reached or given up.
    Progress {
        settled: u64,
        all: u64,
    },
    /// Take the progress line off the terminal until the next `Progress`, and say so.
    Clear(oneshot::Sender<()>),
}

/// How long a terminal may take to lose its progress line.
const CLEARED: Duration = Duration::from_millis(500);

impl Reporter {
    /// Prints on this process's stderr; `targets` are the streams known at the start.
    pub fn stderr(plan: &options::ReportOptions, targets: &[Arc<Target>]) -> io::Result<Self> {
        Self::to(Descriptor::of(&io::stderr())?, plan, targets)
    }

    /// Prints into any writer.
    fn to(
        writer: impl Write + Send + 'static,
        plan: &options::ReportOptions,
        targets: &[Arc<Target>],
    ) -> io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let (working, done) = channel::<()>();
        let printer = StderrThread {
            writer,
            notices: Notices::new(plan, targets),
            outages: Outages::new(targets),
            line: None,
        };
        let work = move || {
            printer.run(&messages);
            drop(working);
        };
        thread::Builder::new().name("stderr".into()).spawn(work)?;
        Ok(Self { events: plan.events, terminal: plan.terminal, queue, done, dropped: 0 })
    }

    /// Prints an event, unless `-q` or NDJSON keep events off stderr.
    pub fn event(&mut self, event: &Event) {
        if self.events {
            self.say(Message::Event(Box::new(event.clone())));
        }
    }

    /// Reports something about the run as a whole, also with `-q`.
    pub fn run(&mut self, message: &str, hint: Option<&str>, is_error: bool) {
        self.say(Message::Run { message: message.to_owned(), hint: hint.map(str::to_owned), is_error });
    }

    /// Prints text that is ready and sanitized, such as the summary.
    pub fn text(&mut self, text: &str) {
        self.say(Message::Text(text.to_owned()));
    }

    /// Draws `connecting 12/16` on a terminal for as long as `settled` (CVMs reached or given up) is
    /// below `all`.
    pub fn connecting(&mut self, settled: usize, all: usize) {
        if self.terminal && self.events {
            // A progress line that is skipped is made good by the next one.
            let _ = self.queue.try_send(Message::Progress { settled: settled as u64, all: all as u64 });
        }
    }

    /// Takes the progress line off the terminal, so that lines of logs do not run into it; where there is
    /// none, nothing is waited for.
    pub async fn clear(&self) {
        if !(self.terminal && self.events) {
            return;
        }
        let (sender, cleared) = oneshot::channel();
        if self.queue.try_send(Message::Clear(sender)).is_ok() {
            // On a terminal that is held up the progress line may run into lines; no line is lost.
            let _ = timeout(CLEARED, cleared).await;
        }
    }

    /// Waits until all is written, at most for `patience`; false if that was not enough.
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
            let message = format!("{} dropped, stderr was not read", human::count(self.dropped, "message"));
            let message = Message::Run { message, hint: None, is_error: false };
            if self.queue.try_send(message).is_ok() {
                self.dropped = 0;
            }
        }
    }
}

/// What the thread works with.
struct StderrThread<W> {
    /// stderr.
    writer: W,
    /// Puts events into words.
    notices: Notices,
    /// Events that wait for others of their kind.
    outages: Outages,
    /// The progress line, while it is drawn.
    line: Option<ProgressBar>,
}

impl<W: Write> StderrThread<W> {
    /// The thread: writes until nothing more can come.
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let patience = self.outages.due().map(|due| due.saturating_duration_since(Instant::now()));
            let message = match patience {
                Some(patience) => messages.recv_timeout(patience),
                None => messages.recv().map_err(RecvTimeoutError::from),
            };
            match message {
                Ok(message) => self.on_message(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let ripe = self.outages.ripe(Instant::now());
            self.print(&ripe);
        }
        self.print_rest();
        clear(self.line);
    }

    /// Handles a message; one about the whole run comes after all events before it.
    fn on_message(&mut self, message: Message) {
        if let Message::Run { .. } | Message::Text(_) = message {
            self.print_rest();
        }
        match message {
            Message::Event(event) => {
                let told = self.outages.take(*event, Instant::now());
                self.print(&told);
            }
            Message::Run { message, hint, is_error } => {
                let mut text = Vec::new();
                self.notices.run(&mut text, &message, hint.as_deref(), is_error);
                self.write(&text);
            }
            Message::Text(text) => self.write(text.as_bytes()),
            Message::Progress { settled, all } if settled < all => {
                self.line.get_or_insert_with(|| progress_line(all)).set_position(settled);
            }
            Message::Progress { .. } => clear(self.line.take()),
            Message::Clear(sender) => {
                clear(self.line.take());
                // Who asked may have lost patience.
                let _ = sender.send(());
            }
        }
    }

    /// Prints what still waits.
    fn print_rest(&mut self) {
        let rest = self.outages.rest();
        self.print(&rest);
    }

    /// Prints events.
    fn print(&mut self, told: &[GroupedEvent]) {
        let mut text = Vec::new();
        for GroupedEvent { event, targets } in told {
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
        /// Signals that a write has begun.
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
