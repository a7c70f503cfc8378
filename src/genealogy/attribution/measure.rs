//! Units: what a quantity is in the unit of its lot, and in that of the seeds.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::{Affected, DECIMALS, GapReason};
use crate::domain::{Material, Quantity, UnitCode};

/// The unit that each lot is measured in: its material's own, else the first one recorded of it.
pub(super) struct Measures<'a> {
    materials: Vec<Option<&'a Material>>,
    units: Vec<Option<&'a UnitCode>>,
    /// The unit of the seeds.
    pub(super) unit: Option<UnitCode>,
}

impl<'a> Measures<'a> {
    pub(super) fn new(affected: &Affected<'a>) -> Self {
        let subgraph = affected.subgraph;
        let declared = |lot: &'a crate::genealogy::SubgraphLot| {
            let material = lot.material.as_ref().and_then(|code| affected.materials.get(code));
            material.filter(|material| material.unit.is_some())
        };
        let materials: Vec<Option<&'a Material>> = subgraph.lots.iter().map(declared).collect();
        let mut units: Vec<Option<&'a UnitCode>> =
            materials.iter().map(|material| material.and_then(|material| material.unit.as_ref())).collect();
        let links = subgraph.links.iter().map(|link| (link.lot, &link.quantity));
        let inflows = affected.inflows.iter().map(|inflow| (inflow.lot, &inflow.quantity));
        for (lot, quantity) in links.chain(inflows) {
            if let Some(quantity) = quantity {
                units[lot as usize].get_or_insert(&quantity.unit);
            }
        }
        let unit = affected.trace.seeds.iter().find_map(|seed| units[*seed as usize]).cloned();
        Self { materials, units, unit }
    }

    /// A quantity of a lot in the lot's unit.
    pub(super) fn own(&self, lot: u32, quantity: Option<&Quantity>) -> Result<Decimal, GapReason> {
        let quantity = quantity.ok_or(GapReason::NoQuantity)?;
        let factor = match self.materials[lot as usize] {
            Some(material) => material.factor(&quantity.unit),
            None => (self.units[lot as usize] == Some(&quantity.unit)).then_some(Decimal::ONE),
        };
        let amount = factor.and_then(|factor| quantity.amount.value().checked_mul(factor));
        amount.map(|amount| amount.round_dp(DECIMALS)).ok_or(GapReason::UnitNotConvertible)
    }

    /// An amount in a lot's unit, in the unit of the seeds.
    pub(super) fn in_seed_unit(&self, lot: u32, amount: Decimal) -> Option<Decimal> {
        let unit = self.unit.as_ref()?;
        if self.units[lot as usize] == Some(unit) {
            return Some(amount);
        }
        let factor = self.materials[lot as usize]?.factor(unit)?;
        amount.checked_div(factor).map(|amount| amount.round_dp(DECIMALS))
    }

    /// How an operation's outputs compare: as recorded when that is one unit, else in their lots' own units.
    pub(super) fn weights(&self, outputs: &[(u32, Option<&Quantity>)]) -> Result<Vec<Decimal>, GapReason> {
        let recorded: Option<HashMap<&UnitCode, ()>> =
            outputs.iter().map(|(_, quantity)| quantity.map(|quantity| (&quantity.unit, ()))).collect();
        if recorded.ok_or(GapReason::NoQuantity)?.len() == 1 {
            return Ok(outputs.iter().filter_map(|(_, q)| q.map(|q| q.amount.value())).collect());
        }
        let first = outputs.first().and_then(|(lot, _)| self.units[*lot as usize]);
        if outputs.iter().any(|(lot, _)| self.units[*lot as usize] != first) {
            return Err(GapReason::UnitNotConvertible);
        }
        outputs.iter().map(|(lot, quantity)| self.own(*lot, *quantity)).collect()
    }
}
