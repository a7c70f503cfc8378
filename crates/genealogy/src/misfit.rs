//! Operations whose quantities cannot be: what is only divided, put together or packed anew gives no more than it took, and
//! a yield lies where it was declared to.
//!
//! Only what can be compared is judged: every output and every input but packaging was measured, and all of them in one
//! unit or in units with a conversion to it. An operation that turns some materials into others may give more of one than it
//! took of another, so only its mass is compared then.

use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;

use super::stock::TOLERANCE;
use super::yields::{Yield, yield_of};
use lotgraph_domain::{
    AlertKind, LotId, Material, MaterialClass, MaterialCode, Operation, OperationKind, Scale, UnitCode,
    YieldRange,
};

/// Units of mass: codes of UN/ECE Recommendation 20 and of UCUM. Mass stays, whatever becomes of a material; pieces and
/// litres need not.
const MASS: [&str; 16] = [
    "KGM", "GRM", "MGM", "DTN", "TNE", "LBR", "ONZ", "STN", "LTN", "kg", "g", "mg", "t", "[lb_av]",
    "[oz_av]", "dt",
];

/// What is known of the material of a lot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LotMaterial<'m> {
    /// Its code, once any event told it.
    pub code: Option<&'m MaterialCode>,
    /// How its quantities are converted.
    pub scale: Scale<'m>,
}

impl<'m> LotMaterial<'m> {
    fn declared(&self) -> Option<&'m Material> {
        self.scale.material()
    }

    fn is_packaging(&self) -> bool {
        self.declared().is_some_and(|material| material.class == Some(MaterialClass::Packaging))
    }
}

/// What is wrong with the quantities of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// It gave more than it took, by more than the tolerance.
    Gain(Yield),
    /// Its yield lies outside the range that was declared.
    Yield(Yield, YieldRange),
}

impl Misfit {
    /// The kind of the alert that tells of it.
    #[must_use]
    pub const fn alert(&self) -> AlertKind {
        match self {
            Self::Gain(_) => AlertKind::QuantityGain,
            Self::Yield(..) => AlertKind::YieldOutOfRange,
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gain(found) => {
                let (given, taken) = (found.output.normalize(), found.input.normalize());
                write!(out, "gave {given} {unit} of {taken} {unit} that it took", unit = found.unit)
            }
            Self::Yield(found, range) => {
                write!(out, "has a yield of {} %, declared is {range}", found.percent.normalize())
            }
        }
    }
}

/// What is wrong with the quantities of an operation; `None` when nothing is, or when they cannot be compared. `material`
/// tells the material of a lot.
#[must_use]
pub fn misfit<'m>(operation: &Operation, material: impl Fn(&LotId) -> LotMaterial<'m>) -> Option<Misfit> {
    let ranges = ranges(operation, &material);
    let keeps = keeps_material(operation, &material);
    if !keeps.may_be_judged() && ranges.is_empty() {
        return None;
    }
    let found = yield_of(operation, |lot| material(lot).scale)?;
    let packaging = operation.used().filter(|input| material(&input.lot).is_packaging());
    if found.left_out as usize != packaging.count() {
        return None;
    }
    let compared = keeps == Kept::Same || (keeps == Kept::Mass && is_mass(&found.unit));
    if compared && gains(&found, tolerance(operation, &material)) {
        return Some(Misfit::Gain(found));
    }
    let missed = ranges.into_iter().find(|range| !range.holds(found.percent))?;
    Some(Misfit::Yield(found, missed))
}

/// Whether a unit is one of mass.
fn is_mass(unit: &UnitCode) -> bool {
    MASS.contains(&unit.as_str())
}

fn gains(found: &Yield, tolerance: Decimal) -> bool {
    let allowed = found.input.checked_mul(Decimal::ONE + tolerance);
    allowed.is_some_and(|allowed| found.output > allowed)
}

/// The widest tolerance of the materials that come out.
fn tolerance<'m>(operation: &Operation, material: &impl Fn(&LotId) -> LotMaterial<'m>) -> Decimal {
    let of = |lot: &LotId| material(lot).declared().map_or(TOLERANCE, super::stock::tolerance_of);
    operation.made().map(|output| of(&output.lot)).max().unwrap_or(TOLERANCE)
}

/// What an operation keeps of what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// The material: it can be compared in any unit.
    Same,
    /// Only the mass, since materials become others.
    Mass,
    /// Nothing that is known.
    Nothing,
}

impl Kept {
    fn may_be_judged(self) -> bool {
        self != Self::Nothing
    }
}

fn keeps_material<'m>(operation: &Operation, material: &impl Fn(&LotId) -> LotMaterial<'m>) -> Kept {
    let lots = operation.used().map(|input| &input.lot).chain(operation.made().map(|output| &output.lot));
    let products = lots.map(material).filter(|known| !known.is_packaging());
    let codes: BTreeSet<Option<&MaterialCode>> = products.map(|known| known.code).collect();
    let named = codes.iter().flatten().count();
    let one = named == 1 && codes.len() == 1;
    match operation.kind {
        // A lot is divided, or lots are put together: what is not told of the material is the same.
        OperationKind::Split | OperationKind::Merge if named < 2 => Kept::Same,
        OperationKind::Repack if one => Kept::Same,
        OperationKind::Split | OperationKind::Merge | OperationKind::Repack => Kept::Mass,
        OperationKind::Produce | OperationKind::Rework if one && operation.used().next().is_some() => {
            Kept::Same
        }
        OperationKind::Produce
        | OperationKind::Rework
        | OperationKind::Receive
        | OperationKind::Process
        | OperationKind::Ship
        | OperationKind::Return
        | OperationKind::Scrap
        | OperationKind::Clean
        | OperationKind::Count => Kept::Nothing,
    }
}

/// The ranges that the yield of an operation must lie in: its own, or else those of the materials that it brings forth.
fn ranges<'m>(operation: &Operation, material: &impl Fn(&LotId) -> LotMaterial<'m>) -> Vec<YieldRange> {
    if matches!(operation.kind, OperationKind::Receive | OperationKind::Return) {
        return Vec::new();
    }
    let own = operation.yield_range();
    if !own.is_open() {
        return vec![own];
    }
    let mut found: Vec<YieldRange> = Vec::new();
    for output in operation.made() {
        let range =
            material(&output.lot).declared().map(Material::yield_range).filter(|range| !range.is_open());
        found.extend(range.filter(|range| !found.contains(range)));
    }
    found
}
