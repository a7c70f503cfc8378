//! Operations: one execution of a step, with the lots it consumes, produces or works on.

use std::sync::Arc;

use async_graphql::{Context, ID, Result};

use super::connection::{Total, connection, page_cost, page_size, window};
use super::cursor::{Place, Scope, malformed};
use super::enums::OperationKind;
use super::equipment::Equipment;
use super::loader::loaders;
use super::lot::{Lot, LotConnection};
use super::operator::Operator;
use super::party::Party;
use super::quantity::{Attribute, Quantity, attributes};
use super::scalars::{Exact, Moment};
use super::shift::Shift;
use lotgraph_domain::{self as domain, EventId, LotId, RecordedOperation};
use lotgraph_graphql_macros::{Object, SimpleObject};

/// One execution of a step; also receipts, shipments and scrapping.
#[derive(Clone)]
pub struct Operation(pub Arc<RecordedOperation>);

impl Operation {
    /// The operation with this id, which other data refer to.
    pub(super) async fn load(context: &Context<'_>, id: &EventId) -> Result<Self> {
        Ok(Self(loaders(context).operation(id).await?))
    }

    fn recorded(&self) -> &domain::Operation {
        &self.0.operation
    }

    /// Which items of one of its lists a page shows, with the cursor of each.
    fn page(&self, list: &str, length: usize, first: i32, after: Option<&str>) -> Result<Window> {
        let scope = Scope::new(list, &self.0.id);
        let skip = match after.map(|cursor| scope.decode(cursor)).transpose()? {
            Some(Place::Item(skip)) => skip,
            Some(_) => return Err(malformed().into()),
            None => 0,
        };
        let (from, to) = window(length, skip, page_size(first)?);
        // Events hold at most 10,000 items, so positions fit.
        let cursors = (from..to).map(|n| scope.encode(Place::Item(n as u32 + 1))).collect();
        Ok(Window { from, to, cursors, more: to < length, total: Total::Known(length as u64) })
    }
}

/// A number that was taken for a lot when an event was recorded.
#[derive(SimpleObject)]
pub struct ResolvedNumber {
    /// The number that was sent.
    number: String,
    /// The id of the lot that it was taken for.
    lot: ID,
}

impl ResolvedNumber {
    fn meant(name: &domain::LotId, lot: &domain::LotId) -> Self {
        Self { number: name.to_string(), lot: ID::from(lot.as_str()) }
    }
}

impl From<&domain::Resolved> for ResolvedNumber {
    fn from(resolved: &domain::Resolved) -> Self {
        Self { number: resolved.number.as_str().to_owned(), lot: ID::from(resolved.lot.as_str()) }
    }
}

/// A page of a list inside an operation.
struct Window {
    from: usize,
    to: usize,
    cursors: Vec<String>,
    more: bool,
    total: Total,
}

/// One execution of a step; also receipts, shipments and scrapping.
#[Object]
impl Operation {
    /// Its id, that of the event that recorded it.
    fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// What it does with lots.
    fn kind(&self) -> OperationKind {
        self.recorded().kind.into()
    }

    /// The step's name: PASTEURISE, FILL …
    fn name(&self) -> Option<&str> {
        self.recorded().name.as_ref().map(AsRef::as_ref)
    }

    /// When it started; the same as `at` when nothing else is on record.
    fn started_at(&self) -> Moment {
        Moment(self.recorded().start())
    }

    /// When it ended.
    fn at(&self) -> Moment {
        Moment(self.recorded().at)
    }

    /// Supplier of a receipt, customer of a shipment or a return.
    async fn party(&self, context: &Context<'_>) -> Result<Option<Party>> {
        match &self.recorded().party {
            Some(code) => Ok(Some(Party::load(context, code).await?)),
            None => Ok(None),
        }
    }

    /// Delivery note, sales order …
    fn document(&self) -> Option<&str> {
        self.recorded().document.as_ref().map(AsRef::as_ref)
    }

    /// Of a return: the id of the shipment that brought the customer what comes back, when it is known.
    fn shipment_id(&self) -> Option<ID> {
        self.recorded().shipment.as_ref().map(|id| ID::from(id.as_str()))
    }

    /// Why, for scrapping and rework.
    fn reason(&self) -> Option<&str> {
        self.recorded().reason.as_ref().map(AsRef::as_ref)
    }

    /// The order it fulfils.
    fn work_order(&self) -> Option<&str> {
        self.recorded().work_order.as_ref().map(AsRef::as_ref)
    }

    /// The numbers that were taken for lots when it was recorded.
    fn resolved(&self) -> Vec<ResolvedNumber> {
        self.recorded().resolved.iter().map(ResolvedNumber::from).collect()
    }

    /// The further names under which its event names lots, with the lots that they mean now.
    fn renamed(&self) -> Vec<ResolvedNumber> {
        self.0.names.iter().map(|(name, lot)| ResolvedNumber::meant(name, lot)).collect()
    }

    /// Lots drawn, in the order recorded.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn inputs(
        &self,
        #[graphql(default = 20, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<ConsumedLotConnection> {
        let inputs = &self.recorded().inputs;
        let page = self.page("Operation.inputs", inputs.len(), first, after.as_deref())?;
        let items = inputs[page.from..page.to].iter().cloned().map(ConsumedLot);
        let items = page.cursors.into_iter().zip(items).collect();
        Ok(ConsumedLotConnection::new(items, page.more, after.is_some(), page.total))
    }

    /// Lots that came out, in the order recorded.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn outputs(
        &self,
        #[graphql(default = 20, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<ProducedLotConnection> {
        let outputs = &self.recorded().outputs;
        let page = self.page("Operation.outputs", outputs.len(), first, after.as_deref())?;
        let items = outputs[page.from..page.to].iter().cloned().map(ProducedLot);
        let items = page.cursors.into_iter().zip(items).collect();
        Ok(ProducedLotConnection::new(items, page.more, after.is_some(), page.total))
    }

    /// Lots worked on in place, cleaned or counted, in the order recorded; what a count found stands in Lot.links.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn lots(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<LotConnection> {
        let lots = &self.recorded().lots;
        let page = self.page("Operation.lots", lots.len(), first, after.as_deref())?;
        let ids: Vec<LotId> = lots[page.from..page.to].iter().map(|item| item.lot.clone()).collect();
        let items = load_lots(context, &ids).await?;
        let items = page.cursors.into_iter().zip(items).collect();
        Ok(LotConnection::new(items, page.more, after.is_some(), page.total))
    }

    /// Equipment used, by code.
    #[graphql(complexity = "page_cost(5, child_complexity)")]
    async fn equipment(&self, context: &Context<'_>) -> Result<Vec<Equipment>> {
        let codes = self.recorded().equipment.iter();
        futures::future::try_join_all(codes.map(|code| Equipment::load(context, code))).await
    }

    /// Operators at work, by code.
    #[graphql(complexity = "page_cost(5, child_complexity)")]
    async fn operators(&self, context: &Context<'_>) -> Result<Vec<Operator>> {
        let codes = self.recorded().operators.iter();
        futures::future::try_join_all(codes.map(|code| Operator::load(context, code))).await
    }

    /// The shift it belongs to.
    async fn shift(&self, context: &Context<'_>) -> Result<Option<Shift>> {
        match &self.recorded().shift {
            Some(code) => Ok(Some(Shift::load(context, code).await?)),
            None => Ok(None),
        }
    }

    /// The least that it should yield, in percent of what goes in; absent: what the materials say.
    fn yield_min(&self) -> Option<Exact> {
        self.recorded().yield_min.map(|percent| percent.0.into())
    }

    /// The most.
    fn yield_max(&self) -> Option<Exact> {
        self.recorded().yield_max.map(|percent| percent.0.into())
    }

    /// Process parameters as measured or set.
    #[graphql(complexity = "page_cost(5, child_complexity)")]
    fn parameters(&self) -> Vec<Parameter> {
        self.recorded().parameters.iter().map(Parameter::from).collect()
    }

    /// Further facts, by name.
    fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.recorded().attributes)
    }

    /// Set once voided: the operation is no longer part of the genealogy.
    fn voided(&self) -> Option<Voided> {
        self.0.voided.as_ref().map(|voided| Voided {
            by: ID::from(voided.by.as_str()),
            reason: voided.reason.to_string(),
            replaced_by: voided.replaced_by.as_ref().map(|id| ID::from(id.as_str())),
        })
    }
}

/// Lots by id, in order.
pub(super) async fn load_lots(context: &Context<'_>, ids: &[LotId]) -> Result<Vec<Lot>> {
    futures::future::try_join_all(ids.iter().map(|id| Lot::load(context, id))).await
}

/// By what an operation was voided.
#[derive(SimpleObject)]
pub struct Voided {
    /// The id of the void event.
    by: ID,
    /// Its reason.
    reason: String,
    /// The id of the event that replaces the operation.
    replaced_by: Option<ID>,
}

/// A process parameter as measured or set.
#[derive(SimpleObject)]
pub struct Parameter {
    /// What it is: temperature, pressure, speed …
    name: String,
    /// Its value, verbatim.
    value: String,
    /// Its unit.
    unit: Option<String>,
    /// When it was measured.
    at: Option<Moment>,
}

impl From<&domain::Parameter> for Parameter {
    fn from(parameter: &domain::Parameter) -> Self {
        Self {
            name: parameter.name.to_string(),
            value: parameter.value.to_string(),
            unit: parameter.unit.as_ref().map(ToString::to_string),
            at: parameter.at.map(Moment),
        }
    }
}

/// A lot drawn into an operation.
pub struct ConsumedLot(domain::Input);

/// A lot drawn into an operation.
#[Object]
impl ConsumedLot {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.lot).await
    }

    /// How much of it was used: what was issued, less what came back unused. Absent when nobody measured; 0 when it is listed
    /// and was not used.
    fn quantity(&self) -> Option<Quantity> {
        self.0.quantity.as_ref().map(Into::into)
    }

    /// How much of what was issued came back unused in the same operation, in the unit of `quantity`.
    fn returned(&self) -> Option<Exact> {
        self.0.returned.map(|returned| returned.value().into())
    }

    /// When exactly; absent: some time during the operation.
    fn at(&self) -> Option<Moment> {
        self.0.at.map(Moment)
    }

    /// The id of the one output's lot that all of this went into; absent: some of it went into each output.
    fn only_for(&self) -> Option<ID> {
        self.0.only_for.as_ref().map(|lot| ID::from(lot.as_str()))
    }
}

/// A lot that came out of an operation.
pub struct ProducedLot(domain::Output);

/// A lot that came out of an operation.
#[Object]
impl ProducedLot {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.lot).await
    }

    /// How much came out; absent when nobody measured, 0 when it is listed and nothing came out.
    fn quantity(&self) -> Option<Quantity> {
        self.0.quantity.as_ref().map(Into::into)
    }

    /// When exactly; absent: some time during the operation.
    fn at(&self) -> Option<Moment> {
        self.0.at.map(Moment)
    }

    /// Of a return: the id of the lot that had been shipped, when it comes back into another one.
    fn shipped_as(&self) -> Option<ID> {
        self.0.shipped_as.as_ref().map(|lot| ID::from(lot.as_str()))
    }
}

connection!(
    /// A page of operations.
    OperationConnection,
    /// An operation in a page.
    OperationEdge,
    Operation
);
connection!(
    /// A page of lots drawn into an operation.
    ConsumedLotConnection,
    /// A lot drawn, in a page.
    ConsumedLotEdge,
    ConsumedLot
);
connection!(
    /// A page of lots that came out of an operation.
    ProducedLotConnection,
    /// A lot that came out, in a page.
    ProducedLotEdge,
    ProducedLot
);
