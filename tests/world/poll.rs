//! Waiting for a condition, with a deadline: the one place of the tests that sleeps.

use std::time::{Duration, Instant};

/// How long a condition that should hold soon may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);

/// Asks `look` until it gives something or `within` has passed; gives what it gave, if anything.
pub fn poll<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + within;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Whether `holds` became true within the time.
pub fn eventually(within: Duration, mut holds: impl FnMut() -> bool) -> bool {
    poll(within, || holds().then_some(())).is_some()
}

/// Ends the test with `what` unless `holds` becomes true within the time.
#[track_caller]
pub fn must(within: Duration, what: &str, holds: impl FnMut() -> bool) {
    assert!(eventually(within, holds), "not within {within:?}: {what}");
}
