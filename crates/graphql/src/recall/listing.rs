//! Pages of lists that one answer holds whole, by cursors bound to the answer's question and revision.

use crate::connection::{Total, page_size, window};
use crate::cursor::{Place, Scope, malformed};
use lotgraph_domain::ErrorCode;
use lotgraph_service::query::Revision;
use lotgraph_service::{ServiceError, ServiceResult};

/// The lists of one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing {
    scope: Scope,
    revision: Revision,
    /// The other revision that the answer goes by, if any: that of the walk in it.
    walked: Revision,
}

/// A page: which places of its list, and whether more follow.
pub(super) struct Page<T> {
    /// The items with their cursors.
    pub(super) items: Vec<(String, T)>,
    pub(super) more: bool,
    pub(super) further: bool,
    pub(super) total: Total,
}

impl Listing {
    pub(super) fn new(scope: Scope, revision: Revision) -> Self {
        Self { scope, revision, walked: revision }
    }

    /// The lists of an answer whose walk has a revision of its own.
    pub(super) fn of_walk(scope: Scope, revision: Revision, walked: Revision) -> Self {
        Self { scope, revision, walked }
    }

    /// A page of one list; `item` makes the item of a place.
    ///
    /// # Errors
    /// `CURSOR_STALE` for a cursor of another revision's answer, `CURSOR_MALFORMED`, and a page size out of bounds.
    pub(super) fn page<T>(
        self,
        list: &str,
        length: usize,
        first: i32,
        after: Option<&str>,
        item: impl Fn(usize) -> T,
    ) -> ServiceResult<Page<T>> {
        let scope = self.scope.list(list);
        let skip = match after.map(|cursor| scope.decode(cursor)).transpose()? {
            None => 0,
            Some(Place::Trace(of, skip)) if of == self.revision || of == self.walked => skip,
            Some(Place::Trace(..)) => {
                let message = format!("the ledger moved on; {}", ErrorCode::CursorStale.remedy());
                return Err(ServiceError::new(ErrorCode::CursorStale, message));
            }
            Some(_) => return Err(malformed()),
        };
        let (from, to) = window(length, skip, page_size(first)?);
        // Answers are bounded far below 2^32 items.
        let cursor = |n: usize| scope.encode(Place::Trace(self.revision, n as u32 + 1));
        let items = (from..to).map(|n| (cursor(n), item(n))).collect();
        Ok(Page { items, more: to < length, further: after.is_some(), total: Total::Known(length as u64) })
    }
}
