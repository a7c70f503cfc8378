//! Finds units whose records cannot be: made twice, used twice, in two places at once, or not one.

use foldhash::HashMap;

use lotgraph_domain::{
    EventId, Lot, LotId, Material, MaterialCode, OperationKind, Quantity, Role, Timestamp, Tracking,
};
use lotgraph_genealogy::stock::Measure;
use lotgraph_genealogy::unit_tracking::{UnitConflict, UnitMoved, UnitMovement, unit_conflict};

use crate::log::Log;
use crate::state::Movement;

/// The movements of tracked units that are known to the work.
pub(crate) struct Units<'w> {
    recorded: &'w HashMap<LotId, Vec<Movement>>,
    materials: &'w HashMap<MaterialCode, Material>,
    /// Those that the work records, by lot.
    sent: HashMap<&'w LotId, Vec<Moved<'w>>>,
}

/// A link of a tracked unit.
#[derive(Clone, Copy)]
struct Moved<'w> {
    operation: &'w EventId,
    kind: OperationKind,
    role: Role,
    at: Timestamp,
    quantity: Option<&'w Quantity>,
    /// Whether it carries on what a shipment had moved.
    carried_on: bool,
}

/// Whether every unit of the lot's material has a number of its own.
pub(crate) fn is_tracked(lot: &Lot, materials: &HashMap<MaterialCode, Material>) -> bool {
    let material = lot.material.as_ref().and_then(|code| materials.get(code));
    material.is_some_and(|material| material.tracking == Tracking::Unit)
}

impl<'w> Units<'w> {
    /// Collects what the work records of some lots.
    pub(crate) fn of<'l>(
        log: &'w Log<'_>,
        recorded: &'w HashMap<LotId, Vec<Movement>>,
        materials: &'w HashMap<MaterialCode, Material>,
        lots: impl Iterator<Item = &'l Lot>,
    ) -> Self
    where
        'l: 'w,
    {
        let tracked = lots.filter(|lot| is_tracked(lot, materials));
        let mut sent: HashMap<&LotId, Vec<Moved<'w>>> = tracked.map(|lot| (&lot.id, Vec::new())).collect();
        if !sent.is_empty() {
            for (id, operation) in log.live_new() {
                for link in operation.links() {
                    let Some(movements) = sent.get_mut(link.lot) else { continue };
                    movements.push(Moved {
                        operation: id,
                        kind: operation.kind,
                        role: link.role,
                        at: link.latest,
                        quantity: link.quantity,
                        carried_on: link.sense.continues(),
                    });
                }
            }
        }
        Self { recorded, materials, sent }
    }

    /// What is wrong with a unit, in words for people; `None` when nothing is, or when it is no tracked unit.
    pub(crate) fn finding(&self, lot: &Lot, log: &Log<'_>) -> Option<String> {
        let sent = self.sent.get(&lot.id)?;
        let material = lot.material.as_ref().and_then(|code| self.materials.get(code));
        let measure = Measure::of(lot, material);
        let amount = |quantity: &Quantity| measure.as_ref().and_then(|measure| measure.amount(quantity));
        let recorded = self.recorded.get(&lot.id).into_iter().flatten();
        let recorded = recorded.filter(|known| log.stands(&known.link.operation)).map(|known| Moved {
            operation: &known.link.operation,
            kind: known.kind,
            role: known.link.role,
            at: known.link.latest,
            quantity: known.link.quantity.as_ref(),
            carried_on: known.link.sense.continues(),
        });
        let all: Vec<Moved<'_>> = recorded.chain(sent.iter().copied()).collect();
        let movements = all.iter().filter_map(|one| {
            Some(UnitMovement {
                moved: moved(one, &all)?,
                operation: one.operation.clone(),
                at: one.at,
                amount: one.quantity.and_then(amount),
            })
        });
        let movements = movements.collect();
        let id = &lot.id;
        let told = match unit_conflict(movements)? {
            UnitConflict::NotOne { operation } => {
                format!(
                    "operation {operation} moves {id} with a quantity other than one, and {id} is a single unit"
                )
            }
            UnitConflict::Elsewhere { operation, moved, place } => {
                format!(
                    "operation {operation} {} ({id}), though by then it was {}",
                    moved.words(),
                    place.words()
                )
            }
        };
        Some(told)
    }
}

fn moved(one: &Moved<'_>, all: &[Moved<'_>]) -> Option<UnitMoved> {
    // Whether the operation brings the unit back in, too: then it came back as itself.
    let as_itself = || {
        let other = |other: &Moved<'_>| {
            other.carried_on && other.operation == one.operation && other.role == Role::Produced
        };
        all.iter().any(other)
    };
    match (one.role, one.kind) {
        (Role::InPlace, _) => None,
        (Role::Produced, _) if one.carried_on => Some(UnitMoved::CameBack),
        (Role::Produced, _) => Some(UnitMoved::Came),
        (Role::Consumed, _) if one.carried_on => (!as_itself()).then_some(UnitMoved::Renamed),
        (Role::Consumed, OperationKind::Ship) => Some(UnitMoved::Shipped),
        (Role::Consumed, OperationKind::Scrap) => Some(UnitMoved::Scrapped),
        (Role::Consumed, _) => Some(UnitMoved::BuiltIn),
    }
}
