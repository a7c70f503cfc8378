//! Stock counts: what was found on hand at a moment, and what moved since.

use rust_decimal::Decimal;

use lotgraph_domain::lot::Sum;
use lotgraph_domain::{EventId, Flow, OperationKind, Quantity, Role, Timestamp};

/// One movement of a lot, or a count of it.
#[derive(Debug, Clone, Copy)]
pub struct Movement<'a> {
    /// The operation.
    pub operation: &'a EventId,
    /// What the operation does with lots.
    pub kind: OperationKind,
    /// How the lot takes part.
    pub role: Role,
    /// The last moment at which it can have happened.
    pub at: Timestamp,
    /// How much.
    pub quantity: Option<&'a Quantity>,
    /// Whether it carries on what a shipment had moved.
    pub carried_on: bool,
}

/// The last count of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockCount {
    /// The count's operation.
    pub operation: EventId,
    /// When it was counted.
    pub at: Timestamp,
    /// What was found; empty when that was nothing.
    found: Flow,
    /// What came in after the count.
    came: Flow,
    /// What was drawn after the count.
    drawn: Flow,
}

/// A stock count as numbers in one unit. A number is `None` when it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stock {
    /// What was found.
    pub(super) counted: Option<Decimal>,
    /// What must be there now. It is below 0 when more was drawn since than was there.
    pub(super) now: Option<Decimal>,
}

impl StockCount {
    /// The last count among the movements of a lot, with what moved after it. The last is the latest by time,
    /// and of counts at the same moment the one with the greatest id. A movement that lasts some time is
    /// taken to happen at its end.
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
                // What turned up again was drawn by its shipment.
                Role::Consumed if movement.carried_on => {}
                Role::Consumed => add(&mut count.drawn, movement.quantity),
                Role::InPlace => {}
            }
        }
        Some(count)
    }

    /// The count in one unit. `sum` sums up a flow in that unit, or says `None` when it cannot; then the
    /// number that needs the flow is not known either.
    pub(super) fn stock(&self, sum: impl Fn(&Flow) -> Option<Decimal>) -> Stock {
        let counted = sum(&self.found);
        let now = counted
            .zip(sum(&self.came))
            .zip(sum(&self.drawn))
            .and_then(|((counted, came), drawn)| counted.checked_add(came)?.checked_sub(drawn));
        Stock { counted, now }
    }
}

/// Adds a movement. When the sum would be too large for an exact decimal, the movement counts as not
/// measured.
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
