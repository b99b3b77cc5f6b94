//! The order compared with a stable sort, and late lines.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::{Strategy, prop, prop_assert, prop_assert_eq, proptest};

use super::Order;

/// The instant that many milliseconds after 1970.
fn at(milli: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milli).ok()
}

/// Everything released at `now`.
fn drain<T>(order: &mut Order<T>, now: Instant) -> Vec<(T, bool)> {
    order.advance(now);
    std::iter::from_fn(|| order.next()).collect()
}

/// A live order of two streams with a window of a second.
fn live() -> (Order<&'static str>, impl Fn(u64) -> Instant) {
    let start = Instant::now();
    (Order::new(Duration::from_secs(1), false, 2), move |milli| start + Duration::from_millis(milli))
}

/// A line arrives.
fn line(order: &mut Order<&'static str>, stream: usize, milli: i64, now: Instant, name: &'static str) {
    order.push(stream, at(milli), 1, now, name);
    order.on_line(stream, at(milli), now);
}

#[test]
fn a_line_is_released_as_soon_as_all_streams_are_past_it() {
    let (mut order, clock) = live();
    line(&mut order, 0, 10, clock(0), "a10");
    assert_eq!(drain(&mut order, clock(0)), []);
    line(&mut order, 1, 5, clock(1), "b5");
    assert_eq!(drain(&mut order, clock(1)), [("b5", false)]);
    line(&mut order, 1, 12, clock(2), "b12");
    assert_eq!(drain(&mut order, clock(2)), [("a10", false)]);
    assert_eq!(drain(&mut order, clock(1001)), []);
    order.on_end(0);
    assert_eq!(drain(&mut order, clock(3)), [("b12", false)]);
    assert_eq!(order.deadline(), None);
}

#[test]
fn a_quiet_stream_is_waited_for_no_longer_than_the_window() {
    let (mut order, clock) = live();
    line(&mut order, 0, 10, clock(0), "a10");
    line(&mut order, 0, 20, clock(500), "a20");
    assert_eq!(order.deadline(), Some(clock(1000)));
    assert_eq!(drain(&mut order, clock(999)), []);
    assert_eq!(drain(&mut order, clock(1000)), [("a10", false)]);
    assert_eq!(order.deadline(), Some(clock(1500)));
    line(&mut order, 1, 9, clock(1001), "b9");
    line(&mut order, 1, 10, clock(1001), "b10");
    // A line is late if a later one has been released; one of the same instant is not.
    assert_eq!(drain(&mut order, clock(1001)), [("b9", true), ("b10", false)]);
    assert_eq!(drain(&mut order, clock(1500)), [("a20", false)]);
}

#[test]
fn a_broken_stream_is_not_waited_for_until_it_is_back() {
    let (mut order, clock) = live();
    order.on_interruption(1);
    line(&mut order, 0, 10, clock(0), "a10");
    assert_eq!(drain(&mut order, clock(0)), [("a10", false)]);
    line(&mut order, 1, 11, clock(1), "b11");
    line(&mut order, 0, 12, clock(1), "a12");
    assert_eq!(drain(&mut order, clock(1)), [("b11", false)]);
}

#[test]
fn a_line_without_a_time_holds_up_no_stream_and_is_never_late() {
    let (mut order, clock) = live();
    line(&mut order, 0, 10, clock(0), "a10");
    line(&mut order, 1, 20, clock(0), "b20");
    assert_eq!(drain(&mut order, clock(0)), [("a10", false)]);
    order.push(1, None, 1, clock(1), "none");
    order.on_line(1, None, clock(1));
    assert_eq!(drain(&mut order, clock(1)), [("none", false)]);
    line(&mut order, 0, 30, clock(2), "a30");
    assert_eq!(drain(&mut order, clock(2)), [("b20", false), ("a30", false)]);
}

#[test]
fn a_flood_is_released_early_rather_than_held() {
    let (mut order, clock) = live();
    for milli in 0..40 {
        order.push(0, at(milli), 1 << 20, clock(0), "x");
        drain(&mut order, clock(0));
    }
    assert!(order.bytes <= super::MAX_BYTES, "{}", order.bytes);
}

#[test]
fn a_stream_ahead_waits_only_for_one_that_is_catching_up() {
    let (mut order, clock) = live();
    let large = order.share();
    order.push(0, at(500), large, clock(0), "a500");
    order.on_line(0, at(500), clock(0));
    // Nothing has arrived from the other stream: it has the window to begin.
    assert_eq!([0, 1].map(order.pauses(clock(999))), [true, false]);
    assert!(!order.pauses(clock(1000))(0));
    line(&mut order, 1, 300, clock(900), "b300");
    assert_eq!(drain(&mut order, clock(900)), [("b300", false)]);
    assert_eq!([0, 1].map(order.pauses(clock(900))), [true, false]);
    assert_eq!(order.deadline(), Some(clock(1000)));
    assert!(order.pauses(clock(1099))(0));
    assert!(!order.pauses(clock(1100))(0));
    assert_eq!(drain(&mut order, clock(1000)), [("a500", false)]);
    order.push(0, at(2600), large, clock(1100), "a2600");
    order.on_line(0, at(2600), clock(1100));
    // A little behind may be disorder; far behind is not catching up.
    line(&mut order, 1, 400, clock(1100), "b400");
    assert!(order.pauses(clock(1100))(0));
    assert_eq!(drain(&mut order, clock(1100)), [("b400", true)]);
    line(&mut order, 1, 2550, clock(1100), "b2550");
    assert_eq!(order.deadline(), Some(clock(1300)));
    assert_eq!(drain(&mut order, clock(1300)), [("b2550", false)]);
    assert_eq!(order.deadline(), Some(clock(2100)));
    assert_eq!(drain(&mut order, clock(2100)), [("a2600", false)]);
    order.push(0, at(2700), large, clock(2200), "a2700");
    order.on_line(0, at(2700), clock(2200));
    line(&mut order, 1, 1599, clock(2200), "b1599");
    assert!(!order.pauses(clock(2200))(0));
}

/// Several files with the times of their lines, out of order by less than `disorder`, and the turns in which they are
/// read.
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
                    order.on_line(stream, at(milli), now);
                }
                None => order.on_end(stream),
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
    fn a_live_run_is_in_order_except_for_late_lines((files, turns) in files(0), pause in 0u64..60) {
        let start = Instant::now();
        let mut order = Order::new(Duration::from_millis(200), false, files.len());
        let mut at_line = vec![0; files.len()];
        let mut printed = Vec::new();
        for (turn, stream) in turns.into_iter().enumerate() {
            let stream = stream % files.len();
            let now = start + Duration::from_millis(pause * turn as u64);
            if let Some(&milli) = files[stream].get(at_line[stream]) {
                order.push(stream, at(milli), 1, now, (milli, stream, at_line[stream]));
                order.on_line(stream, at(milli), now);
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
        // No line is lost, and the lines of one stream stay in order.
        for (stream, &read) in at_line.iter().enumerate() {
            let lines: Vec<_> = printed.iter().map(|(line, _)| line).filter(|line| line.1 == stream).map(|line| line.2).collect();
            prop_assert_eq!(lines, (0..read).collect::<Vec<_>>());
        }
    }

    #[test]
    fn streams_ahead_are_paused_and_no_line_is_lost((files, _) in files(50)) {
        let now = Instant::now();
        let mut order = Order::new(Duration::from_millis(50), true, files.len());
        let mut at_line = vec![0; files.len()];
        let mut printed = 0;
        // Each line is so large that it puts its stream ahead.
        let size = super::MAX_BYTES;
        while order.slowest().is_some() {
            for stream in 0..files.len() {
                let slowest = order.slowest().map(|(stream, _)| stream);
                if at_line[stream] <= files[stream].len() && !order.pauses(now)(stream) {
                    match files[stream].get(at_line[stream]) {
                        Some(&milli) => {
                            order.push(stream, at(milli), size, now, ());
                            order.on_line(stream, at(milli), now);
                        }
                        None => order.on_end(stream),
                    }
                    at_line[stream] += 1;
                    let alone = order.streams[stream].held.len() <= 1;
                    prop_assert!(alone || Some(stream) == slowest, "read on though ahead");
                }
            }
            printed += drain(&mut order, now).len();
        }
        prop_assert_eq!(printed, files.iter().map(Vec::len).sum::<usize>());
    }
}
