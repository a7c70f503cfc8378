//! Lots: what they are, what flowed in and out of them, and their links one hop away.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};

use super::connection::{Total, connection, page_cost, page_size};
use super::cursor::{Place, Scope, malformed};
use super::enums::{Disposition, LinkRole, LotStatus, Origin};
use super::hold::{LotHold, LotOverride};
use super::link::{TraceLink, TraceLinkConnection};
use super::loader::{EdgesKey, loaders};
use super::material::Material;
use super::quantity::{Attribute, LotBalance, LotFlow, attributes};
use super::scalars::Moment;
use super::services;
use crate::domain::{self, Master, MasterRef, OperationKind, Role};
use crate::genealogy::stock_count::{Movement, StockCount};
use crate::genealogy::{Balance, balance_counted};
use crate::service::mass_balance::movement;
use crate::store::Edge;

/// A traceable quantity of one material: raw, intermediate, finished or packaging.
#[derive(Clone)]
pub struct Lot(pub Arc<domain::Lot>);

impl Lot {
    /// The lot with this id, which other data refer to.
    pub(super) async fn load(context: &Context<'_>, id: &domain::LotId) -> Result<Self> {
        Ok(Self(loaders(context).lot(id).await?))
    }

    async fn load_material(&self, context: &Context<'_>) -> Result<Option<domain::Material>> {
        let Some(code) = &self.0.material else { return Ok(None) };
        match &*loaders(context).master(MasterRef::Material(code.clone())).await? {
            Master::Material(material) => Ok(Some(material.clone())),
            other => Err(super::errors::wrong_kind(other)),
        }
    }

    /// What flowed in and out of it, with its last stock count.
    async fn load_balance(&self, context: &Context<'_>) -> Result<Balance> {
        let material = self.load_material(context).await?;
        let (counts, counts_follow) = self.first_links(context, vec![Role::InPlace]).await?;
        if !counts.iter().any(|edge| edge.kind == OperationKind::Count) && !counts_follow {
            return Ok(balance_counted(&self.0, material.as_ref(), None));
        }
        let (moved, moved_follow) = self.first_links(context, vec![Role::Consumed, Role::Produced]).await?;
        if counts_follow || moved_follow {
            // More links than one page holds: read for this lot alone.
            let balances = services(context).tracer.balances(std::slice::from_ref(&self.0)).await?;
            let found = balances.into_iter().next().map(|(_, balance)| balance);
            return Ok(found.unwrap_or_else(|| balance_counted(&self.0, material.as_ref(), None)));
        }
        let movements: Vec<Movement<'_>> = counts.iter().chain(&moved).map(movement).collect();
        Ok(balance_counted(&self.0, material.as_ref(), StockCount::of(&movements).as_ref()))
    }

    /// The first links in these roles, and whether more follow; not asked for when there can be none.
    async fn first_links(&self, context: &Context<'_>, roles: Vec<Role>) -> Result<(Vec<Edge>, bool)> {
        if self.links_of(&roles) == 0 {
            return Ok((Vec::new(), false));
        }
        let first = services(context).store.limits().page_max;
        let page =
            loaders(context).edges(EdgesKey { lot: self.0.id.clone(), roles, after: None, first }).await?;
        Ok((page.edges.clone(), page.more))
    }

    /// How many links of these roles it has.
    fn links_of(&self, roles: &[Role]) -> u64 {
        let lot = &self.0;
        let count = |role: &Role| match role {
            Role::Consumed => lot.consumed.count + lot.shipped.count + lot.scrapped.count,
            Role::Produced => lot.received.count + lot.produced.count,
            Role::InPlace => lot.in_place,
        };
        roles.iter().map(|role| u64::from(count(role))).sum()
    }
}

/// A traceable quantity of one material: raw, intermediate, finished or packaging.
#[Object]
impl Lot {
    /// Its identity.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The number printed on it; the id when no other is on record.
    async fn number(&self) -> &str {
        self.0.printed()
    }

    /// The supplier's own number for it.
    async fn supplier_lot(&self) -> Option<&str> {
        self.0.supplier_lot.as_ref().map(AsRef::as_ref)
    }

    /// Its material, once any event told.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>> {
        Ok(self.load_material(context).await?.map(Material))
    }

    /// Where it comes from, as far as the ledger knows.
    async fn origin(&self) -> Origin {
        self.0.origin().into()
    }

    /// Whether it may flow on.
    async fn status(&self) -> LotStatus {
        self.0.status().into()
    }

    /// The open holds that concern it, by id.
    async fn holds(&self) -> Vec<LotHold> {
        self.0.quarantine.marks.iter().map(LotHold::from).collect()
    }

    /// What it may only be used for, after a release that did not find it good.
    async fn disposition(&self) -> Option<Disposition> {
        self.0.quarantine.disposition.map(Into::into)
    }

    /// Operations that may draw from it all the same, or did.
    async fn overrides(&self) -> Vec<LotOverride> {
        self.0.quarantine.permits.iter().map(LotOverride::from).collect()
    }

    /// Further facts, by name.
    async fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.0.attributes)
    }

    /// The first moment it can have been received or produced.
    async fn earliest_production(&self) -> Option<Moment> {
        self.0.earliest_production.map(Moment)
    }

    /// Received from suppliers.
    async fn received(&self) -> LotFlow {
        LotFlow(self.0.received.clone())
    }

    /// Produced by operations.
    async fn produced(&self) -> LotFlow {
        LotFlow(self.0.produced.clone())
    }

    /// Consumed by operations.
    async fn consumed(&self) -> LotFlow {
        LotFlow(self.0.consumed.clone())
    }

    /// Shipped to customers.
    async fn shipped(&self) -> LotFlow {
        LotFlow(self.0.shipped.clone())
    }

    /// Scrapped.
    async fn scrapped(&self) -> LotFlow {
        LotFlow(self.0.scrapped.clone())
    }

    /// What flowed in and out of it, in the material's own unit, and what is left.
    async fn balance(&self, context: &Context<'_>) -> Result<LotBalance> {
        Ok(LotBalance(self.load_balance(context).await?))
    }

    /// Its links with live operations, one hop away, in order of time.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn links(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only links of these roles; absent: all.")] roles: Option<Vec<LinkRole>>,
        #[graphql(default = 20, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TraceLinkConnection> {
        let mut roles: Vec<Role> = match roles {
            Some(roles) => roles.into_iter().map(Into::into).collect(),
            None => Role::ALL.to_vec(),
        };
        roles.sort_unstable();
        roles.dedup();
        let scope = Scope::new("Lot.links", &(&self.0.id, &roles));
        let further = after.is_some();
        let after = match after.map(|cursor| scope.decode(&cursor)).transpose()? {
            Some(Place::Edge(key)) => Some(key),
            Some(_) => return Err(malformed().into()),
            None => None,
        };
        let total = Total::Known(self.links_of(&roles));
        let key = EdgesKey { lot: self.0.id.clone(), roles, after, first: page_size(first)? };
        let page = loaders(context).edges(key).await?;
        let items = page
            .edges
            .iter()
            .map(|edge| (scope.encode(Place::Edge(edge.key.clone())), TraceLink::of_edge(&self.0.id, edge)));
        Ok(TraceLinkConnection::new(items.collect(), page.more, further, total))
    }
}

connection!(
    /// A page of lots.
    LotConnection,
    /// A lot in a page.
    LotEdge,
    Lot
);
