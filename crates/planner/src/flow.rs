//! How links change the flows of a lot, exactly, and how the change is undone when they are voided.

use rust_decimal::Decimal;

use lotgraph_domain::lot::Sum;
use lotgraph_domain::operation::Link;
use lotgraph_domain::quantity::AMOUNT_DECIMALS_MAX;
use lotgraph_domain::{Flow, Lot, Operation, OperationKind, Quantity, Role};

/// A sum below this many units has room for all that one event can add. An exact decimal has 28 digits, nine
/// of them after the point, and one event adds at most 10,000 items of less than 10^12 units each.
const ROOMY: i64 = 1_000_000_000_000_000_000;

/// Adds one link of an operation to its lot, or takes it away. When a sum would leave the range of exact
/// decimals it stays as it was; [`has_room`] refuses such an event before it is recorded.
pub(crate) fn count_link(lot: &mut Lot, operation: &Operation, link: Link<'_>, add: bool) {
    let flow = match Way::of(operation, &link) {
        Way::InPlace => return step(&mut lot.in_place, add),
        // The shipment counted how much left.
        Way::CameBack => return step(&mut lot.came_back, add),
        Way::Received => &mut lot.received,
        Way::Produced => &mut lot.produced,
        Way::Returned => &mut lot.returned,
        Way::Consumed => &mut lot.consumed,
        Way::Shipped => &mut lot.shipped,
        Way::Scrapped => &mut lot.scrapped,
    };
    move_flow(flow, link.quantity, add);
}

/// Whether a link still counts as it did, once its operation means other lots. What comes back as another lot is new there, and
/// what comes back as itself is not.
pub(crate) fn counts_alike(before: (&Operation, &Link<'_>), after: (&Operation, &Link<'_>)) -> bool {
    before.1.lot == after.1.lot && Way::of(before.0, before.1) == Way::of(after.0, after.1)
}

/// What a link is to its lot.
#[derive(PartialEq, Eq)]
enum Way {
    InPlace,
    /// It had left, and came back.
    CameBack,
    Received,
    Produced,
    Returned,
    Consumed,
    Shipped,
    Scrapped,
}

impl Way {
    fn of(operation: &Operation, link: &Link<'_>) -> Self {
        match (link.role, operation.kind) {
            (Role::InPlace, _) => Self::InPlace,
            (Role::Produced, _) if link.sense.continues() => Self::Returned,
            (Role::Produced, OperationKind::Receive) => Self::Received,
            (Role::Produced, _) => Self::Produced,
            (Role::Consumed, _) if link.sense.continues() => Self::CameBack,
            (Role::Consumed, OperationKind::Ship) => Self::Shipped,
            (Role::Consumed, OperationKind::Scrap) => Self::Scrapped,
            (Role::Consumed, _) => Self::Consumed,
        }
    }
}

/// Whether the sums of a lot stay exact when all links of an operation up to and including this one are
/// added.
pub(crate) fn has_room(lot: &Lot, operation: &Operation, link: Link<'_>) -> bool {
    let Some(quantity) = link.quantity else { return true };
    let sum = flow(lot, operation, &link).and_then(|flow| flow.sums.get(&quantity.unit));
    let Some(sum) = sum.filter(|sum| sum.0.abs() >= Decimal::from(ROOMY)) else { return true };
    let same = |other: &Link<'_>| {
        let unit = other.quantity.map(|quantity| &quantity.unit);
        other.lot == link.lot && other.role == link.role && unit == Some(&quantity.unit)
    };
    let upto = operation.links().filter(same).take_while(|other| other.position <= link.position);
    let mut amounts = upto.filter_map(|other| other.quantity).map(|quantity| quantity.amount.value());
    amounts.try_fold(sum.0, |sum, amount| moved(sum, amount, true)).is_some()
}

/// Whether the sums of two lots stay exact when all that moved of one is added to the other.
pub(crate) fn sums_fit(one: &Lot, other: &Lot) -> bool {
    let flows = |lot: &'_ Lot| {
        [&lot.received, &lot.produced, &lot.returned, &lot.consumed, &lot.shipped, &lot.scrapped]
            .map(Clone::clone)
    };
    let fits = |(one, other): (Flow, Flow)| {
        one.sums
            .iter()
            .all(|(unit, sum)| other.sums.get(unit).is_none_or(|more| moved(sum.0, more.0, true).is_some()))
    };
    flows(one).into_iter().zip(flows(other)).all(fits)
}

fn flow<'l>(lot: &'l Lot, operation: &Operation, link: &Link<'_>) -> Option<&'l Flow> {
    match Way::of(operation, link) {
        Way::InPlace | Way::CameBack => None,
        Way::Received => Some(&lot.received),
        Way::Produced => Some(&lot.produced),
        Way::Returned => Some(&lot.returned),
        Way::Consumed => Some(&lot.consumed),
        Way::Shipped => Some(&lot.shipped),
        Way::Scrapped => Some(&lot.scrapped),
    }
}

fn step(count: &mut u32, add: bool) {
    *count = if add { count.saturating_add(1) } else { count.saturating_sub(1) };
}

/// A sum after an amount was added or taken away; `None` when it cannot be kept exactly.
fn moved(sum: Decimal, amount: Decimal, add: bool) -> Option<Decimal> {
    let after = if add { sum.checked_add(amount) } else { sum.checked_sub(amount) };
    after.filter(|sum| sum.scale() <= AMOUNT_DECIMALS_MAX)
}

fn move_flow(flow: &mut Flow, quantity: Option<&Quantity>, add: bool) {
    if let Some(quantity) = quantity {
        let before = flow.sums.get(&quantity.unit).map_or(Decimal::ZERO, |sum| sum.0);
        let after = moved(before, quantity.amount.value(), add).unwrap_or(before).normalize();
        if after.is_zero() {
            flow.sums.remove(&quantity.unit);
        } else {
            flow.sums.insert(quantity.unit.clone(), Sum(after));
        }
    } else {
        step(&mut flow.unmeasured, add);
    }
    step(&mut flow.count, add);
}

/// How many of an operation's links state the material of this lot.
pub(crate) fn material_claims(operation: &Operation, lot: &Lot) -> u32 {
    let inputs = operation.used().filter(|i| i.lot == lot.id && i.material.is_some());
    let outputs = operation.made().filter(|o| o.lot == lot.id && o.material.is_some());
    (inputs.count() + outputs.count()) as u32
}
