//! What the bad lots have in common: factors upstream of cases and controls, compared.
//!
//! One backward subgraph holds everything upstream of all cases and controls. A walk under the time rule from each lot
//! ([`exposure`]) says which factors it is exposed to, at any depth; [`compare`] tests each factor, [`cover`] picks the
//! few that together explain the cases. The method is written down in docs/ROOT_CAUSE.md.

mod compare;
mod cover;
mod exposure;
mod factor;
mod facts;
mod shared;

pub use compare::{Caution, CommonCause, Group, LEVEL, Member, Score, Verdict};
pub use exposure::Evidence;
pub use factor::{Band, Factor, FactorKind, Measure, Named};
pub use facts::Facts;
pub use shared::{SharedLot, shared_lots};

use super::{Subgraph, TimeRule};
use exposure::Exposures;

/// Cases and controls, as indices of lots of one subgraph; no lot is in both.
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
