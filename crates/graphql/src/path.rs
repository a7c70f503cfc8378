//! Why a lot is affected: the shortest walks between two lots.

use super::link::TraceLink;
use lotgraph_genealogy::{Paths, Subgraph};
use lotgraph_graphql_macros::SimpleObject;

/// A walk from one lot to another.
#[derive(SimpleObject)]
pub struct TracePath {
    /// Operations along the way.
    length: usize,
    /// Its steps, in walking order.
    steps: Vec<TracePathStep>,
    /// False when the search stopped at its own limit before it knew all paths asked for.
    search_is_complete: bool,
}

/// One step of a walk: out of a lot, through an operation, into the next lot.
#[derive(SimpleObject)]
pub struct TracePathStep {
    /// The link that leads from a lot into the operation.
    enter: TraceLink,
    /// The link that leads from the operation to the next lot.
    leave: TraceLink,
}

/// The paths of a subgraph as answers write them.
pub(super) fn paths(subgraph: &Subgraph, found: &Paths) -> Vec<TracePath> {
    let step = |step: &lotgraph_genealogy::PathStep| TracePathStep {
        enter: TraceLink::of_subgraph(subgraph, step.enter),
        leave: TraceLink::of_subgraph(subgraph, step.leave),
    };
    let path = |path: &lotgraph_genealogy::Path| TracePath {
        length: path.steps.len(),
        steps: path.steps.iter().map(step).collect(),
        search_is_complete: found.is_complete,
    };
    found.paths.iter().map(path).collect()
}
