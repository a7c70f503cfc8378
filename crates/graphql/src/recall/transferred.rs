//! What was received on record where it had been shipped to.

use std::sync::Arc;

use async_graphql::{Context, Result};

use crate::lot::Lot;
use crate::operation::Operation;
use crate::quantity::Quantity;
use crate::scalars::Exact;
use lotgraph_genealogy::scope::CameBack;
use lotgraph_graphql_macros::Object;
use lotgraph_service::recall::ScopeAnswer;

/// Some of an affected lot that a receipt on record brings where it had been shipped to.
pub struct Transferred {
    pub(super) answer: Arc<ScopeAnswer>,
    pub(super) one: CameBack,
}

/// Some of an affected lot that a receipt on record brings where it had been shipped to.
#[Object]
impl Transferred {
    /// The lot that had been shipped.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, self.answer.lot_id(self.one.lot)).await
    }

    /// The receipt.
    async fn receipt(&self, context: &Context<'_>) -> Result<Operation> {
        let operation = &self.answer.traced.subgraph.operations[self.one.operation as usize];
        Operation::load(context, &operation.id).await
    }

    /// How much; absent when nobody measured.
    fn quantity(&self) -> Option<Quantity> {
        self.one.amount.as_ref().map(|(unit, amount)| Quantity::new(*amount, unit))
    }

    /// How much of that is more than had been shipped and was still there.
    fn excess(&self) -> Exact {
        self.one.excess.into()
    }
}
