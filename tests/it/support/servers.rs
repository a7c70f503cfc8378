//! The private Neo4j and Redis that `scripts/servers` started; a missing one is a failure, never a skip.

use tokio::sync::{Mutex, MutexGuard};

/// Community edition has one database: tests that use it take turns.
static NEO4J_TURN: Mutex<()> = Mutex::const_new(());

fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests through scripts/test, or scripts/servers run -- cargo test")
    })
}

/// The Bolt address of the private Neo4j; hold the guard as long as it is used.
pub async fn neo4j() -> (String, MutexGuard<'static, ()>) {
    (required("LOTGRAPH_TEST_NEO4J"), NEO4J_TURN.lock().await)
}

/// The address of the private Redis.
pub fn redis() -> String {
    required("LOTGRAPH_TEST_REDIS")
}

/// Where plans of Cypher statements can be asked for.
pub fn explain() -> String {
    required("LOTGRAPH_TEST_EXPLAIN")
}
