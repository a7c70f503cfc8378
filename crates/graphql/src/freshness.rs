//! Which state of the ledger an answer is for.

use super::scalars::Moment;
use lotgraph_genealogy::Subgraph;
use lotgraph_graphql_macros::SimpleObject;
/// Which state of the ledger an answer is for.
#[derive(SimpleObject)]
pub struct Freshness {
    /// The revision: +1 for every commit that changed anything. Everything up to it is in the answer.
    pub(super) revision: String,
    /// Whether a cache held it.
    pub(super) cached: bool,
    /// When it was read from the store.
    pub(super) computed_at: Moment,
}

impl Freshness {
    /// That of what was read.
    pub(super) fn of(subgraph: &Subgraph) -> Self {
        Self {
            revision: subgraph.revision.to_string(),
            cached: subgraph.cached,
            computed_at: Moment(subgraph.computed_at),
        }
    }
}
