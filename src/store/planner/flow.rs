//! How links move the flows of a lot, exactly, and back again when they are voided.

use rust_decimal::Decimal;

use crate::domain::lot::Sum;
use crate::domain::operation::Link;
use crate::domain::{Flow, Lot, Operation, OperationKind, Quantity, Role};

/// A sum left the range of exact decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overflow;

/// Adds (or takes away) one link of an operation to (or from) its lot.
pub(super) fn count_link(
    lot: &mut Lot,
    kind: OperationKind,
    link: Link<'_>,
    add: bool,
) -> Result<(), Overflow> {
    let flow = match link.role {
        Role::InPlace => {
            step(&mut lot.in_place, add);
            return Ok(());
        }
        Role::Consumed => lot.flow_mut(kind, false),
        Role::Produced => lot.flow_mut(kind, true),
    };
    move_flow(flow, link.quantity, add)
}

fn step(count: &mut u32, add: bool) {
    *count = if add { count.saturating_add(1) } else { count.saturating_sub(1) };
}

fn move_flow(flow: &mut Flow, quantity: Option<&Quantity>, add: bool) -> Result<(), Overflow> {
    if let Some(quantity) = quantity {
        let before = flow.sums.get(&quantity.unit).map_or(Decimal::ZERO, |sum| sum.0);
        let amount = quantity.amount.value();
        let after = if add { before.checked_add(amount) } else { before.checked_sub(amount) };
        let after = after.filter(|sum| sum.scale() <= crate::domain::quantity::AMOUNT_DECIMALS_MAX);
        let after = after.ok_or(Overflow)?.normalize();
        if after.is_zero() {
            flow.sums.remove(&quantity.unit);
        } else {
            flow.sums.insert(quantity.unit.clone(), Sum(after));
        }
    } else {
        step(&mut flow.unmeasured, add);
    }
    step(&mut flow.count, add);
    Ok(())
}

/// How many of an operation's links state the material of this lot.
pub(super) fn material_claims(operation: &Operation, lot: &Lot) -> u32 {
    let inputs = operation.inputs.iter().filter(|i| i.lot == lot.id && i.material.is_some());
    let outputs = operation.outputs.iter().filter(|o| o.lot == lot.id && o.material.is_some());
    (inputs.count() + outputs.count()) as u32
}
