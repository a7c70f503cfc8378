//! The first production and the first draw of lots that lose links by a void.

use std::collections::BTreeSet;

use super::apply::Planner;
use super::state::{FirstLinks, State};
use crate::domain::operation::Link;
use crate::domain::{EventId, Fact, LotId, Operation, Role};
use crate::store::Batch;

/// What is to be read about the lots that a batch takes links from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstLinksNeeds {
    /// The lots, sorted.
    pub lots: Vec<LotId>,
    /// Recorded operations whose links are left aside, sorted: the batch would void them.
    pub without: Vec<EventId>,
}

/// Step 3b, with the events and lots of steps 1 and 2 in `state`: the lots whose first production or draw a void of the
/// batch may take away; `None` when there are none.
#[must_use]
pub fn first_links_needed(batch: &Batch, state: &State) -> Option<FirstLinksNeeds> {
    let mut without = BTreeSet::new();
    let mut lots = BTreeSet::new();
    for (id, operation) in voided_by(batch, state) {
        without.insert(id.clone());
        for link in operation.links() {
            let Some(lot) = state.lots.get(link.lot) else { continue };
            let first = match link.role {
                Role::Produced => lot.earliest_production == Some(link.earliest),
                Role::Consumed => lot.earliest_draw == Some(link.latest),
                Role::InPlace => false,
            };
            if first {
                lots.insert(link.lot.clone());
            }
        }
    }
    let needs = FirstLinksNeeds { lots: lots.into_iter().collect(), without: without.into_iter().collect() };
    (!needs.lots.is_empty()).then_some(needs)
}

/// The recorded, live operations that the voids of a batch name.
fn voided_by<'a>(batch: &'a Batch, state: &'a State) -> impl Iterator<Item = (&'a EventId, &'a Operation)> {
    batch.events.iter().filter_map(|event| {
        let Fact::Void(void) = &event.fact else { return None };
        let recorded = state.events.get(&void.event).filter(|recorded| recorded.voided_by.is_none())?;
        match &recorded.event.fact {
            Fact::Operation(operation) => Some((&void.event, operation)),
            _ => None,
        }
    })
}

impl FirstLinks {
    fn take(&mut self, link: Link<'_>) {
        match link.role {
            Role::Produced => {
                self.production = Some(self.production.map_or(link.earliest, |at| at.min(link.earliest)));
            }
            Role::Consumed => self.draw = Some(self.draw.map_or(link.latest, |at| at.min(link.latest))),
            Role::InPlace => {}
        }
    }
}

impl Planner<'_> {
    /// Takes the first production and draw of the lots anew that lost links in this batch.
    pub(super) fn settle_first_links(&mut self) {
        if self.withdrawn.is_empty() {
            return;
        }
        let mut firsts: std::collections::BTreeMap<LotId, FirstLinks> = std::mem::take(&mut self.withdrawn)
            .into_iter()
            .map(|id| {
                let recorded = self.state.lots.get(&id);
                let recorded = recorded
                    .map(|lot| FirstLinks { production: lot.earliest_production, draw: lot.earliest_draw });
                // What was not read did not hang on an operation that the batch names.
                let first = self.state.first_links.get(&id).copied().or(recorded).unwrap_or_default();
                (id, first)
            })
            .collect();
        for operation in self.live_operations() {
            for link in operation.links() {
                if let Some(first) = firsts.get_mut(link.lot) {
                    first.take(link);
                }
            }
        }
        for (id, first) in firsts {
            let mut lot = self.lot(&id);
            (lot.earliest_production, lot.earliest_draw) = (first.production, first.draw);
            self.touch(lot);
        }
    }
}
