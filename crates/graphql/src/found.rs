//! Looking nodes up, a page at a time, with the cursor of each.

use async_graphql::{Context, Result};

use super::connection::{Total, page_size};
use super::cursor::{Place, Scope, malformed};
use super::{caller, services};
use lotgraph_domain::Node;
use lotgraph_service::query::{Find, FindKey, What};

/// A page of nodes with the cursor of each.
pub(super) struct Found {
    pub(super) nodes: Vec<(String, Node)>,
    pub(super) more: bool,
    pub(super) further: bool,
    pub(super) total: Total,
}

/// Looks nodes up, a page at a time.
pub(super) async fn find(
    context: &Context<'_>,
    what: What,
    first: i32,
    after: Option<String>,
) -> Result<Found> {
    let scope = Scope::new("find", &what);
    let further = after.is_some();
    let after = match after.map(|cursor| scope.decode(&cursor)).transpose()? {
        Some(Place::Node(key)) => Some(key),
        Some(_) => return Err(malformed().into()),
        None => None,
    };
    let query = Find { what: what.clone(), after, first: page_size(first)? };
    let page = services(context).questions.lookup.find(caller(context), &query).await?;
    let nodes = page.items.into_iter();
    let nodes = nodes.map(|node| (scope.encode(Place::Node(FindKey::of(&node))), node)).collect();
    Ok(Found { nodes, more: page.more, further, total: Total::Count(what) })
}
