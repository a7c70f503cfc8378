//! Which state a batch touches: read in three steps, since a void names an event that names lots.

use std::collections::BTreeSet;

use super::state::State;
use crate::domain::{EventId, Fact, LotId, Master, MaterialCode, Operation};
use crate::store::Batch;

/// Step 1: the ids of the batch's events and of the events they void. Sorted, each once.
#[must_use]
pub fn events_needed(batch: &Batch) -> Vec<EventId> {
    let mut ids = BTreeSet::new();
    for event in &batch.events {
        ids.insert(event.id.clone());
        if let Fact::Void(void) = &event.fact {
            ids.insert(void.event.clone());
        }
    }
    ids.into_iter().collect()
}

fn operations<'a>(batch: &'a Batch, state: &'a State) -> impl Iterator<Item = &'a Operation> {
    let sent = batch.events.iter().map(|event| &event.fact);
    let recorded = state.events.values().map(|recorded| &recorded.event.fact);
    sent.chain(recorded).filter_map(|fact| match fact {
        Fact::Operation(operation) => Some(operation),
        Fact::Master(_) | Fact::Void(_) => None,
    })
}

/// Step 2, with the events of step 1 in `state`: the lots that any of them names. Sorted, each once.
#[must_use]
pub fn lots_needed(batch: &Batch, state: &State) -> Vec<LotId> {
    let lots: BTreeSet<&LotId> =
        operations(batch, state).flat_map(|operation| operation.links().map(|link| link.lot)).collect();
    lots.into_iter().cloned().collect()
}

/// Step 3, with the lots of step 2 in `state`: the materials of those lots and of the batch. Sorted, each once.
#[must_use]
pub fn materials_needed(batch: &Batch, state: &State) -> Vec<MaterialCode> {
    let mut codes: BTreeSet<&MaterialCode> =
        state.lots.values().filter_map(|lot| lot.material.as_ref()).collect();
    for event in &batch.events {
        match &event.fact {
            Fact::Operation(operation) => {
                codes.extend(operation.inputs.iter().filter_map(|input| input.material.as_ref()));
                codes.extend(operation.outputs.iter().filter_map(|output| output.material.as_ref()));
            }
            Fact::Master(Master::Material(material)) => {
                codes.insert(&material.code);
            }
            Fact::Master(_) | Fact::Void(_) => {}
        }
    }
    codes.into_iter().cloned().collect()
}
