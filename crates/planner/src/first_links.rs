//! The first production and the first draw of lots that lose links to a void.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use lotgraph_domain::operation::Link;
use lotgraph_domain::{LotId, Operation};

use crate::lots::Lots;
use crate::state::FirstLinks;

/// Works out anew the first production and the first draw of lots that lost links. `known` has them as the
/// store read them, leaving aside every operation that the work would void. `live` are the operations to be
/// added to that: those of the ones left aside that are not withdrawn so far, and those that are recorded
/// now.
pub(crate) fn settle<'o>(
    withdrawn: BTreeSet<LotId>,
    known: &HashMap<LotId, FirstLinks>,
    live: impl Iterator<Item = &'o Operation>,
    lots: &Lots,
) -> Vec<(LotId, FirstLinks)> {
    let first = |id: LotId| {
        // The store was not asked about a lot whose first links come from none of the operations that the
        // work would void. What is recorded for such a lot still holds.
        let first = known.get(&id).copied().unwrap_or_else(|| lots.recorded_first(&id));
        (id, first)
    };
    let mut firsts: BTreeMap<LotId, FirstLinks> = withdrawn.into_iter().map(first).collect();
    for operation in live {
        for link in operation.links() {
            if let Some(first) = firsts.get_mut(link.lot) {
                first.take(link);
            }
        }
    }
    firsts.into_iter().collect()
}

impl FirstLinks {
    fn take(&mut self, link: Link<'_>) {
        if link.brings_into_being() {
            self.production = Some(self.production.map_or(link.earliest, |at| at.min(link.earliest)));
        }
        if link.takes_away() {
            self.draw = Some(self.draw.map_or(link.latest, |at| at.min(link.latest)));
        }
    }
}
