//! Where each affected material is: the sums over its lots.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::effectiveness::percent;
use super::whereabouts::{AffectedLot, Facts, plus};
use lotgraph_domain::{MaterialCode, UnitCode};

/// Where one affected material is, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The material; absent for lots without one.
    pub material: Option<MaterialCode>,
    /// The unit; absent for lots whose quantities nobody measured.
    pub unit: Option<UnitCode>,
    /// Affected lots of this material and unit.
    pub lots: u32,
    /// On hand, of the lots of which it is known; absent when there is none.
    pub on_hand: Option<Decimal>,
    /// Consumed.
    pub consumed: Decimal,
    /// Shipped.
    pub shipped: Decimal,
    /// What of that customers sent back.
    pub returned: Decimal,
    /// What of that was received on record where it was shipped to.
    pub transferred: Decimal,
    /// Scrapped.
    pub scrapped: Decimal,
    /// Everything that ever came into these lots, affected or not.
    pub inflow: Decimal,
    /// How much of that is known to be consumed, shipped, scrapped or on hand.
    pub accounted: Decimal,
}

impl Total {
    /// How much of the inflow is accounted for, in percent; absent when nothing measured came in.
    #[must_use]
    pub fn accounted_percent(&self) -> Option<Decimal> {
        percent(self.accounted, self.inflow)
    }
}

/// The sums over the affected lots, by material and unit; lots without a material last.
pub(super) fn totals(lots: &[AffectedLot], facts: &Facts) -> Vec<Total> {
    let mut totals: BTreeMap<(bool, Option<MaterialCode>, Option<UnitCode>), Total> = BTreeMap::new();
    for lot in lots {
        let on_hand = lot.on_hand.iter().map(|(amount, unit)| (unit.clone(), *amount));
        let known = lot.on_hand.is_some();
        let mut units: BTreeMap<Option<UnitCode>, [Decimal; 8]> = BTreeMap::new();
        for (unit, amount) in on_hand {
            units.entry(Some(unit)).or_default()[0] = amount;
        }
        for (place, drawn) in [(1, &lot.consumed), (2, &lot.shipped), (3, &lot.scrapped)] {
            for (unit, amount) in &drawn.sums {
                units.entry(Some(unit.clone())).or_default()[place] = *amount;
            }
        }
        for (unit, amount) in &lot.returned {
            units.entry(Some(unit.clone())).or_default()[6] = *amount;
        }
        for (unit, amount) in &lot.transferred {
            units.entry(Some(unit.clone())).or_default()[7] = *amount;
        }
        if let Some((unit, inflow, accounted)) = facts.ledger_of(lot.lot) {
            let sums = units.entry(Some(unit.clone())).or_default();
            (sums[4], sums[5]) = (*inflow, *accounted);
        }
        if units.is_empty() {
            units.insert(None, [Decimal::ZERO; 8]);
        }
        for (unit, sums) in units {
            let key = (lot.material.is_none(), lot.material.clone(), unit.clone());
            let total = totals.entry(key).or_insert_with(|| Total::nothing(lot.material.clone(), unit));
            total.add(sums, known);
        }
    }
    totals.into_values().collect()
}

impl Total {
    fn nothing(material: Option<MaterialCode>, unit: Option<UnitCode>) -> Self {
        let zero = Decimal::ZERO;
        Self {
            material,
            unit,
            lots: 0,
            on_hand: None,
            consumed: zero,
            shipped: zero,
            returned: zero,
            transferred: zero,
            scrapped: zero,
            inflow: zero,
            accounted: zero,
        }
    }

    /// Adds the sums of one lot: on hand, consumed, shipped, scrapped, what came in, how much of that is accounted for, and
    /// what was sent back or received elsewhere. What is on hand need not be known.
    fn add(
        &mut self,
        [on_hand, consumed, shipped, scrapped, inflow, accounted, returned, transferred]: [Decimal; 8],
        known: bool,
    ) {
        self.returned = plus(self.returned, returned);
        self.transferred = plus(self.transferred, transferred);
        self.lots += 1;
        if known {
            self.on_hand = Some(plus(self.on_hand.unwrap_or_default(), on_hand));
        }
        self.consumed = plus(self.consumed, consumed);
        self.shipped = plus(self.shipped, shipped);
        self.scrapped = plus(self.scrapped, scrapped);
        self.inflow = plus(self.inflow, inflow);
        self.accounted = plus(self.accounted, accounted);
    }
}
