//! Recalls under way: what was frozen, what changed since, and how far they got.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use tokio::sync::OnceCell;

use super::events::RecallClass;
use super::parts::{AffectedLot, Shipment};
use super::progress::RecallProgress;
use super::scope::ScopeAnswered;
use crate::domain::recall::RecallRecord;
use crate::domain::{EventId, Record, RecordState, Text};
use crate::format::canonical;
use crate::genealogy::scope::{ChangedCustomer, ScopeDifference};
use crate::graphql::connection::{connection, page_cost, page_size};
use crate::graphql::filters::{choices, read};
use crate::graphql::party::Party;
use crate::graphql::scalars::{Exact, Moment};
use crate::graphql::services;
use crate::service::ServiceResult;
use crate::service::recall::{FoundRecall, ScopeAnswer, difference};
use crate::store::RecordFilter;

use super::parts::{MaterialQuantity, party};

/// How far a recall is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "crate::domain::recall::RecallState")]
pub enum RecallState {
    /// Under way.
    Open,
    /// Ended.
    Closed,
}

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
    pub(in crate::graphql) fn read(self) -> ServiceResult<RecordFilter> {
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
    pub(in crate::graphql) fn new(found: FoundRecall) -> Self {
        Self { found: Arc::new(found), frozen: Arc::default(), current: Arc::default() }
    }

    /// The recall of a record that is one.
    pub(in crate::graphql) fn of(record: Arc<Record>) -> Option<Self> {
        FoundRecall::of((*record).clone()).map(Self::new)
    }

    fn record(&self) -> &RecallRecord {
        &self.found.record
    }

    async fn frozen_answer(&self, context: &Context<'_>) -> Result<&Arc<ScopeAnswer>> {
        let recalls = &services(context).recalls;
        Ok(self.frozen.get_or_try_init(|| recalls.frozen(&self.found)).await?)
    }

    async fn current_answer(&self, context: &Context<'_>) -> Result<Option<&Arc<ScopeAnswer>>> {
        let recalls = &services(context).recalls;
        Ok(self.current.get_or_try_init(|| recalls.current(&self.found)).await?.as_ref())
    }
}

/// A recall, or an exercise of one.
#[Object]
impl Recall {
    /// Its id, that of the event that opened it.
    async fn id(&self) -> ID {
        ID::from(self.record().id.as_str())
    }

    /// How far it is.
    async fn state(&self) -> RecallState {
        self.record().state().into()
    }

    /// Whether it is an exercise: nothing is held.
    async fn mock(&self) -> bool {
        self.record().recall.mock
    }

    /// When it was decided.
    async fn at(&self) -> Moment {
        Moment(self.record().recall.at)
    }

    /// Why.
    async fn reason(&self) -> &str {
        self.record().recall.reason.as_str()
    }

    /// What sort of trouble it is.
    async fn category(&self) -> Option<&str> {
        self.record().recall.category.as_ref().map(AsRef::as_ref)
    }

    /// How dangerous the goods are.
    async fn class(&self) -> Option<RecallClass> {
        self.record().recall.class.map(Into::into)
    }

    /// What it looks for, as the JSON of its event.
    async fn question(&self) -> String {
        canonical::recall::scope_text(&self.record().recall.scope)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> Moment {
        Moment(self.record().recorded_at)
    }

    /// Who recorded it.
    async fn actor(&self) -> &str {
        self.record().actor.as_str()
    }

    /// The revision that its scope is frozen at.
    async fn revision(&self) -> String {
        self.found.place.revision.to_string()
    }

    /// The ids of its holds, in the order in which they were placed.
    async fn hold_ids(&self) -> Vec<ID> {
        self.record().holds.iter().map(|hold| ID::from(hold.hold.as_str())).collect()
    }

    /// How it ended; absent while it is open.
    async fn closing(&self) -> Option<RecallClosing> {
        let closing = self.record().closed.as_ref()?;
        Some(RecallClosing {
            event: ID::from(closing.event.as_str()),
            at: Moment(closing.at),
            actor: closing.actor.to_string(),
            report: closing.report.to_string(),
        })
    }

    /// How long it took, from the moment it was decided to the moment it ended, in seconds; absent while it is open.
    async fn elapsed_seconds(&self) -> Option<i64> {
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
        Ok(RecallChanges { frozen, current, difference })
    }

    /// How far it got, measured against what is known now.
    #[graphql(complexity = "200 + child_complexity")]
    async fn progress(&self, context: &Context<'_>) -> Result<RecallProgress> {
        let current = self.current_answer(context).await?;
        let recalls = &services(context).recalls;
        let progress = recalls.progress(&self.found, current.map(AsRef::as_ref)).await?;
        Ok(RecallProgress::new(progress, &self.record().id))
    }
}

/// How a recall ended.
#[derive(SimpleObject)]
pub struct RecallClosing {
    /// The id of the event that says so.
    event: ID,
    /// When it was decided.
    at: Moment,
    /// Who recorded it.
    actor: String,
    /// What it came to.
    report: String,
}

/// What changed in the scope of a recall since it was frozen.
pub struct RecallChanges {
    frozen: Arc<ScopeAnswer>,
    current: Option<Arc<ScopeAnswer>>,
    difference: ScopeDifference,
}

impl RecallChanges {
    fn lots(answer: Option<&Arc<ScopeAnswer>>, places: &[u32], first: i32) -> Result<Vec<AffectedLot>> {
        let places = places.iter().take(page_size(first)? as usize);
        let lot = |place: &u32| Some(AffectedLot { answer: answer?.clone(), place: *place as usize });
        Ok(places.filter_map(lot).collect())
    }

    fn shipments(answer: Option<&Arc<ScopeAnswer>>, places: &[u32], first: i32) -> Result<Vec<Shipment>> {
        let places = places.iter().take(page_size(first)? as usize);
        let shipment = |place: &u32| Some(Shipment { answer: answer?.clone(), place: *place as usize });
        Ok(places.filter_map(shipment).collect())
    }
}

/// What changed in the scope of a recall since it was frozen.
#[Object]
impl RecallChanges {
    /// Whether nothing changed.
    async fn is_empty(&self) -> bool {
        self.difference.is_empty()
    }

    /// How many lots are affected now that were not.
    async fn lots_added_count(&self) -> usize {
        self.difference.lots_added.len()
    }

    /// How many lots are not affected any more.
    async fn lots_removed_count(&self) -> usize {
        self.difference.lots_removed.len()
    }

    /// Lots that are affected now and were not, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn lots_added(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<AffectedLot>> {
        Self::lots(self.current.as_ref(), &self.difference.lots_added, first)
    }

    /// Lots that were affected and are not any more, as they were, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn lots_removed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<AffectedLot>> {
        Self::lots(Some(&self.frozen), &self.difference.lots_removed, first)
    }

    /// Shipments of affected lots that came in, by (time, operation).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn shipments_added(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<Shipment>> {
        Self::shipments(self.current.as_ref(), &self.difference.shipments_added, first)
    }

    /// Shipments that are not affected any more, as they were, by (time, operation).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn shipments_removed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<Shipment>> {
        Self::shipments(Some(&self.frozen), &self.difference.shipments_removed, first)
    }

    /// Customers who received more or less than was known, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn customers(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<CustomerChange>> {
        let customers = self.difference.customers.iter().take(page_size(first)? as usize);
        Ok(customers.map(|customer| CustomerChange(customer.clone())).collect())
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
    async fn before(&self) -> Vec<MaterialQuantity> {
        self.0.before.iter().map(MaterialQuantity::from).collect()
    }

    /// What is known now, by material and unit.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    async fn after(&self) -> Vec<MaterialQuantity> {
        self.0.after.iter().map(MaterialQuantity::from).collect()
    }
}

/// The recall with this id, if there is one.
pub(in crate::graphql) async fn recall(context: &Context<'_>, id: &ID) -> Result<Option<Recall>> {
    let id = read("id", id, EventId::parse)?;
    Ok(services(context).recalls.find(&id).await?.map(Recall::new))
}

connection!(
    /// A page of recalls.
    RecallConnection,
    /// A recall in a page.
    RecallEdge,
    Recall
);
