//! Which operations a cause selects, and since when the lots that they made or worked on are bad.

use std::collections::{BTreeMap, BTreeSet};

use lotgraph_domain::operation::Link;
use lotgraph_domain::recall::Cause;
use lotgraph_domain::{Equipment, EquipmentCode, LotId, Operation, OperationKind, Role, Timestamp};

/// A lot that an operation selected by a cause made or worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The lot.
    pub lot: LotId,
    /// The first moment at which the cause may have touched it.
    pub since: Timestamp,
}

/// A piece of equipment and everything that is part of it, directly or through other parts.
#[must_use]
pub fn parts_of(whole: &EquipmentCode, all: &[Equipment]) -> BTreeSet<EquipmentCode> {
    let mut parts: BTreeMap<&EquipmentCode, Vec<&EquipmentCode>> = BTreeMap::new();
    for piece in all {
        if let Some(parent) = &piece.parent {
            parts.entry(parent).or_default().push(&piece.code);
        }
    }
    let mut found = BTreeSet::from([whole.clone()]);
    let mut open = vec![whole];
    // A piece that was found before is not opened again, because master data may go in circles.
    while let Some(piece) = open.pop() {
        for part in parts.get(piece).into_iter().flatten() {
            if found.insert((*part).clone()) {
                open.push(part);
            }
        }
    }
    found
}

/// The lots that an operation selected by a cause brought forth or worked on in place; `None` when the cause
/// does not select it. `equipment` is the equipment of the cause with all its parts.
///
/// The lots consumed are not among them: what goes wrong in an operation does not spoil the part of a lot
/// that stays outside of it. A lot that was surely made before the cause began is not touched either. A lot
/// made after the end of the cause is, because it may have been in the works while the cause lasted.
#[must_use]
pub fn touches(
    cause: &Cause,
    equipment: Option<&BTreeSet<EquipmentCode>>,
    operation: &Operation,
) -> Option<Vec<Touch>> {
    // Counting a stock does nothing to it.
    if operation.kind == OperationKind::Count || !selects(cause, equipment, operation) {
        return None;
    }
    let touched = operation.links().filter(|link| link.role != Role::Consumed);
    let touched = touched.filter(|link| is_of_supplier_lot(cause, operation, link));
    let touched = touched.filter(|link| cause.from.is_none_or(|from| from <= link.latest));
    let touch = |link: Link<'_>| {
        let since = cause.from.map_or(link.earliest, |from| from.max(link.earliest));
        Touch { lot: link.lot.clone(), since }
    };
    Some(touched.map(touch).collect())
}

/// Whether the operation fulfils every condition on operations.
fn selects(cause: &Cause, equipment: Option<&BTreeSet<EquipmentCode>>, operation: &Operation) -> bool {
    let receipt = operation.kind == OperationKind::Receive;
    let of_supplier =
        cause.supplier.as_ref().is_none_or(|code| receipt && operation.party.as_ref() == Some(code));
    let on_equipment =
        equipment.is_none_or(|pieces| operation.equipment.iter().any(|code| pieces.contains(code)));
    of_supplier
        && (cause.supplier_lot.is_none() || receipt)
        && on_equipment
        && cause.operator.as_ref().is_none_or(|code| operation.operators.contains(code))
        && cause.shift.as_ref().is_none_or(|code| operation.shift.as_ref() == Some(code))
        && cause.step.as_ref().is_none_or(|name| operation.name.as_ref() == Some(name))
        && cause.from.is_none_or(|from| from <= operation.at)
        && cause.until.is_none_or(|until| operation.start() <= until)
        && has_parameter_outside(cause, operation)
}

fn has_parameter_outside(cause: &Cause, operation: &Operation) -> bool {
    let Some(limits) = &cause.parameter else { return true };
    let values = operation.parameters.iter().filter(|parameter| parameter.name == limits.name);
    values.into_iter().any(|parameter| limits.is_outside(parameter.value.as_str()) == Some(true))
}

fn is_of_supplier_lot(cause: &Cause, operation: &Operation, link: &Link<'_>) -> bool {
    let Some(number) = &cause.supplier_lot else { return true };
    let output = operation.outputs.get(link.position as usize).filter(|_| link.role == Role::Produced);
    output.is_some_and(|output| output.supplier_lot.as_ref() == Some(number))
}
