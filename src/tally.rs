//! What a run knows of its streams: how each fares, and what was counted.
//!
//! The exit status, the summary and the progress line are all made of it, so they agree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};

/// The streams of a run, and its CVMs.
#[derive(Debug)]
pub struct Tally {
    /// Per stream, by the target's number; `None` where no stream of that number is known.
    streams: Vec<Option<StreamTally>>,
    /// The globs that did not say yet what they match, by CVM and text.
    globs: BTreeMap<(String, String), StreamState>,
    /// The CVMs that were reached or given up, by name.
    settled: BTreeSet<String>,
}

/// One stream.
#[derive(Clone, Debug)]
pub struct StreamTally {
    pub target: Arc<Target>,
    pub counts: Counts,
    pub state: StreamState,
}

/// How a stream fares.
///
/// | state        | started, resumed, appeared | reconnecting | missing            | anything unread     | stopped   | error    |
/// |--------------|----------------------------|--------------|--------------------|---------------------|-----------|----------|
/// | `Waiting`    | `Reading`                  | `Broken`     | `Missing`          | `Incomplete`        | `Stopped` | `Failed` |
/// | `Reading`    | `Reading`                  | `Broken`     | `Missing`          | `Incomplete`        | `Stopped` | `Failed` |
/// | `Broken`     | `Reading`                  | `Broken`     | `Missing`          | `Incomplete`        | `Broken`  | `Failed` |
/// | `Missing`    | `Reading`                  | `Broken`     | `Missing`          | `Incomplete`        | `Missing` | `Failed` |
/// | `Incomplete` | -                          | -            | -                  | -                   | -         | `Failed` |
/// | `Stopped`    | -                          | -            | -                  | -                   | -         | `Failed` |
/// | `Failed`     | -                          | -            | -                  | -                   | -         | -        |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// Its CVM was not reached yet.
    Waiting,
    Reading,
    /// Its connection broke and is being retried.
    Broken,
    /// There is no file, or none that may be read.
    Missing,
    /// It goes on, but something was not read that may be there, such as an older file of the log.
    Incomplete,
    /// It has read all it was to read.
    Stopped,
    /// It was given up.
    Failed,
}

impl StreamState {
    /// The state after an event of its stream.
    pub const fn after(self, event: &Event) -> Self {
        match (self, event.status) {
            (Self::Failed, _) | (_, Status::Error) => Self::Failed,
            (Self::Incomplete | Self::Stopped, _) => self,
            _ if event.unread => Self::Incomplete,
            (_, Status::Started | Status::Resumed | Status::Appeared) => Self::Reading,
            (_, Status::Reconnecting) => Self::Broken,
            (_, Status::Missing) => Self::Missing,
            (Self::Waiting | Self::Reading, Status::Stopped) => Self::Stopped,
            _ => self,
        }
    }

    /// Whether the stream counts as failed if the run ends now.
    pub const fn is_failure(self) -> bool {
        match self {
            Self::Waiting | Self::Reading | Self::Stopped => false,
            Self::Broken | Self::Missing | Self::Incomplete | Self::Failed => true,
        }
    }
}

/// What is counted; each is 0 at first and only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that came in.
    pub lines_read: u64,
    /// Lines that went out.
    pub lines_printed: u64,
    /// Bytes that came in, newlines included.
    pub bytes_read: u64,
    /// How often the stream broke and was tried again, however many tries it took.
    pub reconnects: u64,
    /// How often the log went on in a new file.
    pub rotations: u64,
    /// How often a part of the log could not be had.
    pub gaps: u64,
    /// How many bytes these parts had, as far as that is known.
    pub gap_bytes: u64,
    /// Lines held back by a limit that the user set.
    pub suppressed: u64,
}

impl Tally {
    /// All at 0; `targets` are the streams known at the start, more may come later.
    pub fn new(targets: &[Arc<Target>]) -> Self {
        let mut tally = Self { streams: Vec::new(), globs: BTreeMap::new(), settled: BTreeSet::new() };
        for target in targets {
            tally.stream(target);
        }
        tally
    }

    /// Counts what came in.
    pub fn read(&mut self, target: &Arc<Target>, lines: u64, bytes: u64) {
        let counts = &mut self.stream(target).counts;
        counts.lines_read += lines;
        counts.bytes_read += bytes;
    }

    /// Counts lines that went out.
    pub fn printed(&mut self, target: &Arc<Target>, lines: u64) {
        self.stream(target).counts.lines_printed += lines;
    }

    /// Counts lines suppressed by a limit.
    pub fn suppressed(&mut self, target: &Arc<Target>, lines: u64) {
        self.stream(target).counts.suppressed += lines;
    }

    /// Takes note of an event.
    pub fn observe(&mut self, event: &Event) {
        if event.status != Status::Connecting {
            self.settled.insert(event.subject.cvm().name.clone());
        }
        let Subject::Stream(target) = &event.subject else { return };
        let stream = self.stream(target);
        stream.state = stream.state.after(event);
        let counts = &mut stream.counts;
        match event.status {
            Status::Reconnecting if event.attempt.is_none_or(|attempt| attempt <= 1) => {
                counts.reconnects += 1;
            }
            Status::Rotated => counts.rotations += 1,
            Status::Gap => {
                counts.gaps += 1;
                counts.gap_bytes += event.bytes.unwrap_or(0);
            }
            _ => {}
        }
    }

    /// Adds a glob whose matches on a CVM are not known yet. Until they are, it stands for its streams.
    pub fn expect_glob(&mut self, cvm: &str, glob: &str) {
        self.globs.insert((cvm.to_owned(), glob.to_owned()), StreamState::Waiting);
    }

    /// The CVM could not say what a glob matches. Once it has said so, its streams say how it fares; only an error,
    /// after which it is not asked again, counts even then.
    pub fn observe_glob(&mut self, glob: &str, event: &Event) {
        let key = (event.subject.cvm().name.clone(), glob.to_owned());
        if event.status == Status::Error {
            self.globs.insert(key, StreamState::Failed);
        } else if event.unread {
            self.globs.insert(key, StreamState::Incomplete);
        } else if let Some(state) = self.globs.get_mut(&key) {
            *state = state.after(event);
        }
    }

    /// A CVM has said what a glob matches. What it could not examine stays a failure.
    pub fn resolve_glob(&mut self, cvm: &str, glob: &str) {
        let key = (cvm.to_owned(), glob.to_owned());
        if self.globs.get(&key) != Some(&StreamState::Incomplete) {
            self.globs.remove(&key);
        }
    }

    /// Gives up the streams of a CVM that have not started yet; whether there were any.
    pub fn give_up(&mut self, cvm: &str) -> bool {
        let streams = self.streams.iter_mut().flatten();
        let streams = streams.filter(|stream| stream.target.cvm.name == cvm).map(|it| &mut it.state);
        let globs = self.globs.iter_mut().filter(|((of, _), _)| of == cvm).map(|(_, state)| state);
        let mut given_up = false;
        for state in streams.chain(globs).filter(|state| **state == StreamState::Waiting) {
            *state = StreamState::Failed;
            given_up = true;
        }
        given_up
    }

    /// The streams, by the target's number.
    pub fn streams(&self) -> impl Iterator<Item = &StreamTally> {
        self.streams.iter().flatten()
    }

    /// The globs that failed, or whose matches are not known yet: CVM, text, state.
    pub fn globs(&self) -> impl Iterator<Item = (&str, &str, StreamState)> {
        self.globs.iter().map(|((cvm, glob), state)| (cvm.as_str(), glob.as_str(), *state))
    }

    /// How many streams there are, as far as that is known.
    pub fn streams_known(&self) -> usize {
        self.streams().count() + self.globs.len()
    }

    /// How many streams count as failed if the run ends now; if any do, so does the run.
    pub fn streams_failed(&self) -> usize {
        let states = self.streams().map(|stream| stream.state).chain(self.globs.values().copied());
        states.filter(|state| state.is_failure()).count()
    }

    /// How many CVMs the streams are on.
    pub fn cvms(&self) -> usize {
        let cvms = self.streams().map(|stream| stream.target.cvm.name.as_str());
        cvms.chain(self.globs().map(|(cvm, ..)| cvm)).collect::<BTreeSet<_>>().len()
    }

    /// How many CVMs were reached or given up.
    pub fn cvms_settled(&self) -> usize {
        self.settled.len()
    }

    /// All streams together.
    pub fn total(&self) -> Counts {
        self.streams().fold(Counts::default(), |sum, StreamTally { counts, .. }| Counts {
            lines_read: sum.lines_read + counts.lines_read,
            lines_printed: sum.lines_printed + counts.lines_printed,
            bytes_read: sum.bytes_read + counts.bytes_read,
            reconnects: sum.reconnects + counts.reconnects,
            rotations: sum.rotations + counts.rotations,
            gaps: sum.gaps + counts.gaps,
            gap_bytes: sum.gap_bytes + counts.gap_bytes,
            suppressed: sum.suppressed + counts.suppressed,
        })
    }

    /// The record of a stream, which may be new.
    fn stream(&mut self, target: &Arc<Target>) -> &mut StreamTally {
        if self.streams.len() <= target.id {
            self.streams.resize_with(target.id + 1, || None);
        }
        self.streams[target.id].get_or_insert_with(|| StreamTally {
            target: Arc::clone(target),
            counts: Counts::default(),
            state: StreamState::Waiting,
        })
    }
}

#[cfg(test)]
pub mod tests {
    //! Counting, and streams for the tests of other rooms.

    use std::sync::Arc;

    use super::Tally;
    use crate::cluster::cvm::{Address, Cvm};
    use crate::cluster::target::{RemotePath, Target};
    use crate::event::{Event, Status, Subject};

    /// Stream `id`: `log` on `cvm`.
    pub fn target(id: usize, cvm: &str, log: &str) -> Arc<Target> {
        let cvm = Cvm { name: cvm.to_owned(), address: Address::Local, source: String::new() };
        let path = RemotePath(format!("/home/nutanix/data/logs/{log}.out").into_bytes());
        Arc::new(Target { id, cvm: Arc::new(cvm), log: log.to_owned(), path })
    }

    /// An event of a stream.
    fn event(status: Status, target: &Arc<Target>) -> Event {
        Event::new(status, Subject::Stream(Arc::clone(target)), "")
    }

    #[test]
    fn events_are_counted_for_their_stream() {
        let targets = [target(0, "a", "x"), target(1, "a", "y"), target(2, "b", "x")];
        let mut tally = Tally::new(&targets);
        for attempt in 1..4 {
            tally.observe(&Event { attempt: Some(attempt), ..event(Status::Reconnecting, &targets[0]) });
        }
        tally.observe(&Event { bytes: Some(7), ..event(Status::Gap, &targets[0]) });
        tally.observe(&event(Status::Gap, &targets[2]));
        tally.read(&targets[1], 2, 20);
        tally.printed(&targets[1], 1);
        tally.read(&target(4, "c", "z"), 1, 1);
        assert_eq!((tally.streams_known(), tally.streams_failed(), tally.cvms()), (4, 1, 3));
        assert_eq!(tally.cvms_settled(), 2);
        let total = tally.total();
        assert_eq!((total.reconnects, total.gaps, total.gap_bytes), (1, 2, 7));
        assert_eq!((total.lines_read, total.lines_printed, total.bytes_read), (3, 1, 21));
    }

    #[test]
    fn the_last_that_happened_decides_unless_something_was_lost_for_good() {
        use Status::{Appeared, Error, Gap, Missing, Reconnecting, Resumed, Rotated, Started, Stopped};
        let target = target(0, "a", "x");
        let older = || Event { unread: true, ..event(Missing, &target) };
        let of = |status| event(status, &target);
        for (events, failed) in [
            (vec![], false),
            (vec![of(Started), of(Rotated), of(Gap)], false),
            (vec![of(Started), of(Reconnecting)], true),
            (vec![of(Started), of(Reconnecting), of(Resumed), of(Stopped)], false),
            (vec![of(Missing)], true),
            (vec![of(Missing), of(Stopped)], true),
            (vec![of(Missing), of(Appeared)], false),
            (vec![of(Started), of(Missing), of(Reconnecting), of(Started)], false),
            (vec![of(Started), older(), of(Resumed), of(Stopped)], true),
            (vec![of(Error), of(Started)], true),
            (vec![of(Stopped), of(Error)], true),
            (vec![of(Started), of(Stopped), of(Reconnecting)], false),
        ] {
            let mut tally = Tally::new(&[Arc::clone(&target)]);
            for event in &events {
                tally.observe(event);
            }
            let names: Vec<&str> = events.iter().map(|event| event.status.word()).collect();
            assert_eq!(tally.streams_failed(), usize::from(failed), "{names:?}");
        }
    }

    #[test]
    fn a_glob_stands_for_its_streams_until_they_are_known() {
        let target = target(0, "a", "x");
        let cvm = |status| Event::new(status, Subject::Cvm(Arc::clone(&target.cvm)), "");
        let mut tally = Tally::new(&[]);
        tally.expect_glob("a", "*.out");
        assert_eq!((tally.streams_known(), tally.streams_failed()), (1, 0));
        tally.observe_glob("*.out", &cvm(Status::Reconnecting));
        assert_eq!((tally.streams_known(), tally.streams_failed(), tally.cvms()), (1, 1, 1));
        tally.resolve_glob("a", "*.out");
        assert_eq!((tally.streams_known(), tally.streams_failed()), (0, 0));
        tally.observe_glob("*.out", &cvm(Status::Reconnecting));
        assert_eq!(tally.streams_failed(), 0, "its streams say it");
        tally.observe_glob("*.out", &cvm(Status::Error));
        assert_eq!(tally.streams_failed(), 1);
        assert!(!tally.give_up("a"), "nothing waits");
        tally.expect_glob("b", "*.out");
        assert!(tally.give_up("b"));
        assert_eq!(tally.streams_failed(), 2);
    }
}
