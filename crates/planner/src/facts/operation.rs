//! Operations: lots are drawn, made and worked on.

use std::collections::{BTreeMap, BTreeSet};

use lotgraph_domain::operation::Link;
use lotgraph_domain::{
    ErrorCode, EventId, Lot, LotId, MasterRef, MaterialCode, NamesMeant, Operation, OperationKind, Pairs,
    Problem, RecordRef, Role, Scale, Timestamp,
};

use super::admission::{admit, tell_late, tell_overridden};
use super::{Recordable, Touches};
use crate::flow::{count_link, has_room};
use crate::need::{anomalies, outputs_of};
use crate::projection::Projection;
use crate::state::State;
use crate::transfers::document_of;
use crate::writes::{LinkRow, OperationRow};
use crate::{lot_factors, units};

impl Recordable for Operation {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(self.links().map(|link| link.lot));
        touches.materials.extend(self.inputs.iter().filter_map(|input| input.material.as_ref()));
        touches.materials.extend(self.outputs.iter().filter_map(|output| output.material.as_ref()));
    }

    /// The alerts that something does not add up about a lot that the operation fills. Filling a lot may end
    /// such an alert; nothing else that an operation does can.
    fn records(&self, state: &State, records: &mut BTreeSet<RecordRef>) {
        outputs_of(self).for_each(|lot| anomalies(state, lot, records));
    }

    fn reads_marks(&self) -> bool {
        true
    }

    fn judge(&self, id: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        admit(id, self, &so_far.lots)?;
        let claims = judge_materials(self, so_far)?;
        let stated = lot_factors::judge(self, &so_far.lots)?;
        let carried_on = |link: &Link<'_>| link.role == Role::Consumed && link.sense.continues();
        for link in self.links().filter(|link| !carried_on(link)) {
            let lot = so_far.lots.get(link.lot);
            let claimed = claims.get(link.lot).copied();
            let material = claimed.or_else(|| lot.and_then(|lot| lot.material.as_ref()));
            let factors = stated.get(link.lot).or_else(|| lot.map(|lot| &lot.factors));
            let since = came_first(self, link.lot, lot);
            let scale = Scale::new(material.and_then(|code| so_far.materials.get(code)), factors, since);
            units::check(&scale, link.quantity, || link_path(link.role, link.position))?;
            if let Some(lot) = lot.filter(|lot| !has_room(lot, self, link)) {
                return Err(Problem::new(
                    ErrorCode::QuantityTooLarge,
                    format!("{}.quantity", link_path(link.role, link.position)),
                    format!("the sum of this lot's quantities would exceed exact decimals (lot {})", lot.id),
                ));
            }
        }
        Ok(())
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        tell_overridden(id, self, &so_far.lots, &mut so_far.records);
        tell_late(id, self, &so_far.lots, &mut so_far.records);
        let fresh: BTreeSet<&LotId> =
            self.links().map(|link| link.lot).filter(|lot| so_far.lots.get(lot).is_none()).collect();
        describe_lots(self, so_far);
        for lot in fresh {
            let lot = so_far.lots.change(lot);
            let material = lot.material.as_ref().and_then(|code| so_far.materials.get(code));
            lot.quarantine.inspection_due = material.is_some_and(|material| material.inspection_required);
        }
        for link in self.links() {
            let lot = so_far.lots.change(link.lot);
            count_link(lot, self, link, true);
            let earliest = |known: Option<Timestamp>, moment: Timestamp| {
                Some(known.map_or(moment, |known| known.min(moment)))
            };
            if link.brings_into_being() {
                lot.earliest_production = earliest(lot.earliest_production, link.earliest);
            }
            if link.takes_away() {
                lot.earliest_draw = earliest(lot.earliest_draw, link.latest);
            }
        }
        await_inspection(self, so_far);
        so_far.holds.follow(id, self, &so_far.lots);
        let materials = self.inputs.iter().map(|input| &input.material);
        let materials = materials.chain(self.outputs.iter().map(|output| &output.material));
        so_far.mentions.extend(materials.flatten().cloned().map(MasterRef::Material));
        so_far.mentions.extend(self.party.clone().map(MasterRef::Party));
        let row = operation_row(id, self);
        so_far.mentions.extend(row.processed_by.iter().cloned());
        so_far.operations.push(row);
        so_far.links.extend(link_rows(id, self));
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// Of a return: makes what came back wait for its inspection, unless its material says that it need not.
fn await_inspection(operation: &Operation, so_far: &mut Projection<'_>) {
    if operation.kind != OperationKind::Return {
        return;
    }
    for output in operation.made() {
        let lot = so_far.lots.change(&output.lot);
        let material = lot.material.as_ref().and_then(|code| so_far.materials.get(code));
        if material.is_none_or(|material| !material.returns_to_stock) {
            lot.quarantine.inspection_due = true;
        }
    }
}

/// The materials that the items state for each lot. An item that contradicts what another live link stated is
/// refused.
fn judge_materials<'o>(
    operation: &'o Operation,
    so_far: &Projection<'_>,
) -> Result<BTreeMap<&'o LotId, &'o MaterialCode>, Problem> {
    let inputs = operation.inputs.iter().zip(0..).filter(|(input, _)| input.is_used());
    let inputs = inputs.map(|(input, n)| (Role::Consumed, n, &input.lot, input.material.as_ref()));
    let outputs = operation.outputs.iter().zip(0..).filter(|(output, _)| output.is_made());
    let outputs = outputs.map(|(output, n)| (Role::Produced, n, &output.lot, output.material.as_ref()));
    let mut claims: BTreeMap<&LotId, &MaterialCode> = BTreeMap::new();
    for (role, position, id, material) in inputs.chain(outputs) {
        let Some(material) = material else { continue };
        let stated = |lot: &Lot| lot.material.clone().filter(|_| lot.material_claims > 0);
        let known = match claims.get(id) {
            Some(claimed) => Some((*claimed).clone()),
            None => so_far.lots.get(id).and_then(stated),
        };
        if let Some(known) = known.filter(|known| known != material) {
            let message = format!(
                "lot {id} is of material {known}, not {material}; correct the lot or the material, or void the event that said {known}"
            );
            let path = format!("{}.material", link_path(role, position));
            return Err(Problem::new(ErrorCode::LotMaterialConflict, path, message));
        }
        claims.insert(id, material);
    }
    Ok(claims)
}

/// When a lot will first have come in, once an operation is recorded; of one that never did, when it was first drawn from.
fn came_first(operation: &Operation, id: &LotId, lot: Option<&Lot>) -> Option<Timestamp> {
    let of = |role: Role| operation.links().filter(move |link| link.role == role && link.lot == id);
    let made =
        of(Role::Produced).map(|link| link.earliest).chain(lot.and_then(|lot| lot.earliest_production));
    let drawn = of(Role::Consumed).map(|link| link.latest).chain(lot.and_then(|lot| lot.earliest_draw));
    made.min().or_else(|| drawn.min()).or(Some(operation.at))
}

/// Takes over what the items say about their lots: material, number, attributes.
fn describe_lots(operation: &Operation, so_far: &mut Projection<'_>) {
    for input in operation.used() {
        if let Some(material) = &input.material {
            claim_material(so_far.lots.change(&input.lot), material);
        }
    }
    for output in operation.made() {
        let lot = so_far.lots.change(&output.lot);
        if let Some(material) = &output.material {
            claim_material(lot, material);
        }
        if output.number.is_some() {
            lot.number.clone_from(&output.number);
        }
        if output.supplier_lot.is_some() {
            lot.supplier_lot.clone_from(&output.supplier_lot);
        }
        lot.attributes.extend(output.attributes.clone());
        output.factors.iter().for_each(|factor| lot_factors::claim(&mut lot.factors, factor));
    }
}

pub(crate) fn claim_material(lot: &mut Lot, material: &MaterialCode) {
    if lot.material.as_ref() != Some(material) {
        lot.material = Some(material.clone());
    }
    lot.material_claims = lot.material_claims.saturating_add(1);
}

/// The path of a link in its event, for people.
pub(crate) fn link_path(role: Role, position: u32) -> String {
    match role {
        Role::Consumed => format!("inputs[{position}]"),
        Role::Produced => format!("outputs[{position}]"),
        Role::InPlace => format!("lots[{position}]"),
    }
}

/// Everything that took part besides lots and party, sorted.
pub(super) fn processed_by(operation: &Operation) -> Vec<MasterRef> {
    let equipment = operation.equipment.iter().cloned().map(MasterRef::Equipment);
    let operators = operation.operators.iter().cloned().map(MasterRef::Operator);
    let shift = operation.shift.iter().cloned().map(MasterRef::Shift);
    let all: BTreeSet<MasterRef> = equipment.chain(operators).chain(shift).collect();
    all.into_iter().collect()
}

/// The row of the node of an operation.
pub(crate) fn operation_row(id: &EventId, operation: &Operation) -> OperationRow {
    OperationRow {
        id: id.clone(),
        kind: operation.kind,
        name: operation.name.clone(),
        start: operation.start(),
        end: operation.at,
        party: operation.party.clone(),
        pairs: Pairs::of(operation),
        names: NamesMeant::default(),
        document: document_of(operation).cloned(),
        processed_by: processed_by(operation),
    }
}

/// The rows of its links.
pub(crate) fn link_rows(id: &EventId, operation: &Operation) -> impl Iterator<Item = LinkRow> {
    operation.links().map(|link| LinkRow {
        operation: id.clone(),
        role: link.role,
        position: link.position,
        lot: link.lot.clone(),
        quantity: link.quantity.cloned(),
        earliest: link.earliest,
        latest: link.latest,
        sense: link.sense.owned(),
    })
}
