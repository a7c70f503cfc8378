//! Relay connections, forward only: pages of nodes with opaque cursors.

use async_graphql::registry::Registry;
use async_graphql::{Context, Result};

use super::answer::{Answer, Field, Object, Output, Resolved, outcome};
use super::{caller, services};
use lotgraph_domain::ErrorCode;
use lotgraph_graphql_macros::SimpleObject;
use lotgraph_service::query::{Tally, What};
use lotgraph_service::{ServiceError, ServiceResult};

/// The most items of one page.
pub const PAGE_MAX: u32 = 1_000;

/// How to go on from a page.
#[derive(Debug, Clone, SimpleObject)]
pub struct PageInfo {
    /// Whether more items follow.
    pub has_next_page: bool,
    /// Whether this page was asked for with a cursor, so that items lie before it.
    pub has_previous_page: bool,
    /// The cursor of the first item.
    pub start_cursor: Option<String>,
    /// The cursor of the last item; pass it as `after` for the next page.
    pub end_cursor: Option<String>,
}

/// How many items there are over all pages.
#[derive(Debug, Clone)]
pub enum Total {
    /// Known already.
    Known(u64),
    /// To be counted when asked for.
    Count(What),
}

impl Total {
    /// The number.
    pub(super) async fn number(&self, context: &Context<'_>) -> Result<u64> {
        match self {
            Self::Known(number) => Ok(*number),
            Self::Count(what) => {
                let buckets = services(context)
                    .questions
                    .lookup
                    .tally(caller(context), &Tally::Count(what.clone()))
                    .await?;
                Ok(buckets.iter().map(|bucket| bucket.count).sum())
            }
        }
    }
}

/// A page size from the argument `first`.
///
/// # Errors
/// `PAGE_TOO_LARGE` outside 1 to [`PAGE_MAX`].
pub fn page_size(first: i32) -> ServiceResult<u32> {
    match u32::try_from(first) {
        Ok(size) if (1..=PAGE_MAX).contains(&size) => Ok(size),
        _ => {
            let message = format!("first must be 1 to {PAGE_MAX}, not {first}; follow the cursor for more");
            Err(ServiceError::new(ErrorCode::PageTooLarge, message))
        }
    }
}

/// What a page costs: its size times what each item costs.
#[must_use]
pub fn page_cost(first: i32, item: usize) -> usize {
    usize::try_from(first).unwrap_or(0).saturating_mul(item.max(1)).saturating_add(1)
}

/// The part of a list of known length that a page shows: from, to.
#[must_use]
pub fn window(length: usize, skip: u32, size: u32) -> (usize, usize) {
    let from = (skip as usize).min(length);
    (from, from.saturating_add(size as usize).min(length))
}

/// A page of any kind of node. All connections are made of it, whatever they are called.
pub(super) struct Page {
    name: &'static str,
    edges: Vec<Edge>,
    more: bool,
    further: bool,
    total: Total,
}

/// A node of a page with its cursor.
struct Edge {
    name: &'static str,
    cursor: String,
    node: Box<dyn Object>,
}

impl Page {
    /// A page: the names of its type and of its edges' type, its items with their cursors, whether more follow, whether
    /// it was asked for with a cursor.
    pub(super) fn new(
        (name, edge): (&'static str, &'static str),
        items: impl Iterator<Item = (String, Box<dyn Object>)>,
        (more, further): (bool, bool),
        total: Total,
    ) -> Self {
        let edges = items.map(|(cursor, node)| Edge { name: edge, cursor, node }).collect();
        Self { name, edges, more, further, total }
    }

    fn info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.more,
            has_previous_page: self.further,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }
}

impl Object for Page {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn resolve<'a>(&'a self, context: &'a Context<'a>) -> Resolved<'a> {
        Resolved::Now(Ok(match context.item.node.name.node.as_str() {
            "edges" => Answer::List(self.edges.iter().map(|edge| Answer::Lent(edge)).collect()),
            "nodes" => Answer::List(self.edges.iter().map(|edge| Answer::Lent(&*edge.node)).collect()),
            "pageInfo" => self.info().give(),
            "totalCount" => {
                let number = async move { outcome(context, self.total.number(context).await) };
                return Resolved::Later(Box::pin(number));
            }
            _ => return Resolved::Unknown,
        }))
    }
}

impl Object for Edge {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn resolve<'a>(&'a self, context: &'a Context<'a>) -> Resolved<'a> {
        Resolved::Now(Ok(match context.item.node.name.node.as_str() {
            "cursor" => self.cursor.lend(),
            "node" => Answer::Lent(&*self.node),
            _ => return Resolved::Unknown,
        }))
    }
}

/// A field of a connection or an edge.
pub(super) const fn field(
    name: &'static str,
    description: &'static str,
    describe: fn(&mut Registry) -> String,
) -> Field {
    Field { name, description, describe, arguments: &[], complexity: None }
}

/// Defines a connection type and its edge type.
macro_rules! connection {
    ($(#[doc = $about:literal])* $connection:ident, $(#[doc = $edge_about:literal])* $edge:ident, $node:ty) => {
        $(#[doc = $edge_about])*
        pub struct $edge;

        impl $crate::answer::Described for $edge {
            const NAME: &'static str = stringify!($edge);
            const DESCRIPTION: &'static str = concat!($($edge_about),*);

            fn fields() -> &'static [$crate::answer::Field] {
                use $crate::{answer::Output, connection::field};
                const FIELDS: &[$crate::answer::Field] = &[
                    field("cursor", "The cursor of this item; pass it as `after` for the items behind it.", String::describe),
                    field("node", "The item.", <$node>::describe),
                ];
                FIELDS
            }
        }

        $(#[doc = $about])*
        pub struct $connection($crate::connection::Page);

        impl $connection {
            /// A page: its items with their cursors, whether more follow, whether it was asked for with a cursor.
            #[must_use]
            pub fn new(
                items: Vec<(String, $node)>,
                more: bool,
                further: bool,
                total: $crate::connection::Total,
            ) -> Self {
                let erase = |(cursor, node)| (cursor, Box::new(node) as Box<dyn $crate::answer::Object>);
                let names = (stringify!($connection), stringify!($edge));
                Self($crate::connection::Page::new(names, items.into_iter().map(erase), (more, further), total))
            }
        }

        impl $crate::answer::Described for $connection {
            const NAME: &'static str = stringify!($connection);
            const DESCRIPTION: &'static str = concat!($($about),*);

            fn fields() -> &'static [$crate::answer::Field] {
                use $crate::{answer::Output, connection::{PageInfo, field}};
                const FIELDS: &[$crate::answer::Field] = &[
                    field("edges", "The items of this page, each with its cursor.", |registry| {
                        format!("[{}]!", $crate::answer::describe::<$edge>(registry))
                    }),
                    field("nodes", "The items of this page without their cursors.", Vec::<$node>::describe),
                    field("pageInfo", "How to go on from this page.", PageInfo::describe),
                    field("totalCount", "How many items there are over all pages.", u64::describe),
                ];
                FIELDS
            }
        }

        impl $crate::answer::Output for $connection {
            fn describe(registry: &mut async_graphql::registry::Registry) -> String {
                $crate::answer::describe::<Self>(registry)
            }

            fn lend(&self) -> $crate::answer::Answer<'_> {
                $crate::answer::Answer::Lent(&self.0)
            }

            fn give<'a>(self) -> $crate::answer::Answer<'a>
            where
                Self: 'a,
            {
                $crate::answer::Answer::Given(Box::new(self.0))
            }
        }
    };
}
pub(super) use connection;
