//! Every question that can be asked of one state of a ledger, over the same store and within the same limits.

use std::sync::Arc;

use super::at_risk::Risks;
use super::lookup::Lookup;
use super::mass_balance::Balances;
use super::root_cause::Causes;
use super::trace::{TraceLimits, Tracer};
use lotgraph_store::Reader;

/// The use cases that read, over one store.
#[derive(Clone)]
pub struct Questions {
    /// Looks things up.
    pub lookup: Lookup,
    /// Traces lots.
    pub tracer: Tracer,
    /// Says how much is at risk.
    pub risks: Risks,
    /// Says whether it adds up.
    pub balances: Balances,
    /// Finds what bad lots have in common.
    pub causes: Causes,
}

impl Questions {
    /// Asks this store, within these limits.
    #[must_use]
    pub fn over(store: Arc<dyn Reader>, limits: TraceLimits) -> Self {
        let lookup = Lookup::new(store);
        let tracer = Tracer::new(lookup.clone(), limits);
        Self {
            risks: Risks::new(tracer.clone()),
            balances: Balances::new(lookup.clone()),
            causes: Causes::new(tracer.clone()),
            tracer,
            lookup,
        }
    }
}
