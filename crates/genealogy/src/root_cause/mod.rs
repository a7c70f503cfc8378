//! What the bad lots have in common: factors upstream of cases and controls, compared.
//!
//! One backward subgraph holds everything upstream of all cases and controls. From each of these lots a walk
//! under the time rule finds the factors that the lot is exposed to, at any depth ([`exposure`]). [`compare`]
//! tests each factor, and [`given`] tells the causes that stand on their own from what only goes along with
//! them. The method is written down in docs/ROOT_CAUSE.md.

mod compare;
mod exposure;
mod factor;
mod facts;
mod given;
mod shared;

pub use compare::{Caution, CommonCause, Group, LEVEL, Member, Score, Verdict};
pub use exposure::Evidence;
pub use factor::{Band, Factor, FactorKind, Measure, Named};
pub use facts::Facts;
pub use given::{Follower, INDEPENDENT_MAX, IndependentCause};
pub use shared::{SharedLot, shared_lots};

use super::{Subgraph, TimeRule};
use exposure::Exposures;

/// Cases and controls, as indices of the lots of one subgraph. No lot is both.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// The lots that went wrong.
    pub cases: &'a [u32],
    /// Lots like them that did not.
    pub controls: &'a [u32],
}

/// Compares what is upstream of the cases with what is upstream of the controls.
#[must_use]
pub fn common_cause(
    subgraph: &Subgraph,
    mut facts: Facts,
    comparison: Comparison<'_>,
    rule: TimeRule,
) -> CommonCause {
    facts.measure_waits(subgraph);
    let exposures = Exposures::collect(subgraph, &facts, comparison, rule);
    compare::compare(&facts, exposures, comparison)
}
