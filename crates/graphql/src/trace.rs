//! Traces: the question, the answer page by page, and how far to trust it.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Result, SelectionField};
use tokio::sync::OnceCell;

use super::at_risk::{AtRisk, AtRiskLot, AtRiskLotConnection};
use super::connection::{Total, page_cost, page_size, window};
use super::cursor::{Place, Scope, malformed, trace_revision};
use super::enums::{FacetField, PartialReason, TraceDirection};
use super::filters::{LotFilter, read};
use super::freshness::Freshness;
use super::link::{TraceLink, TraceLinkConnection};
use super::lot::{Lot, LotConnection};
use super::mass_balance::MassBalance;
use super::operation::load_lots;
use super::scalars::{Exact, Moment};
use super::traced::{
    MayBeTransfer, TracedLot, TracedLotConnection, TracedOperation, TracedOperationConnection,
};
use super::{caller, services};
use lotgraph_domain::{ErrorCode, LotId};
use lotgraph_genealogy::{TimeRule, TracedNode};
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::at_risk;
use lotgraph_service::query::{self as store, Revision};
use lotgraph_service::trace::{TraceAnswer, TraceQuestion};
use lotgraph_service::{ServiceError, ServiceResult};

/// A trace question: where did these lots go, or what went into them?
#[derive(InputObject)]
pub struct TraceInput {
    /// The ids of the lots to start from; `resolve` finds ids by printed numbers.
    lots: Vec<ID>,
    /// Which way to walk.
    direction: TraceDirection,
    /// At most this many operations from the nearest start; absent: any number.
    max_depth: Option<i32>,
    /// A walk counts only if its moments never go back. False: every walk counts, whatever its times.
    #[graphql(default = true)]
    respect_time: bool,
    /// FORWARD: when the lots became of interest; absent: always were.
    since: Option<Moment>,
    /// BACKWARD: until when the lots are of interest; absent: for ever.
    until: Option<Moment>,
    /// Which of the lots reached are shown; the walk is the same with and without it.
    filter: Option<LotFilter>,
    /// Compute the answer anew even if a cache has it.
    #[graphql(default = false)]
    skip_cache: bool,
}

impl TraceInput {
    pub(super) fn read(
        self,
        at: Option<Revision>,
    ) -> ServiceResult<(TraceQuestion, Option<store::LotFilter>)> {
        let lots = self.lots.iter().map(|id| read("lots", id, LotId::parse));
        let depth = |depth: i32| {
            u32::try_from(depth).ok().filter(|depth| *depth > 0).ok_or_else(|| {
                let message = format!("maxDepth must be 1 or more, not {depth}; leave it out for no limit");
                ServiceError::new(ErrorCode::ArgumentInvalid, message)
            })
        };
        let question = TraceQuestion {
            lots: lots.collect::<ServiceResult<_>>()?,
            direction: self.direction.into(),
            max_depth: self.max_depth.map(depth).transpose()?,
            rule: TimeRule {
                respect_time: self.respect_time,
                since: self.since.map(|moment| moment.0),
                until: self.until.map(|moment| moment.0),
            },
            skip_cache: self.skip_cache,
            at,
        };
        Ok((question, self.filter.map(LotFilter::read).transpose()?))
    }

    /// Asks the question; further pages are asked at the revision of their cursors.
    pub(super) async fn ask(self, context: &Context<'_>) -> Result<Trace> {
        let (question, filter) = self.read(cursor_revision(context)?)?;
        let scope = Scope::new(
            "trace",
            &(&question.lots, question.direction, question.max_depth, question.rule, &filter),
        );
        let answer = services(context).questions.tracer.trace(caller(context), question).await?;
        Ok(Trace { answer, filter, scope, shown: OnceCell::new() })
    }
}

/// A field, or those inside it that are pages of this answer too.
fn with_lists(field: SelectionField<'_>) -> Vec<SelectionField<'_>> {
    if matches!(field.name(), "completeness" | "trace") {
        field.selection_set().flat_map(with_lists).collect()
    } else {
        vec![field]
    }
}

/// The revision that the cursors among this answer's fields are bound to, if there are any.
pub(super) fn cursor_revision(context: &Context<'_>) -> Result<Option<Revision>> {
    let mut found: Option<Revision> = None;
    for field in context.field().selection_set().flat_map(with_lists) {
        let arguments = field.arguments()?;
        let cursors = arguments.iter().filter(|(name, _)| name == "after");
        for (_, value) in cursors {
            let async_graphql::Value::String(cursor) = value else { continue };
            let revision = trace_revision(cursor).ok_or_else(malformed)?;
            if found.is_some_and(|other| other != revision) {
                let message = "the cursors in this question belong to answers of different revisions; ask in two questions";
                return Err(ServiceError::new(ErrorCode::CursorMalformed, message).into());
            }
            found = Some(revision);
        }
    }
    Ok(found)
}

/// The answer to a trace question.
pub struct Trace {
    answer: Arc<TraceAnswer>,
    filter: Option<store::LotFilter>,
    scope: Scope,
    shown: OnceCell<Vec<TracedNode>>,
}

/// A page of one list of the answer.
struct Window {
    from: usize,
    to: usize,
    more: bool,
    total: Total,
}

impl Trace {
    /// A trace that is part of another answer, whose cursors belong to it.
    pub(super) fn of(answer: Arc<TraceAnswer>, scope: Scope) -> Self {
        Self { answer, filter: None, scope, shown: OnceCell::new() }
    }

    /// The lots that the filter lets show.
    async fn shown(&self, context: &Context<'_>) -> Result<&[TracedNode]> {
        let select =
            || services(context).questions.tracer.select(caller(context), &self.answer, self.filter.as_ref());
        Ok(self.shown.get_or_try_init(select).await?)
    }

    fn window(&self, list: &str, length: usize, first: i32, after: Option<&str>) -> ServiceResult<Window> {
        let skip = match after.map(|cursor| self.scope.list(list).decode(cursor)).transpose()? {
            Some(Place::Trace(_, skip)) => skip,
            Some(_) => return Err(malformed()),
            None => 0,
        };
        let (from, to) = window(length, skip, page_size(first)?);
        Ok(Window { from, to, more: to < length, total: Total::Known(length as u64) })
    }

    fn cursor(&self, list: &str, item: usize) -> String {
        // The node limit keeps answers far below 2^32 items.
        self.scope.list(list).encode(Place::Trace(self.answer.subgraph.revision, item as u32 + 1))
    }

    fn link_page(
        &self,
        list: &str,
        links: &[u32],
        first: i32,
        after: Option<&str>,
    ) -> Result<TraceLinkConnection> {
        let page = self.window(list, links.len(), first, after)?;
        let items = (page.from..page.to)
            .map(|n| (self.cursor(list, n), TraceLink::of_subgraph(&self.answer.subgraph, links[n])));
        Ok(TraceLinkConnection::new(items.collect(), page.more, after.is_some(), page.total))
    }

    /// A page of quantities at risk of this answer.
    pub(super) fn at_risk_page(
        &self,
        found: &at_risk::AtRisk,
        first: i32,
        after: Option<&str>,
    ) -> Result<AtRisk> {
        let page = self.window("atRisk", found.worst.len(), first, after)?;
        let cursor = |n: usize| {
            let place = Place::Trace(found.answer.subgraph.revision, n as u32 + 1);
            self.scope.list("atRisk").encode(place)
        };
        let items = (page.from..page.to).map(|n| (cursor(n), AtRiskLot::of(found, n)));
        let lots = AtRiskLotConnection::new(items.collect(), page.more, after.is_some(), page.total);
        Ok(AtRisk::new(found, lots))
    }

    pub(super) async fn summarize(&self, context: &Context<'_>) -> Result<TraceSummary> {
        let trace = &self.answer.trace;
        Ok(TraceSummary {
            lot_count: trace.lots.len(),
            operation_count: trace.operations.len(),
            link_count: trace.links.len(),
            max_depth: self.answer.max_depth(),
            shown_lot_count: self.shown(context).await?.len(),
            is_partial: trace.partial.is_some(),
        })
    }
}

/// The answer to a trace question: nodes and links, each once, in an order that is the same in every store.
#[Object]
impl Trace {
    /// The lots the trace started from, by id.
    async fn seeds(&self, context: &Context<'_>) -> Result<Vec<Lot>> {
        let ids: Vec<LotId> =
            self.answer.trace.seeds.iter().map(|index| self.answer.lot_id(*index).clone()).collect();
        load_lots(context, &ids).await
    }

    /// What came into the lots, those it started from and those reached, against where it is.
    #[graphql(complexity = "page_cost(20, child_complexity)")]
    async fn mass_balance(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How much may be unexplained, in percent of what came in; absent: 0.1.")]
        tolerance_percent: Option<Exact>,
    ) -> Result<MassBalance> {
        let reached = self.answer.trace.lots.iter().map(|node| node.index);
        let lots = self.answer.trace.seeds.iter().copied().chain(reached);
        let lots: Vec<LotId> = lots.map(|index| self.answer.lot_id(index).clone()).collect();
        MassBalance::ask(context, &lots, tolerance_percent).await
    }

    /// Lots of this answer that were shipped, with lots that were received with their number, and the other way round, as far
    /// as nothing links them: the receipts do not repeat the documents of the shipments. If they are the same goods, the
    /// document is missing or wrong. The first 1,000 lots of the answer are looked at.
    #[graphql(complexity = "page_cost(20, child_complexity)")]
    async fn may_be_transfers(&self, context: &Context<'_>) -> Result<Vec<MayBeTransfer>> {
        let tracer = &services(context).questions.tracer;
        let found = tracer.may_be_transfers(caller(context), &self.answer).await?;
        Ok(found.pairs.into_iter().map(MayBeTransfer::new).collect())
    }

    /// How much was reached.
    async fn summary(&self, context: &Context<'_>) -> Result<TraceSummary> {
        self.summarize(context).await
    }

    /// The lots reached, without those it started from, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn lots(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<TracedLotConnection> {
        let shown = self.shown(context).await?;
        let page = self.window("lots", shown.len(), first, after.as_deref())?;
        let items = (page.from..page.to).map(|n| {
            let node = shown[n];
            (self.cursor("lots", n), TracedLot::new(self.answer.lot_id(node.index).clone(), node.depth))
        });
        Ok(TracedLotConnection::new(items.collect(), page.more, after.is_some(), page.total))
    }

    /// The operations reached, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn operations(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<TracedOperationConnection> {
        let reached = &self.answer.trace.operations;
        let page = self.window("operations", reached.len(), first, after.as_deref())?;
        let items = (page.from..page.to).map(|n| {
            let node = reached[n];
            let id = self.answer.subgraph.operations[node.index as usize].id.clone();
            (self.cursor("operations", n), TracedOperation::new(id, node.depth))
        });
        Ok(TracedOperationConnection::new(items.collect(), page.more, after.is_some(), page.total))
    }

    /// The links that some walk uses, by (depth of the operation, its id, role, position).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn links(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<TraceLinkConnection> {
        self.link_page("links", &self.answer.trace.links, first, after.as_deref())
    }

    /// How much of the affected lots is at risk: all of each, and what perfect mixing carries. Of a FORWARD trace with
    /// respectTime only; the filter does not change it.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn at_risk(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many lots, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before; the same question is asked with it.")]
        after: Option<String>,
    ) -> Result<AtRisk> {
        page_size(first)?;
        let found = services(context).questions.risks.at_risk(caller(context), &self.answer).await?;
        self.at_risk_page(&found, first, after.as_deref())
    }

    /// Counts by some fields, most frequent value first.
    #[graphql(complexity = "by.len() * child_complexity.max(1)")]
    async fn facets(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to count by; one facet for each, in this order.")] by: Vec<FacetField>,
    ) -> Result<Vec<Facet>> {
        let shown = self.shown(context).await?;
        let mut facets = Vec::with_capacity(by.len());
        for field in by {
            let values = services(context)
                .questions
                .tracer
                .facet(caller(context), &self.answer, shown, field.into())
                .await?;
            let values = values.into_iter().map(|v| FacetValue { value: v.value, count: v.count }).collect();
            facets.push(Facet { field, values });
        }
        Ok(facets)
    }

    /// Whether the answer is complete, and what to doubt about it.
    fn completeness(&self) -> Completeness<'_> {
        Completeness(self)
    }

    /// Which state of the ledger it answers for.
    fn freshness(&self) -> Freshness {
        Freshness::of(&self.answer.subgraph)
    }
}

/// How much a trace reached.
#[derive(SimpleObject)]
pub struct TraceSummary {
    /// Lots reached, without those it started from and before any filter.
    lot_count: usize,
    /// Operations reached.
    operation_count: usize,
    /// Links that some walk uses.
    link_count: usize,
    /// The greatest depth of a lot reached; 0 when none is.
    max_depth: u32,
    /// Lots reached that the filter lets show.
    shown_lot_count: usize,
    /// Whether a limit cut the answer; `completeness` says which.
    is_partial: bool,
}

/// Counts of an answer by one field.
#[derive(SimpleObject)]
pub struct Facet {
    /// What is counted by.
    field: FacetField,
    /// The values, most frequent first.
    values: Vec<FacetValue>,
}

/// How many members of an answer share a value.
#[derive(SimpleObject)]
pub struct FacetValue {
    /// The value; absent for members without one.
    value: Option<String>,
    /// How many they are.
    count: u64,
}

/// Whether an answer is complete, and what to doubt about it.
pub struct Completeness<'a>(&'a Trace);

/// Whether an answer is complete, and what to doubt about it.
#[Object]
impl Completeness<'_> {
    /// Whether a limit cut the answer.
    fn is_partial(&self) -> bool {
        self.0.answer.trace.partial.is_some()
    }

    /// The limit that cut it.
    fn reason(&self) -> Option<PartialReason> {
        self.0.answer.trace.partial.map(Into::into)
    }

    /// Lots, those it started from included, without a receipt or production on record: what went into them is not
    /// known here.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn unknown_origin(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<LotConnection> {
        let trace = self.0;
        let unknown = &trace.answer.trace.unknown_origin;
        let page = trace.window("unknownOrigin", unknown.len(), first, after.as_deref())?;
        let ids: Vec<LotId> =
            unknown[page.from..page.to].iter().map(|index| trace.answer.lot_id(*index).clone()).collect();
        let lots = load_lots(context, &ids).await?;
        let cursors = (page.from..page.to).map(|n| trace.cursor("unknownOrigin", n));
        Ok(LotConnection::new(cursors.zip(lots).collect(), page.more, after.is_some(), page.total))
    }

    /// Consumptions and work in place before every production of the lot: a clock must be wrong. They count all the
    /// same.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn time_conflicts(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TraceLinkConnection> {
        self.0.link_page("timeConflicts", &self.0.answer.trace.time_conflicts, first, after.as_deref())
    }

    /// Draws that took more than can have been there by then, and the fillings that count as there since then although
    /// they are on record as later (rule 9 of the trace). While there are any, quantities and times disagree, and the
    /// answer is not certain.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn overdrawn(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TraceLinkConnection> {
        self.0.link_page("overdrawn", &self.0.answer.trace.overdrawn, first, after.as_deref())
    }

    /// Productions by operations that gave more than they took, or whose yield lies beyond its range: quantities are not certain.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn unbalanced(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TraceLinkConnection> {
        self.0.link_page("unbalanced", &self.0.answer.trace.unbalanced, first, after.as_deref())
    }
}
