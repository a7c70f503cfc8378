//! The answer to a recall scope, page by page.

use std::sync::Arc;

use async_graphql::{Context, ID, Result};

use super::input::RecallScopeInput;
use super::listing::Listing;
use super::parts::{
    AffectedLot, AffectedLotConnection, AffectedLotFilter, AffectedTotal, CustomerShare,
    CustomerShareConnection, ScopeSeed, ScopeSeedConnection, Shipment, ShipmentConnection,
};
use super::transferred::Transferred;
use crate::at_risk::AtRisk;
use crate::connection::{page_cost, page_size};
use crate::cursor::Scope;
use crate::filters::read;
use crate::freshness::Freshness;
use crate::lot::Lot;
use crate::scalars::Moment;
use crate::trace::{Trace, cursor_revision};
use crate::{caller, services};
use lotgraph_domain::recall::RecallScope;
use lotgraph_domain::{EventId, PartyCode};
use lotgraph_genealogy::scope::Whereabouts;
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::recall::{self as service, ScopeAnswer};

/// The answer to a recall scope.
pub struct ScopeAnswered {
    answer: Arc<ScopeAnswer>,
    /// What cursors belong to.
    scope: Scope,
    trace: Trace,
}

impl RecallScopeInput {
    /// Asks the question; further pages are asked at the revision of their cursors.
    pub(crate) async fn ask(self, context: &Context<'_>) -> Result<ScopeAnswered> {
        let asked: RecallScope = self.read()?;
        let at = cursor_revision(context)?;
        let scope = Scope::new("recallScope", &asked);
        let answer = services(context).recalls.scope(caller(context), &asked, at).await?;
        let trace = Trace::of(answer.traced.clone(), scope.list("trace"));
        Ok(ScopeAnswered { answer, scope, trace })
    }
}

impl ScopeAnswered {
    fn listing(&self) -> Listing {
        Listing::of_walk(self.scope, self.answer.revision, self.answer.traced.subgraph.revision)
    }

    /// The scope of a recall: `which` of its states.
    pub(super) fn of_recall(answer: Arc<ScopeAnswer>, which: &str, recall: &EventId) -> Self {
        let scope = Scope::new(which, recall);
        let trace = Trace::of(answer.traced.clone(), scope.list("trace"));
        Self { answer, scope, trace }
    }

    fn count(&self, place: Whereabouts) -> usize {
        self.answer.scope.lots.iter().filter(|lot| lot.whereabouts().contains(&place)).count()
    }
}

/// What a recall reaches: the lots that its causes touched, everything made of them, and where it all is now.
#[Object(name = "RecallScope")]
impl ScopeAnswered {
    /// How much it is.
    fn summary(&self) -> RecallScopeSummary {
        let (answer, scope) = (&self.answer, &self.answer.scope);
        RecallScopeSummary {
            seed_count: answer.seeds.len(),
            lot_count: scope.lots.len(),
            operation_count: answer.traced.trace.operations.len(),
            max_depth: answer.traced.max_depth(),
            on_hand_count: self.count(Whereabouts::OnHand),
            on_hand_unknown_count: self.count(Whereabouts::OnHandUnknown),
            consumed_count: self.count(Whereabouts::Consumed),
            shipped_count: self.count(Whereabouts::Shipped),
            scrapped_count: self.count(Whereabouts::Scrapped),
            shipment_count: scope.shipments.len(),
            customer_count: scope.customers.len(),
            unread_parameter_count: answer.unread_parameters,
            is_partial: answer.traced.trace.partial.is_some(),
        }
    }

    /// The lots it starts from, by id: each with the moment since which it is bad, and why.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn seeds(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<ScopeSeedConnection> {
        let seeds = &self.answer.seeds;
        let seed = |n: usize| ScopeSeed(seeds[n].clone());
        let page = self.listing().page("seeds", seeds.len(), first, after.as_deref(), seed)?;
        Ok(ScopeSeedConnection::new(page.items, page.more, page.further, page.total))
    }

    /// What of the affected lots was received on record where it was shipped to, by time, at most 1000: the walk goes on from
    /// there.
    #[graphql(complexity = "page_cost(20, child_complexity)")]
    fn transfers(&self) -> Vec<Transferred> {
        let all = self.answer.scope.transfers.iter().take(1_000);
        all.map(|one| Transferred { answer: self.answer.clone(), one: one.clone() }).collect()
    }

    /// The affected lots, those it starts from included, by (depth, id), each with where it is now.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of the affected lots are shown; absent: all.")] filter: Option<
            AffectedLotFilter,
        >,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<AffectedLotConnection> {
        let filter = filter.unwrap_or_default().read()?;
        // Another filter is another list.
        let list = format!("lots {filter:?}");
        let shown = services(context).recalls.select(caller(context), &self.answer, &filter).await?;
        let lot = |n: usize| AffectedLot { answer: self.answer.clone(), place: shown[n] as usize };
        let page = self.listing().page(&list, shown.len(), first, after.as_deref(), lot)?;
        Ok(AffectedLotConnection::new(page.items, page.more, page.further, page.total))
    }

    /// What of the affected lots was shipped, by (time, operation).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn shipments(
        &self,
        #[graphql(desc = "Only to the customer with this code; absent: to all.")] customer: Option<ID>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<ShipmentConnection> {
        let customer = customer.map(|code| read("customer", &code, PartyCode::parse)).transpose()?;
        let list = format!("shipments {customer:?}");
        let shipments = self.answer.scope.shipments.iter().enumerate();
        let to = shipments.filter(|(_, shipment)| customer.is_none() || shipment.customer == customer);
        let shown: Vec<usize> = to.map(|(n, _)| n).collect();
        let shipment = |n: usize| Shipment { answer: self.answer.clone(), place: shown[n] };
        let page = self.listing().page(&list, shown.len(), first, after.as_deref(), shipment)?;
        Ok(ShipmentConnection::new(page.items, page.more, page.further, page.total))
    }

    /// How much of the affected lots is at risk: all of each, and what perfect mixing carries of the bad material; with
    /// totals and by customer. Only of a scope with respectTime.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn at_risk(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many lots, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<AtRisk> {
        page_size(first)?;
        let found = services(context).recalls.at_risk(caller(context), &self.answer).await?;
        self.trace.at_risk_page(&found, first, after.as_deref())
    }

    /// Lots of unknown origin that are not in the scope and whose ids look like those of lots in it: they may be the same lots,
    /// misread.
    #[graphql(complexity = "page_cost(100, child_complexity)")]
    fn look_alikes(&self) -> Vec<LookAlike> {
        self.answer.look_alikes.iter().cloned().map(LookAlike).collect()
    }

    /// What each customer received of the affected lots, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn customers(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<CustomerShareConnection> {
        let share = |n: usize| CustomerShare { answer: self.answer.clone(), place: n };
        let length = self.answer.scope.customers.len();
        let page = self.listing().page("customers", length, first, after.as_deref(), share)?;
        Ok(CustomerShareConnection::new(page.items, page.more, page.further, page.total))
    }

    /// Where everything is, by material and unit, in the material's own unit where a conversion is declared.
    #[graphql(complexity = "page_cost(20, child_complexity)")]
    fn totals(&self) -> Vec<AffectedTotal> {
        self.answer.scope.totals.iter().map(|total| AffectedTotal(total.clone())).collect()
    }

    /// The walk itself: its operations and links, counts by field, and how far to trust it.
    fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Which state of the ledger it answers for.
    fn freshness(&self) -> Freshness {
        let subgraph = &self.answer.traced.subgraph;
        Freshness {
            revision: self.answer.revision.to_string(),
            cached: subgraph.cached,
            computed_at: Moment(subgraph.computed_at),
        }
    }
}

/// A lot of unknown origin beside a scope that may belong to it under another id.
pub struct LookAlike(service::LookAlike);

/// A lot of unknown origin beside a scope that may belong to it under another id.
#[Object]
impl LookAlike {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.lot).await
    }

    /// The lot of the scope that its id looks like.
    async fn like(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.like).await
    }
}

/// How much a recall reaches.
#[derive(SimpleObject)]
pub struct RecallScopeSummary {
    /// Lots it starts from.
    seed_count: usize,
    /// Affected lots, those it starts from included.
    lot_count: usize,
    /// Operations reached.
    operation_count: usize,
    /// The greatest depth of a lot reached.
    max_depth: u32,
    /// Affected lots of which something is on hand.
    on_hand_count: usize,
    /// Affected lots of which something may be on hand: not every movement was measured.
    on_hand_unknown_count: usize,
    /// Affected lots that were (partly) consumed.
    consumed_count: usize,
    /// Affected lots that were (partly) shipped.
    shipped_count: usize,
    /// Affected lots that were (partly) scrapped.
    scrapped_count: usize,
    /// Draws of affected lots by shipments.
    shipment_count: usize,
    /// Customers reached; shipments that name none count as one.
    customer_count: usize,
    /// Values of a parameter asked for that are not numbers: their operations could not be judged and are not selected.
    unread_parameter_count: u32,
    /// Whether a limit cut the answer; `trace.completeness` says which.
    is_partial: bool,
}
