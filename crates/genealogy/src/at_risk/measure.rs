//! Units: converts a quantity to the unit of its lot, and to the unit of the seeds.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::{Affected, DECIMALS, GapReason};
use crate::stock::{TOLERANCE, tolerance_of};
use lotgraph_domain::{Quantity, Rate, Scale, UnitCode};

/// The unit that each lot is measured in: the declared unit of its material, or else the first unit recorded
/// of the lot.
pub(super) struct Measures<'a> {
    scales: &'a [Scale<'a>],
    units: Vec<Option<&'a UnitCode>>,
    /// The unit of the seeds.
    pub(super) unit: Option<UnitCode>,
}

impl<'a> Measures<'a> {
    pub(super) fn new(affected: &Affected<'a>) -> Self {
        let subgraph = affected.subgraph;
        let mut units: Vec<Option<&'a UnitCode>> = affected.scales.iter().map(Scale::own).collect();
        let links = subgraph.links.iter().map(|link| (link.lot, &link.quantity));
        let inflows = affected.inflows.iter().map(|inflow| (inflow.lot, &inflow.quantity));
        for (lot, quantity) in links.chain(inflows) {
            if let Some(quantity) = quantity {
                units[lot as usize].get_or_insert(&quantity.unit);
            }
        }
        let unit = affected.trace.seeds.iter().find_map(|seed| units[*seed as usize]).cloned();
        Self { scales: affected.scales, units, unit }
    }

    /// By how much a stock count may differ from what should be there before it is told, as a part of all that came in.
    pub(super) fn tolerance(&self, lot: u32) -> Decimal {
        self.scales[lot as usize].material().map_or(TOLERANCE, tolerance_of)
    }

    /// A quantity of a lot in the lot's unit.
    pub(super) fn own(&self, lot: u32, quantity: Option<&Quantity>) -> Result<Decimal, GapReason> {
        let quantity = quantity.ok_or(GapReason::NoQuantity)?;
        let scale = &self.scales[lot as usize];
        let rate = match scale.own() {
            Some(_) => scale.rate(&quantity.unit),
            None => (self.units[lot as usize] == Some(&quantity.unit)).then_some(Rate::ONE),
        };
        let amount = rate.and_then(|rate| rate.to_own(quantity.amount.value()));
        amount.map(|amount| amount.round_dp(DECIMALS)).ok_or(GapReason::UnitNotConvertible)
    }

    /// Converts an amount in a lot's unit to the unit of the seeds.
    pub(super) fn in_seed_unit(&self, lot: u32, amount: Decimal) -> Option<Decimal> {
        let unit = self.unit.as_ref()?;
        if self.units[lot as usize] == Some(unit) {
            return Some(amount);
        }
        let rate = self.scales[lot as usize].rate(unit)?;
        rate.from_own(amount).map(|amount| amount.round_dp(DECIMALS))
    }

    /// How an operation's outputs compare with each other. The recorded quantities are compared when all have
    /// one unit; otherwise each is converted to its lot's own unit.
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
