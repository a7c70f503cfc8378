//! The balance of one lot: what came in, what was drawn, what is on hand, in the material's own unit.

use rust_decimal::Decimal;

use super::stock_count::StockCount;
use crate::domain::{EventId, Flow, Lot, Material, Timestamp, UnitCode};

/// What a stock count found, in the unit of a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedStock {
    /// The count's operation.
    pub operation: EventId,
    /// When it was counted.
    pub at: Timestamp,
    /// How much was there; `None` when its unit has no conversion.
    pub amount: Option<Decimal>,
}

/// What flowed in and out of a lot, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The unit of all sums: the material's own, else the only one recorded; `None` when there is none to sum in.
    pub unit: Option<UnitCode>,
    /// Received from suppliers.
    pub received: Decimal,
    /// Produced by operations.
    pub produced: Decimal,
    /// Consumed by operations.
    pub consumed: Decimal,
    /// Shipped to customers.
    pub shipped: Decimal,
    /// Scrapped.
    pub scrapped: Decimal,
    /// What is left: received and produced, less everything drawn; after a stock count what was counted, and what moved
    /// since. `None` when a movement that matters was not measured or cannot be converted.
    pub on_hand: Option<Decimal>,
    /// How much more was drawn than ever came in, or than was counted and came in since: a quantity gap. Recorded and
    /// flagged, never refused.
    pub gap: Option<Decimal>,
    /// The last stock count.
    pub counted: Option<CountedStock>,
    /// What makes the two sides equal: received + produced = consumed + shipped + scrapped + on hand + unexplained. Above 0
    /// something is missing, below 0 there is more than came in. `None` while either side is not known.
    pub unexplained: Option<Decimal>,
    /// Movements that nobody measured.
    pub unmeasured: u32,
    /// Units that have no conversion to [`Balance::unit`]: their sums are not in the balance.
    pub unconvertible: Vec<UnitCode>,
}

/// Computes the balance of a lot that was never counted; `material` is its material's declaration, if there is one.
#[must_use]
pub fn balance(lot: &Lot, material: Option<&Material>) -> Balance {
    balance_counted(lot, material, None)
}

/// Computes the balance of a lot with its last stock count.
#[must_use]
pub fn balance_counted(lot: &Lot, material: Option<&Material>, count: Option<&StockCount>) -> Balance {
    let flows = [&lot.received, &lot.produced, &lot.consumed, &lot.shipped, &lot.scrapped];
    let unit = common_unit(&flows, material);
    let mut unconvertible: Vec<UnitCode> = Vec::new();
    let [received, produced, consumed, shipped, scrapped] =
        flows.map(|flow| sum(flow, unit.as_ref(), material, &mut unconvertible));
    unconvertible.sort_unstable();
    unconvertible.dedup();
    let unmeasured = flows.iter().map(|flow| flow.unmeasured).sum();
    let net = received + produced - consumed - shipped - scrapped;
    let known = unit.is_some() && unconvertible.is_empty();
    // An unmeasured inflow may cover any shortfall; an unmeasured draw only makes it worse.
    let inflow_known = lot.received.unmeasured + lot.produced.unmeasured == 0;
    let has_origin = lot.received.count + lot.produced.count > 0;
    let net_known = known && unmeasured == 0 && has_origin;
    let stock = count.map(|count| count.stock(|flow| exact(flow, unit.as_ref(), material)));
    // What is left, possibly below 0, and what a gap is judged by.
    let (left, shortfall) = match (&stock, count) {
        (Some(stock), Some(_)) => (stock.now, stock.now),
        _ => (net_known.then_some(net), (known && inflow_known).then_some(net)),
    };
    let on_hand = left.map(|left| left.max(Decimal::ZERO));
    let counted = count.zip(stock).map(|(count, stock)| CountedStock {
        operation: count.operation.clone(),
        at: count.at,
        amount: stock.counted,
    });
    Balance {
        unit,
        received,
        produced,
        consumed,
        shipped,
        scrapped,
        on_hand,
        gap: shortfall.filter(|left| *left < Decimal::ZERO).map(|left| -left),
        counted,
        unexplained: on_hand.filter(|_| net_known).map(|on_hand| net - on_hand),
        unmeasured,
        unconvertible,
    }
}

/// The sum of a flow; `None` when a part of it was not measured or cannot be converted.
fn exact(flow: &Flow, unit: Option<&UnitCode>, material: Option<&Material>) -> Option<Decimal> {
    let mut unconvertible = Vec::new();
    let sum = sum(flow, unit, material, &mut unconvertible);
    (flow.unmeasured == 0 && unconvertible.is_empty()).then_some(sum)
}

fn common_unit(flows: &[&Flow], material: Option<&Material>) -> Option<UnitCode> {
    if let Some(unit) = material.and_then(|material| material.unit.clone()) {
        return Some(unit);
    }
    let mut units = flows.iter().flat_map(|flow| flow.sums.keys());
    let first = units.next()?;
    units.all(|unit| unit == first).then(|| first.clone())
}

fn sum(
    flow: &Flow,
    unit: Option<&UnitCode>,
    material: Option<&Material>,
    unconvertible: &mut Vec<UnitCode>,
) -> Decimal {
    let mut total = Decimal::ZERO;
    for (from, sum) in &flow.sums {
        let factor = match material {
            Some(material) if material.unit.is_some() => material.factor(from),
            _ => (Some(from) == unit).then_some(Decimal::ONE),
        };
        let converted = factor.and_then(|factor| sum.0.checked_mul(factor));
        match converted.and_then(|converted| total.checked_add(converted)) {
            Some(more) => total = more,
            None => unconvertible.push(from.clone()),
        }
    }
    total
}
