//! Ten thousand racing pairs of a hold and a draw on each store, each side over an instance of its own: after a hold is
//! acknowledged, no draw from its lots succeeds on any instance.

use std::sync::Arc;
use std::time::Duration;

use lotgraph::cache::Cache;
use lotgraph::cache::memory::MemoryCache;
use lotgraph::store::Ledger;
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};

use crate::conformance::holds::{PAIRS, holds_race_with_shipments};
use crate::support::stores;

const ROUNDS: usize = 8;
const _: () = assert!(PAIRS * ROUNDS >= 10_000);

/// An instance of the service's store with a cache of its own.
fn instance(store: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
    let cache: Arc<dyn Cache> = Arc::new(MemoryCache::new(8 << 20));
    Arc::new(CachedStore::new(store, vec![cache], Duration::ZERO))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_draw_succeeds_after_its_hold_on_sqlite() {
    // A file has one writing process, so its instances are two caches over it.
    let fresh = stores::sqlite().await;
    let (holding, drawing) = (instance(fresh.store.clone()), instance(fresh.store.clone()));
    holds_race_with_shipments(&holding, &drawing, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_draw_succeeds_after_its_hold_on_neo4j() {
    let fresh = stores::neo4j().await;
    let options = Neo4jOptions { uri: fresh.uri.clone(), ..Neo4jOptions::default() };
    let second = Neo4jStore::connect(&options).await.unwrap();
    let (holding, drawing) = (instance(fresh.store.clone()), instance(Arc::new(second)));
    holds_race_with_shipments(&holding, &drawing, ROUNDS).await;
}
