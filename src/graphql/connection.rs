//! Relay connections, forward only: pages of nodes with opaque cursors.

use async_graphql::{Context, Result, SimpleObject};

use super::services;
use crate::domain::ErrorCode;
use crate::service::{ServiceError, ServiceResult};
use crate::store::{Tally, What};

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
                let buckets = services(context).store.tally(&Tally::Count(what.clone())).await?;
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

/// Defines a connection type and its edge type.
macro_rules! connection {
    ($(#[$about:meta])* $connection:ident, $(#[$edge_about:meta])* $edge:ident, $node:ty) => {
        $(#[$edge_about])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// The cursor of this item; pass it as `after` for the items behind it.
            pub cursor: String,
            /// The item.
            pub node: $node,
        }

        $(#[$about])*
        pub struct $connection {
            edges: Vec<$edge>,
            more: bool,
            further: bool,
            total: $crate::graphql::connection::Total,
        }

        impl $connection {
            /// A page: its items with their cursors, whether more follow, whether it was asked for with a cursor.
            #[must_use]
            pub fn new(
                items: Vec<(String, $node)>,
                more: bool,
                further: bool,
                total: $crate::graphql::connection::Total,
            ) -> Self {
                let edges = items.into_iter().map(|(cursor, node)| $edge { cursor, node }).collect();
                Self { edges, more, further, total }
            }
        }

        $(#[$about])*
        #[async_graphql::Object]
        impl $connection {
            /// The items of this page, each with its cursor.
            async fn edges(&self) -> &[$edge] {
                &self.edges
            }

            /// The items of this page without their cursors.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }

            /// How to go on from this page.
            async fn page_info(&self) -> $crate::graphql::connection::PageInfo {
                $crate::graphql::connection::PageInfo {
                    has_next_page: self.more,
                    has_previous_page: self.further,
                    start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
                    end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
                }
            }

            /// How many items there are over all pages.
            async fn total_count(&self, context: &async_graphql::Context<'_>) -> async_graphql::Result<u64> {
                self.total.number(context).await
            }
        }
    };
}
pub(super) use connection;
