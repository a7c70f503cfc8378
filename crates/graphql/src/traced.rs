//! What a trace reached, and what may belong to it.

use async_graphql::{Context, Result};

use super::connection::connection;
use super::lot::Lot;
use super::operation::Operation;
use lotgraph_domain::{EventId, LotId};
use lotgraph_graphql_macros::Object;
use lotgraph_service::transfers;

/// Goods that were shipped and goods that were received with the same number, and that nothing links.
pub struct MayBeTransfer(transfers::MayBeTransfer);

impl MayBeTransfer {
    pub(super) fn new(pair: transfers::MayBeTransfer) -> Self {
        Self(pair)
    }
}

/// Goods that were shipped and goods that were received with the same number, and that nothing links.
#[Object]
impl MayBeTransfer {
    /// The lot that was shipped.
    async fn shipped(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.shipped).await
    }

    /// The lot that was received; the same when it was received under the same id.
    async fn received(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.received).await
    }
}

/// A lot reached by a trace.
pub struct TracedLot {
    id: LotId,
    depth: u32,
}

impl TracedLot {
    pub(super) fn new(id: LotId, depth: u32) -> Self {
        Self { id, depth }
    }
}

/// A lot reached by a trace.
#[Object]
impl TracedLot {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.id).await
    }

    /// The least number of operations between it and a start.
    fn depth(&self) -> u32 {
        self.depth
    }
}

/// An operation reached by a trace.
pub struct TracedOperation {
    id: EventId,
    depth: u32,
}

impl TracedOperation {
    pub(super) fn new(id: EventId, depth: u32) -> Self {
        Self { id, depth }
    }
}

/// An operation reached by a trace.
#[Object]
impl TracedOperation {
    /// The operation.
    async fn operation(&self, context: &Context<'_>) -> Result<Operation> {
        Operation::load(context, &self.id).await
    }

    /// One more than that of the nearest lot leading into it; for work in place, that of its lot.
    fn depth(&self) -> u32 {
        self.depth
    }
}

connection!(
    /// A page of lots reached by a trace.
    TracedLotConnection,
    /// A lot reached, in a page.
    TracedLotEdge,
    TracedLot
);
connection!(
    /// A page of operations reached by a trace.
    TracedOperationConnection,
    /// An operation reached, in a page.
    TracedOperationEdge,
    TracedOperation
);
