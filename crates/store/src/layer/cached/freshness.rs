//! Which revision to answer for. It is read from the store each time, or remembered for a short while.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::{Reader, Result, Revision};

/// What is known: every commit that was acknowledged before `as_of` is in `revision`.
#[derive(Debug, Clone, Copy)]
struct Known {
    revision: Revision,
    as_of: Instant,
}

/// Remembers the revision for at most a given while.
#[derive(Debug)]
pub(super) struct Freshness {
    staleness_max: Duration,
    known: Mutex<Option<Known>>,
}

impl Freshness {
    pub(super) fn new(staleness_max: Duration) -> Self {
        Self { staleness_max, known: Mutex::new(None) }
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().expect("nothing panics while it holds this lock")
    }

    /// A revision that holds every commit acknowledged until now, or until as long ago as the staleness
    /// allows.
    pub(super) async fn revision(&self, store: &dyn Reader) -> Result<Revision> {
        let remembered = *self.known();
        if let Some(known) = remembered.filter(|known| known.as_of.elapsed() < self.staleness_max) {
            return Ok(known.revision);
        }
        // The moment before the question is noted. What is acknowledged while the answer is on its way need
        // not be in it.
        let asked = Instant::now();
        let revision = store.revision().await?;
        self.learn(revision, asked);
        Ok(revision)
    }

    /// Learns that every commit acknowledged before `as_of` is in this revision.
    ///
    /// Two such facts combine to the larger revision and the later moment, because the larger revision holds
    /// everything that the other one does.
    pub(super) fn learn(&self, revision: Revision, as_of: Instant) {
        if self.staleness_max.is_zero() {
            return;
        }
        let mut known = self.known();
        *known = Some(match *known {
            None => Known { revision, as_of },
            Some(old) => Known { revision: old.revision.max(revision), as_of: old.as_of.max(as_of) },
        });
    }

    /// Forgets what is known. This is for a commit that ended without an answer, since it may have taken
    /// effect.
    pub(super) fn forget(&self) {
        *self.known() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(freshness: &Freshness) -> Option<(Revision, Instant)> {
        freshness.known().map(|known| (known.revision, known.as_of))
    }

    #[test]
    fn facts_combine_whatever_their_order() {
        let early = Instant::now();
        let late = early + Duration::from_millis(5);
        for facts in [[(3, late), (4, early)], [(4, early), (3, late)]] {
            let freshness = Freshness::new(Duration::from_secs(1));
            for (revision, as_of) in facts {
                freshness.learn(Revision(revision), as_of);
            }
            assert_eq!(remembered(&freshness), Some((Revision(4), late)));
        }
    }

    #[test]
    fn nothing_is_remembered_without_a_bound() {
        let freshness = Freshness::new(Duration::ZERO);
        freshness.learn(Revision(3), Instant::now());
        assert_eq!(remembered(&freshness), None);
    }

    #[test]
    fn a_lost_commit_makes_it_forget() {
        let freshness = Freshness::new(Duration::from_secs(1));
        freshness.learn(Revision(3), Instant::now());
        freshness.forget();
        assert_eq!(remembered(&freshness), None);
    }
}
