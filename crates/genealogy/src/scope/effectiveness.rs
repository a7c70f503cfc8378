//! How far a recall has come: the customers who confirmed it, and the quantities brought under control.
//!
//! The words are those of effectiveness checks (21 CFR 7.42(b)(3), 7.53(b)): how many of all consignees were
//! told of the recall and confirmed it, and how much of what was distributed was recovered.

use std::collections::{BTreeMap, HashSet};

use rust_decimal::Decimal;

use super::whereabouts::{Scope, Share, plus};
use lotgraph_domain::{MaterialCode, PartyCode, UnitCode};

/// Some recovered goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The lot, as an index into the scope's subgraph; absent for one that is not affected.
    pub lot: Option<u32>,
    /// From whom.
    pub customer: Option<PartyCode>,
    /// The material and the amount, in the unit in which shipments of the material are summed.
    pub share: Share,
}

/// How much of one material was brought under control, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controlled {
    /// The material; absent for lots without one.
    pub material: Option<MaterialCode>,
    /// The unit.
    pub unit: UnitCode,
    /// On hand.
    pub on_hand: Decimal,
    /// On hand and blocked: in quarantine, or suspect.
    pub blocked: Decimal,
    /// Scrapped.
    pub scrapped: Decimal,
    /// Shipped to customers, without what was received on record where it was shipped to.
    pub shipped: Decimal,
    /// Recovered from customers, of each lot and customer at most what was shipped to them of it: what recoveries say, or
    /// what returns brought back of it, whichever is more.
    pub recovered: Decimal,
    /// Recovered beyond that: of a lot more than that customer got, which is a sign that something was counted wrong.
    pub excess: Decimal,
    /// Recovered of lots that are not affected. That brings nothing under control.
    pub foreign: Decimal,
    /// Still with customers: what was shipped, less what was recovered or came back into stock.
    pub outstanding: Decimal,
    /// Recovered, and not back in stock.
    pub elsewhere: Decimal,
}

impl Controlled {
    /// How much of the goods shipped was recovered, in percent; absent when nothing was shipped.
    #[must_use]
    pub fn recovered_percent(&self) -> Option<Decimal> {
        percent(self.recovered, self.shipped)
    }

    /// How much is under control, in percent of what is not used up in other lots. Everything is counted once, where it
    /// is now: under control is what is blocked here, scrapped, or recovered and not back here; not under control is
    /// what may flow on from here, and what is still with customers.
    #[must_use]
    pub fn controlled_percent(&self) -> Option<Decimal> {
        let away = plus(self.scrapped, self.elsewhere);
        percent(plus(self.blocked, away), plus(plus(self.on_hand, away), self.outstanding))
    }
}

/// A part of a whole in percent, to two places; absent when the whole is nothing.
#[must_use]
pub fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let ratio = part.checked_div(whole)?;
    ratio.checked_mul(Decimal::ONE_HUNDRED).map(|percent| percent.round_dp(2).normalize())
}

/// What one customer sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRecovery {
    /// The customer; absent for recoveries that name none.
    pub customer: Option<PartyCode>,
    /// Quantities as recoveries state them, by material and unit.
    pub quantities: Vec<Share>,
    /// Quantities that returns brought back, by material and unit.
    pub returned: Vec<Share>,
    /// What of both is more than was shipped to them of the lot.
    pub excess: Vec<Share>,
    /// What of that is of lots that are not affected.
    pub foreign: Vec<Share>,
}

/// How far a recall has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The sums by material and unit; lots without a material last.
    pub quantities: Vec<Controlled>,
    /// What each customer sent back, by code; recoveries that name none last.
    pub customers: Vec<CustomerRecovery>,
}

type Key = (bool, Option<MaterialCode>, UnitCode);

fn key(material: Option<&MaterialCode>, unit: &UnitCode) -> Key {
    (material.is_none(), material.cloned(), unit.clone())
}

/// The sums of one customer, by what they are of: [`ALL`], [`EXCESS`], [`FOREIGN`], [`RETURNED`].
type Sums = [BTreeMap<Key, Decimal>; 4];

/// What of the goods recovered counts, lot by lot.
#[derive(Default)]
struct Counted {
    /// By lot and unit: what was recovered of what was shipped.
    recovered: BTreeMap<(u32, UnitCode), Decimal>,
    /// By lot and unit: what of that returns brought back.
    returned: BTreeMap<(u32, UnitCode), Decimal>,
    /// By customer.
    customers: BTreeMap<(bool, Option<PartyCode>), Sums>,
}

/// The sums of one customer: everything recorded, what of it is excess, what of it is foreign.
const ALL: usize = 0;
const EXCESS: usize = 1;
const FOREIGN: usize = 2;
const RETURNED: usize = 3;

/// What one customer had of a lot, in one unit.
#[derive(Default)]
struct With {
    shipped: Decimal,
    /// What recoveries took of it.
    recovered: Decimal,
    /// What returns brought back of it.
    returned: Decimal,
}

impl Counted {
    /// Counts recoveries against what each customer was shipped of each lot; those that name no customer come last and
    /// count against what is left with any of them.
    fn of(scope: &Scope, recovered: &[Recovered]) -> Self {
        let mut with: BTreeMap<(u32, UnitCode), BTreeMap<Option<PartyCode>, With>> = BTreeMap::new();
        for shipment in &scope.shipments {
            let Some((unit, amount)) = shipment.amount.clone() else { continue };
            let customers = with.entry((shipment.lot, unit)).or_default();
            let held = customers.entry(shipment.customer.clone()).or_default();
            // What was received on record where it was shipped to is where that receipt has it.
            held.shipped = plus(held.shipped, amount - shipment.transferred);
            held.returned = plus(held.returned, shipment.returned);
        }
        let mut counted = Self::default();
        counted.count_returns(scope);
        let (named, unnamed): (Vec<&Recovered>, Vec<&Recovered>) =
            recovered.iter().partition(|recovered| recovered.customer.is_some());
        for Recovered { lot, customer, share } in named.into_iter().chain(unnamed) {
            counted.note(customer.as_ref(), share, ALL, share.amount);
            let Some(lot) = lot else {
                counted.note(customer.as_ref(), share, FOREIGN, share.amount);
                continue;
            };
            let key = (*lot, share.unit.clone());
            let mut left = share.amount;
            for (who, held) in with.get_mut(&key).into_iter().flatten() {
                if customer.is_none() || who == customer {
                    let taken = left.min(held.shipped - held.recovered);
                    held.recovered += taken;
                    left -= taken;
                }
            }
            counted.note(customer.as_ref(), share, EXCESS, left);
        }
        for (key, customers) in with {
            let returned = customers.values().fold(Decimal::ZERO, |sum, held| plus(sum, held.returned));
            // A recovery and a return may well be the same goods, so they are not added up.
            let taken = |held: &With| held.recovered.max(held.returned);
            let recovered = customers.values().fold(Decimal::ZERO, |sum, held| plus(sum, taken(held)));
            counted.recovered.insert(key.clone(), recovered);
            counted.returned.insert(key, returned);
        }
        counted
    }

    /// Notes what returns brought back, by customer.
    fn count_returns(&mut self, scope: &Scope) {
        let material: BTreeMap<u32, &Option<MaterialCode>> =
            scope.lots.iter().map(|lot| (lot.lot, &lot.material)).collect();
        for back in &scope.returns {
            let Some((unit, amount)) = back.amount.clone() else { continue };
            let material = material.get(&back.lot).and_then(|material| (*material).clone());
            let share = Share { material, unit, amount };
            self.note(back.customer.as_ref(), &share, RETURNED, amount);
            self.note(back.customer.as_ref(), &share, EXCESS, back.excess);
        }
    }

    fn note(&mut self, customer: Option<&PartyCode>, share: &Share, of: usize, amount: Decimal) {
        if amount.is_zero() {
            return;
        }
        let sums = self.customers.entry((customer.is_none(), customer.cloned())).or_default();
        let sum = sums[of].entry(key(share.material.as_ref(), &share.unit)).or_default();
        *sum = plus(*sum, amount);
    }

    fn into_customers(self) -> Vec<CustomerRecovery> {
        let share = |((_, material, unit), amount): (Key, Decimal)| Share { material, unit, amount };
        let customers = self.customers.into_iter().map(|((_, customer), sums)| {
            let [quantities, excess, foreign, returned] =
                sums.map(|sums| sums.into_iter().map(share).collect());
            CustomerRecovery { customer, quantities, returned, excess, foreign }
        });
        customers.collect()
    }
}

/// Sums up what became of the affected lots. `blocked` are the lots that must not flow on, as indices of the
/// scope's lots; `came_back` tells what was received of a lot after it had been made here, by unit.
#[must_use]
pub fn control(
    scope: &Scope,
    blocked: &HashSet<u32>,
    recovered: &[Recovered],
    came_back: &BTreeMap<(u32, UnitCode), Decimal>,
) -> Control {
    let counted = Counted::of(scope, recovered);
    let mut sums: BTreeMap<Key, Controlled> = BTreeMap::new();
    for lot in &scope.lots {
        let material = lot.material.as_ref();
        let mut of = |unit: &UnitCode, change: &dyn Fn(&mut Controlled)| {
            change(sums.entry(key(material, unit)).or_insert_with(|| nothing(material, unit)));
        };
        if let Some((amount, unit)) = &lot.on_hand {
            let blocked = blocked.contains(&lot.lot);
            of(unit, &|sum| {
                sum.on_hand = plus(sum.on_hand, *amount);
                sum.blocked = plus(sum.blocked, if blocked { *amount } else { Decimal::ZERO });
            });
        }
        for (unit, amount) in &lot.scrapped.sums {
            of(unit, &|sum| sum.scrapped = plus(sum.scrapped, *amount));
        }
        for (unit, shipped) in &lot.shipped.sums {
            let shipped = &(*shipped - lot.transferred.get(unit).copied().unwrap_or_default());
            let key = (lot.lot, unit.clone());
            let recovered = counted.recovered.get(&key).copied().unwrap_or_default();
            let returned = counted.returned.get(&key).copied().unwrap_or_default();
            let back = plus(came_back.get(&key).copied().unwrap_or_default(), returned).min(*shipped);
            of(unit, &|sum| {
                sum.shipped = plus(sum.shipped, *shipped);
                sum.recovered = plus(sum.recovered, recovered);
                sum.outstanding = plus(sum.outstanding, *shipped - recovered.max(back));
                sum.elsewhere = plus(sum.elsewhere, (recovered - back).max(Decimal::ZERO));
            });
        }
    }
    for [_, excess, foreign, _] in counted.customers.values() {
        for (amounts, is_excess) in [(excess, true), (foreign, false)] {
            for (key, amount) in amounts {
                let (_, material, unit) = key;
                let sum = sums.entry(key.clone()).or_insert_with(|| nothing(material.as_ref(), unit));
                let place = if is_excess { &mut sum.excess } else { &mut sum.foreign };
                *place = plus(*place, *amount);
            }
        }
    }
    // A lot that is wholly used up has nothing left to control; what it went into is listed as lots of their
    // own.
    let held = |c: &Controlled| {
        [c.on_hand, c.scrapped, c.shipped, c.excess, c.foreign].iter().any(|sum| !sum.is_zero())
    };
    Control { quantities: sums.into_values().filter(held).collect(), customers: counted.into_customers() }
}

fn nothing(material: Option<&MaterialCode>, unit: &UnitCode) -> Controlled {
    let zero = Decimal::ZERO;
    Controlled {
        material: material.cloned(),
        unit: unit.clone(),
        on_hand: zero,
        blocked: zero,
        scrapped: zero,
        shipped: zero,
        recovered: zero,
        excess: zero,
        foreign: zero,
        outstanding: zero,
        elsewhere: zero,
    }
}
