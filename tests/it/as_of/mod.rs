//! As of: the answers of then, from a replay of the ledger.

mod api;
mod histories;
mod replays;

use std::sync::Arc;

use lotgraph::cli::app::scratch_stores;
use lotgraph::service::as_of::{AsOfLimits, History};
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::Ledger;

/// The history of the ledger in a store.
pub fn history(store: &Arc<dyn Ledger>, limits: AsOfLimits) -> History {
    History::new(store.clone(), scratch_stores(), limits, TraceLimits::default())
}
