//! How many files this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many descriptors this process asks for: 4 per stream, so enough for 16,000 of them. No more, because
/// some programs walk over all possible descriptors when they start.
const DESCRIPTORS: u64 = 65_536;

/// Raises the limit as far as it may be raised. Call it once, before the first connection.
pub fn raise() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        // If that fails, there is an error later which names the cause.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    }
}
