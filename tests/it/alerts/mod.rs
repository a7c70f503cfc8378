//! Alerts from outside: refused flows, acknowledgements, lists, and both ways of pushing.

pub mod client;
mod flows;
mod protocol;
mod push;
mod stop;

use std::sync::Arc;

use lotgraph::http::HttpOptions;
use lotgraph::store::Ledger;

use crate::support::service::Service;

/// A service over a store that the test made.
async fn over(store: &Arc<dyn Ledger>) -> Service {
    Service::with(|_| store.clone(), HttpOptions::default()).await
}
