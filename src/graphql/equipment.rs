//! Equipment of every level, from site to unit.

use async_graphql::{Context, Object, Result};

use super::connection::connection;
use super::loader::loaders;
use crate::domain::{self, Master, MasterRef};

/// A piece of equipment of any level: site, area, line, unit.
pub struct Equipment(pub domain::Equipment);

impl Equipment {
    /// The equipment with this code, which other data refer to.
    pub(super) async fn load(context: &Context<'_>, code: &domain::EquipmentCode) -> Result<Self> {
        match &*loaders(context).master(MasterRef::Equipment(code.clone())).await? {
            Master::Equipment(equipment) => Ok(Self(equipment.clone())),
            other => Err(super::errors::wrong_kind(other)),
        }
    }
}

/// A piece of equipment of any level: site, area, line, unit.
#[Object]
impl Equipment {
    /// Its code.
    async fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while it was only named by other events.
    async fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }

    /// The equipment it is part of.
    async fn parent(&self, context: &Context<'_>) -> Result<Option<Equipment>> {
        match &self.0.parent {
            Some(code) => Ok(Some(Self::load(context, code).await?)),
            None => Ok(None),
        }
    }
}

connection!(
    /// A page of equipment, by code.
    EquipmentConnection,
    /// A piece of equipment in a page.
    EquipmentEdge,
    Equipment
);
