//! File descriptors: as many as the system gives, and never more connections than there are descriptors for, so that what
//! is beyond waits for its turn at the door.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that the store, the cache, the log and the threads need.
const OWN: u64 = 80;
/// Connections there are whatever the limit says: a health check must come in.
const CONNECTIONS_MIN: usize = 8;

/// How many of so many connections there are descriptors for.
#[must_use]
pub fn connections(wanted: usize) -> usize {
    let limit = raised();
    let room = usize::try_from(limit.saturating_sub(OWN)).unwrap_or(usize::MAX);
    let possible = room.clamp(CONNECTIONS_MIN, wanted.max(CONNECTIONS_MIN));
    if possible < wanted {
        tracing::warn!(
            limit,
            possible,
            wanted,
            "the limit of file descriptors allows fewer connections than http.connections_max; more wait for their turn"
        );
    }
    possible.min(wanted.max(1))
}

/// The limit of this process, after it took what it may have.
fn raised() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None is no limit.
    let (current, wanted) = (current.unwrap_or(u64::MAX), maximum.unwrap_or(u64::MAX));
    if current >= wanted {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::debug!(%error, "the limit of file descriptors stays as it is");
            current
        }
    }
}
