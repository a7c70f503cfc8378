//! A few replayed stores: the most recently asked are kept, and the next one starts from the nearest below it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use super::AsOfLimits;
use super::replay::{Replay, Stopped};
use crate::{ServiceError, ServiceResult};
use lotgraph_domain::ErrorCode;
use lotgraph_store::scratch::{ScratchStore, ScratchStores};
use lotgraph_store::{Reader, Revision};

/// Replays that run at once: each keeps a writer busy, and reads the ledger that others are asking about.
const AT_ONCE: usize = 2;

/// What became of a replay, for everyone who waits for it.
type Outcome = Result<Arc<dyn ScratchStore>, (ErrorCode, String)>;

/// The replayed stores of one ledger.
pub(super) struct Replays {
    source: Arc<dyn Reader>,
    scratch: ScratchStores,
    limits: AsOfLimits,
    runtime: Handle,
    turns: Semaphore,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    /// Least recently asked first.
    kept: Vec<Replayed>,
    /// Replays under way, by where they lead.
    running: HashMap<Revision, watch::Receiver<Option<Outcome>>>,
    /// From this revision on, the ledger has more events than a replay may hold.
    too_long: Option<Revision>,
}

/// A store that holds the ledger up to a revision.
#[derive(Clone)]
struct Replayed {
    revision: Revision,
    events: u64,
    store: Arc<dyn ScratchStore>,
}

/// What a replay starts from.
enum Base {
    /// Nothing.
    Empty,
    /// A copy of this one, which others may go on asking.
    Copy(Replayed),
    /// This one itself: it was to make room, and nobody asks it.
    Taken(Replayed),
}

impl Replays {
    pub(super) fn new(source: Arc<dyn Reader>, scratch: ScratchStores, limits: AsOfLimits) -> Self {
        Self {
            source,
            scratch,
            limits,
            runtime: Handle::current(),
            turns: Semaphore::new(AT_ONCE),
            shelf: Mutex::default(),
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store at a revision that the ledger has reached. Whoever asks for the same one waits for the same replay.
    pub(super) async fn reach(self: &Arc<Self>, revision: Revision) -> ServiceResult<Arc<dyn Reader>> {
        let mut outcome = match self.kept_or_running(revision)? {
            Ok(store) => return Ok(store),
            Err(running) => running,
        };
        let ended = tokio::time::timeout(self.limits.patience, outcome.wait_for(Option::is_some)).await;
        let ended = match ended {
            Err(_) => return Err(under_way(revision)),
            Ok(Ok(outcome)) => outcome.clone(),
            Ok(Err(_)) => None,
        };
        match ended {
            Some(Ok(store)) => Ok(store),
            Some(Err((code, message))) => Err(ServiceError::new(code, message)),
            None => {
                Err(ServiceError::new(ErrorCode::Internal, format!("the replay to {revision} broke off")))
            }
        }
    }

    /// A store that is kept, or else the replay that leads to it, started if need be.
    #[allow(clippy::type_complexity)] // Both are named once, here.
    fn kept_or_running(
        self: &Arc<Self>,
        revision: Revision,
    ) -> ServiceResult<Result<Arc<dyn Reader>, watch::Receiver<Option<Outcome>>>> {
        let mut shelf = self.shelf();
        if let Some(kept) = shelf.find(revision) {
            return Ok(Ok(kept.store));
        }
        if shelf.too_long.is_some_and(|too_long| revision >= too_long) {
            return Err(self.too_many_events(revision));
        }
        if let Some(running) = shelf.running.get(&revision) {
            return Ok(Err(running.clone()));
        }
        let (tell, told) = watch::channel(None);
        shelf.running.insert(revision, told.clone());
        drop(shelf);
        let replays = Arc::clone(self);
        // A task of its own: it goes on when whoever asked has no time left.
        self.runtime.spawn(async move {
            let under_way = UnderWay { replays: &replays, revision };
            let outcome = replays.replay(revision).await;
            drop(under_way);
            tell.send_replace(Some(outcome));
        });
        Ok(Err(told))
    }

    /// Runs one replay and keeps its store.
    async fn replay(&self, revision: Revision) -> Outcome {
        let outcome = self.run(revision).await;
        outcome.map_err(|stopped| {
            let error = match stopped {
                Stopped::Failed(error) => error,
                Stopped::TooManyEvents(too_long) => {
                    self.shelf().too_long = Some(too_long);
                    self.too_many_events(revision)
                }
            };
            tracing::warn!(%revision, code = error.code.name(), error = %error, "a replay failed");
            (error.code, error.message)
        })
    }

    async fn run(&self, revision: Revision) -> Result<Arc<dyn ScratchStore>, Stopped> {
        let closed =
            |error: tokio::sync::AcquireError| ServiceError::new(ErrorCode::Internal, error.to_string());
        let _turn = self.turns.acquire().await.map_err(closed)?;
        let (store, events) = match self.base(revision) {
            Base::Empty => ((self.scratch)().await?, 0),
            Base::Taken(base) => (base.store, base.events),
            Base::Copy(base) => (base.store.duplicate().await?, base.events),
        };
        let replay = Replay {
            source: self.source.as_ref(),
            target: store.as_ref(),
            until: revision,
            events,
            events_max: self.limits.events_max,
        };
        let events = replay.run().await?;
        let dropped = self.shelf().keep(Replayed { revision, events, store: store.clone() }, self.limits);
        // Closing a store waits for its thread and removes its files.
        self.runtime.spawn_blocking(move || drop(dropped));
        Ok(store)
    }

    fn base(&self, revision: Revision) -> Base {
        let mut shelf = self.shelf();
        let below = shelf.kept.iter().enumerate().filter(|(_, kept)| kept.revision < revision);
        let Some((place, _)) = below.max_by_key(|(_, kept)| kept.revision) else { return Base::Empty };
        let next_to_go = place == 0 && shelf.kept.len() >= self.limits.stores_kept;
        // Under the lock, and only the shelf has it: so nobody asks it, and nobody can begin to.
        if next_to_go && Arc::strong_count(&shelf.kept[place].store) == 1 {
            return Base::Taken(shelf.kept.remove(place));
        }
        Base::Copy(shelf.kept[place].clone())
    }

    fn too_many_events(&self, revision: Revision) -> ServiceError {
        let message = format!(
            "the ledger up to revision {revision} has more than {} events, the most that as_of.events_max lets a replay hold; ask for an earlier one, or raise it",
            self.limits.events_max
        );
        ServiceError::new(ErrorCode::LimitExceeded, message)
    }
}

impl Shelf {
    /// The store at a revision, which becomes the one asked last.
    fn find(&mut self, revision: Revision) -> Option<Replayed> {
        let place = self.kept.iter().position(|kept| kept.revision == revision)?;
        let found = self.kept.remove(place);
        self.kept.push(found.clone());
        Some(found)
    }

    /// Keeps a store as the one asked last; returns those that make room.
    fn keep(&mut self, replayed: Replayed, limits: AsOfLimits) -> Vec<Replayed> {
        self.kept.push(replayed);
        let surplus = self.kept.len().saturating_sub(limits.stores_kept.max(1));
        self.kept.drain(..surplus).collect()
    }
}

/// A replay that stands in the list of those under way until it ends, however it ends.
struct UnderWay<'a> {
    replays: &'a Replays,
    revision: Revision,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.replays.shelf().running.remove(&self.revision);
    }
}

fn under_way(revision: Revision) -> ServiceError {
    let message = format!(
        "the ledger is still being replayed up to revision {revision}; the replay goes on, so ask again in a moment"
    );
    ServiceError::new(ErrorCode::ReplayUnderWay, message)
}
