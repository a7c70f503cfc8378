//! One fresh, empty store for a test, of each kind that the conformance suite runs over.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use lotgraph::cache::Cache;
use lotgraph::cache::memory::MemoryCache;
use lotgraph::cache::redis::{RedisCache, RedisOptions};
use lotgraph::store::Ledger;
use lotgraph::store::layer::bounded::BoundedStore;
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::sqlite::SqliteStore;
use serde_json::Value;

use super::newest::{Newest, Then};
use super::servers;

/// A store, with what must live as long as it does: its folder, its turn on a shared server.
pub struct Fresh {
    /// The store, prepared and empty.
    pub store: Arc<dyn Ledger>,
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

/// The private Neo4j with what an older program left there, constraints and indexes too; then prepared, which upgrades it.
/// Every item is a constraint or index, a node, or a relationship between two nodes by their place among the nodes.
pub async fn neo4j_of(items: &[Value]) -> Fresh {
    let (uri, turn) = servers::neo4j().await;
    empty(&uri).await;
    let graph = neo4rs::Graph::new(&uri, "", "").unwrap();
    for drop in ["CONSTRAINT", "INDEX"] {
        let unless = if drop == "INDEX" { "WHERE type <> 'LOOKUP'" } else { "" };
        let show =
            format!("SHOW {drop}{} YIELD * {unless} RETURN name", if drop == "INDEX" { "ES" } else { "S" });
        let mut rows = graph.execute(neo4rs::query(&show)).await.unwrap();
        while let Some(row) = rows.next().await.unwrap() {
            let name: String = row.get("name").unwrap();
            graph.run(neo4rs::query(&format!("DROP {drop} `{name}`"))).await.unwrap();
        }
    }
    for item in items.iter().filter_map(|item| item["schema"].as_str()) {
        graph.run(neo4rs::query(item)).await.unwrap();
    }
    let some = |name: &str| -> neo4rs::BoltType {
        let found: Vec<Value> = items.iter().filter(|item| !item[name].is_null()).cloned().collect();
        Value::Array(found).try_into().unwrap()
    };
    let fill = "UNWIND $nodes AS row
        CREATE (n:$(row.labels)) SET n = row.properties
        WITH collect(n) AS nodes
        UNWIND $links AS link
        WITH nodes[link.from] AS a, nodes[link.to] AS b, link
        CREATE (a)-[r:$(link.relationship)]->(b) SET r = link.properties";
    let fill = neo4rs::query(fill).param("nodes", some("node")).param("links", some("relationship"));
    graph.run(fill).await.unwrap();
    let options = Neo4jOptions { uri: uri.clone(), ..Neo4jOptions::default() };
    let store = Neo4jStore::connect(&options).await.unwrap();
    store.prepare().await.unwrap();
    Fresh { store: Arc::new(store), uri, _kept: vec![Box::new(turn)] }
}

/// Deletes everything in the private Neo4j.
pub async fn empty(uri: &str) {
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

/// The stack that `serve` serves: a file, a bound on how many heavy reads run at once, a cache in memory.
pub async fn served() -> Fresh {
    let fresh = sqlite().await;
    let bounded = BoundedStore::new(fresh.store.clone(), 8, Duration::from_secs(15));
    behind(Fresh { store: Arc::new(bounded), ..fresh }, vec![Arc::new(MemoryCache::new(64 << 20))]).await
}

/// A store for a while, as replays are made of.
pub async fn scratch() -> Fresh {
    let store = SqliteStore::temporary().unwrap();
    store.prepare().await.unwrap();
    Fresh { store: Arc::new(store), uri: "a store for a while".to_owned(), _kept: Vec::new() }
}

async fn newest(then: Then) -> Fresh {
    let fresh = sqlite().await;
    Fresh { store: Arc::new(Newest::new(fresh.store, then)), ..fresh }
}

/// The store that questions about the past are asked of, as of the newest revision: the live store, while it stands there.
pub async fn as_of_live() -> Fresh {
    newest(Then::Live).await
}

/// The same once the ledger has moved on: everything is read from a replay.
pub async fn as_of_replayed() -> Fresh {
    newest(Then::Replayed).await
}

/// The private Neo4j with the private Redis behind a cache in memory.
pub async fn neo4j_redis() -> Fresh {
    let redis = RedisCache::connect(&servers::redis(), &RedisOptions::default()).unwrap();
    behind(neo4j().await, vec![Arc::new(MemoryCache::new(64 << 20)), Arc::new(redis)]).await
}
