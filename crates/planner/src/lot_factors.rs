//! Conversions that are stated for one lot: an event may state one that no other live event contradicts, and what it stated
//! goes with it when it is voided.

use std::collections::BTreeMap;

use lotgraph_domain::{
    ErrorCode, Lot, LotFactor, LotId, Operation, Problem, Rate, StatedRate, StatedRates, UnitCode,
};

use crate::lots::Lots;

/// The conversions of each lot as they are with what an operation states of them; only lots of which it states any.
///
/// # Errors
/// It contradicts what was stated before, by itself or by another live event.
pub(crate) fn judge<'o>(
    operation: &'o Operation,
    lots: &Lots,
) -> Result<BTreeMap<&'o LotId, StatedRates>, Problem> {
    let mut stated: BTreeMap<&LotId, StatedRates> = BTreeMap::new();
    for (position, output) in operation.outputs.iter().enumerate().filter(|(_, output)| output.is_made()) {
        for (n, factor) in output.factors.iter().enumerate() {
            let known = stated
                .entry(&output.lot)
                .or_insert_with(|| lots.get(&output.lot).map(|lot| lot.factors.clone()).unwrap_or_default());
            if let Some(other) = known.get(&factor.unit).filter(|known| known.rate != factor.rate) {
                let message = format!(
                    "lot {} was stated with {} before, not {}; correct the factor, or void the event that said so",
                    output.lot,
                    told(&factor.unit, other.rate),
                    told(&factor.unit, factor.rate)
                );
                let path = format!("outputs[{position}].factors[{n}]");
                return Err(Problem::new(ErrorCode::LotFactorConflict, path, message));
            }
            claim(known, factor);
        }
    }
    Ok(stated)
}

fn told(unit: &UnitCode, rate: Rate) -> String {
    match rate {
        Rate::Factor(factor) => format!("{} of its own unit to one {unit}", factor.normalize()),
        Rate::PerUnit(count) => format!("{} {unit} to one of its own unit", count.normalize()),
    }
}

/// Notes what an output states of its lot.
pub(crate) fn claim(stated: &mut StatedRates, factor: &LotFactor) {
    let LotFactor { unit, rate } = factor;
    let known = stated.entry(unit.clone()).or_insert(StatedRate { rate: *rate, claims: 0 });
    known.claims = known.claims.saturating_add(1);
}

/// Takes back what a voided operation stated of a lot.
pub(crate) fn forget(operation: &Operation, lot: &mut Lot) {
    let outputs = operation.made().filter(|output| output.lot == lot.id);
    for factor in outputs.flat_map(|output| &output.factors) {
        unclaim(&mut lot.factors, factor);
    }
}

/// Takes back what one output stated.
pub(crate) fn unclaim(stated: &mut StatedRates, factor: &LotFactor) {
    let Some(known) = stated.get_mut(&factor.unit) else { return };
    known.claims = known.claims.saturating_sub(1);
    if known.claims == 0 {
        stated.remove(&factor.unit);
    }
}
