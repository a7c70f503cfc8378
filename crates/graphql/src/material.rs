//! Materials.

use super::connection::connection;
use super::enums::{MaterialClass, Tracking};
use super::scalars::{Exact, Moment};
use lotgraph_domain::{self as domain, Rate, UnitCode};
use lotgraph_graphql_macros::{Object, SimpleObject};

/// A material: what lots are of.
pub struct Material(pub domain::Material);

/// One unit of `unit` is `factor` of the material's own unit.
#[derive(SimpleObject)]
pub struct Conversion {
    /// The other unit.
    unit: String,
    /// How many of the material's own unit one of the other is.
    factor: Exact,
    /// It holds for lots that first come in at this moment or later; absent: for all before the first `validFrom`.
    valid_from: Option<Moment>,
}

/// A conversion that was stated for one lot: `factor` or `perUnit`, as it was stated.
#[derive(SimpleObject)]
pub struct LotFactor {
    /// The other unit.
    unit: String,
    /// How many of the material's own unit one of the other is.
    factor: Option<Exact>,
    /// How many of the other unit one of the material's own is.
    per_unit: Option<Exact>,
}

impl LotFactor {
    /// One as it was stated.
    pub(super) fn new(unit: &UnitCode, rate: Rate) -> Self {
        let (factor, per_unit) = match rate {
            Rate::Factor(factor) => (Some(factor), None),
            Rate::PerUnit(count) => (None, Some(count)),
        };
        Self { unit: unit.to_string(), factor: factor.map(Into::into), per_unit: per_unit.map(Into::into) }
    }
}

/// A material: what lots are of.
#[Object]
impl Material {
    /// Its code.
    fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while it was only named by other events and never declared itself.
    fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }

    /// The unit its quantities are compared in; absent while undeclared.
    fn unit(&self) -> Option<&str> {
        self.0.unit.as_ref().map(AsRef::as_ref)
    }

    /// What it is used as.
    fn class(&self) -> Option<MaterialClass> {
        self.0.class.map(Into::into)
    }

    /// Whether its lots must be released before use.
    fn inspection_required(&self) -> bool {
        self.0.inspection_required
    }

    /// How its lots are told apart.
    fn tracking(&self) -> Tracking {
        self.0.tracking.into()
    }

    /// Whether what customers send back of it may be used again without a release.
    fn returns_to_stock(&self) -> bool {
        self.0.returns_to_stock
    }

    /// By how much more may be drawn of a lot than came in before it counts as overdrawn, in percent of what came in;
    /// absent: 0.5.
    fn tolerance_percent(&self) -> Option<Exact> {
        self.0.tolerance_percent.map(|percent| percent.0.into())
    }

    /// The least that an operation that brings it forth should yield, in percent of what goes in.
    fn yield_min(&self) -> Option<Exact> {
        self.0.yield_min.map(|percent| percent.0.into())
    }

    /// The most.
    fn yield_max(&self) -> Option<Exact> {
        self.0.yield_max.map(|percent| percent.0.into())
    }

    /// Other units its quantities may be given in.
    fn conversions(&self) -> Vec<Conversion> {
        let conversions = self.0.conversions.iter();
        let conversion = |c: &domain::Conversion| Conversion {
            unit: c.unit.to_string(),
            factor: c.factor.into(),
            valid_from: c.valid_from.map(Moment),
        };
        conversions.map(conversion).collect()
    }
}

connection!(
    /// A page of materials, by code.
    MaterialConnection,
    /// A material in a page.
    MaterialEdge,
    Material
);
