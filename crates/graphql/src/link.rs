//! Links between lots and operations.

use async_graphql::{Context, Result};

use super::connection::connection;
use super::enums::LinkRole;
use super::lot::Lot;
use super::operation::Operation;
use super::quantity::Quantity;
use super::scalars::Moment;
use lotgraph_domain::{self as domain, EventId, LotId, Role, Sense, Timestamp};
use lotgraph_genealogy::Subgraph;
use lotgraph_graphql_macros::Object;
use lotgraph_service::query::Edge;

/// A lot takes part in an operation.
#[derive(Clone)]
pub struct TraceLink {
    lot: LotId,
    operation: EventId,
    role: Role,
    quantity: Option<domain::Quantity>,
    earliest: Timestamp,
    latest: Timestamp,
    sense: Sense,
}

impl TraceLink {
    /// A link of a lot, one hop away.
    pub(super) fn of_edge(lot: &LotId, edge: &Edge) -> Self {
        Self {
            lot: lot.clone(),
            operation: edge.key.operation.clone(),
            role: edge.key.role,
            quantity: edge.quantity.clone(),
            earliest: edge.key.earliest,
            latest: edge.latest,
            sense: edge.sense.clone(),
        }
    }

    /// A link of a subgraph, by its index.
    pub(super) fn of_subgraph(subgraph: &Subgraph, index: u32) -> Self {
        let link = &subgraph.links[index as usize];
        Self {
            lot: subgraph.lots[link.lot as usize].id.clone(),
            operation: subgraph.operations[link.operation as usize].id.clone(),
            role: link.role,
            quantity: link.quantity.clone(),
            earliest: link.earliest,
            latest: link.latest,
            sense: link.sense.clone(),
        }
    }
}

/// A lot takes part in an operation.
#[Object]
impl TraceLink {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.lot).await
    }

    /// The operation.
    async fn operation(&self, context: &Context<'_>) -> Result<Operation> {
        Operation::load(context, &self.operation).await
    }

    /// How the lot takes part.
    fn role(&self) -> LinkRole {
        self.role.into()
    }

    /// How much of the lot; absent when nobody measured, and for work in place.
    fn quantity(&self) -> Option<Quantity> {
        self.quantity.as_ref().map(Into::into)
    }

    /// The first moment it can have happened.
    fn earliest(&self) -> Moment {
        Moment(self.earliest)
    }

    /// The last moment it can have happened.
    fn latest(&self) -> Moment {
        Moment(self.latest)
    }

    /// The shipment that it carries on: goods that had left by it were sent back, or a receipt on record brings them where they
    /// were shipped to. Such a link takes nothing away a second time. Absent for all others, and for returns that do not say.
    fn continues(&self) -> Option<&str> {
        self.sense.shipment().map(AsRef::as_ref)
    }
}

connection!(
    /// A page of links between lots and operations.
    TraceLinkConnection,
    /// A link in a page.
    TraceLinkEdge,
    TraceLink
);
