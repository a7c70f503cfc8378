//! Parties: suppliers and customers.

use async_graphql::{Context, Object, Result};

use super::connection::connection;
use super::enums::PartyRole;
use super::loader::loaders;
use crate::domain::{self, Master, MasterRef};

/// A supplier or customer.
pub struct Party(pub domain::Party);

impl Party {
    /// The party with this code, which other data refer to.
    pub(super) async fn load(context: &Context<'_>, code: &domain::PartyCode) -> Result<Self> {
        match &*loaders(context).master(MasterRef::Party(code.clone())).await? {
            Master::Party(party) => Ok(Self(party.clone())),
            other => Err(super::errors::wrong_kind(other)),
        }
    }
}

/// A supplier or customer.
#[Object]
impl Party {
    /// Its code.
    async fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while only named by other events.
    async fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }

    /// What it is to the plant.
    async fn roles(&self) -> Vec<PartyRole> {
        self.0.roles.iter().copied().map(Into::into).collect()
    }
}

connection!(
    /// A page of parties, by code.
    PartyConnection,
    /// A party in a page.
    PartyEdge,
    Party
);
