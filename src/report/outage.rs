//! Pure: reports once what happens to several logs of a CVM together.
//!
//! A connection carries up to ten logs. When it breaks, each stream says so, at each try; of a cluster that would be
//! hundreds of lines, which take the log off the screen.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};

/// How long an event waits for those of the CVM's other logs.
const PATIENCE: Duration = Duration::from_millis(300);

/// The same where the others are known to come: each is back when its own file was found again.
const COMING: Duration = Duration::from_secs(1);

/// An event, and the logs of one CVM that it happened to; none if it is about the CVM.
#[derive(Debug)]
pub struct GroupedEvent {
    /// What happened.
    pub event: Event,
    /// To which logs of one CVM.
    pub targets: Vec<Arc<Target>>,
}

/// Events that wait for others of their kind.
#[derive(Debug, Default)]
pub struct Outages {
    /// The numbers of the streams, by the names of their CVMs.
    streams: HashMap<String, BTreeSet<usize>>,
    /// Those of them that are broken.
    broken: HashMap<String, BTreeSet<usize>>,
    /// What waits, and until when.
    held: Vec<(GroupedEvent, Instant)>,
}

impl Outages {
    /// Nothing happened yet; `targets` are the streams known at the start.
    pub fn new(targets: &[Arc<Target>]) -> Self {
        let mut outages = Self::default();
        for target in targets {
            outages.know(target);
        }
        outages
    }

    /// Takes in an event; gives what is to be told now, in its order.
    pub fn take(&mut self, event: Event, now: Instant) -> Vec<GroupedEvent> {
        let Subject::Stream(target) = &event.subject else {
            return vec![GroupedEvent { event, targets: Vec::new() }];
        };
        let target = Arc::clone(target);
        self.know(&target);
        let cvm = &target.cvm.name;
        // What a stream says stays in its order.
        let waits = |told: &GroupedEvent| told.targets.iter().any(|other| other.id == target.id);
        let mut told =
            if self.held.iter().any(|(told, _)| waits(told)) { self.release(cvm, None) } else { Vec::new() };
        let broken = self.broken.entry(cvm.clone()).or_default();
        match event.status {
            Status::Reconnecting => _ = broken.insert(target.id),
            Status::Resumed | Status::Error | Status::Stopped => _ = broken.remove(&target.id),
            _ => {}
        }
        let (broken, status) = (broken.len(), event.status);
        let patience = match status {
            Status::Reconnecting | Status::Error => PATIENCE,
            Status::Resumed => COMING,
            _ => {
                told.push(GroupedEvent { event, targets: vec![target] });
                self.forget(&told);
                return told;
            }
        };
        let cvm = cvm.clone();
        let same = self.held.iter_mut().find(|(held, _)| is_same(&held.event, &event));
        let together = if let Some((held, _)) = same {
            held.join(&event, target);
            held.targets.len()
        } else {
            self.held.push((GroupedEvent { event, targets: vec![target] }, now + patience));
            1
        };
        if together >= self.streams[&cvm].len() || status == Status::Resumed && broken == 0 {
            told.extend(self.release(&cvm, None));
        }
        told
    }

    /// When something has waited long enough.
    pub fn due(&self) -> Option<Instant> {
        self.held.iter().map(|(_, due)| *due).min()
    }

    /// What has waited long enough by `now`, and what waits before it of the same CVM.
    pub fn ripe(&mut self, now: Instant) -> Vec<GroupedEvent> {
        let mut told = Vec::new();
        while let Some(at) = self.held.iter().rposition(|(_, due)| *due <= now) {
            let cvm = self.held[at].0.cvm().to_owned();
            told.extend(self.release(&cvm, Some(at)));
        }
        told
    }

    /// All that waits.
    pub fn rest(&mut self) -> Vec<GroupedEvent> {
        let told: Vec<GroupedEvent> = self.held.drain(..).map(|(told, _)| told).collect();
        self.forget(&told);
        told
    }

    /// Takes note of a stream.
    fn know(&mut self, target: &Target) {
        self.streams.entry(target.cvm.name.clone()).or_default().insert(target.id);
    }

    /// What waits of that CVM, up to that place.
    fn release(&mut self, cvm: &str, last: Option<usize>) -> Vec<GroupedEvent> {
        let mut place = 0;
        let ready = |(told, _): &mut (GroupedEvent, Instant)| {
            place += 1;
            told.cvm() == cvm && last.is_none_or(|last| place <= last + 1)
        };
        let told: Vec<GroupedEvent> = self.held.extract_if(.., ready).map(|(told, _)| told).collect();
        self.forget(&told);
        told
    }

    /// Nobody waits for streams that have ended.
    fn forget(&mut self, told: &[GroupedEvent]) {
        for told in told.iter().filter(|told| matches!(told.event.status, Status::Error | Status::Stopped)) {
            if let Some(streams) = self.streams.get_mut(told.cvm()) {
                streams.retain(|id| told.targets.iter().all(|target| target.id != *id));
            }
        }
    }
}

impl GroupedEvent {
    /// The name of the CVM it is about.
    fn cvm(&self) -> &str {
        &self.event.subject.cvm().name
    }

    /// Takes in the same event of another log.
    fn join(&mut self, event: &Event, target: Arc<Target>) {
        if let (Some(away), Some(bytes)) = (self.event.away.max(event.away), event.bytes) {
            let bytes = self.event.bytes.unwrap_or(0) + bytes;
            self.event = Event::resumed(self.event.subject.clone(), away, bytes);
        }
        self.targets.push(target);
    }
}

/// True if two events of streams of one CVM can be reported as one. Of streams that are back the longest time is reported,
/// and all that they caught up.
fn is_same<'e>(one: &'e Event, other: &'e Event) -> bool {
    let said = |event: &'e Event| (event.status, event.hint.as_deref(), event.attempt);
    let added_up = one.status == Status::Resumed;
    one.subject.cvm().name == other.subject.cvm().name
        && said(one) == said(other)
        && (added_up || one.message == other.message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::{GroupedEvent, Outages, PATIENCE};
    use crate::cluster::target::Target;
    use crate::event::{Event, Status, Subject};
    use crate::tally::tests::target;

    /// Three streams of `a` and one of `b`.
    fn streams() -> [Arc<Target>; 4] {
        [target(0, "a", "x"), target(1, "a", "y"), target(2, "a", "z"), target(3, "b", "x")]
    }

    /// An event of a stream.
    fn event(status: Status, target: &Arc<Target>) -> Event {
        Event::new(status, Subject::Stream(Arc::clone(target)), "lost")
    }

    /// The event that a stream is back.
    fn back(target: &Arc<Target>, tenths: u64, bytes: u64) -> Event {
        Event::resumed(Subject::Stream(Arc::clone(target)), Duration::from_millis(tenths * 100), bytes)
    }

    /// What was told, and of which streams.
    fn shown(told: &[GroupedEvent]) -> Vec<(Status, &str, Vec<usize>)> {
        let ids = |told: &GroupedEvent| told.targets.iter().map(|target| target.id).collect();
        told.iter().map(|told| (told.event.status, told.event.message.as_str(), ids(told))).collect()
    }

    #[test]
    fn a_connection_that_breaks_and_comes_back_is_told_once() {
        let (streams, now) = (streams(), Instant::now());
        let mut outages = Outages::new(&streams);
        for stream in &streams[..2] {
            assert!(outages.take(event(Status::Reconnecting, stream), now).is_empty());
        }
        let told = outages.take(event(Status::Reconnecting, &streams[2]), now);
        assert_eq!(shown(&told), [(Status::Reconnecting, "lost", vec![0, 1, 2])]);
        for (stream, tenths, bytes) in [(&streams[0], 10, 0), (&streams[2], 12, 4)] {
            assert!(outages.take(back(stream, tenths, bytes), now).is_empty());
        }
        let told = outages.take(back(&streams[1], 11, 3), now);
        assert_eq!(shown(&told), [(Status::Resumed, "resumed after 1.2 s, 7 bytes behind", vec![0, 2, 1])]);
        assert_eq!(outages.due(), None);
    }

    #[test]
    fn one_of_several_waits_a_moment_and_the_only_one_does_not() {
        let (streams, now) = (streams(), Instant::now());
        let mut outages = Outages::new(&streams);
        assert_eq!(outages.take(event(Status::Reconnecting, &streams[3]), now).len(), 1);
        assert!(outages.take(event(Status::Reconnecting, &streams[1]), now).is_empty());
        assert_eq!(outages.due(), Some(now + PATIENCE));
        assert!(outages.ripe(now).is_empty());
        assert_eq!(shown(&outages.ripe(now + PATIENCE)), [(Status::Reconnecting, "lost", vec![1])]);
        assert_eq!(outages.take(back(&streams[1], 5, 0), now).len(), 1, "nobody else is to come back");
        for stream in [&streams[0], &streams[2]] {
            assert_eq!(outages.take(event(Status::Stopped, stream), now).len(), 1);
        }
        assert_eq!(
            outages.take(event(Status::Reconnecting, &streams[1]), now).len(),
            1,
            "it is the only one left"
        );
    }

    #[test]
    fn what_differs_is_told_by_itself() {
        let (streams, now) = (streams(), Instant::now());
        let mut outages = Outages::new(&streams);
        let events = [
            event(Status::Reconnecting, &streams[0]),
            Event { message: "cut".into(), ..event(Status::Reconnecting, &streams[1]) },
            Event { attempt: Some(2), ..event(Status::Reconnecting, &streams[2]) },
        ];
        assert!(events.into_iter().all(|event| outages.take(event, now).is_empty()));
        let told = outages.rest();
        assert_eq!(shown(&told).into_iter().map(|(.., ids)| ids).collect::<Vec<_>>(), [[0], [1], [2]]);
    }

    proptest! {
        #[test]
        fn whatever_happens_each_stream_tells_all_of_it_in_its_order(
            steps in proptest::collection::vec((0..4usize, 0..5usize, 1..3u32, 0..500u64), 0..40),
        ) {
            let (streams, mut now) = (streams(), Instant::now());
            let mut outages = Outages::new(&streams[..2]);
            let (mut happened, mut told) = (Vec::new(), Vec::new());
            for (stream, kind, attempt, pause) in steps {
                let kinds =
                    [Status::Reconnecting, Status::Resumed, Status::Error, Status::Gap, Status::Stopped];
                let event = match kinds[kind] {
                    Status::Resumed => back(&streams[stream], 1, 1),
                    status => Event { attempt: Some(attempt), ..event(status, &streams[stream]) },
                };
                happened.push((stream, event.status, event.attempt));
                told.extend(outages.take(event, now));
                now += Duration::from_millis(pause);
                told.extend(outages.ripe(now));
                prop_assert!(outages.due().is_none_or(|due| due > now));
            }
            told.extend(outages.rest());
            let each = |told: &GroupedEvent| {
                let (status, attempt) = (told.event.status, told.event.attempt);
                told.targets.iter().map(move |target| (target.id, status, attempt)).collect::<Vec<_>>()
            };
            let told: Vec<_> = told.iter().flat_map(each).collect();
            for stream in 0..streams.len() {
                let of = |all: &[(usize, Status, Option<u32>)]| -> Vec<_> {
                    all.iter().filter(|(id, ..)| *id == stream).copied().collect()
                };
                prop_assert_eq!(of(&told), of(&happened));
            }
        }
    }
}
