//! Operations whose quantities cannot be, at the end of a revision: alerts are raised for those that it records, and
//! resolved for those that it withdraws. The lots that they brought forth say so.
//!
//! An operation is judged once, by the conversions and ranges that hold when it is recorded: a later declaration neither
//! raises such an alert nor resolves one.

use std::collections::BTreeSet;

use foldhash::HashMap;

use lotgraph_domain::{
    AlertId, AlertKind, EventId, Fact, LotId, Material, MaterialCode, Operation, Overdrawn, RecordRef, Scale,
};
use lotgraph_genealogy::misfit::{LotMaterial, misfit};

use crate::log::Log;
use crate::lots::Lots;
use crate::records::{About, Records};
use crate::state::State;

/// The kinds of alerts that tell of such an operation.
const KINDS: [AlertKind; 2] = [AlertKind::QuantityGain, AlertKind::YieldOutOfRange];

/// Judges the operations that the revision under way records, and forgets those that it withdraws.
pub(crate) fn settle(
    log: &Log<'_>,
    lots: &mut Lots,
    records: &mut Records,
    materials: &HashMap<MaterialCode, Material>,
) {
    for event in log.accepted() {
        match event.fact {
            Fact::Operation(operation) if !log.is_withdrawn(event.id) => {
                judge(event.id, operation, lots, records, materials);
            }
            Fact::Void(void) => {
                let Some(operation) = log.operation(&void.event) else { continue };
                forget(&void.event, operation, lots);
                for kind in KINDS {
                    records.resolve(alert(kind, &void.event), event.id);
                }
            }
            _ => {}
        }
    }
}

fn alert(kind: AlertKind, operation: &EventId) -> AlertId {
    AlertId::derived(kind, operation.as_str(), operation)
}

fn judge(
    id: &EventId,
    operation: &Operation,
    lots: &mut Lots,
    records: &mut Records,
    materials: &HashMap<MaterialCode, Material>,
) {
    let material = |lot: &LotId| {
        let lot = lots.get(lot);
        let code = lot.and_then(|lot| lot.material.as_ref());
        let declared = code.and_then(|code| materials.get(code));
        let scale = lot.map_or(Scale::new(None, None, None), |lot| Scale::of(lot, declared));
        LotMaterial { code, scale }
    };
    let Some(misfit) = misfit(operation, material) else { return };
    let made: BTreeSet<&LotId> = operation.made().map(|output| &output.lot).collect();
    let about = About {
        lot: made.first().copied().filter(|_| made.len() == 1),
        operation: Some(id),
        ..About::default()
    };
    records.alert(misfit.alert(), id.as_str(), id, about, format!("operation {id} {misfit}"));
    note(id, operation, lots);
}

/// Has the lots that an operation made say that it cannot be.
fn note(id: &EventId, operation: &Operation, lots: &mut Lots) {
    let made: BTreeSet<&LotId> = operation.made().map(|output| &output.lot).collect();
    for lot in made {
        let unbalanced = &mut lots.change(lot).overdrawn.unbalanced;
        if unbalanced.len() < Overdrawn::MAX {
            unbalanced.push(id.clone());
        }
    }
}

fn forget(id: &EventId, operation: &Operation, lots: &mut Lots) {
    let made: BTreeSet<&LotId> = operation.made().map(|output| &output.lot).collect();
    for lot in made {
        if lots.get(lot).is_some_and(|lot| lot.overdrawn.unbalanced.contains(id)) {
            lots.change(lot).overdrawn.unbalanced.retain(|known| known != id);
        }
    }
}

/// Has the lots that an operation made say that it cannot be, when it is found to have made other ones.
pub(crate) fn hand_over(id: &EventId, before: &Operation, after: &Operation, lots: &mut Lots) {
    let made = before.made().filter_map(|output| lots.get(&output.lot));
    if !made.map(|lot| &lot.overdrawn.unbalanced).any(|unbalanced| unbalanced.contains(id)) {
        return;
    }
    forget(id, before, lots);
    note(id, after, lots);
}

/// Adds the alerts that tell of an operation that is to be voided, if a lot says that there are any.
pub(crate) fn alerts(state: &State, id: &EventId, operation: &Operation, records: &mut BTreeSet<RecordRef>) {
    let mut lots = operation.made().filter_map(|output| state.lots.get(&output.lot));
    let listed = |unbalanced: &Vec<EventId>| unbalanced.len() >= Overdrawn::MAX || unbalanced.contains(id);
    if lots.any(|lot| listed(&lot.overdrawn.unbalanced)) {
        records.extend(KINDS.map(|kind| RecordRef::Alert(alert(kind, id))));
    }
}
