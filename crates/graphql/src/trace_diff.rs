//! What differs between a trace and the same one later.

use async_graphql::{Context, ID, Result};

use super::as_of::AsOfInput;
use super::connection::{Total, connection, page_cost, page_size, window};
use super::cursor::{Place, Scope, malformed};
use super::enums::LotStatus;
use super::link::{TraceLink, TraceLinkConnection};
use super::lot::Lot;
use super::trace::TraceInput;
use super::traced::{TracedLot, TracedLotConnection, TracedOperation, TracedOperationConnection};
use super::{caller, services};
use lotgraph_domain::ErrorCode;
use lotgraph_genealogy::TracedNode;
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::as_of::{self, TraceDifference};
use lotgraph_service::query::Revision;
use lotgraph_service::trace::TraceAnswer;
use lotgraph_service::{ServiceError, ServiceResult};

/// What differs between the answers to a trace question at two states of the ledger.
pub struct TraceDiff {
    found: TraceDifference,
    scope: Scope,
}

/// What a page shows of one list, with cursors.
struct PageOf<U> {
    items: Vec<(String, U)>,
    more: bool,
    total: Total,
}

impl TraceDiff {
    pub(super) async fn ask(
        context: &Context<'_>,
        input: TraceInput,
        from: &AsOfInput,
        to: Option<&AsOfInput>,
    ) -> Result<Self> {
        let history = &services(context).history;
        let (question, filter) = input.read(None)?;
        let before = history.at(caller(context), from.read()?).await?;
        let to = match to {
            Some(to) => to.read()?,
            None => history.now(caller(context)).await?,
        };
        let after = history.at(caller(context), to).await?;
        let arguments = (&question.lots, question.direction, question.max_depth, question.rule, &filter);
        let scope = Scope::new("traceDiff", &(arguments, before.revision));
        Ok(Self {
            found: before.difference(caller(context), &after, question, filter.as_ref()).await?,
            scope,
        })
    }

    fn to(&self) -> Revision {
        self.found.after.subgraph.revision
    }

    /// A page of one of the lists.
    fn page<T, U>(
        &self,
        list: &str,
        items: &[T],
        first: i32,
        after: Option<&str>,
        show: impl Fn(&T) -> U,
    ) -> ServiceResult<PageOf<U>> {
        let scope = self.scope.list(list);
        let skip = match after.map(|cursor| scope.decode(cursor)).transpose()? {
            Some(Place::Trace(revision, skip)) if revision == self.to() => skip,
            Some(Place::Trace(revision, _)) => {
                let message = format!(
                    "the page before compared with revision {revision}; ask with to: {{revision: \"{revision}\"}} to go on"
                );
                return Err(ServiceError::new(ErrorCode::CursorStale, message));
            }
            Some(_) => return Err(malformed()),
            None => 0,
        };
        let (from, to) = window(items.len(), skip, page_size(first)?);
        // The node limit keeps answers far below 2^32 items.
        let cursor = |n: usize| scope.encode(Place::Trace(self.to(), n as u32 + 1));
        let shown = (from..to).map(|n| (cursor(n), show(&items[n]))).collect();
        Ok(PageOf { items: shown, more: to < items.len(), total: Total::Known(items.len() as u64) })
    }
}

/// One of the two answers that are compared.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl TraceDiff {
    fn answer(&self, side: Side) -> &TraceAnswer {
        match side {
            Side::Before => &self.found.before,
            Side::After => &self.found.after,
        }
    }

    fn lots(
        &self,
        list: &str,
        (side, nodes): (Side, &[TracedNode]),
        first: i32,
        after: Option<&str>,
    ) -> ServiceResult<TracedLotConnection> {
        let answer = self.answer(side);
        let show = |node: &TracedNode| TracedLot::new(answer.lot_id(node.index).clone(), node.depth);
        let PageOf { items, more, total } = self.page(list, nodes, first, after, show)?;
        Ok(TracedLotConnection::new(items, more, after.is_some(), total))
    }

    fn operations(
        &self,
        list: &str,
        (side, nodes): (Side, &[TracedNode]),
        first: i32,
        after: Option<&str>,
    ) -> ServiceResult<TracedOperationConnection> {
        let answer = self.answer(side);
        let id = |node: &TracedNode| answer.subgraph.operations[node.index as usize].id.clone();
        let show = |node: &TracedNode| TracedOperation::new(id(node), node.depth);
        let PageOf { items, more, total } = self.page(list, nodes, first, after, show)?;
        Ok(TracedOperationConnection::new(items, more, after.is_some(), total))
    }

    fn links(
        &self,
        list: &str,
        (side, links): (Side, &[u32]),
        first: i32,
        after: Option<&str>,
    ) -> ServiceResult<TraceLinkConnection> {
        let subgraph = &self.answer(side).subgraph;
        let show = |link: &u32| TraceLink::of_subgraph(subgraph, *link);
        let PageOf { items, more, total } = self.page(list, links, first, after, show)?;
        Ok(TraceLinkConnection::new(items, more, after.is_some(), total))
    }
}

/// What differs between the answers to a trace question at two states of the ledger. Lots and operations are shown as of
/// the later one.
#[Object]
impl TraceDiff {
    /// The revision of the earlier answer.
    #[graphql(name = "fromRevision")]
    fn earlier_revision(&self) -> String {
        self.found.before.subgraph.revision.to_string()
    }

    /// The revision of the later answer.
    fn to_revision(&self) -> String {
        self.to().to_string()
    }

    /// Lots the trace starts from that were not known yet at the earlier state; nothing was traced from them then.
    fn seeds_unknown_before(&self) -> Vec<ID> {
        self.found.unknown_before.iter().map(|id| ID(id.to_string())).collect()
    }

    /// Whether a limit cut one of the two answers: what lies behind it is not compared.
    fn is_partial(&self) -> bool {
        self.found.is_partial()
    }

    /// Lots that only the later answer reaches, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn lots_added(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TracedLotConnection> {
        let lots = (Side::After, &self.found.difference.lots_added[..]);
        Ok(self.lots("lotsAdded", lots, first, after.as_deref())?)
    }

    /// Lots that only the earlier answer reaches, by (depth, id), with the depth that they had.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn lots_removed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TracedLotConnection> {
        let lots = (Side::Before, &self.found.difference.lots_removed[..]);
        Ok(self.lots("lotsRemoved", lots, first, after.as_deref())?)
    }

    /// Lots of both answers, those started from included, whose depth or status is another, by (later depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn lots_changed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<ChangedLotConnection> {
        let show = |lot: &as_of::ChangedLot| ChangedLot(lot.clone());
        let PageOf { items, more, total } =
            self.page("lotsChanged", &self.found.changed, first, after.as_deref(), show)?;
        Ok(ChangedLotConnection::new(items, more, after.is_some(), total))
    }

    /// Operations that only the later answer reaches, by (depth, id).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn operations_added(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TracedOperationConnection> {
        let operations = (Side::After, &self.found.difference.operations_added[..]);
        Ok(self.operations("operationsAdded", operations, first, after.as_deref())?)
    }

    /// Operations that only the earlier answer reaches, by (depth, id), with the depth that they had.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn operations_removed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TracedOperationConnection> {
        let operations = (Side::Before, &self.found.difference.operations_removed[..]);
        Ok(self.operations("operationsRemoved", operations, first, after.as_deref())?)
    }

    /// Links that only the later answer uses, by (depth of the operation, its id, role, position).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn links_added(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TraceLinkConnection> {
        let links = (Side::After, &self.found.difference.links_added[..]);
        Ok(self.links("linksAdded", links, first, after.as_deref())?)
    }

    /// Links that only the earlier answer uses, by (depth of the operation, its id, role, position).
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn links_removed(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<TraceLinkConnection> {
        let links = (Side::Before, &self.found.difference.links_removed[..]);
        Ok(self.links("linksRemoved", links, first, after.as_deref())?)
    }
}

/// A lot in one of two answers.
#[derive(SimpleObject)]
pub struct LotState {
    /// The least number of operations between it and a start; 0 for a start.
    depth: u32,
    /// What may be done with it.
    status: LotStatus,
}

impl From<as_of::LotState> for LotState {
    fn from(state: as_of::LotState) -> Self {
        Self { depth: state.depth, status: state.status.into() }
    }
}

/// A lot that two answers reach, but not alike.
pub struct ChangedLot(as_of::ChangedLot);

/// A lot that two answers reach, but not alike.
#[Object]
impl ChangedLot {
    /// The lot, as of the later answer.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.0.id).await
    }

    /// As it was.
    fn before(&self) -> LotState {
        self.0.before.into()
    }

    /// As it is in the later answer.
    fn after(&self) -> LotState {
        self.0.after.into()
    }
}

connection!(
    /// A page of lots that changed between two answers.
    ChangedLotConnection,
    /// A lot that changed, in a page.
    ChangedLotEdge,
    ChangedLot
);
