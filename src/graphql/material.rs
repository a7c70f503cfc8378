//! Materials.

use async_graphql::{Object, SimpleObject};

use super::connection::connection;
use super::enums::MaterialClass;
use super::scalars::Exact;
use crate::domain;

/// A material: what lots are of.
pub struct Material(pub domain::Material);

/// One unit of `unit` is `factor` of the material's own unit.
#[derive(SimpleObject)]
pub struct Conversion {
    /// The other unit.
    unit: String,
    /// How many of the material's own unit one of the other is.
    factor: Exact,
}

/// A material: what lots are of.
#[Object]
impl Material {
    /// Its code.
    async fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while it was only named by other events and never declared itself.
    async fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }

    /// The unit its quantities are compared in; absent while undeclared.
    async fn unit(&self) -> Option<&str> {
        self.0.unit.as_ref().map(AsRef::as_ref)
    }

    /// What it is used as.
    async fn class(&self) -> Option<MaterialClass> {
        self.0.class.map(Into::into)
    }

    /// Whether its lots must be released before use.
    async fn inspection_required(&self) -> bool {
        self.0.inspection_required
    }

    /// Other units its quantities may be given in.
    async fn conversions(&self) -> Vec<Conversion> {
        let conversions = self.0.conversions.iter();
        conversions.map(|c| Conversion { unit: c.unit.to_string(), factor: c.factor.into() }).collect()
    }
}

connection!(
    /// A page of materials, by code.
    MaterialConnection,
    /// A material in a page.
    MaterialEdge,
    Material
);
