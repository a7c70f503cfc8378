//! The best hand-written Cypher for the closure with its links, and raw batched inserts, through the same driver.

use std::time::{Duration, Instant};

use lotgraph::genealogy::Direction;
use neo4rs::{BoltType, Graph, query};
use serde::Deserialize;

pub async fn connect(uri: &str) -> Graph {
    Graph::new(uri, "", "").unwrap()
}

const FORWARD: &str = "MATCH (s:Lot {id: $seed})
MATCH path = (s)-[:CONSUMED_INTO|PRODUCED|PROCESSED_IN*0..]->(n)
WITH n, min(length(path)) AS hops
RETURN collect([hops, n.id, n.material, n.earliest_production, n.kind, n.started_at, n.at,
  [(n)-[r:CONSUMED_INTO|PRODUCED|PROCESSED_IN]->(m) | [m.id, r.position, r.quantity, r.unit, r.earliest, r.latest]]]) AS nodes";

const BACKWARD: &str = "MATCH (s:Lot {id: $seed})
MATCH path = (s)<-[:CONSUMED_INTO|PRODUCED*0..]-(n)
WITH n, min(length(path)) AS hops
RETURN collect([hops, n.id, n.material, n.earliest_production, n.kind, n.started_at, n.at,
  [(n)<-[r:CONSUMED_INTO|PRODUCED]-(m) | [m.id, r.position, r.quantity, r.unit, r.earliest, r.latest]],
  [(n)-[r:PROCESSED_IN]->(m) | [m.id, m.kind, m.started_at, m.at, r.position, r.earliest, r.latest]]]) AS nodes";

type Link = (String, i64, Option<String>, Option<String>, Option<i64>, Option<i64>);
type InPlace = (String, String, i64, i64, i64, i64, i64);
type Forward =
    (i64, String, Option<String>, Option<i64>, Option<String>, Option<i64>, Option<i64>, Vec<Link>);
type Backward = (
    i64,
    String,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Vec<Link>,
    Vec<InPlace>,
);

#[derive(Deserialize)]
struct ForwardRow {
    nodes: Vec<Forward>,
}

#[derive(Deserialize)]
struct BackwardRow {
    nodes: Vec<Backward>,
}

/// Runs it and decodes every value; the number of links.
pub async fn links(graph: &Graph, lot: &str, direction: Direction) -> usize {
    let text = match direction {
        Direction::Forward => FORWARD,
        Direction::Backward => BACKWARD,
    };
    let mut rows = graph.execute_read(query(text).param("seed", lot)).await.unwrap();
    let mut links = 0;
    while let Some(row) = rows.next().await.unwrap() {
        links += match direction {
            Direction::Forward => {
                let row: ForwardRow = row.to().unwrap();
                row.nodes.iter().map(|node| node.7.len()).sum::<usize>()
            }
            Direction::Backward => {
                let row: BackwardRow = row.to().unwrap();
                row.nodes.iter().map(|node| node.7.len() + node.8.len()).sum()
            }
        };
    }
    links
}

/// Creates the same nodes and relationships as a filled graph, from rows read out of it, a batch a statement.
pub async fn insert_raw(uri: &str, batch: usize) -> Duration {
    let graph = connect(uri).await;
    let nodes =
        read(&graph, "MATCH (n) WHERE NOT n:Ledger RETURN labels(n)[0] AS kind, properties(n) AS row").await;
    let edges = read(
        &graph,
        "MATCH (a)-[r]->(b) RETURN type(r) + ' ' + labels(a)[0] + ' ' + labels(b)[0] AS kind,
         {a: coalesce(a.id, a.code), b: coalesce(b.id, b.code), row: properties(r)} AS row",
    )
    .await;
    crate::plants::wipe(uri).await;
    let started = Instant::now();
    for (kind, rows) in &nodes {
        let text = format!("UNWIND $rows AS row CREATE (n:{kind}) SET n = row");
        insert(&graph, &text, rows, batch).await;
    }
    for (kind, rows) in &edges {
        let parts: Vec<&str> = kind.split(' ').collect();
        let key = |label: &str| if matches!(label, "Lot" | "Operation") { "id" } else { "code" };
        let text = format!(
            "UNWIND $rows AS row MATCH (a:{} {{{}: row.a}}) MATCH (b:{} {{{}: row.b}}) CREATE (a)-[r:{}]->(b) SET r = row.row",
            parts[1],
            key(parts[1]),
            parts[2],
            key(parts[2]),
            parts[0]
        );
        insert(&graph, &text, rows, batch).await;
    }
    started.elapsed()
}

async fn read(graph: &Graph, text: &str) -> std::collections::BTreeMap<String, Vec<BoltType>> {
    let mut rows = graph.execute(query(text)).await.unwrap();
    let mut kinds: std::collections::BTreeMap<String, Vec<BoltType>> = std::collections::BTreeMap::new();
    while let Some(row) = rows.next().await.unwrap() {
        kinds.entry(row.get("kind").unwrap()).or_default().push(row.get("row").unwrap());
    }
    kinds
}

async fn insert(graph: &Graph, text: &str, rows: &[BoltType], batch: usize) {
    for chunk in rows.chunks(batch) {
        graph.run(query(text).param("rows", chunk.to_vec())).await.unwrap();
    }
}
