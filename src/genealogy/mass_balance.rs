//! The mass balance of some lots: what came in against where it is, by material, and the lots that break it first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::balance::Balance;
use crate::domain::{MaterialCode, UnitCode};

/// How much may be unexplained, in percent of what came in, unless a question says otherwise.
pub const TOLERANCE_PERCENT: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// The sums of the lots of one material, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterialBalance {
    /// The material; `None` for lots of which no event told it.
    pub material: Option<MaterialCode>,
    /// The unit; `None` for lots of which nothing was measured.
    pub unit: Option<UnitCode>,
    /// How many lots.
    pub lots: u32,
    /// How many of them have a stock count.
    pub counted: u32,
    /// How many of them have a side that is not known: they are in no sum below but those of what moved.
    pub unknown: u32,
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
    /// On hand, of the lots of which it is known.
    pub on_hand: Decimal,
    /// What makes both sides equal, of the lots of which it is known.
    pub unexplained: Decimal,
    /// Whether that is more than the tolerance allows.
    pub is_broken: bool,
}

/// A lot whose own balance is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLot {
    /// Its place among the lots of the question.
    pub lot: usize,
    /// What of it is unexplained.
    pub unexplained: Decimal,
    /// That in percent of what came in; `None` when nothing did.
    pub percent: Option<Decimal>,
}

/// The mass balance of some lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassBalance {
    /// The sums, by material and unit.
    pub totals: Vec<MaterialBalance>,
    /// The lots beyond the tolerance: the greatest share of what came in first, then by their order in the question.
    pub broken: Vec<BrokenLot>,
    /// Lots with a stock count.
    pub counted: u32,
    /// Lots of which a side is not known.
    pub unknown: u32,
}

impl MassBalance {
    /// Whether everything is explained within the tolerance, as far as it is known.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.broken.is_empty() && self.totals.iter().all(|total| !total.is_broken)
    }
}

/// Sums the balances of lots, each with its material, and judges them by a tolerance in percent of what came in.
#[must_use]
pub fn mass_balance(lots: &[(Option<MaterialCode>, Balance)], tolerance_percent: Decimal) -> MassBalance {
    let mut totals: BTreeMap<(Option<&MaterialCode>, Option<&UnitCode>), MaterialBalance> = BTreeMap::new();
    let mut broken = Vec::new();
    for (place, (material, balance)) in lots.iter().enumerate() {
        let key = (material.as_ref(), balance.unit.as_ref());
        totals.entry(key).or_insert_with(|| nothing(material.clone(), balance.unit.clone())).add(balance);
        let inflow = balance.received + balance.produced;
        if let Some(unexplained) = balance.unexplained.filter(|u| exceeds(*u, inflow, tolerance_percent)) {
            broken.push(BrokenLot { lot: place, unexplained, percent: percent(unexplained.abs(), inflow) });
        }
    }
    // Without any inflow the share is beyond all others.
    broken.sort_by_key(|lot| (lot.percent.is_some(), Reverse(lot.percent), lot.lot));
    let mut totals: Vec<MaterialBalance> = totals.into_values().collect();
    for total in &mut totals {
        total.is_broken = exceeds(total.unexplained, total.received + total.produced, tolerance_percent);
    }
    let count = |of: fn(&MaterialBalance) -> u32| totals.iter().map(of).sum();
    MassBalance {
        counted: count(|total| total.counted),
        unknown: count(|total| total.unknown),
        totals,
        broken,
    }
}

/// Whether something unexplained is more than a share of what came in.
fn exceeds(unexplained: Decimal, inflow: Decimal, tolerance_percent: Decimal) -> bool {
    let allowed = inflow.checked_mul(tolerance_percent).map_or(inflow, |share| share / Decimal::ONE_HUNDRED);
    unexplained.abs() > allowed
}

fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole).map(|percent| percent.round_dp(3))
}

fn nothing(material: Option<MaterialCode>, unit: Option<UnitCode>) -> MaterialBalance {
    let zero = Decimal::ZERO;
    MaterialBalance {
        material,
        unit,
        lots: 0,
        counted: 0,
        unknown: 0,
        received: zero,
        produced: zero,
        consumed: zero,
        shipped: zero,
        scrapped: zero,
        on_hand: zero,
        unexplained: zero,
        is_broken: false,
    }
}

impl MaterialBalance {
    fn add(&mut self, balance: &Balance) {
        self.lots += 1;
        self.counted += u32::from(balance.counted.is_some());
        self.unknown += u32::from(balance.unexplained.is_none());
        for (sum, more) in [
            (&mut self.received, Some(balance.received)),
            (&mut self.produced, Some(balance.produced)),
            (&mut self.consumed, Some(balance.consumed)),
            (&mut self.shipped, Some(balance.shipped)),
            (&mut self.scrapped, Some(balance.scrapped)),
            (&mut self.on_hand, balance.on_hand),
            (&mut self.unexplained, balance.unexplained),
        ] {
            *sum = sum.saturating_add(more.unwrap_or_default());
        }
    }
}
