//! What a run has counted so far, per stream: for `--stats`, SIGUSR1 and the exit status.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};

/// The counts of a run.
#[derive(Debug)]
pub struct Tally {
    /// Per stream, by the target's number; `None` where no stream of that number was heard of.
    streams: Vec<Option<Stream>>,
    /// The CVMs that failed as a whole, by name.
    failed_cvms: BTreeSet<String>,
}

/// The counts of one stream.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Whose they are.
    pub target: Arc<Target>,
    /// They.
    pub counts: Counts,
    /// The stream ended with an error.
    pub failed: bool,
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
        let mut tally = Self { streams: Vec::new(), failed_cvms: BTreeSet::new() };
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

    /// Counts lines held back by a limit.
    pub fn suppressed(&mut self, target: &Arc<Target>, lines: u64) {
        self.stream(target).counts.suppressed += lines;
    }

    /// Counts what an event says.
    pub fn observe(&mut self, event: &Event) {
        let target = match &event.subject {
            Subject::Stream(target) => target,
            Subject::Cvm(cvm) => {
                if event.status == Status::Error {
                    self.failed_cvms.insert(cvm.name.clone());
                }
                return;
            }
        };
        let stream = self.stream(target);
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
            Status::Error => stream.failed = true,
            _ => {}
        }
    }

    /// The streams, by the target's number.
    pub fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter().flatten()
    }

    /// Whether a stream failed, by itself or with its CVM.
    pub fn has_failed(&self, stream: &Stream) -> bool {
        stream.failed || self.failed_cvms.contains(&stream.target.cvm.name)
    }

    /// Whether any stream or CVM failed.
    #[cfg(test)]
    pub fn any_failed(&self) -> bool {
        !self.failed_cvms.is_empty() || self.streams().any(|stream| stream.failed)
    }

    /// How many streams failed.
    pub fn streams_failed(&self) -> usize {
        self.streams().filter(|stream| self.has_failed(stream)).count()
    }

    /// How many CVMs the streams are on.
    pub fn cvms(&self) -> usize {
        self.streams().map(|stream| &stream.target.cvm.name).collect::<BTreeSet<_>>().len()
    }

    /// All streams together.
    pub fn total(&self) -> Counts {
        self.streams().fold(Counts::default(), |sum, Stream { counts, .. }| Counts {
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

    /// The counts of a stream, which may be new.
    fn stream(&mut self, target: &Arc<Target>) -> &mut Stream {
        if self.streams.len() <= target.id {
            self.streams.resize_with(target.id + 1, || None);
        }
        self.streams[target.id].get_or_insert_with(|| Stream {
            target: Arc::clone(target),
            counts: Counts::default(),
            failed: false,
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

    #[test]
    fn events_count_for_their_stream_or_for_all_of_a_cvm() {
        let targets = [target(0, "a", "x"), target(1, "a", "y"), target(2, "b", "x")];
        let mut tally = Tally::new(&targets);
        let of = |status, target: &Arc<Target>| Event::new(status, Subject::Stream(Arc::clone(target)), "");
        for attempt in 1..4 {
            tally.observe(&Event { attempt: Some(attempt), ..of(Status::Reconnecting, &targets[0]) });
        }
        tally.observe(&Event { bytes: Some(7), ..of(Status::Gap, &targets[0]) });
        tally.observe(&of(Status::Gap, &targets[2]));
        assert!(!tally.any_failed());
        tally.observe(&Event::new(Status::Error, Subject::Cvm(Arc::clone(&targets[0].cvm)), ""));
        tally.read(&targets[1], 2, 20);
        tally.printed(&targets[1], 1);
        let late = target(4, "c", "z");
        tally.read(&late, 1, 1);
        assert_eq!((tally.streams().count(), tally.streams_failed(), tally.cvms()), (4, 2, 3));
        assert!(tally.any_failed());
        let total = tally.total();
        assert_eq!((total.reconnects, total.gaps, total.gap_bytes), (1, 2, 7));
        assert_eq!((total.lines_read, total.lines_printed, total.bytes_read), (3, 1, 21));
    }
}
