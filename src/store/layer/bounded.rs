//! Bounds how many heavy reads run at once, so that a burst of recalls queues here and not inside the database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::{Node, NodeRef, Timestamp};
use crate::store::{
    Batch, Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, LedgerPosition, Limits, Page, Readiness,
    Receipt, Result, Revision, Store, StoreError, StoreErrorKind, Subgraph, Tally,
};

/// A store whose closures and tallies take turns. Everything else passes: writes and lookups stay quick while traces
/// queue.
pub struct BoundedStore {
    inner: Arc<dyn Store>,
    turns: Semaphore,
    wait_max: Duration,
}

impl BoundedStore {
    /// At most `heavy_max` heavy reads at once; one that waits longer than `wait_max` for its turn is `Unavailable`.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, heavy_max: usize, wait_max: Duration) -> Self {
        let turns = Semaphore::new(heavy_max.clamp(1, Semaphore::MAX_PERMITS));
        Self { inner, turns, wait_max }
    }

    async fn turn(&self, operation: &'static str, wait_max: Duration) -> Result<SemaphorePermit<'_>> {
        match tokio::time::timeout(wait_max, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(closed)) => Err(StoreError::with_source(StoreErrorKind::Unavailable, operation, closed)),
            Err(_) => {
                metrics::counter!("lotgraph_store_turned_away_total", "operation" => operation).increment(1);
                let why = "too many heavy questions at once";
                Err(StoreError::with_source(StoreErrorKind::Unavailable, operation, why))
            }
        }
    }
}

#[async_trait]
impl Store for BoundedStore {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn statements(&self) -> u64 {
        self.inner.statements()
    }

    async fn prepare(&self) -> Result<()> {
        self.inner.prepare().await
    }

    async fn identity(&self) -> Result<String> {
        self.inner.identity().await
    }

    async fn ready(&self) -> Result<Readiness> {
        self.inner.ready().await
    }

    async fn revision(&self) -> Result<Revision> {
        self.inner.revision().await
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        self.inner.commit(batch).await
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.inner.get(refs).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        self.inner.find(query).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.inner.edges(query).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        let asked = tokio::time::Instant::now();
        let _turn = self.turn("closure", self.wait_max.min(query.deadline)).await?;
        let deadline = query.deadline.saturating_sub(asked.elapsed());
        self.inner.closure(&Closure { deadline, ..query.clone() }).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        let _turn = self.turn("tally", self.wait_max).await?;
        self.inner.tally(query).await
    }

    async fn settled_revision(&self) -> Result<Revision> {
        self.inner.settled_revision().await
    }

    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        self.inner.revision_at(at).await
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.inner.changes(after, limit).await
    }
}
