//! Questions in flight, one for each key. Whoever asks first computes the answer; those who ask meanwhile
//! wait for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::{StoreError, StoreErrorKind};

/// What a leader hands to its followers.
type Outcome<A> = std::result::Result<Arc<A>, SharedError>;

type Waiting<A> = Arc<Mutex<HashMap<String, watch::Receiver<Option<Outcome<A>>>>>>;

/// An error that several askers receive. The database's own error cannot be copied, so its text is kept.
#[derive(Debug, Clone)]
pub(super) struct SharedError {
    kind: StoreErrorKind,
    operation: &'static str,
    source: Option<Arc<str>>,
}

impl SharedError {
    fn of(error: &StoreError) -> Self {
        let source = error.source.as_ref().map(|source| Arc::from(source.to_string()));
        Self { kind: error.kind.clone(), operation: error.operation, source }
    }

    /// Whether the leader ran out of its own time. That says nothing about how much time a follower has.
    pub(super) fn is_timeout(&self) -> bool {
        self.kind == StoreErrorKind::Timeout
    }
}

impl From<SharedError> for StoreError {
    fn from(error: SharedError) -> Self {
        match error.source {
            None => Self::new(error.kind, error.operation),
            Some(source) => Self::with_source(error.kind, error.operation, source.as_ref()),
        }
    }
}

/// The questions under way, by key.
#[derive(Debug)]
pub(super) struct Flights<A> {
    waiting: Waiting<A>,
}

/// What one asker has to do in a flight.
pub(super) enum Part<A> {
    /// Compute the answer, then call [`Lead::land`].
    Lead(Lead<A>),
    /// Wait for the answer of the leader.
    Follow(Follow<A>),
}

/// The duty to compute the answer. When it is dropped without landing (because the asker was cancelled, or
/// panicked), the followers are set free and one of them takes over.
pub(super) struct Lead<A> {
    key: String,
    waiting: Waiting<A>,
    outcome: watch::Sender<Option<Outcome<A>>>,
    landed: bool,
}

/// The right to the leader's answer.
pub(super) struct Follow<A>(watch::Receiver<Option<Outcome<A>>>);

fn lock<A>(waiting: &Waiting<A>) -> MutexGuard<'_, HashMap<String, watch::Receiver<Option<Outcome<A>>>>> {
    waiting.lock().expect("nothing panics while it holds this lock")
}

impl<A> Flights<A> {
    pub(super) fn new() -> Self {
        Self { waiting: Arc::default() }
    }

    /// Joins the flight under this key, or starts it.
    pub(super) fn join(&self, key: &str) -> Part<A> {
        let mut waiting = lock(&self.waiting);
        if let Some(outcome) = waiting.get(key) {
            return Part::Follow(Follow(outcome.clone()));
        }
        let (outcome, receiver) = watch::channel(None);
        waiting.insert(key.to_owned(), receiver);
        Part::Lead(Lead { key: key.to_owned(), waiting: Arc::clone(&self.waiting), outcome, landed: false })
    }
}

impl<A: Clone> Lead<A> {
    /// Hands the outcome to the followers, if there are any, and returns it.
    pub(super) fn land(mut self, outcome: Result<A, StoreError>) -> Result<A, StoreError> {
        // After this nobody can join any more, so the number of followers is final.
        self.leave();
        if self.outcome.receiver_count() == 0 {
            return outcome;
        }
        let shared = match outcome {
            Ok(answer) => Ok(Arc::new(answer)),
            Err(error) => {
                self.outcome.send_replace(Some(Err(SharedError::of(&error))));
                return Err(error);
            }
        };
        self.outcome.send_replace(Some(shared.clone()));
        shared.map(Arc::unwrap_or_clone).map_err(StoreError::from)
    }
}

impl<A> Lead<A> {
    /// Removes the flight, but only once: later the key may belong to the flight of another leader.
    fn leave(&mut self) {
        if !std::mem::replace(&mut self.landed, true) {
            lock(&self.waiting).remove(&self.key);
        }
    }
}

impl<A> Drop for Lead<A> {
    fn drop(&mut self) {
        // This comes before the sender is dropped. A follower who sees that the sender is gone asks again,
        // and must not find the same flight.
        self.leave();
    }
}

impl<A> Follow<A> {
    /// The outcome that the leader came to; `None` when it gave up without one.
    pub(super) async fn outcome(mut self) -> Option<Outcome<A>> {
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(flights: &Flights<u32>) -> Lead<u32> {
        match flights.join("key") {
            Part::Lead(lead) => lead,
            Part::Follow(_) => panic!("somebody else leads"),
        }
    }

    fn follow(flights: &Flights<u32>) -> Follow<u32> {
        match flights.join("key") {
            Part::Follow(follow) => follow,
            Part::Lead(_) => panic!("nobody leads"),
        }
    }

    #[tokio::test]
    async fn followers_get_the_answer() {
        let flights = Flights::new();
        let (leader, first, second) = (lead(&flights), follow(&flights), follow(&flights));
        assert_eq!(leader.land(Ok(7)).expect("an answer"), 7);
        for follower in [first, second] {
            assert_eq!(*follower.outcome().await.expect("landed").expect("an answer"), 7);
        }
        drop(lead(&flights));
    }

    #[tokio::test]
    async fn a_dropped_leader_frees_the_key_and_its_followers() {
        let flights = Flights::new();
        let (leader, follower) = (lead(&flights), follow(&flights));
        drop(leader);
        assert!(follower.outcome().await.is_none());
        let leader = lead(&flights);
        let follower = follow(&flights);
        assert_eq!(leader.land(Ok(8)).expect("an answer"), 8);
        assert_eq!(*follower.outcome().await.expect("landed").expect("an answer"), 8);
    }

    #[tokio::test]
    async fn errors_are_shared_with_their_words() {
        let flights = Flights::<u32>::new();
        let (leader, follower) = (lead(&flights), follow(&flights));
        let error = StoreError::with_source(StoreErrorKind::Unavailable, "closure", "connection refused");
        assert!(leader.land(Err(error)).is_err());
        let shared = follower.outcome().await.expect("landed").expect_err("an error");
        assert!(!shared.is_timeout());
        let shared = StoreError::from(shared);
        assert_eq!(shared.kind, StoreErrorKind::Unavailable);
        assert_eq!(shared.source.expect("a source").to_string(), "connection refused");
    }
}
