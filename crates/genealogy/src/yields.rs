//! Yield: what comes out of an operation, compared with what goes in, where the two can be compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;

use lotgraph_domain::{LotId, MaterialClass, Operation, Quantity, Scale, UnitCode};

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
    /// How many inputs are left out: packaging, unmeasured ones, and those without a conversion to the unit.
    pub left_out: u32,
}

/// Computes the yield of an operation; `scale` tells how the quantities of a lot are converted. `None` when the two sides
/// cannot be compared: an output was not measured, or no unit fits all outputs and at least one input.
///
/// The unit must be one that every output can be converted to. Of those, it is the one that most inputs can
/// be converted to, and if there are several such units, the first in order. Packaging is left out because it
/// does not become part of the product.
#[must_use]
pub fn yield_of<'a>(operation: &Operation, scale: impl Fn(&LotId) -> Scale<'a>) -> Option<Yield> {
    let outputs: Option<Vec<HashMap<&UnitCode, Decimal>>> = operation
        .made()
        .map(|output| Some(amounts(output.quantity.as_ref()?, &scale(&output.lot))))
        .collect();
    let outputs = outputs.filter(|outputs| !outputs.is_empty())?;
    let inputs: Vec<HashMap<&UnitCode, Decimal>> = operation
        .used()
        .filter_map(|input| {
            let scale = scale(&input.lot);
            let class = scale.material().and_then(|material| material.class);
            let product = class != Some(MaterialClass::Packaging);
            Some(amounts(input.quantity.as_ref().filter(|_| product)?, &scale))
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
    let left_out = (operation.used().count() - fitting(unit)) as u32;
    Some(Yield { unit: unit.clone(), input, output, percent, left_out })
}

/// A quantity in the unit that it was recorded in, and in every other that its lot has a conversion to.
fn amounts<'a>(quantity: &'a Quantity, scale: &Scale<'a>) -> HashMap<&'a UnitCode, Decimal> {
    let mut amounts = HashMap::from([(&quantity.unit, quantity.amount.value())]);
    let Some(own) = scale.amount(quantity) else { return amounts };
    for (unit, rate) in scale.units() {
        if let Some(amount) = rate.from_own(own) {
            amounts.entry(unit).or_insert(amount);
        }
    }
    amounts
}
