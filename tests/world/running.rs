//! A running program: what it says, what it is told, and how it ends.

use std::fs::File;
use std::io::Write;
use std::process::{Child, ChildStdin, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::capture::Capture;
use super::poll::{SOON, poll};
use super::process::send;

/// The running program; dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub(super) child: Child,
    /// Its open stdin.
    pub(super) input: Option<ChildStdin>,
    /// Its terminal's keyboard.
    pub(super) keys: Option<File>,
    /// What it prints, unless that goes to a file.
    pub(super) stdout: Option<Capture>,
    /// What it says beside, unless that goes to the same terminal.
    pub(super) stderr: Option<Capture>,
    /// When it was started.
    pub(super) started: Instant,
    /// How it ended, once that is known.
    pub(super) status: Option<ExitStatus>,
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All it printed.
    pub stdout: Vec<u8>,
    /// All it said beside.
    pub stderr: Vec<u8>,
    /// How long it ran.
    pub took: Duration,
    /// Whether nobody held its output open after it: false tells of a process left behind.
    pub closed: bool,
}

impl Running {
    /// Its process number.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        if self.status.is_none() {
            send(self.pid(), signal);
        }
    }

    /// Sends what Ctrl-C sends, to it alone.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Types on its terminal; `\x03` is Ctrl-C to the whole foreground group.
    pub fn keys(&mut self, keys: &[u8]) {
        self.keys.as_mut().expect("a run with a terminal").write_all(keys).expect("a terminal");
    }

    /// Writes to its stdin, which was left open.
    pub fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().expect("a run with stdin left open").write_all(bytes).expect("its stdin");
    }

    /// The capture of its stdout.
    fn out(&self) -> &Capture {
        self.stdout.as_ref().expect("a run whose stdout is captured")
    }

    /// All it printed so far.
    pub fn stdout(&self) -> Vec<u8> {
        self.out().bytes()
    }

    /// How many lines it printed so far.
    pub fn lines(&self) -> usize {
        newlines(&self.stdout())
    }

    /// How many bytes it printed so far.
    pub fn printed(&self) -> usize {
        self.out().len()
    }

    /// All it said beside so far.
    pub fn stderr(&self) -> Vec<u8> {
        self.stderr.as_ref().map(Capture::bytes).unwrap_or_default()
    }

    /// Stops reading its stdout.
    pub fn stall(&self) {
        self.out().stall();
    }

    /// Reads its stdout on.
    pub fn resume_reading(&self) {
        self.out().resume();
    }

    /// Closes the reading end of its stdout.
    pub fn close_stdout(&self) {
        self.out().close();
    }

    /// Waits until `enough` says so of its stdout; ends the test with both streams if it does not.
    #[track_caller]
    pub fn wait_for(&self, what: &str, within: Duration, enough: impl FnMut(&[u8]) -> bool) {
        assert!(self.out().wait(within, enough), "not within {within:?}: {what}\n{}", self.both());
    }

    /// Waits until its stdout holds the text; gives the first line that has it.
    #[track_caller]
    pub fn wait_for_line(&self, text: &str) -> Vec<u8> {
        self.wait_for(&format!("stdout has {text:?}"), SOON, |bytes| line_with(bytes, text).is_some());
        line_with(&self.stdout(), text).expect("just seen")
    }

    /// Waits until its stderr holds the text; gives the first line that has it.
    #[track_caller]
    pub fn wait_for_word(&self, text: &str) -> Vec<u8> {
        let stderr = self.stderr.as_ref().expect("a run whose stderr is captured");
        let came = stderr.wait(SOON, |bytes| line_with(bytes, text).is_some());
        assert!(came, "not within {SOON:?}: stderr has {text:?}\n{}", self.both());
        line_with(&self.stderr(), text).expect("just seen")
    }

    /// Waits until its stdout has that many lines.
    #[track_caller]
    pub fn wait_for_lines(&self, count: usize) {
        let what = format!("stdout has {count} lines");
        self.wait_for(&what, SOON, |bytes| newlines(bytes) >= count);
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("a child");
        }
        self.status.is_some()
    }

    /// Waits for its end; past the deadline the test ends with both streams.
    #[track_caller]
    pub fn finish(mut self, within: Duration) -> Finished {
        self.input = None;
        let status = poll(within, || self.has_ended().then_some(self.status).flatten());
        let took = self.started.elapsed();
        let Some(status) = status else { panic!("it did not end within {within:?}\n{}", self.both()) };
        // Who holds its output open after its end is a process it left behind.
        let rest = Duration::from_secs(2);
        let take = |capture: &Option<Capture>| {
            capture.as_ref().map_or_else(
                || (Vec::new(), true),
                |capture| {
                    let taken = capture.take(rest);
                    capture.close();
                    taken
                },
            )
        };
        let ((stdout, out), (stderr, err)) = (take(&self.stdout), take(&self.stderr));
        Finished { status, stdout, stderr, took, closed: out && err }
    }

    /// Both streams so far, shortened, for a failure's message.
    fn both(&self) -> String {
        let out = self.stdout.as_ref().map(Capture::bytes).unwrap_or_default();
        format!("--- stdout\n{}\n--- stderr\n{}", tail(&out), tail(&self.stderr()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        for capture in [&self.stdout, &self.stderr].into_iter().flatten() {
            capture.close();
        }
    }
}

impl Finished {
    /// The exit status as a shell says it: 128 + n after signal n.
    pub fn code(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        self.status.code().or_else(|| self.status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
    }

    /// Ends the test, with both streams, unless the exit status is this.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        let (out, err) = (tail(&self.stdout), tail(&self.stderr));
        assert_eq!(self.code(), code, "exit status\n--- stdout\n{out}\n--- stderr\n{err}");
        self
    }

    /// Its stdout as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Its stderr as text.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// How many lines have ended.
fn newlines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

/// The first whole line that has the text.
fn line_with(bytes: &[u8], text: &str) -> Option<Vec<u8>> {
    let has = |line: &&[u8]| line.windows(text.len()).any(|window| window == text.as_bytes());
    bytes.split(|byte| *byte == b'\n').find(has).map(<[u8]>::to_vec)
}

/// The last bytes of a stream, as text.
fn tail(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(4_000);
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}
