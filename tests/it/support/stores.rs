//! One fresh, empty store for a test, of each kind that the conformance suite runs over.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use lotgraph::cache::Cache;
use lotgraph::cache::memory::MemoryCache;
use lotgraph::cache::redis::{RedisCache, RedisOptions};
use lotgraph::store::Store;
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::sqlite::SqliteStore;

use super::servers;

/// A store, with what must live as long as it does: its folder, its turn on a shared server.
pub struct Fresh {
    /// The store, prepared and empty.
    pub store: Arc<dyn Store>,
    /// Its URI, as `--store` takes it.
    pub uri: String,
    _kept: Vec<Box<dyn Any + Send>>,
}

/// A store in a file of its own.
pub async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lots.db");
    let store = SqliteStore::open(&file).unwrap();
    store.prepare().await.unwrap();
    Fresh { store: Arc::new(store), uri: format!("sqlite:{}", file.display()), _kept: vec![Box::new(folder)] }
}

/// The private Neo4j, emptied; whoever holds this has it alone.
pub async fn neo4j() -> Fresh {
    let (uri, turn) = servers::neo4j().await;
    empty(&uri).await;
    let options = Neo4jOptions { uri: uri.clone(), ..Neo4jOptions::default() };
    let store = Neo4jStore::connect(&options).await.unwrap();
    store.prepare().await.unwrap();
    Fresh { store: Arc::new(store), uri, _kept: vec![Box::new(turn)] }
}

async fn empty(uri: &str) {
    let graph = neo4rs::Graph::new(uri, "", "").unwrap();
    loop {
        let some = "MATCH (n) WITH n LIMIT 4000 DETACH DELETE n RETURN count(n) AS gone";
        let mut rows = graph.execute(neo4rs::query(some)).await.unwrap();
        let gone: i64 = rows.next().await.unwrap().unwrap().get("gone").unwrap();
        while rows.next().await.unwrap().is_some() {}
        if gone == 0 {
            return;
        }
    }
}

async fn behind(fresh: Fresh, caches: Vec<Arc<dyn Cache>>) -> Fresh {
    let identity = fresh.store.identity().await.unwrap();
    let store = CachedStore::new(fresh.store, caches, Duration::ZERO).with_identity(&identity);
    Fresh { store: Arc::new(store), ..fresh }
}

/// A file with a cache in memory.
pub async fn sqlite_memory() -> Fresh {
    behind(sqlite().await, vec![Arc::new(MemoryCache::new(64 << 20))]).await
}

/// The private Neo4j with the private Redis behind a cache in memory.
pub async fn neo4j_redis() -> Fresh {
    let redis = RedisCache::connect(&servers::redis(), &RedisOptions::default()).unwrap();
    behind(neo4j().await, vec![Arc::new(MemoryCache::new(64 << 20)), Arc::new(redis)]).await
}
