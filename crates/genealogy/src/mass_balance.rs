//! The mass balance of some lots: what came in against where it is now, by material. The lots that are out of
//! balance most are listed first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::balance::Balance;
use lotgraph_domain::{EventId, MaterialCode, UnitCode};

/// How much may be unexplained before a balance is broken, in percent of what came in, unless a question says
/// otherwise.
pub const TOLERANCE_PERCENT: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// The sums of the lots of one material, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterialBalance {
    /// The material; `None` for lots whose material no event has told.
    pub material: Option<MaterialCode>,
    /// The unit; `None` for lots of which no quantity was measured.
    pub unit: Option<UnitCode>,
    /// How many lots.
    pub lots: u32,
    /// How many of them have a stock count.
    pub counted: u32,
    /// How many of them have a side of their balance that is not known. These lots count in the sums of what
    /// moved, but not in `on_hand` and `unexplained`.
    pub unknown: u32,
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
    /// The sum of what is on hand, over the lots for which it is known; `None` when there is none.
    pub on_hand: Option<Decimal>,
    /// What must be added to make both sides equal, over the lots for which it is known; `None` when there is none.
    pub unexplained: Option<Decimal>,
    /// Units that have no conversion: what was recorded in them is why sums are not known.
    pub unconvertible: BTreeSet<UnitCode>,
    /// Whether that is more than the tolerance allows.
    pub is_broken: bool,
}

/// A lot whose own balance is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLot {
    /// Its place among the lots of the question.
    pub lot: usize,
    /// How much of it is unexplained.
    pub unexplained: Decimal,
    /// The unexplained amount in percent of what came in; `None` when nothing came in.
    pub percent: Option<Decimal>,
}

/// The mass balance of some lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassBalance {
    /// The sums, by material and unit.
    pub totals: Vec<MaterialBalance>,
    /// The lots whose balance is out by more than the tolerance. Those with the greatest part of what came in
    /// unexplained come first; equal ones keep their order in the question.
    pub broken: Vec<BrokenLot>,
    /// Lots with a stock count.
    pub counted: u32,
    /// Lots with a side of their balance that is not known.
    pub unknown: u32,
    /// The lots that were drawn from before enough was there, by their places among the lots of the question.
    pub overdrawn: Vec<usize>,
    /// The operations that brought some of the lots forth and do not balance themselves, by id.
    pub unbalanced: Vec<EventId>,
}

impl MassBalance {
    /// Whether everything is explained within the tolerance, as far as the balances are known, nothing was drawn before it
    /// was there, and no operation gave what it cannot have given.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.overdrawn.is_empty()
            && self.unbalanced.is_empty()
            && self.broken.is_empty()
            && self.totals.iter().all(|total| !total.is_broken)
    }
}

/// Sums the balances of lots, each with its material, and judges them by a tolerance in percent of what came
/// in.
#[must_use]
pub fn mass_balance(lots: &[(Option<MaterialCode>, Balance)], tolerance_percent: Decimal) -> MassBalance {
    let mut totals: BTreeMap<(Option<&MaterialCode>, Option<&UnitCode>), MaterialBalance> = BTreeMap::new();
    let mut broken = Vec::new();
    for (place, (material, balance)) in lots.iter().enumerate() {
        let key = (material.as_ref(), balance.unit.as_ref());
        totals.entry(key).or_insert_with(|| nothing(material.clone(), balance.unit.clone())).add(balance);
        let inflow = both(balance.received, balance.produced).unwrap_or_default();
        if let Some(unexplained) = balance.unexplained.filter(|u| exceeds(*u, inflow, tolerance_percent)) {
            broken.push(BrokenLot { lot: place, unexplained, percent: percent(unexplained.abs(), inflow) });
        }
    }
    // A lot into which nothing came has no percentage. It is worse than every other, so it comes first.
    broken.sort_by_key(|lot| (lot.percent.is_some(), Reverse(lot.percent), lot.lot));
    let mut totals: Vec<MaterialBalance> = totals.into_values().collect();
    for total in &mut totals {
        let inflow = both(total.received, total.produced).unwrap_or_default();
        total.is_broken = total.unexplained.is_some_and(|sum| exceeds(sum, inflow, tolerance_percent));
    }
    let overdrawn = lots.iter().enumerate().filter(|(_, (_, balance))| balance.overdrawn);
    let overdrawn = overdrawn.map(|(place, _)| place).collect();
    let unbalanced: BTreeSet<&EventId> = lots.iter().flat_map(|(_, balance)| &balance.unbalanced).collect();
    let count = |of: fn(&MaterialBalance) -> u32| totals.iter().map(of).sum();
    MassBalance {
        counted: count(|total| total.counted),
        unknown: count(|total| total.unknown),
        totals,
        broken,
        overdrawn,
        unbalanced: unbalanced.into_iter().cloned().collect(),
    }
}

/// The sum of two numbers, if both are known.
fn both(one: Option<Decimal>, other: Option<Decimal>) -> Option<Decimal> {
    one.zip(other).map(|(one, other)| one.saturating_add(other))
}

/// Whether the unexplained amount is more than the tolerance allows of what came in.
fn exceeds(unexplained: Decimal, inflow: Decimal, tolerance_percent: Decimal) -> bool {
    let allowed = inflow.checked_mul(tolerance_percent).map_or(inflow, |share| share / Decimal::ONE_HUNDRED);
    unexplained.abs() > allowed
}

fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole).map(|percent| percent.round_dp(3))
}

fn nothing(material: Option<MaterialCode>, unit: Option<UnitCode>) -> MaterialBalance {
    let zero = Some(Decimal::ZERO);
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
        returned: zero,
        on_hand: None,
        unexplained: None,
        unconvertible: BTreeSet::new(),
        is_broken: false,
    }
}

impl MaterialBalance {
    fn add(&mut self, balance: &Balance) {
        self.lots += 1;
        self.counted += u32::from(balance.counted.is_some());
        self.unknown += u32::from(balance.unexplained.is_none());
        self.unconvertible.extend(balance.unconvertible.iter().cloned());
        for (sum, more) in [
            (&mut self.received, balance.received),
            (&mut self.produced, balance.produced),
            (&mut self.consumed, balance.consumed),
            (&mut self.shipped, balance.shipped),
            (&mut self.scrapped, balance.scrapped),
            (&mut self.returned, balance.returned),
        ] {
            *sum = both(*sum, more);
        }
        for (sum, more) in
            [(&mut self.on_hand, balance.on_hand), (&mut self.unexplained, balance.unexplained)]
        {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or_default().saturating_add(more));
            }
        }
    }
}
