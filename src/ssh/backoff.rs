//! When a CVM that was lost is tried again: one answer for all its streams, so that they come back together
//! and dial once.

use std::cell::Cell;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// The pause before the second try.
const FIRST: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// The tries of one CVM.
#[derive(Debug, Default)]
pub struct Recovery {
    /// How many failed in a row.
    failed: Cell<u32>,
    /// When the next one begins.
    next: Cell<Option<Instant>>,
}

impl Recovery {
    /// A try failed: which one it was, and when the next one begins. What fails while that is still to come
    /// counts as the same try.
    pub fn failed(&self) -> (u32, Instant) {
        let now = Instant::now();
        if let Some(next) = self.next.get().filter(|next| *next > now) {
            return (self.failed.get(), next);
        }
        self.failed.update(|failed| failed + 1);
        let next = now + pause(self.failed.get());
        self.next.set(Some(next));
        (self.failed.get(), next)
    }

    /// The CVM answers.
    pub fn succeeded(&self) {
        self.failed.set(0);
        self.next.set(None);
    }
}

/// The pause after the try number `attempt`: doubled each time, and between half of that and all of it, so
/// that CVMs that were lost together do not all come back in the same instant.
pub fn pause(attempt: u32) -> Duration {
    // Freshly keyed each time: the one source of chance in the standard library.
    let chance = RandomState::new().build_hasher().finish() % 1000;
    let full = FIRST.saturating_mul(1 << (attempt - 1).min(6)).min(LONGEST);
    full / 2 + full * u32::try_from(chance).unwrap_or(0) / 2000
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
