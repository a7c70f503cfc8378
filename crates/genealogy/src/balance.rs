//! The balance of one lot: what came in, what was drawn, what is on hand, in the material's own unit.

use rust_decimal::Decimal;

use super::stock_count::StockCount;
use lotgraph_domain::{EventId, Flow, Lot, Material, Rate, Scale, Timestamp, UnitCode};

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
    /// The unit of all sums: the material's own, or else the only one recorded; `None` when there is no unit
    /// to sum in.
    pub unit: Option<UnitCode>,
    /// Received from suppliers. This sum and the next ones are `None` when a part of them has no conversion.
    pub received: Option<Decimal>,
    /// Produced by operations.
    pub produced: Option<Decimal>,
    /// Consumed by operations.
    pub consumed: Option<Decimal>,
    /// Shipped to customers.
    pub shipped: Option<Decimal>,
    /// Scrapped.
    pub scrapped: Option<Decimal>,
    /// Shipped before, and come back.
    pub returned: Option<Decimal>,
    /// What is left: received, produced and returned, less everything drawn. After a stock count it is what was
    /// counted, and what moved since. `None` when a movement that matters here was not measured or cannot be
    /// converted.
    pub on_hand: Option<Decimal>,
    /// How much more was drawn than ever came in, or after a stock count: than was counted and came in since.
    /// Such a quantity gap is recorded and flagged, never refused, because goods have moved whatever the
    /// records say.
    pub gap: Option<Decimal>,
    /// Whether at some moment more had been drawn than can have come in by then (docs/TRACE_RULES.md, rule 9). The sums
    /// may be equal all the same.
    pub overdrawn: bool,
    /// The operations that brought some of it forth and do not balance themselves: they gave more than they took, or their
    /// yield lies outside the range declared. Its own sums may be equal all the same.
    pub unbalanced: Vec<EventId>,
    /// The last stock count.
    pub counted: Option<CountedStock>,
    /// What must be added to make both sides equal: received + produced + returned = consumed + shipped +
    /// scrapped + on hand + unexplained. Above 0 something is missing; below 0 more is there than came in. `None` while
    /// either side is not known.
    pub unexplained: Option<Decimal>,
    /// Movements that nobody measured.
    pub unmeasured: u32,
    /// Units that have no conversion to [`Balance::unit`]: what was recorded in them is why sums are not known.
    pub unconvertible: Vec<UnitCode>,
}

/// Computes the balance of a lot that was never counted. `material` is the declaration of its material, if
/// there is one.
#[must_use]
pub fn balance(lot: &Lot, material: Option<&Material>) -> Balance {
    balance_counted(lot, material, None)
}

/// Computes the balance of a lot; when it was counted, from its last stock count.
#[must_use]
pub fn balance_counted(lot: &Lot, material: Option<&Material>, count: Option<&StockCount>) -> Balance {
    let flows = [&lot.received, &lot.produced, &lot.consumed, &lot.shipped, &lot.scrapped, &lot.returned];
    let scale = Scale::of(lot, material);
    let unit = common_unit(&flows, &scale);
    let mut unconvertible: Vec<UnitCode> = Vec::new();
    let sums = flows.map(|flow| sum(flow, unit.as_ref(), &scale, &mut unconvertible));
    let [received, produced, consumed, shipped, scrapped, returned] = sums;
    unconvertible.sort_unstable();
    unconvertible.dedup();
    let unmeasured = flows.iter().map(|flow| flow.unmeasured).sum();
    let [came_in, made, used, sent, thrown, back] = sums.map(Option::unwrap_or_default);
    // Of no use unless all of them are known.
    let net = came_in + made + back - used - sent - thrown;
    let known = unit.is_some() && sums.iter().all(Option::is_some);
    // An unmeasured inflow may cover any shortfall, so then there is no gap to speak of. An unmeasured draw
    // only makes a shortfall worse.
    let inflow_known = lot.came_in().iter().all(|flow| flow.unmeasured == 0);
    let has_origin = lot.received.count + lot.produced.count > 0;
    let net_known = known && unmeasured == 0 && has_origin;
    let stock = count.map(|count| count.stock(|flow| exact(flow, unit.as_ref(), &scale)));
    // What is left, possibly below 0, and the number that tells whether there is a gap.
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
        returned,
        on_hand,
        overdrawn: !lot.overdrawn.is_in_time(),
        unbalanced: lot.overdrawn.unbalanced.clone(),
        gap: shortfall.filter(|left| *left < Decimal::ZERO).map(|left| -left),
        counted,
        unexplained: on_hand.filter(|_| net_known).map(|on_hand| net - on_hand),
        unmeasured,
        unconvertible,
    }
}

/// The sum of a flow; `None` when a part of it was not measured or cannot be converted.
fn exact(flow: &Flow, unit: Option<&UnitCode>, scale: &Scale<'_>) -> Option<Decimal> {
    sum(flow, unit, scale, &mut Vec::new()).filter(|_| flow.unmeasured == 0)
}

fn common_unit(flows: &[&Flow], scale: &Scale<'_>) -> Option<UnitCode> {
    if let Some(unit) = scale.own() {
        return Some(unit.clone());
    }
    let mut units = flows.iter().flat_map(|flow| flow.sums.keys());
    let first = units.next()?;
    units.all(|unit| unit == first).then(|| first.clone())
}

/// The sum of what was measured of a flow; `None` when a part of it cannot be converted.
fn sum(
    flow: &Flow,
    unit: Option<&UnitCode>,
    scale: &Scale<'_>,
    unconvertible: &mut Vec<UnitCode>,
) -> Option<Decimal> {
    let mut total = Some(Decimal::ZERO);
    for (from, sum) in &flow.sums {
        let rate = match scale.own() {
            Some(_) => scale.rate(from),
            None => (Some(from) == unit).then_some(Rate::ONE),
        };
        let converted = rate.and_then(|rate| rate.to_own(sum.0));
        if converted.is_none() {
            unconvertible.push(from.clone());
        }
        total = total.zip(converted).and_then(|(total, more)| total.checked_add(more));
    }
    total
}
