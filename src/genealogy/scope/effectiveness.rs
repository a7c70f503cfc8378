//! How far a recall got: customers who confirmed it, and quantities brought under control.
//!
//! The words are those of effectiveness checks (21 CFR 7.42(b)(3), 7.53(b)): of all consignees how many were told and
//! confirmed it, and of what was distributed how much was recovered.

use std::collections::{BTreeMap, HashSet};

use rust_decimal::Decimal;

use super::whereabouts::{Drawn, Scope, Share, plus};
use crate::domain::{MaterialCode, PartyCode, UnitCode};

/// Some recovered goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// From whom.
    pub customer: Option<PartyCode>,
    /// What and how much, in the unit that shipments of the material are summed in.
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
    /// Shipped to customers.
    pub shipped: Decimal,
    /// Recovered from customers.
    pub recovered: Decimal,
}

impl Controlled {
    /// How much more was recovered than was shipped: a sign that something was counted wrong.
    #[must_use]
    pub fn excess(&self) -> Decimal {
        (self.recovered - self.shipped).max(Decimal::ZERO)
    }

    /// What of the goods shipped was recovered, in percent; absent when nothing was shipped.
    #[must_use]
    pub fn recovered_percent(&self) -> Option<Decimal> {
        percent(self.recovered.min(self.shipped), self.shipped)
    }

    /// What is under control, in percent of what is not used up in other lots: blocked here, scrapped, or recovered.
    #[must_use]
    pub fn controlled_percent(&self) -> Option<Decimal> {
        let controlled = plus(plus(self.blocked, self.scrapped), self.recovered.min(self.shipped));
        percent(controlled, plus(plus(self.on_hand, self.scrapped), self.shipped))
    }
}

/// A share in percent, to two places; absent when there is nothing to be a share of.
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
    /// Quantities, by material and unit.
    pub quantities: Vec<Share>,
}

/// How far a recall got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// By material and unit; lots without a material last.
    pub quantities: Vec<Controlled>,
    /// What each customer sent back, by code; recoveries that name none last.
    pub customers: Vec<CustomerRecovery>,
}

type Key = (bool, Option<MaterialCode>, UnitCode);

fn key(material: Option<&MaterialCode>, unit: &UnitCode) -> Key {
    (material.is_none(), material.cloned(), unit.clone())
}

/// Sums up what became of the affected lots. `blocked` are the lots that may not flow on, as indices of the scope's lots.
#[must_use]
pub fn control(scope: &Scope, blocked: &HashSet<u32>, recovered: &[Recovered]) -> Control {
    let mut sums: BTreeMap<Key, [Decimal; 5]> = BTreeMap::new();
    let mut add = |material: Option<&MaterialCode>, unit: &UnitCode, place: usize, amount: Decimal| {
        let sum = &mut sums.entry(key(material, unit)).or_default()[place];
        *sum = plus(*sum, amount);
    };
    for lot in &scope.lots {
        let material = lot.material.as_ref();
        if let Some((amount, unit)) = &lot.on_hand {
            add(material, unit, 0, *amount);
            if blocked.contains(&lot.lot) {
                add(material, unit, 1, *amount);
            }
        }
        let drawn = |drawn: &Drawn| drawn.sums.clone();
        for (place, sums) in [(2, drawn(&lot.scrapped)), (3, drawn(&lot.shipped))] {
            sums.iter().for_each(|(unit, amount)| add(material, unit, place, *amount));
        }
    }
    for Recovered { share, .. } in recovered {
        add(share.material.as_ref(), &share.unit, 4, share.amount);
    }
    let quantities = sums.into_iter().map(|((_, material, unit), sums)| {
        let [on_hand, blocked, scrapped, shipped, recovered] = sums;
        Controlled { material, unit, on_hand, blocked, scrapped, shipped, recovered }
    });
    // What is wholly used up in other lots is theirs to control.
    let held =
        |c: &Controlled| [c.on_hand, c.scrapped, c.shipped, c.recovered].iter().any(|sum| !sum.is_zero());
    Control { quantities: quantities.filter(held).collect(), customers: customers(recovered) }
}

fn customers(recovered: &[Recovered]) -> Vec<CustomerRecovery> {
    let mut sums: BTreeMap<(bool, Option<PartyCode>), BTreeMap<Key, Decimal>> = BTreeMap::new();
    for Recovered { customer, share } in recovered {
        let of_customer = sums.entry((customer.is_none(), customer.clone())).or_default();
        let sum = of_customer.entry(key(share.material.as_ref(), &share.unit)).or_default();
        *sum = plus(*sum, share.amount);
    }
    let share = |((_, material, unit), amount)| Share { material, unit, amount };
    let recovery = |((_, customer), sums): (_, BTreeMap<Key, Decimal>)| CustomerRecovery {
        customer,
        quantities: sums.into_iter().map(share).collect(),
    };
    sums.into_iter().map(recovery).collect()
}
