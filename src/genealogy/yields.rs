//! Yield: what comes out of an operation against what goes in, where the two can be compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;

use crate::domain::{LotId, Material, MaterialClass, Operation, Quantity, UnitCode};

/// The yield of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yield {
    /// The unit that both sides are compared in.
    pub unit: UnitCode,
    /// What went in.
    pub input: Decimal,
    /// What came out.
    pub output: Decimal,
    /// The output in percent of the input.
    pub percent: Decimal,
    /// Inputs that are not in the comparison: packaging, unmeasured, or without a conversion to the unit.
    pub left_out: u32,
}

/// Computes the yield of an operation; `material` tells the material of a lot. `None` when the sides cannot be compared: an
/// output was not measured, or no unit fits all outputs and any input.
///
/// Of the units that every output can be converted to, the one that most inputs can be converted to is taken, and of those
/// the first in order. Packaging is not part of the product.
#[must_use]
pub fn yield_of<'a>(
    operation: &Operation,
    material: impl Fn(&LotId) -> Option<&'a Material>,
) -> Option<Yield> {
    let outputs: Option<Vec<HashMap<&UnitCode, Decimal>>> = operation
        .outputs
        .iter()
        .map(|output| Some(amounts(output.quantity.as_ref()?, material(&output.lot))))
        .collect();
    let outputs = outputs.filter(|outputs| !outputs.is_empty())?;
    let inputs: Vec<HashMap<&UnitCode, Decimal>> = operation
        .inputs
        .iter()
        .filter_map(|input| {
            let material = material(&input.lot);
            let product = material.is_none_or(|material| material.class != Some(MaterialClass::Packaging));
            Some(amounts(input.quantity.as_ref().filter(|_| product)?, material))
        })
        .collect();
    let fits_outputs = |unit: &&&UnitCode| outputs.iter().all(|output| output.contains_key(**unit));
    let units: BTreeSet<&UnitCode> = outputs[0].keys().filter(fits_outputs).copied().collect();
    let fitting = |unit: &UnitCode| inputs.iter().filter(|input| input.contains_key(unit)).count();
    let ranked: BTreeMap<_, &UnitCode> =
        units.into_iter().map(|unit| ((std::cmp::Reverse(fitting(unit)), unit), unit)).collect();
    let unit = ranked.into_values().next()?;
    let sum = |side: &[HashMap<&UnitCode, Decimal>]| -> Option<Decimal> {
        side.iter()
            .filter_map(|item| item.get(unit))
            .try_fold(Decimal::ZERO, |sum, more| sum.checked_add(*more))
    };
    let (input, output) = (sum(&inputs)?, sum(&outputs)?);
    let percent = output.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(input)?.round_dp(3);
    // An event has at most 10,000 inputs.
    let left_out = (operation.inputs.len() - fitting(unit)) as u32;
    Some(Yield { unit: unit.clone(), input, output, percent, left_out })
}

/// A quantity in every unit that its material lets it be converted to.
fn amounts<'a>(quantity: &'a Quantity, material: Option<&'a Material>) -> HashMap<&'a UnitCode, Decimal> {
    let mut amounts = HashMap::from([(&quantity.unit, quantity.amount.value())]);
    let Some(material) = material else { return amounts };
    let own = material.factor(&quantity.unit).and_then(|factor| quantity.amount.value().checked_mul(factor));
    let Some(own) = own else { return amounts };
    let declared = material.conversions.iter().map(|conversion| (&conversion.unit, conversion.factor));
    let units = material.unit.iter().map(|unit| (unit, Decimal::ONE)).chain(declared);
    for (unit, factor) in units {
        if let Some(amount) = own.checked_div(factor) {
            amounts.entry(unit).or_insert(amount);
        }
    }
    amounts
}
