//! Which state a batch touches: read in steps, since a void names an event that names lots, and lots name holds.

use std::collections::BTreeSet;
use std::time::Duration;

use super::state::State;
use crate::domain::recall::NoticeId;
use crate::domain::{
    AlertId, AlertKind, Anomalies, Event, EventId, Fact, Hold, LotId, Master, MaterialCode, Operation,
    RecordRef, Role,
};
use crate::genealogy::Direction;
use crate::store::{Batch, Closure};

/// Step 1: the ids of the batch's events and of the events they void or release. Sorted, each once.
#[must_use]
pub fn events_needed(batch: &Batch) -> Vec<EventId> {
    let mut ids = BTreeSet::new();
    for event in batch.events.iter() {
        ids.insert(event.id.clone());
        match &event.fact {
            Fact::Void(void) => {
                ids.insert(void.event.clone());
            }
            Fact::Release(release) => ids.extend(release.hold.clone()),
            Fact::Master(_)
            | Fact::Operation(_)
            | Fact::Hold(_)
            | Fact::Override(_)
            | Fact::Recall(_)
            | Fact::Notify(_)
            | Fact::Recover(_)
            | Fact::CloseRecall(_)
            | Fact::Acknowledge(_)
            | Fact::Refusal(_) => {}
        }
    }
    ids.into_iter().collect()
}

/// What a recorded event says.
fn recorded<'a>(state: &'a State, event: &EventId) -> Option<&'a Fact> {
    state.events.get(event).map(|recorded| &recorded.event.fact)
}

fn facts<'a>(batch: &'a Batch, state: &'a State) -> impl Iterator<Item = &'a Fact> {
    let sent = batch.events.iter().map(|event| &event.fact);
    sent.chain(state.events.values().map(|recorded| &recorded.event.fact))
}

/// Step 2, with the events of step 1 in `state`: the lots that any of them names. Sorted, each once.
#[must_use]
pub fn lots_needed(batch: &Batch, state: &State) -> Vec<LotId> {
    let mut lots: BTreeSet<&LotId> = BTreeSet::new();
    for fact in facts(batch, state) {
        match fact {
            Fact::Operation(operation) => lots.extend(operation.links().map(|link| link.lot)),
            Fact::Hold(hold) => lots.extend(&hold.lots),
            Fact::Release(release) => lots.extend(&release.lots),
            Fact::Override(permit) => lots.extend(&permit.lots),
            Fact::Recall(recall) => lots.extend(recall.lots.iter().map(|lot| &lot.lot)),
            Fact::Recover(recover) => lots.extend(recover.items.iter().map(|item| &item.lot)),
            Fact::Notify(_) | Fact::CloseRecall(_) => {}
            Fact::Master(_) | Fact::Void(_) | Fact::Acknowledge(_) | Fact::Refusal(_) => {}
        }
    }
    lots.into_iter().cloned().collect()
}

/// Step 3, with the lots of step 2 in `state`: the materials of those lots and of the batch. Sorted, each once.
#[must_use]
pub fn materials_needed(batch: &Batch, state: &State) -> Vec<MaterialCode> {
    let mut codes: BTreeSet<&MaterialCode> =
        state.lots.values().filter_map(|lot| lot.material.as_ref()).collect();
    for event in batch.events.iter() {
        match &event.fact {
            Fact::Operation(operation) => {
                codes.extend(operation.inputs.iter().filter_map(|input| input.material.as_ref()));
                codes.extend(operation.outputs.iter().filter_map(|output| output.material.as_ref()));
            }
            Fact::Master(Master::Material(material)) => {
                codes.insert(&material.code);
            }
            Fact::Master(_)
            | Fact::Void(_)
            | Fact::Hold(_)
            | Fact::Release(_)
            | Fact::Override(_)
            | Fact::Recall(_)
            | Fact::Notify(_)
            | Fact::Recover(_)
            | Fact::CloseRecall(_)
            | Fact::Acknowledge(_)
            | Fact::Refusal(_) => {}
        }
    }
    codes.into_iter().cloned().collect()
}

/// Step 4, with the lots of step 2 in `state`: the holds that mark any of them. Sorted, each once; nearly always none.
#[must_use]
pub fn holds_needed(state: &State) -> Vec<EventId> {
    let marks = state.lots.values().flat_map(|lot| &lot.quarantine.marks);
    let holds: BTreeSet<&EventId> =
        marks.map(|mark| &mark.hold).filter(|hold| !state.events.contains_key(*hold)).collect();
    holds.into_iter().cloned().collect()
}

/// The closures that following the holds of a batch takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldNeeds {
    /// Everything made of the lots that the holds name, or of lots that the batch produces once more.
    pub forward: Closure,
    /// What else produces the lots whose production the batch voids.
    pub producers: Closure,
}

/// Step 5, with the holds of step 4 in `state`: where the holds lead that the batch can touch; `None` when there are
/// none, which is so for nearly every batch.
///
/// A hold can be touched only when the batch records or releases it, or when it marks a lot that the batch names: every
/// link that a hold follows or that bears on its times ends at a marked lot.
#[must_use]
pub fn paths_needed(batch: &Batch, state: &State) -> Option<HoldNeeds> {
    let mut seeds: BTreeSet<&LotId> =
        facts(batch, state).filter_map(spreading).flat_map(|hold| &hold.lots).collect();
    if seeds.is_empty() {
        return None;
    }
    let outputs = operations(&batch.events).flat_map(outputs_of);
    seeds.extend(outputs.filter(|lot| state.lots.contains_key(*lot)));
    let mut withdrawn: BTreeSet<&LotId> = BTreeSet::new();
    for event in batch.events.iter() {
        let Fact::Void(void) = &event.fact else { continue };
        if let Some(Fact::Operation(operation)) = recorded(state, &void.event) {
            withdrawn.extend(outputs_of(operation));
        }
    }
    Some(HoldNeeds {
        forward: closure(seeds, Direction::Forward, None),
        producers: closure(withdrawn, Direction::Backward, Some(1)),
    })
}

/// Step 6, with the closures of step 5 in `state`: the lots of the forward one, whose marks may change. Sorted.
#[must_use]
pub fn hold_lots_needed(state: &State) -> Vec<LotId> {
    let lots = state.paths.iter().flat_map(|paths| &paths.forward.lots).map(|lot| &lot.id);
    let lots: BTreeSet<&LotId> = lots.filter(|lot| !state.lots.contains_key(*lot)).collect();
    lots.into_iter().cloned().collect()
}

/// Step 7, with the lots of step 2 in `state`: the records that the batch can change. Sorted; nearly always none.
///
/// A hold by its release, an alert by its acknowledgement, and the alert about a lot that does not add up by what fills the lot or withdraws something:
/// only that can end it.
#[must_use]
pub fn records_needed(batch: &Batch, state: &State) -> Vec<RecordRef> {
    let mut records = BTreeSet::new();
    for event in batch.events.iter() {
        match &event.fact {
            Fact::Release(release) => {
                records.extend(release.hold.clone().map(RecordRef::Hold));
                let held = release.hold.as_ref().and_then(|hold| recorded(state, hold));
                if let Some(Fact::Hold(hold)) = held {
                    records.extend(hold.recall.clone().map(RecordRef::Recall));
                }
            }
            Fact::Operation(operation) => {
                outputs_of(operation).for_each(|lot| anomalies(state, lot, &mut records));
            }
            Fact::Void(void) => {
                if let Some(Fact::Operation(operation)) = recorded(state, &void.event) {
                    operation.links().for_each(|link| anomalies(state, link.lot, &mut records));
                }
            }
            Fact::Hold(hold) => records.extend(hold.recall.clone().map(RecordRef::Recall)),
            Fact::Notify(notify) => {
                records.insert(RecordRef::Recall(notify.recall.clone()));
                records.insert(RecordRef::Notice(NoticeId::derived(&notify.recall, &notify.customer)));
            }
            Fact::Recover(recover) => {
                records.insert(RecordRef::Recall(recover.recall.clone()));
            }
            Fact::CloseRecall(close) => {
                records.insert(RecordRef::Recall(close.recall.clone()));
            }
            Fact::Acknowledge(done) => {
                records.insert(RecordRef::Alert(done.alert.clone()));
            }
            Fact::Master(_) | Fact::Override(_) | Fact::Recall(_) | Fact::Refusal(_) => {}
        }
    }
    records.into_iter().collect()
}

/// The alerts about what does not add up about a lot.
fn anomalies(state: &State, lot: &LotId, records: &mut BTreeSet<RecordRef>) {
    let Some(known) = state.lots.get(lot).filter(|lot| !lot.anomalies.is_clear()) else { return };
    let Anomalies { unknown_origin, quantity_gap, time_conflict } = &known.anomalies;
    let kinds = [
        (AlertKind::UnknownOrigin, unknown_origin),
        (AlertKind::QuantityGap, quantity_gap),
        (AlertKind::TimeConflict, time_conflict),
    ];
    records.extend(kinds.into_iter().filter_map(|(kind, since)| {
        Some(RecordRef::Alert(AlertId::derived(kind, lot.as_str(), since.as_ref()?)))
    }));
}

fn spreading(fact: &Fact) -> Option<&Hold> {
    match fact {
        Fact::Hold(hold) => Some(hold).filter(|hold| hold.propagate),
        _ => None,
    }
}

fn operations(events: &[Event]) -> impl Iterator<Item = &Operation> {
    events.iter().filter_map(|event| match &event.fact {
        Fact::Operation(operation) => Some(operation),
        _ => None,
    })
}

fn outputs_of(operation: &Operation) -> impl Iterator<Item = &LotId> {
    operation.links().filter(|link| link.role == Role::Produced).map(|link| link.lot)
}

/// How long following the holds of one batch may take.
const DEADLINE: Duration = Duration::from_secs(50);

/// More than any closure that can be followed within the deadline: a limit would let bad lots pass.
const NODES_MAX: u32 = 100_000_000;

/// A closure without a limit that counts.
fn closure(seeds: BTreeSet<&LotId>, direction: Direction, max_depth: Option<u32>) -> Closure {
    Closure {
        seeds: seeds.into_iter().cloned().collect(),
        direction,
        max_depth,
        nodes_max: NODES_MAX,
        deadline: DEADLINE,
        skip_cache: true,
        at: None,
    }
}
