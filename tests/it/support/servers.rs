//! The private Neo4j and Redis that `scripts/servers` started; a missing one is a failure, never a skip.

use std::fs::File;

fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests through scripts/test, or scripts/servers run -- cargo test --test it")
    })
}

/// A turn on the private Neo4j, over when this is dropped or the process ends.
pub struct Turn(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

/// The Bolt address of the private Neo4j; hold the turn as long as it is used.
///
/// Community edition has one database, so tests that use it take turns. The lock is on a file, since tests may run as
/// threads of one process (cargo test) or each in a process of its own (cargo nextest); of two openings of a file only one
/// can lock it, in the same process, too.
pub async fn neo4j() -> (String, Turn) {
    let file = File::create(required("LOTGRAPH_TEST_NEO4J_LOCK")).unwrap();
    // Waiting blocks a thread; it must not be the one that runs the test's other futures.
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await.unwrap();
    (required("LOTGRAPH_TEST_NEO4J"), Turn(locked.unwrap()))
}

/// The address of the private Redis.
pub fn redis() -> String {
    required("LOTGRAPH_TEST_REDIS")
}

/// Where plans of Cypher statements can be asked for.
pub fn explain() -> String {
    required("LOTGRAPH_TEST_EXPLAIN")
}
