//! The store as of the newest revision, as a ledger: what is written goes into the store beneath, and everything is read
//! from the store that questions about the past are asked of.

use std::sync::Arc;

use async_trait::async_trait;
use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::{EventId, LotName, Namesakes, Node, NodeRef, OperationKind, Text, Timestamp};
use lotgraph::service::ServiceError;
use lotgraph::service::as_of::{AsOfLimits, History, Point};
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::layer::Layer;
use lotgraph::store::{
    Batch, Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, Ledger, LedgerPosition, Limits, Page,
    Reader, Readiness, Receipt, RecordedEvent, RecordedRevision, Result, Revision, StoreError,
    StoreErrorKind, Subgraph, Tally,
};

use super::events::tester;

/// What reads from the past answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The live store, as long as the ledger stands at the revision; a replay once it has moved on.
    Live,
    /// A replay from the first moment.
    Replayed,
}

/// The ledger; every read looks up the newest revision first and is asked of the store as of it.
pub struct Newest {
    beneath: Arc<dyn Ledger>,
    history: History,
}

impl Newest {
    pub fn new(beneath: Arc<dyn Ledger>, then: Then) -> Self {
        let source = match then {
            Then::Live => beneath.clone(),
            Then::Replayed => Arc::new(MovedOn(beneath.clone())),
        };
        let history = History::new(source, scratch_stores(), AsOfLimits::default(), TraceLimits::default());
        Self { beneath, history }
    }

    async fn then(&self) -> Result<Arc<dyn Reader>> {
        let newest = self.beneath.revision().await?;
        let then = self.history.at(&tester(), Point::Revision(newest)).await;
        let failed = |error: ServiceError| {
            let ServiceError { source, message, .. } = error;
            source.unwrap_or_else(|| StoreError::with_source(StoreErrorKind::Internal, "as of", message))
        };
        Ok(then.map_err(failed)?.store)
    }
}

/// A store whose ledger says that it has gone on by one revision: so its newest one is the past.
struct MovedOn(Arc<dyn Ledger>);

#[async_trait]
impl Layer for MovedOn {
    fn inner(&self) -> &dyn Ledger {
        self.0.as_ref()
    }

    async fn revision(&self) -> Result<Revision> {
        Ok(Revision(self.0.revision().await?.0 + 1))
    }

    async fn settled_revision(&self) -> Result<Revision> {
        Ok(Revision(self.0.settled_revision().await?.0 + 1))
    }
}

#[async_trait]
impl Reader for Newest {
    fn name(&self) -> String {
        format!("{} as of now", self.beneath.name())
    }

    fn limits(&self) -> Limits {
        self.beneath.limits()
    }

    fn statements(&self) -> u64 {
        self.beneath.statements()
    }

    async fn identity(&self) -> Result<String> {
        self.then().await?.identity().await
    }

    async fn ready(&self) -> Result<Readiness> {
        self.then().await?.ready().await
    }

    async fn revision(&self) -> Result<Revision> {
        self.then().await?.revision().await
    }

    async fn settled_revision(&self) -> Result<Revision> {
        self.then().await?.settled_revision().await
    }

    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        self.then().await?.revision_at(at).await
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.then().await?.changes(after, limit).await
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        self.then().await?.events(ids).await
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.then().await?.get(refs).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        self.then().await?.find(query).await
    }

    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>> {
        self.then().await?.documented(documents, limit).await
    }

    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        self.then().await?.namesakes(names).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.then().await?.edges(query).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        self.then().await?.closure(query).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        self.then().await?.tally(query).await
    }
}

#[async_trait]
impl Ledger for Newest {
    async fn prepare(&self) -> Result<()> {
        self.beneath.prepare().await
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        self.beneath.commit(batch).await
    }

    async fn project(&self, revisions: Vec<RecordedRevision>) -> Result<Revision> {
        self.beneath.project(revisions).await
    }
}
