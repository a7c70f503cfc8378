//! Conversions between units: what a material declares, from when on, and what was stated for one lot.
//!
//! A lot keeps the conversions that held when it first came in: a box that was packed with 24 holds 24, whatever is packed
//! since, and whenever it is opened. What was stated for the lot itself goes before that.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::identifier::UnitCode;
use super::lot::Lot;
use super::master::Material;
use super::quantity::{Quantity, decimal};
use super::time::Timestamp;

/// Decimal places that a division is rounded to.
const DECIMALS: u32 = 12;

/// One unit of `unit` is `factor` of the material's own unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// The other unit.
    pub unit: UnitCode,
    /// How many of the material's own unit one of the other is; above zero.
    #[serde(with = "decimal")]
    pub factor: Decimal,
    /// From when on lots come in for which it holds; absent: it holds for all before the first that says so.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
}

/// How another unit and the own unit of a material compare. Both ways are kept as they were stated, since only one of them
/// need be exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rate {
    /// One of the other unit is this many of the own.
    Factor(#[serde(with = "decimal")] Decimal),
    /// One of the own unit is this many of the other.
    PerUnit(#[serde(with = "decimal")] Decimal),
}

impl Rate {
    /// The own unit itself.
    pub const ONE: Self = Self::Factor(Decimal::ONE);

    /// An amount of the other unit in the own; `None` when it leaves the range of exact decimals.
    #[must_use]
    pub fn to_own(self, amount: Decimal) -> Option<Decimal> {
        match self {
            Self::Factor(factor) => amount.checked_mul(factor),
            Self::PerUnit(count) => amount.checked_div(count).map(|amount| amount.round_dp(DECIMALS)),
        }
    }

    /// An amount of the own unit in the other; `None` when it leaves the range of exact decimals.
    #[must_use]
    pub fn from_own(self, amount: Decimal) -> Option<Decimal> {
        match self {
            Self::Factor(factor) => amount.checked_div(factor),
            Self::PerUnit(count) => amount.checked_mul(count),
        }
    }
}

/// A conversion that an event states for one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotFactor {
    /// The other unit.
    pub unit: UnitCode,
    /// How it compares with the own unit of the lot's material.
    pub rate: Rate,
}

/// A conversion that was stated for a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedRate {
    /// How the unit compares with the own unit of the lot's material.
    pub rate: Rate,
    /// How many live links stated it.
    pub claims: u32,
}

/// The conversions that were stated for a lot, by unit.
pub type StatedRates = BTreeMap<UnitCode, StatedRate>;

/// How the quantities of one lot are converted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale<'a> {
    material: Option<&'a Material>,
    stated: Option<&'a StatedRates>,
    since: Option<Timestamp>,
}

impl<'a> Scale<'a> {
    /// That of a lot whose material is declared so, if it is.
    #[must_use]
    pub fn of(lot: &'a Lot, material: Option<&'a Material>) -> Self {
        Self::new(material, Some(&lot.factors), lot.came_first())
    }

    /// That of a lot of which this is known: the declaration of its material, what was stated for it, and when it first came
    /// in.
    #[must_use]
    pub fn new(
        material: Option<&'a Material>,
        stated: Option<&'a StatedRates>,
        since: Option<Timestamp>,
    ) -> Self {
        Self { material, stated, since }
    }

    /// The declaration of its material.
    #[must_use]
    pub fn material(&self) -> Option<&'a Material> {
        self.material
    }

    /// The own unit of its material; `None` while that is not declared.
    #[must_use]
    pub fn own(&self) -> Option<&'a UnitCode> {
        self.material.and_then(|material| material.unit.as_ref())
    }

    /// How a unit compares with the own unit; `None` when there is no conversion, or no own unit.
    #[must_use]
    pub fn rate(&self, unit: &UnitCode) -> Option<Rate> {
        if self.own()? == unit {
            return Some(Rate::ONE);
        }
        let stated = self.stated.and_then(|stated| stated.get(unit)).map(|stated| stated.rate);
        stated.or_else(|| self.material?.factor(unit, self.since).map(Rate::Factor))
    }

    /// A quantity in the own unit; `None` when it cannot be converted.
    #[must_use]
    pub fn amount(&self, quantity: &Quantity) -> Option<Decimal> {
        self.rate(&quantity.unit)?.to_own(quantity.amount.value())
    }

    /// A quantity in the own unit where there is a conversion, and otherwise as it was recorded.
    #[must_use]
    pub fn in_own_unit(&self, quantity: &Quantity) -> (UnitCode, Decimal) {
        let converted = self.own().cloned().zip(self.amount(quantity));
        converted.unwrap_or_else(|| (quantity.unit.clone(), quantity.amount.value()))
    }

    /// The own unit and every other that there is a conversion from, each once.
    #[must_use]
    pub fn units(&self) -> Vec<(&'a UnitCode, Rate)> {
        let declared = self.material.into_iter().flat_map(|material| &material.conversions);
        let declared = declared.map(|conversion| &conversion.unit);
        let stated = self.stated.into_iter().flat_map(BTreeMap::keys);
        let mut units: Vec<&UnitCode> = self.own().into_iter().chain(declared).chain(stated).collect();
        units.sort_unstable();
        units.dedup();
        units.into_iter().filter_map(|unit| Some((unit, self.rate(unit)?))).collect()
    }
}
