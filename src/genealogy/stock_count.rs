//! Stock counts: what was found on hand at a moment, and what moved since.

use rust_decimal::Decimal;

use crate::domain::lot::Sum;
use crate::domain::{EventId, Flow, OperationKind, Quantity, Role, Timestamp};

/// One movement of a lot, or a count of it.
#[derive(Debug, Clone, Copy)]
pub struct Movement<'a> {
    /// The operation.
    pub operation: &'a EventId,
    /// What that does with lots.
    pub kind: OperationKind,
    /// How the lot takes part.
    pub role: Role,
    /// The last moment at which it can have happened.
    pub at: Timestamp,
    /// How much.
    pub quantity: Option<&'a Quantity>,
}

/// The last count of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockCount {
    /// The count's operation.
    pub operation: EventId,
    /// When it was counted.
    pub at: Timestamp,
    /// What was there; empty when it was nothing.
    found: Flow,
    /// What came in since.
    came: Flow,
    /// What was drawn since.
    drawn: Flow,
}

/// A count in numbers of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stock {
    /// What was found.
    pub(super) counted: Option<Decimal>,
    /// What must be there now; below 0 when more was drawn since than was there.
    pub(super) now: Option<Decimal>,
}

impl StockCount {
    /// The last count among the movements of a lot, with what moved after it; the last by time counts, and of one moment
    /// the one with the greatest id. A movement that lasts is taken to have happened at its end.
    #[must_use]
    pub fn of(movements: &[Movement<'_>]) -> Option<Self> {
        let counts = movements.iter().filter(|movement| movement.kind == OperationKind::Count);
        let last = counts.max_by_key(|movement| (movement.at, movement.operation))?;
        let mut count = Self {
            operation: last.operation.clone(),
            at: last.at,
            found: Flow::default(),
            came: Flow::default(),
            drawn: Flow::default(),
        };
        add(&mut count.found, last.quantity);
        for movement in movements.iter().filter(|movement| movement.at > last.at) {
            match movement.role {
                Role::Produced => add(&mut count.came, movement.quantity),
                Role::Consumed => add(&mut count.drawn, movement.quantity),
                Role::InPlace => {}
            }
        }
        Some(count)
    }

    /// The count in one unit, given what sums a flow in it; an unknown part makes the whole unknown.
    pub(super) fn stock(&self, sum: impl Fn(&Flow) -> Option<Decimal>) -> Stock {
        let counted = sum(&self.found);
        let now = counted
            .zip(sum(&self.came))
            .zip(sum(&self.drawn))
            .and_then(|((counted, came), drawn)| counted.checked_add(came)?.checked_sub(drawn));
        Stock { counted, now }
    }
}

/// Adds a movement; a sum beyond exact decimals counts as not measured.
fn add(flow: &mut Flow, quantity: Option<&Quantity>) {
    flow.count += 1;
    let Some(quantity) = quantity else {
        flow.unmeasured += 1;
        return;
    };
    let before = flow.sums.get(&quantity.unit).map_or(Decimal::ZERO, |sum| sum.0);
    match before.checked_add(quantity.amount.value()) {
        Some(sum) => drop(flow.sums.insert(quantity.unit.clone(), Sum(sum))),
        None => flow.unmeasured += 1,
    }
}
