//! The order against a stable sort, and what comes too late for it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::{Strategy, prop, prop_assert, prop_assert_eq, proptest};

use super::Order;

/// The instant that many milliseconds after 1970.
fn at(milli: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milli).ok()
}

/// All that may go at `now`.
fn drain<T>(order: &mut Order<T>, now: Instant) -> Vec<(T, bool)> {
    order.settle(now);
    std::iter::from_fn(|| order.next()).collect()
}

/// A live order of two streams with a window of a second.
fn live() -> (Order<&'static str>, impl Fn(u64) -> Instant) {
    let start = Instant::now();
    (Order::new(Duration::from_secs(1), false, 2), move |milli| start + Duration::from_millis(milli))
}

/// A line comes.
fn line(order: &mut Order<&'static str>, stream: usize, milli: i64, now: Instant, name: &'static str) {
    order.push(stream, at(milli), 1, now, name);
    order.observe(stream, at(milli));
}

#[test]
fn a_line_goes_as_soon_as_all_streams_are_past_it() {
    let (mut order, clock) = live();
    line(&mut order, 0, 10, clock(0), "a10");
    assert_eq!(drain(&mut order, clock(0)), []);
    line(&mut order, 1, 5, clock(1), "b5");
    assert_eq!(drain(&mut order, clock(1)), [("b5", false)]);
    line(&mut order, 1, 12, clock(2), "b12");
    assert_eq!(drain(&mut order, clock(2)), [("a10", false)]);
    assert_eq!(drain(&mut order, clock(1001)), []);
    order.end(0);
    assert_eq!(drain(&mut order, clock(3)), [("b12", false)]);
    assert_eq!(order.due(), None);
}

#[test]
fn a_quiet_stream_is_waited_for_no_longer_than_the_window() {
    let (mut order, clock) = live();
    line(&mut order, 0, 10, clock(0), "a10");
    line(&mut order, 0, 20, clock(500), "a20");
    assert_eq!(order.due(), Some(clock(1000)));
    assert_eq!(drain(&mut order, clock(999)), []);
    assert_eq!(drain(&mut order, clock(1000)), [("a10", false)]);
    assert_eq!(order.due(), Some(clock(1500)));
    line(&mut order, 1, 9, clock(1001), "b9");
    line(&mut order, 1, 10, clock(1001), "b10");
    // Late is what is older than something that has gone; the same instant is not.
    assert_eq!(drain(&mut order, clock(1001)), [("b9", true), ("b10", false)]);
    assert_eq!(drain(&mut order, clock(1500)), [("a20", false)]);
}

#[test]
fn a_broken_stream_is_not_waited_for_until_it_is_back() {
    let (mut order, clock) = live();
    order.interrupt(1);
    line(&mut order, 0, 10, clock(0), "a10");
    assert_eq!(drain(&mut order, clock(0)), [("a10", false)]);
    line(&mut order, 1, 11, clock(1), "b11");
    line(&mut order, 0, 12, clock(1), "a12");
    assert_eq!(drain(&mut order, clock(1)), [("b11", false)]);
}

#[test]
fn what_has_no_time_holds_nobody_up_and_is_never_late() {
    let (mut order, clock) = live();
    line(&mut order, 0, 10, clock(0), "a10");
    line(&mut order, 1, 20, clock(0), "b20");
    assert_eq!(drain(&mut order, clock(0)), [("a10", false)]);
    order.push(1, None, 1, clock(1), "none");
    assert_eq!(drain(&mut order, clock(1)), [("none", false)]);
}

#[test]
fn a_flood_is_let_go_early_rather_than_held() {
    let (mut order, clock) = live();
    for milli in 0..40 {
        order.push(0, at(milli), 1 << 20, clock(0), "x");
        drain(&mut order, clock(0));
    }
    assert!(order.bytes <= super::CAP, "{}", order.bytes);
}

/// What is read of several files, in the order in which it arrives: the files with the times of their lines,
/// out of order by less than `disorder`, and whose turn it is.
fn files(disorder: i64) -> impl Strategy<Value = (Vec<Vec<i64>>, Vec<usize>)> {
    let file = prop::collection::vec((0i64..40, 0..disorder.max(1)), 0..40).prop_map(|steps| {
        let mut now = 0;
        let line = |(step, back): (i64, i64)| {
            now += step;
            now - back
        };
        steps.into_iter().map(line).collect::<Vec<_>>()
    });
    (prop::collection::vec(file, 1..5), prop::collection::vec(0usize..100, 0..400))
}

proptest! {
    #[test]
    fn a_bounded_run_equals_a_stable_sort((files, turns) in files(100)) {
        let now = Instant::now();
        let mut order = Order::new(Duration::from_millis(100), true, files.len());
        let mut at_line = vec![0; files.len()];
        let mut printed = Vec::new();
        let mut turns = turns.into_iter().chain(0..);
        while at_line.iter().zip(&files).any(|(at, file)| *at <= file.len()) {
            let stream = turns.next().unwrap() % files.len();
            let line = at_line[stream];
            at_line[stream] += 1;
            match files[stream].get(line) {
                Some(&milli) => {
                    order.push(stream, at(milli), 1, now, (milli, stream, line));
                    order.observe(stream, at(milli));
                }
                None => order.end(stream),
            }
            printed.extend(drain(&mut order, now));
        }
        let mut expected: Vec<_> = files.iter().enumerate().flat_map(|(stream, file)| {
            file.iter().enumerate().map(move |(line, &milli)| ((milli, stream, line), false))
        }).collect();
        expected.sort_by_key(|((milli, stream, _), _)| (*milli, *stream));
        prop_assert_eq!(printed, expected);
    }

    #[test]
    fn a_live_run_is_in_order_but_for_what_is_marked((files, turns) in files(0), pause in 0u64..60) {
        let start = Instant::now();
        let mut order = Order::new(Duration::from_millis(200), false, files.len());
        let mut at_line = vec![0; files.len()];
        let mut printed = Vec::new();
        for (turn, stream) in turns.into_iter().enumerate() {
            let stream = stream % files.len();
            let now = start + Duration::from_millis(pause * turn as u64);
            if let Some(&milli) = files[stream].get(at_line[stream]) {
                order.push(stream, at(milli), 1, now, (milli, stream, at_line[stream]));
                order.observe(stream, at(milli));
                at_line[stream] += 1;
            }
            printed.extend(drain(&mut order, now));
        }
        order.finish();
        printed.extend(drain(&mut order, start));
        let mut latest = 0;
        for ((milli, ..), late) in &printed {
            prop_assert_eq!(*late, *milli < latest);
            latest = latest.max(*milli);
        }
        // None is lost, and those of one stream stay in their order.
        for (stream, &read) in at_line.iter().enumerate() {
            let lines: Vec<_> = printed.iter().map(|(line, _)| line).filter(|line| line.1 == stream).map(|line| line.2).collect();
            prop_assert_eq!(lines, (0..read).collect::<Vec<_>>());
        }
    }

    #[test]
    fn who_is_ahead_rests_and_all_still_come_through((files, _) in files(50)) {
        let now = Instant::now();
        let mut order = Order::new(Duration::from_millis(50), true, files.len());
        let mut at_line = vec![0; files.len()];
        let mut printed = 0;
        // Each line is so large that one makes its stream be ahead.
        let size = super::CAP;
        while let Some(slowest) = order.last_of_all() {
            for stream in 0..files.len() {
                if at_line[stream] <= files[stream].len() && (stream == slowest || !order.is_ahead(stream)) {
                    match files[stream].get(at_line[stream]) {
                        Some(&milli) => {
                            order.push(stream, at(milli), size, now, ());
                            order.observe(stream, at(milli));
                        }
                        None => order.end(stream),
                    }
                    at_line[stream] += 1;
                    let alone = order.streams[stream].held.len() <= 1;
                    prop_assert!(alone || stream == slowest, "read on though ahead");
                }
            }
            printed += drain(&mut order, now).len();
        }
        prop_assert_eq!(printed, files.iter().map(Vec::len).sum::<usize>());
    }
}
