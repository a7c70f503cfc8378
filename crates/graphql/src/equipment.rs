//! Equipment of every level, from site to unit.

use async_graphql::{Context, Result};

use super::connection::connection;
use super::master::load_master;
use lotgraph_domain as domain;
use lotgraph_graphql_macros::Object;

/// A piece of equipment of any level: site, area, line, unit.
pub struct Equipment(pub domain::Equipment);

load_master!(Equipment, EquipmentCode);

/// A piece of equipment of any level: site, area, line, unit.
#[Object]
impl Equipment {
    /// Its code.
    fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while it was only named by other events.
    fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    fn name(&self) -> Option<&str> {
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
