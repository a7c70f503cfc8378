//! The balance of one lot: what came in, what was drawn, what is on hand, in the material's own unit.

use rust_decimal::Decimal;

use crate::domain::{Flow, Lot, Material, UnitCode};

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
    /// Received and produced, less everything drawn; `None` when a movement was not measured or cannot be converted.
    pub on_hand: Option<Decimal>,
    /// How much more was drawn than ever came in: a quantity gap. Recorded and flagged, never refused.
    pub gap: Option<Decimal>,
    /// Movements that nobody measured.
    pub unmeasured: u32,
    /// Units that have no conversion to [`Balance::unit`]: their sums are not in the balance.
    pub unconvertible: Vec<UnitCode>,
}

/// Computes the balance of a lot; `material` is its material's declaration, if there is one.
#[must_use]
pub fn balance(lot: &Lot, material: Option<&Material>) -> Balance {
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
    Balance {
        unit,
        received,
        produced,
        consumed,
        shipped,
        scrapped,
        on_hand: (known && unmeasured == 0 && has_origin).then_some(net.max(Decimal::ZERO)),
        gap: (known && inflow_known && net < Decimal::ZERO).then_some(-net),
        unmeasured,
        unconvertible,
    }
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
