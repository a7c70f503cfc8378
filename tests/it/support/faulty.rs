//! A store that can be told to be away, or to be slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use lotgraph::domain::{Node, NodeRef, Timestamp};
use lotgraph::store::layer::Layer;
use lotgraph::store::{
    Batch, Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, Ledger, LedgerPosition, Page, Readiness,
    Receipt, Result, Revision, StoreError, StoreErrorKind, Subgraph, Tally,
};

/// A store whose every method fails while it is away, and waits first while it is slow.
pub struct Faulty {
    inner: Arc<dyn Ledger>,
    away: AtomicBool,
    delay_millis: AtomicU64,
}

impl Faulty {
    pub fn new(inner: Arc<dyn Ledger>) -> Arc<Self> {
        Arc::new(Self { inner, away: AtomicBool::new(false), delay_millis: AtomicU64::new(0) })
    }

    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub fn set_delay(&self, delay: Duration) {
        self.delay_millis.store(delay.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }

    async fn pass(&self, operation: &'static str) -> Result<()> {
        let delay = self.delay_millis.load(Ordering::SeqCst);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if self.away.load(Ordering::SeqCst) {
            let source = "connection refused to bolt://secret-host:7687";
            return Err(StoreError::with_source(StoreErrorKind::Unavailable, operation, source));
        }
        Ok(())
    }
}

#[async_trait]
impl Layer for Faulty {
    fn inner(&self) -> &dyn Ledger {
        self.inner.as_ref()
    }

    fn name(&self) -> String {
        format!("{}+faulty", self.inner.name())
    }

    async fn identity(&self) -> Result<String> {
        self.pass("identity").await?;
        self.inner.identity().await
    }

    async fn ready(&self) -> Result<Readiness> {
        self.pass("ready").await?;
        self.inner.ready().await
    }

    async fn revision(&self) -> Result<Revision> {
        self.pass("revision").await?;
        self.inner.revision().await
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        self.pass("commit").await?;
        self.inner.commit(batch).await
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.pass("get").await?;
        self.inner.get(refs).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        self.pass("find").await?;
        self.inner.find(query).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.pass("edges").await?;
        self.inner.edges(query).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        self.pass("closure").await?;
        self.inner.closure(query).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        self.pass("tally").await?;
        self.inner.tally(query).await
    }

    async fn settled_revision(&self) -> Result<Revision> {
        self.pass("settled_revision").await?;
        self.inner.settled_revision().await
    }

    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        self.pass("revision_at").await?;
        self.inner.revision_at(at).await
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.pass("changes").await?;
        self.inner.changes(after, limit).await
    }
}
