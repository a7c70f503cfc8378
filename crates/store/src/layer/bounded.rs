//! Bounds how many heavy reads run at once. A burst of recalls then queues here and not inside the database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Layer;
use crate::{Bucket, Closure, Ledger, Result, StoreError, StoreErrorKind, Subgraph, Tally};

/// A store whose closures and tallies take turns. Everything else passes at once, so that writes and lookups
/// stay quick while traces wait.
pub struct BoundedStore {
    inner: Arc<dyn Ledger>,
    turns: Semaphore,
    wait_max: Duration,
}

impl BoundedStore {
    /// At most `heavy_max` heavy reads run at once. One that waits for its turn longer than `wait_max` is
    /// `Unavailable`.
    #[must_use]
    pub fn new(inner: Arc<dyn Ledger>, heavy_max: usize, wait_max: Duration) -> Self {
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
impl Layer for BoundedStore {
    fn inner(&self) -> &dyn Ledger {
        self.inner.as_ref()
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
}
