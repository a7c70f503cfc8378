//! Stores around other stores. They keep the same contract, and put a cache or a bound in front.

pub mod bounded;
pub mod cached;

use async_trait::async_trait;
use lotgraph_domain::{EventId, LotName, Namesakes, Node, NodeRef, OperationKind, Text, Timestamp};

use crate::{
    Batch, Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, Ledger, LedgerPosition, Limits, Page,
    Reader, Readiness, Receipt, RecordedEvent, RecordedRevision, Result, Revision, Subgraph, Tally,
};

/// A store around another store. Every method goes to the inner store unless the layer defines it itself, so
/// that a layer consists of what it changes. A new method of [`Reader`] or [`Ledger`] is passed on here and
/// nowhere else.
#[async_trait]
pub trait Layer: Send + Sync + 'static {
    /// The store inside.
    fn inner(&self) -> &dyn Ledger;

    /// See [`Reader::name`].
    fn name(&self) -> String {
        self.inner().name()
    }

    /// See [`Reader::limits`].
    fn limits(&self) -> Limits {
        self.inner().limits()
    }

    /// See [`Reader::statements`].
    fn statements(&self) -> u64 {
        self.inner().statements()
    }

    /// See [`Reader::identity`].
    async fn identity(&self) -> Result<String> {
        self.inner().identity().await
    }

    /// See [`Reader::ready`].
    async fn ready(&self) -> Result<Readiness> {
        self.inner().ready().await
    }

    /// See [`Reader::revision`].
    async fn revision(&self) -> Result<Revision> {
        self.inner().revision().await
    }

    /// See [`Reader::settled_revision`].
    async fn settled_revision(&self) -> Result<Revision> {
        self.inner().settled_revision().await
    }

    /// See [`Reader::revision_at`].
    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        self.inner().revision_at(at).await
    }

    /// See [`Reader::changes`].
    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.inner().changes(after, limit).await
    }

    /// See [`Reader::events`].
    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        self.inner().events(ids).await
    }

    /// See [`Reader::get`].
    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.inner().get(refs).await
    }

    /// See [`Reader::find`].
    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        self.inner().find(query).await
    }

    /// See [`Reader::documented`].
    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>> {
        self.inner().documented(documents, limit).await
    }

    /// See [`Reader::namesakes`].
    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        self.inner().namesakes(names).await
    }

    /// See [`Reader::edges`].
    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.inner().edges(query).await
    }

    /// See [`Reader::closure`].
    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        self.inner().closure(query).await
    }

    /// See [`Reader::tally`].
    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        self.inner().tally(query).await
    }

    /// See [`Ledger::prepare`].
    async fn prepare(&self) -> Result<()> {
        self.inner().prepare().await
    }

    /// See [`Ledger::commit`].
    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        self.inner().commit(batch).await
    }

    /// See [`Ledger::project`].
    async fn project(&self, revisions: Vec<RecordedRevision>) -> Result<Revision> {
        self.inner().project(revisions).await
    }
}

#[async_trait]
impl<L: Layer> Reader for L {
    fn name(&self) -> String {
        Layer::name(self)
    }

    fn limits(&self) -> Limits {
        Layer::limits(self)
    }

    fn statements(&self) -> u64 {
        Layer::statements(self)
    }

    async fn identity(&self) -> Result<String> {
        Layer::identity(self).await
    }

    async fn ready(&self) -> Result<Readiness> {
        Layer::ready(self).await
    }

    async fn revision(&self) -> Result<Revision> {
        Layer::revision(self).await
    }

    async fn settled_revision(&self) -> Result<Revision> {
        Layer::settled_revision(self).await
    }

    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        Layer::revision_at(self, at).await
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        Layer::changes(self, after, limit).await
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        Layer::events(self, ids).await
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        Layer::get(self, refs).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        Layer::find(self, query).await
    }

    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>> {
        Layer::documented(self, documents, limit).await
    }

    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        Layer::namesakes(self, names).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        Layer::edges(self, query).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        Layer::closure(self, query).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        Layer::tally(self, query).await
    }
}

#[async_trait]
impl<L: Layer> Ledger for L {
    async fn prepare(&self) -> Result<()> {
        Layer::prepare(self).await
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        Layer::commit(self, batch).await
    }

    async fn project(&self, revisions: Vec<RecordedRevision>) -> Result<Revision> {
        Layer::project(self, revisions).await
    }
}
