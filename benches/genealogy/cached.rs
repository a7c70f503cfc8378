//! A cached trace against a cold one, for memory and for Redis behind it.

use std::sync::Arc;
use std::time::Duration;

use lotgraph::cache::Cache;
use lotgraph::cache::memory::MemoryCache;
use lotgraph::cache::redis::{RedisCache, RedisOptions};
use lotgraph::genealogy::Direction;
use lotgraph::service::Questions;
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::Ledger;
use lotgraph::store::layer::cached::CachedStore;

use crate::paired::{Paired, show, timed};
use crate::plants::Plant;
use crate::traces::ask;

pub async fn run(plant: &Plant, uri: &str) {
    let memory = grant_memory(uri).await;
    println!("Redis with {memory}\n");
    println!("| {} plant, forward | cached | cold | ratio |\n|---|---|---|---|", plant.name);
    let stores: [(&str, Arc<dyn Ledger>); 2] =
        [("sqlite", plant.sqlite.clone()), ("neo4j", plant.neo4j.clone())];
    for (name, store) in stores {
        let memory: Vec<Arc<dyn Cache>> = vec![Arc::new(MemoryCache::new(1 << 30))];
        let options = RedisOptions { response_timeout: Duration::from_secs(2), ..RedisOptions::default() };
        let redis: Vec<Arc<dyn Cache>> = vec![Arc::new(RedisCache::connect(uri, &options).unwrap())];
        for (cache, caches) in [("memory", memory), ("redis alone", redis)] {
            let identity = store.identity().await.unwrap();
            let cached = CachedStore::new(store.clone(), caches, Duration::ZERO).with_identity(&identity);
            let cached: Arc<dyn Ledger> = Arc::new(cached);
            let times = compare(plant, &store, &cached).await;
            let (subject, baseline, ratio) = times.medians();
            println!("| {name}, {cache} | {} | {} | {ratio:.2} |", show(subject), show(baseline));
        }
    }
    println!();
}

/// Gives Redis room for forty answers of some megabytes: the servers of the tests hold 64 MB.
async fn grant_memory(uri: &str) -> &'static str {
    const MEMORY: &str = "1gb";
    let client = redis::Client::open(uri).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd("CONFIG");
    let () = command.arg("SET").arg("maxmemory").arg(MEMORY).query_async(&mut connection).await.unwrap();
    MEMORY
}

async fn compare(plant: &Plant, cold: &Arc<dyn Ledger>, cached: &Arc<dyn Ledger>) -> Paired {
    let limits = TraceLimits::default();
    let (from_cache, from_store) =
        (Questions::over(cached.clone(), limits), Questions::over(cold.clone(), limits));
    let mut times = Paired::default();
    for round in 0..4 {
        for lot in &plant.forward {
            let (subject, _) = timed(ask(&from_cache, cached.as_ref(), lot, Direction::Forward)).await;
            let (baseline, _) = timed(ask(&from_store, cold.as_ref(), lot, Direction::Forward)).await;
            if round > 1 {
                times.note(subject, baseline);
            }
        }
    }
    times
}
