//! The cached store: protocol, races and faults, on real Redis servers that each test starts for itself.

mod faults;
mod protocol;
mod races;
mod sharing;

use std::sync::Arc;
use std::time::Duration;

use lotgraph::cache::Cache;
use lotgraph::cache::memory::MemoryCache;
use lotgraph::cache::redis::{RedisCache, RedisOptions};
use lotgraph::domain::LotId;
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::{Closure, Direction, Ledger, Receipt, Subgraph};

use crate::support::events::{batch, plant};
use crate::support::memory_store::MemoryStore;
use crate::support::watched::Watched;

/// A closure forward from one lot.
fn forward(lot: &str) -> Closure {
    Closure {
        seeds: vec![LotId::parse(lot).unwrap()],
        direction: Direction::Forward,
        max_depth: None,
        nodes_max: 1_000,
        deadline: Duration::from_secs(60),
        skip_cache: false,
        at: None,
    }
}

/// A store with a small plant in it, watched.
async fn planted(text: &str) -> Arc<Watched> {
    let store = Watched::new(Arc::new(MemoryStore::default()));
    store.commit(&batch(plant(text))).await.unwrap();
    store
}

/// Records one more receipt: the revision moves on.
async fn receive(store: &dyn Ledger, lot: &str) -> Receipt {
    let mut events = plant(&format!("-> {lot}"));
    events[0].id = lotgraph::domain::EventId::parse(&format!("R-{lot}")).unwrap();
    let receipt = store.commit(&batch(events)).await.unwrap();
    assert!(receipt.applied);
    receipt
}

fn memory() -> Arc<MemoryCache> {
    Arc::new(MemoryCache::new(1 << 26))
}

fn redis_with(uri: &str, change: impl FnOnce(&mut RedisOptions)) -> Arc<RedisCache> {
    let mut options = RedisOptions {
        // The machine that tests run on may be busy: only the tests about slowness are impatient.
        response_timeout: Duration::from_secs(10),
        put_timeout: Duration::from_secs(10),
        retry_after: Duration::from_millis(300),
        ..RedisOptions::default()
    };
    change(&mut options);
    Arc::new(RedisCache::connect(uri, &options).unwrap())
}

fn redis(uri: &str) -> Arc<RedisCache> {
    redis_with(uri, |_| {})
}

/// A cached store over some caches, in order, asking for the revision each time.
fn cached<const N: usize>(inner: &Arc<Watched>, caches: [Arc<dyn Cache>; N]) -> Arc<CachedStore> {
    let inner = Arc::clone(inner) as Arc<dyn Ledger>;
    Arc::new(CachedStore::new(inner, caches.to_vec(), Duration::ZERO))
}

/// What an answer says, apart from when and how it was come by.
fn content(answer: Subgraph) -> Subgraph {
    let computed_at = lotgraph::domain::Timestamp::from_micros(0).unwrap();
    Subgraph { cached: false, computed_at, ..answer }
}
