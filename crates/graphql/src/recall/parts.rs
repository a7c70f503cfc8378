//! What a recall scope consists of: seeds, affected lots, shipments, customers, totals.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Result};
use rust_decimal::Decimal;

use crate::answer::leaf;
use crate::connection::connection;
use crate::errors::wrong_kind;
use crate::filters::{self, read};
use crate::link::TraceLink;
use crate::loader::loaders;
use crate::lot::Lot;
use crate::material::Material;
use crate::operation::Operation;
use crate::party::Party;
use crate::quantity::Quantity;
use crate::scalars::{Exact, Moment};
use crate::sighting::{Sighting, latest, sightings};
use lotgraph_domain::{Master, MasterRef, MaterialCode, PartyCode};
use lotgraph_genealogy::scope::{self, Drawn, Reason};
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::ServiceResult;
use lotgraph_service::recall::{ScopeAnswer, ScopeFilter};

/// The most draws of one lot, or documents of one customer, that an answer lists.
const LISTED_MAX: usize = 1_000;

/// Where (some of) an affected lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "lotgraph_genealogy::scope::Whereabouts")]
pub enum Whereabouts {
    /// Here.
    OnHand,
    /// Perhaps here: movements that nobody measured, or that cannot be converted, leave it open.
    OnHandUnknown,
    /// In what was made of it.
    Consumed,
    /// With customers.
    Shipped,
    /// Thrown away.
    Scrapped,
}

leaf!(Whereabouts);

/// Which affected lots; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct AffectedLotFilter {
    /// Some of the lot is in one of these places.
    whereabouts: Option<Vec<Whereabouts>>,
    /// Some of the lot was shipped to the customer with this code.
    customer: Option<ID>,
    /// What the lot itself must be.
    lot: Option<filters::LotFilter>,
}

impl AffectedLotFilter {
    pub(super) fn read(self) -> ServiceResult<ScopeFilter> {
        let places = self.whereabouts.map(|places| {
            let mut places: Vec<scope::Whereabouts> = places.into_iter().map(Into::into).collect();
            places.sort_unstable();
            places.dedup();
            places
        });
        Ok(ScopeFilter {
            places,
            customer: self.customer.map(|code| read("customer", &code, PartyCode::parse)).transpose()?,
            lots: self.lot.unwrap_or_default().read()?,
        })
    }
}

/// A lot that a recall starts from.
pub struct ScopeSeed(pub(super) scope::Seed);

/// A lot that a recall starts from.
#[Object]
impl ScopeSeed {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.lot).await
    }

    /// Since when it is bad: what was drawn before is not affected. Absent: always.
    fn since(&self) -> Option<Moment> {
        self.0.since.map(Moment)
    }

    /// Why: named first, then the causes that touched it, in the order of the question.
    fn reasons(&self) -> Vec<SeedReason> {
        self.0.reasons.iter().map(SeedReason::from).collect()
    }
}

/// Why a lot is among those that a recall starts from.
#[derive(SimpleObject)]
pub struct SeedReason {
    /// The place of the cause in the question, from 0; absent: the question names the lot.
    cause: Option<u32>,
    /// The id of the operation by which the cause touched it first.
    operation: Option<ID>,
    /// When that was.
    since: Option<Moment>,
}

impl From<&Reason> for SeedReason {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::Named => Self { cause: None, operation: None, since: None },
            Reason::Cause { cause, operation, since } => Self {
                cause: Some(*cause),
                operation: Some(ID::from(operation.as_str())),
                since: Some(Moment(*since)),
            },
        }
    }
}

/// What was drawn from an affected lot in one way, as far as it is affected.
#[derive(SimpleObject)]
pub struct AffectedDraws {
    /// Draws, measured or not.
    count: u32,
    /// Draws that nobody measured.
    unmeasured: u32,
    /// Sums, in the material's own unit where a conversion is declared.
    sums: Vec<Quantity>,
}

impl From<&Drawn> for AffectedDraws {
    fn from(drawn: &Drawn) -> Self {
        let sums = drawn.sums.iter().map(|(unit, amount)| Quantity::new(*amount, unit));
        Self { count: drawn.movements, unmeasured: drawn.unmeasured, sums: sums.collect() }
    }
}

/// An affected lot and where it is now.
pub struct AffectedLot {
    pub(super) answer: Arc<ScopeAnswer>,
    pub(super) place: usize,
}

impl AffectedLot {
    fn affected(&self) -> &scope::AffectedLot {
        &self.answer.scope.lots[self.place]
    }
}

/// An affected lot and where it is now.
#[Object]
impl AffectedLot {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, self.answer.lot_id(self.affected().lot)).await
    }

    /// The least number of operations between it and a lot that the recall starts from; 0 for those.
    fn depth(&self) -> u32 {
        self.affected().depth
    }

    /// Everywhere that some of it is.
    fn whereabouts(&self) -> Vec<Whereabouts> {
        self.affected().whereabouts().into_iter().map(Into::into).collect()
    }

    /// Where it was seen last, by scanner, tag or eye.
    async fn last_seen(&self, context: &Context<'_>) -> Result<Option<Sighting>> {
        let lot = loaders(context).lot(self.answer.lot_id(self.affected().lot)).await?;
        let seen = sightings(context, &lot).await?;
        Ok(latest(seen).into_iter().next())
    }

    /// What is left of it, all of which counts as affected; absent when that cannot be told.
    fn on_hand(&self) -> Option<Quantity> {
        self.affected().on_hand.as_ref().map(|(amount, unit)| Quantity::new(*amount, unit))
    }

    /// For a lot that is or may be on hand: the last operation that made it or worked on it, so where in the process it
    /// is.
    async fn last_operation(&self, context: &Context<'_>) -> Result<Option<Operation>> {
        match self.answer.last_operations.get(&self.affected().lot) {
            Some(last) => Ok(Some(Operation::load(context, &last.id).await?)),
            None => Ok(None),
        }
    }

    /// Consumed by operations.
    fn consumed(&self) -> AffectedDraws {
        (&self.affected().consumed).into()
    }

    /// Shipped to customers.
    fn shipped(&self) -> AffectedDraws {
        (&self.affected().shipped).into()
    }

    /// What of that customers sent back, in the same units.
    fn returned(&self) -> Vec<Quantity> {
        self.affected().returned.iter().map(|(unit, amount)| Quantity::new(*amount, unit)).collect()
    }

    /// What of that was received on record where it was shipped to, in the same units: it is where that receipt has it.
    fn transferred(&self) -> Vec<Quantity> {
        self.affected().transferred.iter().map(|(unit, amount)| Quantity::new(*amount, unit)).collect()
    }

    /// Scrapped.
    fn scrapped(&self) -> AffectedDraws {
        (&self.affected().scrapped).into()
    }

    /// The affected draws themselves, in the order of the walk, at most 1000: what it went into, shipments, scrapping.
    #[graphql(complexity = "10 * child_complexity")]
    fn draws(&self) -> Vec<TraceLink> {
        let links = self.affected().draws.iter().take(LISTED_MAX);
        links.map(|link| TraceLink::of_subgraph(&self.answer.traced.subgraph, *link)).collect()
    }
}

/// A draw of an affected lot by a shipment.
pub struct Shipment {
    pub(super) answer: Arc<ScopeAnswer>,
    pub(super) place: usize,
}

impl Shipment {
    fn shipment(&self) -> &scope::Shipment {
        &self.answer.scope.shipments[self.place]
    }
}

/// A draw of an affected lot by a shipment.
#[Object(name = "AffectedShipment")]
impl Shipment {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, self.answer.lot_id(self.shipment().lot)).await
    }

    /// The shipment.
    async fn operation(&self, context: &Context<'_>) -> Result<Operation> {
        Operation::load(context, self.answer.operation_id(self.shipment().operation)).await
    }

    /// The customer, if recorded.
    async fn customer(&self, context: &Context<'_>) -> Result<Option<Party>> {
        party(context, self.shipment().customer.as_ref()).await
    }

    /// The sales order.
    fn document(&self) -> Option<&str> {
        self.shipment().document.as_ref().map(AsRef::as_ref)
    }

    /// When it left, at the latest.
    fn at(&self) -> Moment {
        Moment(self.shipment().at)
    }

    /// How much, as recorded; absent when nobody measured.
    fn quantity(&self) -> Option<Quantity> {
        self.shipment().quantity.as_ref().map(Into::into)
    }
}

pub(crate) async fn party(context: &Context<'_>, code: Option<&PartyCode>) -> Result<Option<Party>> {
    match code {
        Some(code) => Ok(Some(Party::load(context, code).await?)),
        None => Ok(None),
    }
}

/// An amount of one material.
pub struct MaterialQuantity {
    material: Option<MaterialCode>,
    quantity: Quantity,
}

impl From<&scope::Share> for MaterialQuantity {
    fn from(share: &scope::Share) -> Self {
        Self { material: share.material.clone(), quantity: Quantity::new(share.amount, &share.unit) }
    }
}

/// An amount of one material.
#[Object]
impl MaterialQuantity {
    /// The material; absent for lots without one.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>> {
        material(context, self.material.as_ref()).await
    }

    /// How much, in the material's own unit where a conversion is declared.
    fn quantity(&self) -> &Quantity {
        &self.quantity
    }
}

pub(crate) async fn material(context: &Context<'_>, code: Option<&MaterialCode>) -> Result<Option<Material>> {
    let Some(code) = code else { return Ok(None) };
    match &*loaders(context).master(MasterRef::Material(code.clone())).await? {
        Master::Material(material) => Ok(Some(Material(material.clone()))),
        other => Err(wrong_kind(other)),
    }
}

/// What one customer received of the affected lots.
pub struct CustomerShare {
    pub(super) answer: Arc<ScopeAnswer>,
    pub(super) place: usize,
}

impl CustomerShare {
    fn share(&self) -> &scope::CustomerShare {
        &self.answer.scope.customers[self.place]
    }
}

/// What one customer received of the affected lots.
#[Object]
impl CustomerShare {
    /// The customer; absent for shipments that name none.
    async fn customer(&self, context: &Context<'_>) -> Result<Option<Party>> {
        party(context, self.share().customer.as_ref()).await
    }

    /// Lots received, each once.
    fn lot_count(&self) -> usize {
        self.share().lots
    }

    /// Shipments that brought them, each once.
    fn shipment_count(&self) -> usize {
        self.share().shipments
    }

    /// Quantities, by material and unit.
    #[graphql(complexity = "page_cost_of_list(child_complexity)")]
    fn quantities(&self) -> Vec<MaterialQuantity> {
        self.share().quantities.iter().map(MaterialQuantity::from).collect()
    }

    /// What of these they sent back, by material and unit.
    #[graphql(complexity = "page_cost_of_list(child_complexity)")]
    fn returned(&self) -> Vec<MaterialQuantity> {
        self.share().returned.iter().map(MaterialQuantity::from).collect()
    }

    /// What of these was received on record at their place, by material and unit: it is where that receipt has it.
    #[graphql(complexity = "page_cost_of_list(child_complexity)")]
    fn transferred(&self) -> Vec<MaterialQuantity> {
        self.share().transferred.iter().map(MaterialQuantity::from).collect()
    }

    /// What is still there, by material and unit: 0 where all came back.
    #[graphql(complexity = "page_cost_of_list(child_complexity)")]
    fn remaining(&self) -> Vec<MaterialQuantity> {
        self.share().remaining.iter().map(MaterialQuantity::from).collect()
    }

    /// Draws that nobody measured: their quantities are not in the sums.
    fn unmeasured(&self) -> u32 {
        self.share().unmeasured
    }

    /// The documents of the shipments, each once, at most 1000.
    fn documents(&self) -> Vec<&str> {
        self.share().documents.iter().take(LISTED_MAX).map(AsRef::as_ref).collect()
    }

    /// How many documents there are.
    fn document_count(&self) -> usize {
        self.share().documents.len()
    }

    /// When the first of them left.
    fn first_shipped_at(&self) -> Moment {
        Moment(self.share().first)
    }

    /// When the last of them left.
    fn last_shipped_at(&self) -> Moment {
        Moment(self.share().last)
    }
}

/// What a short list inside an item costs.
fn page_cost_of_list(item: usize) -> usize {
    5 * item.max(1)
}

/// Where one affected material is, in one unit.
pub struct AffectedTotal(pub(super) scope::Total);

impl AffectedTotal {
    fn exact(&self, amount: Decimal) -> Option<Exact> {
        self.0.unit.as_ref().map(|_| amount.into())
    }
}

/// Where one affected material is, in one unit.
#[Object]
impl AffectedTotal {
    /// The material; absent for lots without one.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>> {
        material(context, self.0.material.as_ref()).await
    }

    /// The unit of the sums; absent for lots whose quantities nobody measured.
    fn unit(&self) -> Option<&str> {
        self.0.unit.as_ref().map(AsRef::as_ref)
    }

    /// Affected lots of this material and unit.
    fn lot_count(&self) -> u32 {
        self.0.lots
    }

    /// On hand, of the lots of which it is known; absent when there is none.
    fn on_hand(&self) -> Option<Exact> {
        self.0.on_hand.and_then(|on_hand| self.exact(on_hand))
    }

    /// Consumed, as far as affected.
    fn consumed(&self) -> Option<Exact> {
        self.exact(self.0.consumed)
    }

    /// Shipped, as far as affected.
    fn shipped(&self) -> Option<Exact> {
        self.exact(self.0.shipped)
    }

    /// What of that customers sent back.
    fn returned(&self) -> Option<Exact> {
        self.exact(self.0.returned)
    }

    /// What of that was received on record where it was shipped to.
    fn transferred(&self) -> Option<Exact> {
        self.exact(self.0.transferred)
    }

    /// Scrapped, as far as affected.
    fn scrapped(&self) -> Option<Exact> {
        self.exact(self.0.scrapped)
    }

    /// What ever came into these lots, affected or not.
    fn inflow(&self) -> Option<Exact> {
        self.exact(self.0.inflow)
    }

    /// What of that is known to be consumed, shipped, scrapped or on hand, in percent; absent when nothing measured came in.
    fn accounted_percent(&self) -> Option<Exact> {
        self.0.accounted_percent().map(Into::into)
    }
}

connection!(
    /// A page of lots that a recall starts from.
    ScopeSeedConnection,
    /// A lot that a recall starts from, in a page.
    ScopeSeedEdge,
    ScopeSeed
);
connection!(
    /// A page of affected lots.
    AffectedLotConnection,
    /// An affected lot in a page.
    AffectedLotEdge,
    AffectedLot
);
connection!(
    /// A page of shipments of affected lots.
    ShipmentConnection,
    /// A shipment of an affected lot, in a page.
    ShipmentEdge,
    Shipment
);
connection!(
    /// A page of customers with what they received.
    CustomerShareConnection,
    /// A customer in a page.
    CustomerShareEdge,
    CustomerShare
);
