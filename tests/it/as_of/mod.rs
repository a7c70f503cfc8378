//! As of: the answers of then, from a replay of the ledger.

mod api;
mod histories;
mod replays;

use std::sync::Arc;

use lotgraph::app::scratch_stores;
use lotgraph::service::as_of::{AsOfLimits, History};
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::Store;

/// The history of the ledger in a store.
pub fn history(store: &Arc<dyn Store>, limits: AsOfLimits) -> History {
    History::new(store.clone(), scratch_stores(), limits, TraceLimits::default())
}
