//! The links of each of some lots, which is one hop in the graph.

use std::collections::HashMap;

use serde::Deserialize;

use super::connection::{Connection, Deadline};
use super::decode;
use super::encode::{comparable, integer, link_type, list, null, text, texts, time};
use super::statement;
use lotgraph_domain::{EventId, LotId, OperationKind, Role};
use lotgraph_store::Result;
use lotgraph_store::query::{Edge, EdgeKey, EdgePage, EdgesOf};

/// How many lots one statement is asked about.
const CHUNK: usize = 1_000;

/// `[earliest, operation, role, position, kind, latest, quantity, unit, continues]`.
type EdgeItem = (i64, EventId, u32, u32, String, i64, Option<String>, Option<String>, Option<String>);

#[derive(Deserialize)]
struct EdgesRow {
    lot: LotId,
    edges: Vec<EdgeItem>,
}

pub(super) async fn edges(
    connection: &Connection,
    query: &EdgesOf,
    deadline: Deadline,
) -> Result<Vec<EdgePage>> {
    let mut lots: Vec<&LotId> = query.lots.iter().collect();
    lots.sort_unstable();
    lots.dedup();
    let after = query.after.as_ref().map_or_else(null, |key| {
        list([
            time(key.earliest),
            text(&key.operation),
            integer(role_number(key.role)),
            integer(key.position),
        ])
    });
    // For an operation id that is not comparable, Neo4j compares a parameter in another order than it sorts
    // by. Then everything is read and cut here; see the statement.
    let comparable = query.after.as_ref().is_none_or(|key| comparable(key.operation.as_str()));
    let limit = if comparable { i64::from(query.first) + 1 } else { i64::MAX };
    let types = texts(query.roles.iter().map(|role| link_type(*role)));
    let mut pages = HashMap::new();
    for chunk in lots.chunks(CHUNK) {
        let parameters = vec![
            ("lots", texts(chunk)),
            ("types", types.clone()),
            ("after", after.clone()),
            ("comparable", comparable.into()),
            ("limit", integer(limit)),
        ];
        let rows: Vec<EdgesRow> =
            connection.read("edges", &statement::READ_EDGES, parameters, deadline).await?;
        for row in rows {
            pages.insert(row.lot, page(row.edges, query)?);
        }
    }
    let empty = || EdgePage { edges: Vec::new(), more: false };
    Ok(query.lots.iter().map(|lot| pages.get(lot).cloned().unwrap_or_else(empty)).collect())
}

fn page(items: Vec<EdgeItem>, query: &EdgesOf) -> Result<EdgePage> {
    let mut edges = items.into_iter().map(edge).collect::<Result<Vec<Edge>>>()?;
    edges.retain(|edge| query.after.as_ref().is_none_or(|after| edge.key > *after));
    let first = query.first as usize;
    let more = edges.len() > first;
    edges.truncate(first);
    Ok(EdgePage { edges, more })
}

fn edge(item: EdgeItem) -> Result<Edge> {
    let (earliest, operation, role, position, kind, latest, amount, unit, continues) = item;
    let role = Role::ALL.get(role as usize).ok_or_else(|| decode::corrupt(format!("{role} is no role")))?;
    let kind = OperationKind::from_name(&kind)
        .ok_or_else(|| decode::corrupt(format!("{kind:?} is no kind of operation")))?;
    Ok(Edge {
        key: EdgeKey { earliest: decode::time(earliest)?, operation, role: *role, position },
        kind,
        latest: decode::time(latest)?,
        quantity: decode::quantity(amount.as_deref(), unit.as_deref())?,
        sense: decode::sense(continues.as_deref())?,
    })
}

/// The number of a role in the order of roles, as the statement `read_edges` counts it.
fn role_number(role: Role) -> u32 {
    match role {
        Role::Consumed => 0,
        Role::Produced => 1,
        Role::InPlace => 2,
    }
}
