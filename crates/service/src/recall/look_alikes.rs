//! What may belong to a scope under another id: lots that only draws name, and whose ids look like those of lots in it.

use std::collections::BTreeSet;

use crate::ServiceResult;
use crate::lookup::Reading;
use crate::trace::TraceAnswer;
use lotgraph_domain::{Likeness, LotId, LotName, Origin};

/// A lot of unknown origin beside a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookAlike {
    /// The lot.
    pub lot: LotId,
    /// The lot of the scope that its id looks like.
    pub like: LotId,
}

/// The lots of unknown origin that look like lots of a walk and are not among them, by id. Nobody recorded where they come
/// from: they may be misread ids of the lots that they look like.
pub(super) async fn look_alikes(reading: Reading<'_>, traced: &TraceAnswer) -> ServiceResult<Vec<LookAlike>> {
    let reached = traced.trace.lots.iter().map(|node| node.index);
    let affected: BTreeSet<&LotId> =
        traced.trace.seeds.iter().copied().chain(reached).map(|index| traced.lot_id(index)).collect();
    let affected: Vec<&LotId> = affected.into_iter().collect();
    let mut found: Vec<LookAlike> = Vec::new();
    for part in affected.chunks(reading.limits().seeds_max) {
        let names: Vec<LotName> = part.iter().map(|lot| LotName::Alike(Likeness::of(lot.as_str()))).collect();
        for (like, namesakes) in part.iter().zip(reading.namesakes(&names).await?) {
            let others = namesakes.lots.into_iter().filter(|lot| affected.binary_search(&lot).is_err());
            found.extend(others.map(|lot| LookAlike { lot, like: (*like).clone() }));
        }
    }
    found.sort_unstable();
    // One that looks like several lots of the scope is told once.
    found.dedup_by(|later, earlier| later.lot == earlier.lot);
    let lots = reading.lots(found.iter().map(|found| found.lot.clone()).collect()).await?;
    let mut lots = lots.into_iter();
    found.retain(|_| lots.next().flatten().is_some_and(|lot| lot.origin() == Origin::Unknown));
    Ok(found)
}
