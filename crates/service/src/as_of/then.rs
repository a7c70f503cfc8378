//! The store as of a revision: the live one while it stands there, a replayed one from then on.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::replays::Replays;
use crate::ServiceError;
use lotgraph_domain::{
    ErrorCode, EventId, LotName, Namesakes, Node, NodeRef, OperationKind, Text, Timestamp,
};
use lotgraph_store::{
    Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, LedgerPosition, Limits, Page, Reader, Readiness,
    RecordedEvent, Result, Revision, StoreError, StoreErrorKind, Subgraph, Tally,
};

/// A store that stays at one revision.
///
/// The live store is asked as long as the ledger stands at that revision: what it read is an answer only if it still
/// stands there afterwards. Once it has moved on, everything is read from a replay.
pub(super) struct StoreThen {
    revision: Revision,
    live: Arc<dyn Reader>,
    replays: Arc<Replays>,
    replayed: OnceCell<Arc<dyn Reader>>,
}

impl StoreThen {
    /// At the current revision.
    pub(super) fn current(revision: Revision, live: Arc<dyn Reader>, replays: Arc<Replays>) -> Self {
        Self { revision, live, replays, replayed: OnceCell::new() }
    }

    /// At an earlier revision, by a store that was replayed up to it.
    pub(super) fn replayed(
        revision: Revision,
        replayed: Arc<dyn Reader>,
        live: Arc<dyn Reader>,
        replays: Arc<Replays>,
    ) -> Self {
        Self { revision, live, replays, replayed: OnceCell::new_with(Some(replayed)) }
    }

    async fn read<T, F>(
        &self,
        operation: &'static str,
        read: impl Fn(Arc<dyn Reader>) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        if self.replayed.get().is_none() {
            let answer = read(self.live.clone()).await?;
            if self.live.settled_revision().await? == self.revision {
                return Ok(answer);
            }
        }
        let reach = || async {
            let reached = self.replays.reach(self.revision).await;
            reached.map_err(|error| not_reached(error, operation))
        };
        read(self.replayed.get_or_try_init(reach).await?.clone()).await
    }
}

fn not_reached(error: ServiceError, operation: &'static str) -> StoreError {
    match (error.source, error.code) {
        (Some(source), _) => source,
        (None, ErrorCode::ReplayUnderWay) => {
            StoreError::with_source(StoreErrorKind::Unavailable, operation, error.message)
        }
        (None, _) => StoreError::with_source(StoreErrorKind::Internal, operation, error.message),
    }
}

/// The last user of a store waits for its thread and removes its files: not on a thread that answers questions.
impl Drop for StoreThen {
    fn drop(&mut self) {
        if let (Some(store), Ok(runtime)) = (self.replayed.take(), Handle::try_current())
            && Arc::strong_count(&store) == 1
        {
            runtime.spawn_blocking(move || drop(store));
        }
    }
}

#[async_trait]
impl Reader for StoreThen {
    fn name(&self) -> String {
        format!("{} as of {}", self.live.name(), self.revision)
    }

    fn limits(&self) -> Limits {
        self.live.limits()
    }

    fn statements(&self) -> u64 {
        self.live.statements() + self.replayed.get().map_or(0, |replayed| replayed.statements())
    }

    async fn identity(&self) -> Result<String> {
        self.live.identity().await
    }

    async fn ready(&self) -> Result<Readiness> {
        Ok(Readiness { revision: self.revision, ..self.live.ready().await? })
    }

    async fn revision(&self) -> Result<Revision> {
        Ok(self.revision)
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        self.read("events", |store| async move { store.events(ids).await }).await
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.read("get", |store| async move { store.get(refs).await }).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        self.read("find", |store| async move { store.find(query).await }).await
    }

    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>> {
        self.read("documented", |store| async move { store.documented(documents, limit).await }).await
    }

    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        self.read("namesakes", |store| async move { store.namesakes(names).await }).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.read("edges", |store| async move { store.edges(query).await }).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        if query.at.is_some_and(|at| at != self.revision) {
            return Err(StoreError::new(StoreErrorKind::Stale, "closure"));
        }
        let query = &Closure { at: None, ..query.clone() };
        self.read("closure", |store| async move { store.closure(query).await }).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        self.read("tally", |store| async move { store.tally(query).await }).await
    }

    async fn settled_revision(&self) -> Result<Revision> {
        Ok(self.revision)
    }

    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        Ok(self.live.revision_at(at).await?.min(self.revision))
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.read("changes", |store| async move { store.changes(after, limit).await }).await
    }
}
