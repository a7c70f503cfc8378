//! Lots: what they are, what flowed in and out of them, and their links one hop away.

use std::sync::Arc;

use async_graphql::{Context, ID, Result};

use super::alias::LotAlias;
use super::connection::{Total, connection, page_cost, page_size};
use super::cursor::{Place, Scope, malformed};
use super::enums::{Disposition, LinkRole, LotStatus, Origin};
use super::hold::{LotHold, LotOverride};
use super::link::{TraceLink, TraceLinkConnection};
use super::loader::{EdgesKey, loaders};
use super::material::{LotFactor, Material};
use super::quantity::{Attribute, LotBalance, LotFlow, attributes};
use super::scalars::Moment;
use super::sighting::{Sighting, latest, sightings};
use super::{caller, services};
use lotgraph_domain::{self as domain, Master, MasterRef, OperationKind, Role};
use lotgraph_genealogy::stock_count::{Movement, StockCount};
use lotgraph_genealogy::{Balance, balance_counted};
use lotgraph_graphql_macros::Object;
use lotgraph_service::mass_balance::movement;
use lotgraph_service::query::Edge;

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
            let balances = services(context)
                .questions
                .balances
                .balances(caller(context), std::slice::from_ref(&self.0))
                .await?;
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
        let first = services(context).questions.lookup.limits().page_max;
        let page =
            loaders(context).edges(EdgesKey { lot: self.0.id.clone(), roles, after: None, first }).await?;
        Ok((page.edges.clone(), page.more))
    }

    /// How many links of these roles it has.
    fn links_of(&self, roles: &[Role]) -> u64 {
        let lot = &self.0;
        let count = |role: &Role| match role {
            Role::Consumed => lot.consumed.count + lot.shipped.count + lot.scrapped.count + lot.came_back,
            Role::Produced => lot.received.count + lot.produced.count + lot.returned.count,
            Role::InPlace => lot.in_place,
        };
        roles.iter().map(|role| u64::from(count(role))).sum()
    }
}

/// A traceable quantity of one material: raw, intermediate, finished or packaging.
#[Object]
impl Lot {
    /// Its identity.
    fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The number printed on it; the id when no other is on record.
    fn number(&self) -> &str {
        self.0.printed()
    }

    /// The supplier's own number for it.
    fn supplier_lot(&self) -> Option<&str> {
        self.0.supplier_lot.as_ref().map(AsRef::as_ref)
    }

    /// Its further names, which mean it wherever a lot is asked for, and the names of these.
    fn aliases(&self) -> Vec<LotAlias> {
        self.0.aliases.iter().map(|(name, by)| LotAlias::new(name, by)).collect()
    }

    /// Its material, once any event told.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>> {
        Ok(self.load_material(context).await?.map(Material))
    }

    /// The conversions that were stated for it, by unit; they go before those of its material.
    fn factors(&self) -> Vec<LotFactor> {
        self.0.factors.iter().map(|(unit, stated)| LotFactor::new(unit, stated.rate)).collect()
    }

    /// Where it comes from, as far as the ledger knows.
    fn origin(&self) -> Origin {
        self.0.origin().into()
    }

    /// Whether it may flow on.
    fn status(&self) -> LotStatus {
        self.0.status().into()
    }

    /// The open holds that concern it, by id.
    fn holds(&self) -> Vec<LotHold> {
        self.0.quarantine.marks.iter().map(LotHold::from).collect()
    }

    /// What it may only be used for, after a release that did not find it good.
    fn disposition(&self) -> Option<Disposition> {
        self.0.quarantine.disposition.map(Into::into)
    }

    /// Operations that may draw from it all the same, or did.
    fn overrides(&self) -> Vec<LotOverride> {
        self.0.quarantine.permits.iter().map(LotOverride::from).collect()
    }

    /// Where it was seen last, by the time that the observations tell.
    async fn last_seen(&self, context: &Context<'_>) -> Result<Option<Sighting>> {
        Ok(latest(sightings(context, &self.0).await?).into_iter().next())
    }

    /// Where it was seen, the last sighting first; at most the latest 100 are kept with the lot.
    async fn sightings(&self, context: &Context<'_>) -> Result<Vec<Sighting>> {
        Ok(latest(sightings(context, &self.0).await?))
    }

    /// How often it was seen in all.
    async fn sighting_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(sightings(context, &self.0).await?.count)
    }

    /// Further facts, by name.
    fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.0.attributes)
    }

    /// The first moment it can have been received or produced.
    fn earliest_production(&self) -> Option<Moment> {
        self.0.earliest_production.map(Moment)
    }

    /// Received from suppliers.
    fn received(&self) -> LotFlow {
        LotFlow(self.0.received.clone())
    }

    /// Produced by operations.
    fn produced(&self) -> LotFlow {
        LotFlow(self.0.produced.clone())
    }

    /// Consumed by operations.
    fn consumed(&self) -> LotFlow {
        LotFlow(self.0.consumed.clone())
    }

    /// Shipped to customers.
    fn shipped(&self) -> LotFlow {
        LotFlow(self.0.shipped.clone())
    }

    /// Scrapped.
    fn scrapped(&self) -> LotFlow {
        LotFlow(self.0.scrapped.clone())
    }

    /// Shipped before, and come back into it.
    fn returned(&self) -> LotFlow {
        LotFlow(self.0.returned.clone())
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
