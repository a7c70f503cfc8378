//! Master data. The last declaration counts, and it replaces the one before as a whole; only the conversions of a material
//! are kept, since lots that came in before them go on being measured by them.

use std::collections::BTreeSet;

use lotgraph_domain::{ErrorCode, EventId, Master, MasterRef, Material, Problem, RecordRef, UnitCode};

use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::state::State;

impl Recordable for Master {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        if let Self::Material(material) = self {
            touches.materials.insert(&material.code);
        }
    }

    fn records(&self, _: &State, _: &mut BTreeSet<RecordRef>) {}

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        let Self::Material(material) = self else { return Ok(()) };
        match so_far.materials.get(&material.code) {
            Some(known) => {
                let in_use = || so_far.in_use.contains(&material.code) || so_far.lots.any_of(&material.code);
                if known.unit != material.unit && in_use() {
                    judge_unit(material, known)?;
                }
                judge_conversions(material, known)
            }
            None => Ok(()),
        }
    }

    fn project(&self, _: &EventId, so_far: &mut Projection<'_>) {
        let mut now = self.clone();
        match &mut now {
            Self::Material(material) => {
                // What held for lots that came in before goes on holding for them.
                *material = material.clone().after(so_far.materials.get(&material.code));
                so_far.materials.insert(material.code.clone(), material.clone());
            }
            Self::Equipment(equipment) => {
                so_far.mentions.extend(equipment.parent.clone().map(MasterRef::Equipment));
            }
            Self::Operator(_) | Self::Shift(_) | Self::Party(_) => {}
        }
        so_far.masters.insert(self.reference(), now);
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err("declares master data; send the corrected declaration instead")
    }
}

/// Refuses another unit for a material whose quantities could not be converted to it any more.
fn judge_unit(material: &Material, known: &Material) -> Result<(), Problem> {
    let Some(before) = &known.unit else { return Ok(()) };
    let mut used: Vec<&UnitCode> = known.conversions.iter().map(|conversion| &conversion.unit).collect();
    used.push(before);
    used.sort_unstable();
    used.dedup();
    used.retain(|unit| material.unit.as_ref() != Some(unit) && material.factor(unit, None).is_none());
    if used.is_empty() {
        return Ok(());
    }
    let lacking: Vec<&str> = used.into_iter().map(UnitCode::as_str).collect();
    let message = format!(
        "material {} is measured in {before}, and the quantities of its lots may be in {}; declare a conversion from each, or keep {before}",
        material.code,
        lacking.join(", ")
    );
    Err(Problem::new(ErrorCode::MaterialUnitChanged, "unit", message))
}

/// Refuses another factor for a unit that does not say from when on it holds.
fn judge_conversions(material: &Material, known: &Material) -> Result<(), Problem> {
    if known.unit != material.unit {
        return Ok(());
    }
    for (n, new) in material.conversions.iter().enumerate().filter(|(_, new)| new.valid_from.is_none()) {
        let before = known.conversions.iter().find(|old| old.unit == new.unit && old.valid_from.is_none());
        if let Some(before) = before.filter(|before| before.factor != new.factor) {
            let message = format!(
                "one {} of material {} is {} so far, not {}; say from when on by validFrom, and lots that came in before keep theirs (1900-01-01T00:00:00Z corrects all)",
                new.unit,
                material.code,
                before.factor.normalize(),
                new.factor.normalize()
            );
            return Err(Problem::new(
                ErrorCode::ConversionChanged,
                format!("conversions[{n}].factor"),
                message,
            ));
        }
    }
    Ok(())
}
