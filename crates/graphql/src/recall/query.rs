//! The queries over recalls.

use async_graphql::{Context, ID, Result};

use super::course::{Recall, RecallConnection, RecallFilter, recall};
use super::input::RecallScopeInput;
use super::scope::ScopeAnswered;
use crate::as_of::AsOfInput;
use crate::connection::page_cost;
use crate::found::{Found, find};
use crate::record_query::items;
use lotgraph_domain::RecordKind;
use lotgraph_graphql_macros::Object;
use lotgraph_service::query::What;

/// Questions about recalls.
#[derive(Default)]
pub struct RecallQuery;

#[Object]
impl RecallQuery {
    /// What must be recalled? The lots that some causes touched, everything made of them, and where it all is now.
    #[graphql(complexity = "100 + child_complexity")]
    async fn recall_scope(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Lots and causes.")] input: RecallScopeInput,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<ScopeAnswered> {
        input.ask(context).await
    }

    /// The recall with this id.
    async fn recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id, that of the event that opened it.")] id: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Recall>> {
        recall(context, &id).await
    }

    /// Recalls and exercises, in the order in which they were opened.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn recalls(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which recalls; absent: all.")] filter: Option<RecallFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<RecallConnection> {
        let what = What::Records(RecordKind::Recall, filter.unwrap_or_default().read()?);
        let Found { nodes, more, further, total } = find(context, what, first, after).await?;
        Ok(RecallConnection::new(items(nodes, Recall::of)?, more, further, total))
    }
}
