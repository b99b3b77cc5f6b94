//! How long to wait before the next try: after a connection that was lost, and after a handshake that was dropped.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

use crate::random;

/// The longest pause after the first failure.
const FIRST: Duration = Duration::from_millis(500);

/// The longest pause of all.
const LONGEST: Duration = Duration::from_secs(30);

/// When a CVM that was lost is tried again: one answer for all its streams, so that they come back together
/// and dial once.
#[derive(Debug, Default)]
pub struct Backoff {
    /// How many tries failed in a row.
    failures: Cell<u32>,
    /// When the next one begins.
    next: Cell<Option<Instant>>,
}

impl Backoff {
    /// A try failed: how many have in a row, and when the next one begins. A failure while that is still to
    /// come belongs to the same try.
    pub fn on_failure(&self) -> (u32, Instant) {
        let now = Instant::now();
        if let Some(next) = self.next.get().filter(|next| *next > now) {
            return (self.failures.get(), next);
        }
        self.failures.update(|failures| failures + 1);
        let next = now + pause(self.failures.get());
        self.next.set(Some(next));
        (self.failures.get(), next)
    }

    /// The CVM answers.
    pub fn on_success(&self) {
        self.failures.set(0);
        self.next.set(None);
    }
}

/// The pause after the try number `attempt`: doubled each time, and between half of that and all of it, so
/// that those that failed together do not all come back in the same instant.
pub fn pause(attempt: u32) -> Duration {
    let full = FIRST.saturating_mul(1 << (attempt - 1).min(6)).min(LONGEST);
    // Without random bytes they do come back together, which is no reason to give up.
    let spread = random::bytes().map_or(0, u16::from_ne_bytes);
    full / 2 + full / 2 * u32::from(spread) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST, pause};

    #[test]
    fn pauses_grow_from_half_a_second_to_half_a_minute_and_are_never_alike() {
        for (attempt, full) in [(1, 500), (2, 1000), (3, 2000), (6, 16_000), (7, 30_000), (900, 30_000)] {
            let full = Duration::from_millis(full);
            for _ in 0..50 {
                let pause = pause(attempt);
                assert!(pause >= full / 2 && pause <= full && pause <= LONGEST, "{attempt}: {pause:?}");
            }
        }
        assert!((0..20).any(|_| pause(5) != pause(5)));
    }
}
