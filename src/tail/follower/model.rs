//! The promise, held against a model: whatever the interleaving of writes, rotations, answers and cuts,
//! every line comes out once and in order.

mod cvm;

use proptest::prelude::*;

use crate::agent::protocol::{Reply, Request};
use crate::cluster::target::RemotePath;
use crate::options::Backlog;
use crate::tail::follower::Follower;
use crate::tail::follower::effect::{Effect, Notice};
use crate::tail::follower::phase::Phase;
use crate::tail::follower::start::Start;

use cvm::{Ailment, Answer, Cvm, LOG, Rotation, line};

/// The stream at the client's end, as `tail.rs` has it, with unbounded patience.
struct Client {
    follower: Follower,
    half: Vec<u8>,
    held: Option<usize>,
    discard: bool,
    delivered: Vec<u8>,
    notices: Vec<Notice>,
    broken: bool,
    failed: bool,
}

impl Client {
    fn new(follower: Follower, cvm: &mut Cvm) -> Self {
        cvm.say(Reply::Serving { tail: Vec::new() });
        Self {
            follower,
            half: Vec::new(),
            held: None,
            discard: false,
            delivered: Vec::new(),
            notices: Vec::new(),
            broken: false,
            failed: false,
        }
    }

    fn receive(&mut self, cvm: &mut Cvm) {
        let mut effects = Vec::new();
        match cvm.answers.pop_front() {
            None => {}
            Some(Answer::Bytes(_)) if self.discard => {}
            Some(Answer::Bytes(bytes)) => {
                self.half.extend_from_slice(&bytes);
                self.follower.received(bytes.len());
                self.deliver();
            }
            Some(Answer::Message) => self.follower.on_message(b"file truncated", &mut effects),
            Some(Answer::Reply(record)) => self.follower.on(record, &mut effects),
        }
        self.apply(effects, cvm);
    }

    /// Time has come to compare the file with what was read of it.
    fn verify(&mut self, cvm: &mut Cvm) {
        let mut effects = Vec::new();
        if self.follower.is_unverified() {
            self.follower.verify(&mut effects);
        }
        self.apply(effects, cvm);
    }

    fn apply(&mut self, effects: Vec<Effect>, cvm: &mut Cvm) {
        for effect in effects {
            match effect {
                Effect::Send(command) => cvm.questions.push_back(command),
                Effect::Report(notice) => self.notices.push(notice),
                Effect::Flush => {
                    let half = std::mem::take(&mut self.half);
                    self.follower.delivered(&half);
                    self.delivered.extend_from_slice(&half);
                }
                Effect::Forget => self.half.clear(),
                Effect::Quarantine => self.held = Some(self.half.len()),
                Effect::Accept => {
                    self.held = None;
                    self.deliver();
                }
                Effect::Reject => {
                    let good = self.held.take().unwrap_or(self.half.len());
                    self.follower.rejected(self.half.len() - good);
                    self.half.truncate(good);
                }
                Effect::Discard => self.discard = true,
                Effect::StopDiscarding => self.discard = false,
                Effect::Break(why) => panic!("out of step: {why}"),
                Effect::Fresh => {}
                Effect::Fail(_) => self.failed = true,
                Effect::Finish | Effect::Refuse(_) | Effect::Undated => self.broken = true,
            }
        }
    }

    fn deliver(&mut self) {
        if self.held.is_none() {
            let end = self.half.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let lines: Vec<u8> = self.half.drain(..end).collect();
            self.follower.delivered(&lines);
            self.delivered.extend_from_slice(&lines);
        }
    }

    /// The connection breaks and a new one is made.
    fn reconnect(self, cvm: &mut Cvm) -> Self {
        (cvm.open, cvm.tail, cvm.watched, cvm.killed) = (None, None, false, false);
        cvm.questions.clear();
        cvm.answers.clear();
        let follower = Follower::new(RemotePath(LOG.to_vec()), self.follower.into_start(), true);
        let mut next = Self::new(follower, cvm);
        next.delivered = self.delivered;
        next.notices = self.notices;
        next
    }
}

/// Plays one story on a CVM that has this ailment now and then; returns what was delivered, what was told, and how many
/// lines were written.
fn play(rotation: Rotation, ailment: Ailment, story: &[u8]) -> (String, Vec<Notice>, u32) {
    let mut cvm = Cvm::new(rotation);
    let first = Follower::new(RemotePath(LOG.to_vec()), Start::new(Backlog::FromLine(1)), true);
    let mut client = Client::new(first, &mut cvm);
    for _ in 0..10 {
        cvm.answer();
        client.receive(&mut cvm);
    }
    for &step in story {
        if client.failed {
            client = client.reconnect(&mut cvm);
        }
        match step % 32 {
            0..=6 => cvm.write(step & 128 != 0),
            7..=12 => cvm.answer(),
            13..=18 => cvm.tail_reads(),
            19..=26 => client.receive(&mut cvm),
            28 if step & 128 != 0 => cvm.kill_tail(),
            27 if ailment != Ailment::None && step & 128 != 0 => cvm.ail(ailment, step & 64 != 0),
            27 => client.verify(&mut cvm),
            28 => cvm.tick(),
            29 if rotation == Rotation::Late => cvm.writing = cvm.live,
            29 => cvm.write(false),
            30 if matches!(rotation, Rotation::CopyTruncate | Rotation::Empty)
                && !can_show(&cvm, &client) => {}
            30 => cvm.rotate(),
            _ => client = client.reconnect(&mut cvm),
        }
    }
    // The writer ends its last line where the log is now, and all comes to rest.
    if !cvm.torn.is_empty() {
        cvm.write(false);
    }
    cvm.writing = cvm.live;
    cvm.ailment = Ailment::None;
    if ailment == Ailment::Closing {
        settle(&mut cvm, &mut client);
        assert_calm(&mut cvm, &mut client);
        cvm.files.iter_mut().for_each(|file| file.readable = true);
        // What is looked at each tenth time.
        settle(&mut cvm, &mut client);
    }
    // A cut that shows nowhere is told once the log has grown.
    for _ in 0..2 {
        cvm.write(false);
        settle(&mut cvm, &mut client);
        if client.failed {
            client = client.reconnect(&mut cvm);
            settle(&mut cvm, &mut client);
        }
    }
    (String::from_utf8(client.delivered).unwrap(), client.notices, cvm.lines)
}

/// Lets everything be read, and compared.
fn settle(cvm: &mut Cvm, client: &mut Client) {
    for _ in 0..200 {
        cvm.tail_reads();
        cvm.tick();
        client.verify(cvm);
        for _ in 0..40 {
            cvm.answer();
            client.receive(cvm);
        }
    }
}

/// Ends the test unless each tick leads to a few questions, and then to none.
fn assert_calm(cvm: &mut Cvm, client: &mut Client) {
    for _ in 0..20 {
        cvm.tick();
        let mut asked = 0;
        while !(cvm.questions.is_empty() && cvm.answers.is_empty()) {
            asked += usize::from(!cvm.questions.is_empty());
            cvm.answer();
            client.receive(cvm);
            assert!(asked < 100, "it goes round in circles: {:?}", client.follower.phase);
        }
    }
}

/// True if a cut of the log can be noticed at all: not while nothing was read of the file, as it has
/// nothing to be recognised by then, and not in the moment between recognising the file and reading on,
/// should it grow beyond the old place in it.
fn can_show(cvm: &Cvm, client: &Client) -> bool {
    let known = client.follower.position().is_some_and(|position| position.known() > 0);
    let entering = matches!(client.follower.phase, Phase::Entering(_) | Phase::Confirming { .. })
        && matches!(cvm.questions.front(), Some(Request::Enter { .. } | Request::ListSeries { .. }));
    known && (cvm.tail.is_some() || cvm.open.is_none() || cvm.killed || entering)
}

fn all_lines(count: u32) -> String {
    (1..=count).map(line).collect()
}

fn is_gap(notice: &Notice) -> bool {
    matches!(notice, Notice::Gap { .. } | Notice::Truncated { .. } | Notice::Deleted { .. })
}

/// True if the notice says that something was not read.
fn is_told(notice: &Notice) -> bool {
    is_gap(notice) || matches!(notice, Notice::Unreadable { .. } | Notice::Hidden(_))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_line_comes_once_and_in_order_over_renames_and_cuts(story in prop::collection::vec(any::<u8>(), 0..500)) {
        for rotation in [Rotation::Rename, Rotation::Late, Rotation::Repoint] {
            let (delivered, notices, written) = play(rotation, Ailment::None, &story);
            prop_assert_eq!(delivered, all_lines(written), "{:?}", rotation);
            prop_assert!(!notices.iter().any(is_gap), "{:?}: {:?}", rotation, notices);
        }
    }

    #[test]
    fn a_cut_copied_or_deleted_file_repeats_nothing_and_loses_nothing_in_silence(
        story in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        for rotation in [Rotation::CopyTruncate, Rotation::Empty, Rotation::CopyDelete, Rotation::Delete] {
            let (delivered, notices, written) = play(rotation, Ailment::None, &story);
            let numbers: Vec<u32> = delivered
                .lines()
                .filter_map(|line| line.strip_prefix("line ")?.strip_suffix(" of the log")?.parse().ok())
                .collect();
            // The writer goes on in the middle of a line only where it does not notice the cut.
            let whole = rotation == Rotation::CopyTruncate || numbers.len() == delivered.lines().count();
            prop_assert!(whole, "{:?}: torn: {}", rotation, delivered);
            prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{:?}: {:?}", rotation, numbers);
            let lost = written as usize - numbers.len();
            prop_assert!(
                lost == 0 || notices.iter().any(is_gap),
                "{:?}: {} lost, {:?}", rotation, lost, notices
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_may_not_be_read_is_told_and_keeps_nobody_from_the_rest(
        story in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        for rotation in [Rotation::Rename, Rotation::Late, Rotation::Repoint, Rotation::Delete] {
            let (delivered, notices, written) = play(rotation, Ailment::Closing, &story);
            let numbers: Vec<u32> = delivered
                .lines()
                .filter_map(|line| line.strip_prefix("line ")?.strip_suffix(" of the log")?.parse().ok())
                .collect();
            prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{:?}: {:?}", rotation, numbers);
            prop_assert_eq!(numbers.last(), Some(&written), "{:?}: it goes on: {:?}", rotation, notices);
            let lost = written as usize - numbers.len();
            prop_assert!(
                lost == 0 || notices.iter().any(is_told),
                "{:?}: {} lost, {:?}", rotation, lost, notices
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_cannot_be_listed_opened_or_summed_is_never_lost_in_silence(
        story in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        for ailment in [Ailment::Unlistable, Ailment::Hiding, Ailment::Sumless] {
            for rotation in [Rotation::Rename, Rotation::Late, Rotation::Repoint] {
                let (delivered, notices, written) = play(rotation, ailment, &story);
                let all: Vec<String> = (1..=written).map(line).collect();
                let mut came: Vec<&str> = delivered.split_inclusive('\n').collect();
                if rotation == Rotation::Late {
                    // Its writer may go on in the next file in the middle of a line, and lose either half.
                    came.retain(|came| all.iter().any(|line| line == came));
                }
                let mut rest = all.iter();
                let in_order = came.iter().all(|came| rest.any(|line| line == came));
                prop_assert!(in_order, "{:?} {:?}: {}", ailment, rotation, delivered);
                prop_assert!(
                    came.len() == all.len() || notices.iter().any(is_told),
                    "{:?} {:?}: {} of {}, {:?}", ailment, rotation, came.len(), all.len(), notices
                );
                let can_see = ailment == Ailment::Sumless;
                prop_assert!(!can_see || came.len() == all.len(), "{:?}: {:?}", rotation, notices);
            }
        }
    }
}

#[test]
fn a_log_that_is_cut_between_being_opened_and_being_read_says_so() {
    let mut cvm = Cvm::new(Rotation::Empty);
    (0..5).for_each(|_| cvm.write(false));
    let first = Follower::new(RemotePath(LOG.to_vec()), Start::new(Backlog::FromLine(1)), true);
    let mut client = Client::new(first, &mut cvm);
    client.receive(&mut cvm);
    cvm.answer();
    client.receive(&mut cvm);
    cvm.rotate();
    cvm.write(false);
    for _ in 0..20 {
        cvm.answer();
        client.receive(&mut cvm);
    }
    assert_eq!(String::from_utf8(client.delivered).unwrap(), line(6));
    assert!(client.notices.iter().any(is_gap), "{:?}", client.notices);
}

/// A client that has read the first five lines of the log.
fn after_five(rotation: Rotation) -> (Cvm, Client) {
    let mut cvm = Cvm::new(rotation);
    let first = Follower::new(RemotePath(LOG.to_vec()), Start::new(Backlog::FromLine(1)), true);
    let mut client = Client::new(first, &mut cvm);
    settle(&mut cvm, &mut client);
    (0..5).for_each(|_| cvm.write(false));
    settle(&mut cvm, &mut client);
    (cvm, client)
}

#[test]
fn a_log_that_is_copied_and_cut_again_while_it_is_being_opened_is_read_from_the_copy() {
    let (mut cvm, mut client) = after_five(Rotation::CopyTruncate);
    client = client.reconnect(&mut cvm);
    cvm.rotate();
    (0..3).for_each(|_| cvm.write(false));
    while !matches!(cvm.questions.front(), Some(Request::Enter { .. })) {
        cvm.answer();
        client.receive(&mut cvm);
    }
    cvm.rotate();
    (0..4).for_each(|_| cvm.write(false));
    settle(&mut cvm, &mut client);
    assert_eq!(String::from_utf8(client.delivered).unwrap(), all_lines(12));
    assert!(!client.notices.iter().any(is_gap), "{:?}", client.notices);
}

#[test]
fn a_cut_that_shows_nowhere_is_told_of_once_whatever_comes_before_it_is_looked_for() {
    let told = |client: &Client| client.notices.iter().filter(|notice| is_gap(notice)).cloned().collect();
    for interrupted in [false, true] {
        for left in [false, true] {
            let (mut cvm, mut client) = after_five(Rotation::Rename);
            cvm.files[cvm.live].data.clear();
            // More than is kept to recognise the place by.
            (0..99).for_each(|_| cvm.write(false));
            cvm.tail_reads();
            (0..5).for_each(|_| client.receive(&mut cvm));
            if interrupted {
                client = client.reconnect(&mut cvm);
            }
            if left {
                cvm.rotate();
                cvm.write(false);
            }
            settle(&mut cvm, &mut client);
            cvm.write(false);
            settle(&mut cvm, &mut client);
            let told: Vec<Notice> = told(&client);
            assert!(
                matches!(told[..], [Notice::Gap { offset: 115, bytes: None, .. }]),
                "{interrupted} {left}: {told:?}"
            );
        }
    }
}
