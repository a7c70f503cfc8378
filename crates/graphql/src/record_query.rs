//! The queries over records: holds and alerts.

use std::sync::Arc;

use async_graphql::{Context, ID, Result};

use super::alert::{Alert, AlertConnection, AlertCounts, AlertFilter, AlertKindCount, AlertStateCount};
use super::as_of::AsOfInput;
use super::connection::page_cost;
use super::errors::wrong_node;
use super::filters::read;
use super::found::{Found, find};
use super::hold_record::{Hold, HoldConnection, HoldFilter};
use super::loader::{Loaded, loaders};
use super::{caller, services};
use lotgraph_domain::{
    AlertId, AlertKind, AlertState, ErrorCode, EventId, Node, NodeRef, Record, RecordKind, RecordRef,
};
use lotgraph_graphql_macros::Object;
use lotgraph_service::ServiceError;
use lotgraph_service::query::{Bucket, Tally, What};

/// Questions about records.
#[derive(Default)]
pub struct RecordQuery;

async fn record(context: &Context<'_>, reference: RecordRef) -> Result<Option<Arc<Record>>> {
    match loaders(context).node(NodeRef::Record(reference)).await? {
        Some(Loaded::Record(record)) => Ok(Some(record)),
        _ => Ok(None),
    }
}

/// The items of a page; a node of another kind is an error, never left out.
pub(super) fn items<T>(
    found: Vec<(String, Node)>,
    of: impl Fn(Arc<Record>) -> Option<T>,
) -> Result<Vec<(String, T)>> {
    let item = |(cursor, node)| {
        let Node::Record(record) = &node else { return Err(wrong_node(&node)) };
        let item = of(Arc::new((**record).clone())).ok_or_else(|| wrong_node(&node))?;
        Ok((cursor, item))
    };
    found.into_iter().map(item).collect()
}

/// Finds the value of a closed list by the name in a bucket.
fn named<T: Copy>(bucket: &Bucket, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T> {
    let key = bucket.key.as_ref().map_or("", |key| key.as_str());
    all.iter().copied().find(|one| name(*one) == key).ok_or_else(|| {
        ServiceError::new(ErrorCode::StoreCorrupt, format!("the store counts alerts of {key:?}")).into()
    })
}

#[Object]
impl RecordQuery {
    /// The hold with this id.
    async fn hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id, that of the event that placed it.")] id: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Hold>> {
        let id = read("id", &id, EventId::parse)?;
        Ok(record(context, RecordRef::Hold(id)).await?.and_then(Hold::of))
    }

    /// Holds, in the order in which they were placed.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn holds(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which holds; absent: all.")] filter: Option<HoldFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<HoldConnection> {
        let what = What::Records(RecordKind::Hold, filter.unwrap_or_default().read()?);
        let Found { nodes, more, further, total } = find(context, what, first, after).await?;
        Ok(HoldConnection::new(items(nodes, Hold::of)?, more, further, total))
    }

    /// The alert with this id.
    async fn alert(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Alert>> {
        let id = read("id", &id, AlertId::parse)?;
        Ok(record(context, RecordRef::Alert(id)).await?.and_then(Alert::of))
    }

    /// Alerts, in the order in which they were raised.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn alerts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which alerts; absent: all.")] filter: Option<AlertFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<AlertConnection> {
        let what = What::Records(RecordKind::Alert, filter.unwrap_or_default().read()?);
        let Found { nodes, more, further, total } = find(context, what, first, after).await?;
        Ok(AlertConnection::new(items(nodes, Alert::of)?, more, further, total))
    }

    /// How many alerts there are, by kind and by state.
    #[graphql(complexity = "50 + child_complexity")]
    async fn alert_counts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which alerts; absent: all.")] filter: Option<AlertFilter>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<AlertCounts> {
        let filter = filter.unwrap_or_default().read()?;
        let lookup = &services(context).questions.lookup;
        let kinds = lookup
            .tally(caller(context), &Tally::RecordsByCategory(RecordKind::Alert, filter.clone()))
            .await?;
        let states = lookup.tally(caller(context), &Tally::RecordsByState(RecordKind::Alert, filter)).await?;
        let kind = |bucket: &Bucket| {
            let kind = named(bucket, AlertKind::ALL, AlertKind::name)?.into();
            Ok(AlertKindCount { kind, count: bucket.count })
        };
        let state = |bucket: &Bucket| {
            let state = named(bucket, AlertState::ALL, AlertState::name)?.into();
            Ok(AlertStateCount { state, count: bucket.count })
        };
        Ok(AlertCounts {
            kinds: kinds.iter().map(kind).collect::<Result<_>>()?,
            states: states.iter().map(state).collect::<Result<_>>()?,
        })
    }
}
