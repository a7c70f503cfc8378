//! Units: a quantity must be in the unit of its lot's material, or in one that can be converted to it.

use std::collections::BTreeSet;

use lotgraph_domain::unit::{differ_in_case, meant};
use lotgraph_domain::{ErrorCode, Event, Fact, Master, MaterialCode, Problem, Quantity, Scale, UnitCode};

use crate::state::State;

/// The materials that the events declare in another unit than they have, or than another of the events declares.
pub(crate) fn changed(events: &[&Event], state: &State) -> Vec<MaterialCode> {
    let mut units: BTreeSet<(&MaterialCode, &UnitCode)> = BTreeSet::new();
    for event in events {
        let Fact::Master(Master::Material(declared)) = &event.fact else { continue };
        let known = state.materials.get(&declared.code).and_then(|known| known.unit.as_ref());
        units.extend(known.into_iter().chain(&declared.unit).map(|unit| (&declared.code, unit)));
    }
    let codes: Vec<&MaterialCode> = units.into_iter().map(|(code, _)| code).collect();
    let mut changed: Vec<MaterialCode> =
        codes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
    changed.dedup();
    changed
}

/// Refuses a quantity whose unit cannot be converted to that of its lot's material, and says which unit may be meant.
pub(crate) fn check(
    scale: &Scale<'_>,
    quantity: Option<&Quantity>,
    path: impl FnOnce() -> String,
) -> Result<(), Problem> {
    let (Some(quantity), Some(material), Some(own)) = (quantity, scale.material(), scale.own()) else {
        return Ok(());
    };
    let unit = &quantity.unit;
    if scale.rate(unit).is_some() {
        return Ok(());
    }
    let known = std::iter::once(own).chain(material.conversions.iter().map(|known| &known.unit));
    let hint = if material.conversions.iter().any(|known| known.unit == *unit) {
        " that holds for a lot that came in then (see validFrom)".to_owned()
    } else {
        match meant(unit, known) {
            Some(meant) if differ_in_case(meant, unit) => {
                format!(" (units are told apart by case: is {meant} meant?)")
            }
            Some(meant) => format!(" (is {meant} meant?)"),
            None => String::new(),
        }
    };
    let message = format!(
        "material {} is measured in {own} and declares no conversion from {unit}{hint}; use {own} or declare the conversion",
        material.code
    );
    Err(Problem::new(ErrorCode::UnitMismatch, format!("{}.unit", path()), message))
}
