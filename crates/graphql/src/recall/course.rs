//! Recalls under way: what was frozen, what changed since, and how far they got.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Result};
use tokio::sync::OnceCell;

use super::events::RecallClass;
use super::history::{RecallAddition, RecallClosing, RecallReopening};
use super::listing::Listing;
use super::parts::{AffectedLot, AffectedLotConnection, Shipment, ShipmentConnection};
use super::progress::RecallProgress;
use super::scope::ScopeAnswered;
use crate::answer::leaf;
use crate::connection::{connection, page_cost};
use crate::cursor::Scope;
use crate::filters::{choices, read};
use crate::party::Party;
use crate::scalars::{Exact, Moment};
use crate::{caller, services};
use lotgraph_domain::recall::RecallRecord;
use lotgraph_domain::{EventId, Record, RecordState, Text};
use lotgraph_format::canonical;
use lotgraph_genealogy::scope::{ChangedCustomer, ScopeDifference};
use lotgraph_graphql_macros::Object;
use lotgraph_service::ServiceResult;
use lotgraph_service::query::RecordFilter;
use lotgraph_service::recall::{FoundRecall, ScopeAnswer, difference};

use super::parts::{MaterialQuantity, party};

/// How far a recall is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "lotgraph_domain::recall::RecallState")]
pub enum RecallState {
    /// Under way.
    Open,
    /// Ended.
    Closed,
}

leaf!(RecallState);

/// Which recalls; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct RecallFilter {
    /// In one of these states.
    states: Option<Vec<RecallState>>,
    /// Of one of these categories.
    categories: Option<Vec<String>>,
}

impl RecallFilter {
    /// The store's filter.
    pub(crate) fn read(self) -> ServiceResult<RecordFilter> {
        let categories = self.categories.map(|categories| {
            let categories = categories.iter().map(|category| read("categories", category, Text::parse));
            categories.collect::<ServiceResult<Vec<Text>>>()
        });
        let state = |state| match state {
            RecallState::Open => RecordState::Open,
            RecallState::Closed => RecordState::Closed,
        };
        let states = self.states.map(|states| states.into_iter().map(state).collect::<Vec<RecordState>>());
        Ok(RecordFilter {
            states: choices(states),
            categories: choices(categories.transpose()?),
            ..RecordFilter::default()
        })
    }
}

/// A recall, or an exercise of one.
#[derive(Clone)]
pub struct Recall {
    found: Arc<FoundRecall>,
    frozen: Arc<OnceCell<Arc<ScopeAnswer>>>,
    current: Arc<OnceCell<Option<Arc<ScopeAnswer>>>>,
}

impl Recall {
    pub(crate) fn new(found: FoundRecall) -> Self {
        Self { found: Arc::new(found), frozen: Arc::default(), current: Arc::default() }
    }

    /// The recall of a record that is one.
    pub(crate) fn of(record: Arc<Record>) -> Option<Self> {
        FoundRecall::of((*record).clone()).map(Self::new)
    }

    fn record(&self) -> &RecallRecord {
        &self.found.record
    }

    async fn frozen_answer(&self, context: &Context<'_>) -> Result<&Arc<ScopeAnswer>> {
        let recalls = &services(context).recalls;
        Ok(self.frozen.get_or_try_init(|| recalls.frozen(caller(context), &self.found)).await?)
    }

    async fn current_answer(&self, context: &Context<'_>) -> Result<Option<&Arc<ScopeAnswer>>> {
        let recalls = &services(context).recalls;
        Ok(self.current.get_or_try_init(|| recalls.current(caller(context), &self.found)).await?.as_ref())
    }
}

/// A recall, or an exercise of one.
#[Object]
impl Recall {
    /// Its id, that of the event that opened it.
    fn id(&self) -> ID {
        ID::from(self.record().id.as_str())
    }

    /// How far it is.
    fn state(&self) -> RecallState {
        self.record().state().into()
    }

    /// Whether it is an exercise: nothing is held.
    fn mock(&self) -> bool {
        self.record().recall.mock
    }

    /// When it was decided.
    fn at(&self) -> Moment {
        Moment(self.record().recall.at)
    }

    /// Why.
    fn reason(&self) -> &str {
        self.record().recall.reason.as_str()
    }

    /// What sort of trouble it is.
    fn category(&self) -> Option<&str> {
        self.record().recall.category.as_ref().map(AsRef::as_ref)
    }

    /// How dangerous the goods are.
    fn class(&self) -> Option<RecallClass> {
        self.record().recall.class.map(Into::into)
    }

    /// What it looks for, as the JSON of its event.
    fn question(&self) -> String {
        canonical::recall::scope_text(&self.record().recall.scope)
    }

    /// When it was recorded.
    fn recorded_at(&self) -> Moment {
        Moment(self.record().recorded_at)
    }

    /// Who recorded it.
    fn actor(&self) -> &str {
        self.record().actor.as_str()
    }

    /// The revision that its scope is frozen at.
    fn revision(&self) -> String {
        self.found.place.revision.to_string()
    }

    /// The ids of its holds, in the order in which they were placed.
    fn hold_ids(&self) -> Vec<ID> {
        self.record().holds.iter().map(|hold| ID::from(hold.hold.as_str())).collect()
    }

    /// How it ended; absent while it is open.
    fn closing(&self) -> Option<RecallClosing> {
        self.record().closed.as_ref().map(RecallClosing::from)
    }

    /// How it was taken up again after it had ended, in that order.
    fn reopenings(&self) -> Vec<RecallReopening> {
        self.record().reopened.iter().map(RecallReopening::from).collect()
    }

    /// What was taken into it since it was opened, in that order.
    fn additions(&self) -> Vec<RecallAddition> {
        self.record().added.iter().map(RecallAddition::from).collect()
    }

    /// What is still to be done about it, in words: customers not told, goods with customers, lots held. Absent when nothing
    /// is, and of an exercise.
    #[graphql(complexity = "200")]
    async fn still_open(&self, context: &Context<'_>) -> Result<Option<String>> {
        let open = services(context).recalls.still_open(caller(context), &self.found).await?;
        Ok((!open.is_empty()).then(|| open.words()))
    }

    /// How long it took, from the moment it was decided to the moment it ended, in seconds; absent while it is open.
    fn elapsed_seconds(&self) -> Option<i64> {
        self.record().elapsed_seconds()
    }

    /// What of the quantity that came into the affected lots is known to be consumed, shipped, scrapped or on hand, in
    /// percent, by the frozen scope: of the material that is accounted for least. Absent when nothing measured came in.
    #[graphql(complexity = "100")]
    async fn accounted_percent(&self, context: &Context<'_>) -> Result<Option<Exact>> {
        Ok(self.frozen_answer(context).await?.scope.accounted_percent().map(Into::into))
    }

    /// The scope as it was frozen: from the lots recorded then, as the ledger was then. The lots themselves are shown as
    /// they are now.
    #[graphql(complexity = "100 + child_complexity")]
    async fn frozen(&self, context: &Context<'_>) -> Result<ScopeAnswered> {
        Ok(ScopeAnswered::of_recall(self.frozen_answer(context).await?.clone(), "frozen", &self.record().id))
    }

    /// The scope as it is now, its causes asked anew; absent when they select nothing any more.
    #[graphql(complexity = "100 + child_complexity")]
    async fn current(&self, context: &Context<'_>) -> Result<Option<ScopeAnswered>> {
        let current = self.current_answer(context).await?.cloned();
        Ok(current.map(|answer| ScopeAnswered::of_recall(answer, "current", &self.record().id)))
    }

    /// What came in since it was frozen, by events recorded later, and what fell out.
    #[graphql(complexity = "200 + child_complexity")]
    async fn changes(&self, context: &Context<'_>) -> Result<RecallChanges> {
        let frozen = self.frozen_answer(context).await?.clone();
        let current = self.current_answer(context).await?.cloned();
        let difference = difference(&frozen, current.as_deref());
        let revision = current.as_ref().unwrap_or(&frozen).revision;
        let listing = Listing::new(Scope::new("changes", &self.record().id), revision);
        Ok(RecallChanges { frozen, current, difference, listing })
    }

    /// How far it got, measured against what is known now.
    #[graphql(complexity = "200 + child_complexity")]
    async fn progress(&self, context: &Context<'_>) -> Result<RecallProgress> {
        let current = self.current_answer(context).await?;
        let recalls = &services(context).recalls;
        let progress = recalls.progress(caller(context), &self.found, current.map(AsRef::as_ref)).await?;
        let revision = current.map_or(self.found.place.revision, |answer| answer.revision);
        let listing = Listing::new(Scope::new("progress", &self.record().id), revision);
        Ok(RecallProgress::new(progress, listing))
    }
}

/// What changed in the scope of a recall since it was frozen.
pub struct RecallChanges {
    frozen: Arc<ScopeAnswer>,
    current: Option<Arc<ScopeAnswer>>,
    difference: ScopeDifference,
    listing: Listing,
}

impl RecallChanges {
    fn lots(
        &self,
        list: &str,
        (answer, places): (Option<&Arc<ScopeAnswer>>, &[u32]),
        first: i32,
        after: Option<&str>,
    ) -> Result<AffectedLotConnection> {
        let answer = answer.unwrap_or(&self.frozen);
        let lot = |n: usize| AffectedLot { answer: answer.clone(), place: places[n] as usize };
        let page = self.listing.page(list, places.len(), first, after, lot)?;
        Ok(AffectedLotConnection::new(page.items, page.more, page.further, page.total))
    }

    fn shipments(
        &self,
        list: &str,
        (answer, places): (Option<&Arc<ScopeAnswer>>, &[u32]),
        first: i32,
        after: Option<&str>,
    ) -> Result<ShipmentConnection> {
        let answer = answer.unwrap_or(&self.frozen);
        let shipment = |n: usize| Shipment { answer: answer.clone(), place: places[n] as usize };
        let page = self.listing.page(list, places.len(), first, after, shipment)?;
        Ok(ShipmentConnection::new(page.items, page.more, page.further, page.total))
    }
}

/// What changed in the scope of a recall since it was frozen.
#[Object]
impl RecallChanges {
    /// Whether nothing changed.
    fn is_empty(&self) -> bool {
        self.difference.is_empty()
    }

    /// Lots that are affected now and were not, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn lots_added(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<AffectedLotConnection> {
        let found = (self.current.as_ref(), &self.difference.lots_added[..]);
        self.lots("lots_added", found, first, after.as_deref())
    }

    /// Lots that were affected and are not any more, as they were, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn lots_removed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<AffectedLotConnection> {
        let found = (Some(&self.frozen), &self.difference.lots_removed[..]);
        self.lots("lots_removed", found, first, after.as_deref())
    }

    /// Shipments of affected lots that came in, by (time, operation).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn shipments_added(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<ShipmentConnection> {
        let found = (self.current.as_ref(), &self.difference.shipments_added[..]);
        self.shipments("shipments_added", found, first, after.as_deref())
    }

    /// Shipments that are not affected any more, as they were, by (time, operation).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn shipments_removed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<ShipmentConnection> {
        let found = (Some(&self.frozen), &self.difference.shipments_removed[..]);
        self.shipments("shipments_removed", found, first, after.as_deref())
    }

    /// Customers who received more or less than was known, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn customers(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<CustomerChangeConnection> {
        let customers = &self.difference.customers;
        let change = |n: usize| CustomerChange(customers[n].clone());
        let page = self.listing.page("customers", customers.len(), first, after.as_deref(), change)?;
        Ok(CustomerChangeConnection::new(page.items, page.more, page.further, page.total))
    }
}

/// A customer who received more or less than was known.
pub struct CustomerChange(ChangedCustomer);

/// A customer who received more or less than was known.
#[Object]
impl CustomerChange {
    /// The customer; absent for shipments that name none.
    async fn customer(&self, context: &Context<'_>) -> Result<Option<Party>> {
        party(context, self.0.customer.as_ref()).await
    }

    /// What was known to have been shipped to them, by material and unit.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn before(&self) -> Vec<MaterialQuantity> {
        self.0.before.iter().map(MaterialQuantity::from).collect()
    }

    /// What is known now, by material and unit.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn after(&self) -> Vec<MaterialQuantity> {
        self.0.after.iter().map(MaterialQuantity::from).collect()
    }
}

/// The recall with this id, if there is one.
pub(crate) async fn recall(context: &Context<'_>, id: &ID) -> Result<Option<Recall>> {
    let id = read("id", id, EventId::parse)?;
    Ok(services(context).recalls.find(caller(context), &id).await?.map(Recall::new))
}

connection!(
    /// A page of recalls.
    RecallConnection,
    /// A recall in a page.
    RecallEdge,
    Recall
);
connection!(
    /// A page of customers who received more or less than was known.
    CustomerChangeConnection,
    /// A customer who received more or less than was known, in a page.
    CustomerChangeEdge,
    CustomerChange
);
