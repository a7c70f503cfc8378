//! Factors: what a lot can have been exposed to.

use lotgraph_domain::{
    EquipmentCode, LotId, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text, UnitCode,
};
use lotgraph_statistics::{RankTest, Side};

/// The kinds of factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {
    /// A lot that went into it.
    Lot,
    /// A supplier of something that went into it.
    Supplier,
    /// A lot under the number that its supplier gave it. Several deliveries may share one such number.
    SupplierLot,
    /// A material that went into it.
    Material,
    /// Equipment that worked on it or on what went into it.
    Equipment,
    /// A person who worked on it or on what went into it.
    Operator,
    /// A shift in which it happened.
    Shift,
    /// A step that it, or what went into it, passed.
    Step,
    /// Equipment in a shift.
    EquipmentShift,
    /// A parameter of a step within a band.
    Parameter,
    /// The time between two consecutive steps within a band.
    Elapsed,
}

impl FactorKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Lot,
        Self::Supplier,
        Self::SupplierLot,
        Self::Material,
        Self::Equipment,
        Self::Operator,
        Self::Shift,
        Self::Step,
        Self::EquipmentShift,
        Self::Parameter,
        Self::Elapsed,
    ];

    /// The kind as answers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lot => "LOT",
            Self::Supplier => "SUPPLIER",
            Self::SupplierLot => "SUPPLIER_LOT",
            Self::Material => "MATERIAL",
            Self::Equipment => "EQUIPMENT",
            Self::Operator => "OPERATOR",
            Self::Shift => "SHIFT",
            Self::Step => "STEP",
            Self::EquipmentShift => "EQUIPMENT_SHIFT",
            Self::Parameter => "PARAMETER",
            Self::Elapsed => "ELAPSED",
        }
    }
}

/// A factor with an identity. A lot is either exposed to it or not, unlike a number, which every lot may
/// carry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// A lot.
    Lot(LotId),
    /// A supplier.
    Supplier(PartyCode),
    /// A supplier's own lot.
    SupplierLot(Option<PartyCode>, Text),
    /// A material.
    Material(MaterialCode),
    /// A piece of equipment.
    Equipment(EquipmentCode),
    /// An operator.
    Operator(OperatorCode),
    /// A shift on its date.
    Shift(ShiftCode),
    /// A step by its name, or by its kind if it has no name.
    Step(Text),
    /// Equipment in a shift.
    EquipmentShift(EquipmentCode, ShiftCode),
}

/// A number that a lot may carry from the operations upstream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// A parameter of a step.
    Parameter {
        /// The step.
        step: Text,
        /// The parameter.
        name: Text,
        /// Its unit.
        unit: Option<UnitCode>,
    },
    /// Seconds from the end of a step to the beginning of the next one that draws from its output.
    Elapsed {
        /// The earlier step.
        from: Text,
        /// The later step.
        to: Text,
    },
}

/// A band of a measure that cases fall into more often than controls.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The measure.
    pub measure: Measure,
    /// Which side of the cut the band is on.
    pub side: Side,
    /// The value of the cut, which itself belongs to the band.
    pub at: f64,
    /// The p-value of the cut, corrected for having searched it.
    pub p: f64,
    /// Whether cases and controls differ in the measure at all, wherever the cut.
    pub rank_test: Option<RankTest>,
    /// Cases with a measured value.
    pub measured_cases: usize,
    /// Controls with a measured value.
    pub measured_controls: usize,
}

/// What a lot can have been exposed to.
#[derive(Debug, Clone, PartialEq)]
pub enum Factor {
    /// Something with an identity.
    Named(Named),
    /// A number within a band.
    Band(Band),
}

impl Factor {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> FactorKind {
        match self {
            Self::Named(Named::Lot(_)) => FactorKind::Lot,
            Self::Named(Named::Supplier(_)) => FactorKind::Supplier,
            Self::Named(Named::SupplierLot(..)) => FactorKind::SupplierLot,
            Self::Named(Named::Material(_)) => FactorKind::Material,
            Self::Named(Named::Equipment(_)) => FactorKind::Equipment,
            Self::Named(Named::Operator(_)) => FactorKind::Operator,
            Self::Named(Named::Shift(_)) => FactorKind::Shift,
            Self::Named(Named::Step(_)) => FactorKind::Step,
            Self::Named(Named::EquipmentShift(..)) => FactorKind::EquipmentShift,
            Self::Band(Band { measure: Measure::Parameter { .. }, .. }) => FactorKind::Parameter,
            Self::Band(Band { measure: Measure::Elapsed { .. }, .. }) => FactorKind::Elapsed,
        }
    }

    /// The codes that identify it, from the outside in: equipment and shift, step and parameter, earlier and
    /// later step.
    #[must_use]
    pub fn codes(&self) -> Vec<&str> {
        match self {
            Self::Named(named) => named.codes(),
            Self::Band(Band { measure: Measure::Parameter { step, name, .. }, .. }) => {
                vec![step.as_str(), name.as_str()]
            }
            Self::Band(Band { measure: Measure::Elapsed { from, to }, .. }) => {
                vec![from.as_str(), to.as_str()]
            }
        }
    }

    /// The factor in words.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Named(named) => named.codes().join(" × "),
            Self::Band(band) => band.label(),
        }
    }
}

impl Named {
    fn codes(&self) -> Vec<&str> {
        match self {
            Self::Lot(id) => vec![id.as_str()],
            Self::Supplier(code) => vec![code.as_str()],
            Self::SupplierLot(None, number) => vec![number.as_str()],
            Self::SupplierLot(Some(supplier), number) => vec![supplier.as_str(), number.as_str()],
            Self::Material(code) => vec![code.as_str()],
            Self::Equipment(code) => vec![code.as_str()],
            Self::Operator(code) => vec![code.as_str()],
            Self::Shift(code) => vec![code.as_str()],
            Self::Step(name) => vec![name.as_str()],
            Self::EquipmentShift(equipment, shift) => vec![equipment.as_str(), shift.as_str()],
        }
    }
}

impl Band {
    fn label(&self) -> String {
        let side = match self.side {
            Side::AtMost => "≤",
            Side::AtLeast => "≥",
        };
        match &self.measure {
            Measure::Parameter { step, name, unit } => {
                let unit = unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
                format!("{step}: {name} {side} {}{unit}", self.at)
            }
            Measure::Elapsed { from, to } => format!("{from} to {to}: {side} {} s", self.at),
        }
    }
}
