//! The walk from many seeds: a statement a step, so that shared parts are walked once, and the details at the end.

use std::collections::HashMap;

use neo4rs::BoltType;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{LotItem, OperationItem, Parts, Walk};
use crate::store::Result;
use crate::store::neo4j::encode::{integer, texts};
use crate::store::neo4j::nodes;
use crate::store::neo4j::statement::{self, Statement};

/// Ids in one statement.
const CHUNK: usize = 5_000;

#[derive(Deserialize)]
struct IdsRow {
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct PairsRow {
    pairs: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct LotsRow {
    lots: Vec<LotItem>,
}

#[derive(Deserialize)]
struct OperationsRow {
    operations: Vec<OperationItem>,
}

/// Nodes with their least hops.
type Hops = HashMap<String, u32>;

pub(super) async fn by_levels(walk: &Walk<'_, '_>) -> Result<Parts> {
    let (lots, mut operations) = reach(walk).await?;
    let ids: Vec<&str> = lots.keys().map(String::as_str).collect();
    for row in read::<PairsRow>(walk, &statement::STEP_IN_PLACE, "lots", &ids, None).await? {
        for (lot, operation) in row.pairs {
            let hops = lots[&lot] + 1;
            operations.entry(operation).and_modify(|known| *known = hops.min(*known)).or_insert(hops);
        }
    }
    let (lots, operations) = first(lots, operations, walk.query.nodes_max as usize + 1);
    details(walk, &lots, &operations).await
}

/// Lots and operations by breadth first search. Stops when the node limit is passed, at the end of a step: everything
/// with fewer hops is then known.
async fn reach(walk: &Walk<'_, '_>) -> Result<(Hops, Hops)> {
    let step_lots = walk.pick(&statement::STEP_LOTS_FORWARD, &statement::STEP_LOTS_BACKWARD);
    let step_operations =
        walk.pick(&statement::STEP_OPERATIONS_FORWARD, &statement::STEP_OPERATIONS_BACKWARD);
    let (mut lots, mut operations) = (Hops::new(), Hops::new());
    let mut hops = 0;
    let mut frontier = Vec::new();
    for row in read::<nodes::LotRow>(walk, &statement::READ_LOTS, "ids", &walk.seeds, None).await? {
        frontier.push(row.lot.into_lot()?.id.as_str().to_owned());
    }
    lots.extend(frontier.iter().map(|seed| (seed.clone(), 0)));
    while !frontier.is_empty()
        && walk.hops_max.is_none_or(|max| hops < max)
        && lots.len() + operations.len() <= walk.query.nodes_max as usize
    {
        let ids = step(walk, step_lots, "lots", &frontier).await?;
        frontier = new_ones(ids, &mut operations, hops + 1);
        let ids = step(walk, step_operations, "operations", &frontier).await?;
        frontier = new_ones(ids, &mut lots, hops + 2);
        hops += 2;
    }
    Ok((lots, operations))
}

async fn step(
    walk: &Walk<'_, '_>,
    statement: &'static Statement,
    name: &'static str,
    ids: &[String],
) -> Result<Vec<String>> {
    // What was reached before may fill as many places as the limit has, and one more than the limit is wanted.
    let limit = integer(2 * i64::from(walk.query.nodes_max) + 1);
    let rows = read::<IdsRow>(walk, statement, name, ids, Some(("limit", limit))).await?;
    Ok(rows.into_iter().flat_map(|row| row.ids).collect())
}

fn new_ones(ids: Vec<String>, known: &mut Hops, hops: u32) -> Vec<String> {
    let mut fresh = Vec::new();
    for id in ids {
        if !known.contains_key(&id) {
            known.insert(id.clone(), hops);
            fresh.push(id);
        }
    }
    fresh.sort_unstable();
    fresh
}

/// The first nodes in (hops, id) order.
fn first(mut lots: Hops, mut operations: Hops, count: usize) -> (Hops, Hops) {
    if lots.len() + operations.len() > count {
        let mut order: Vec<(u32, &str)> =
            lots.iter().chain(&operations).map(|(id, hops)| (*hops, id.as_str())).collect();
        order.sort_unstable();
        let (hops, id) = order[count];
        let first_out = (hops, id.to_owned());
        let stays = |id: &String, hops: &mut u32| (*hops, id.as_str()) < (first_out.0, first_out.1.as_str());
        lots.retain(stays);
        operations.retain(stays);
    }
    (lots, operations)
}

async fn details(walk: &Walk<'_, '_>, lots: &Hops, operations: &Hops) -> Result<Parts> {
    let mut parts = Parts::new(walk.query.direction);
    let is_last = |hops: u32| walk.hops_max.is_some_and(|max| hops >= max);
    let statement = walk.pick(&statement::DETAIL_LOTS_FORWARD, &statement::DETAIL_LOTS_BACKWARD);
    for last in [false, true] {
        let ids = ids(lots.iter().filter(|(_, hops)| is_last(**hops) == last));
        let more = ("last", BoltType::from(last));
        for row in read::<LotsRow>(walk, statement, "ids", &ids, Some(more)).await? {
            for mut lot in row.lots {
                lot.0 = lots[lot.1.as_str()];
                parts.lot(lot)?;
            }
        }
    }
    let statement = walk.pick(&statement::DETAIL_OPERATIONS_FORWARD, &statement::DETAIL_OPERATIONS_BACKWARD);
    let more = ("bounded", BoltType::from(walk.hops_max.is_some()));
    for row in read::<OperationsRow>(walk, statement, "ids", &ids(operations.iter()), Some(more)).await? {
        for mut operation in row.operations {
            operation.0 = operations[operation.1.as_str()];
            parts.operation(operation)?;
        }
    }
    Ok(parts)
}

fn ids<'a>(nodes: impl Iterator<Item = (&'a String, &'a u32)>) -> Vec<&'a str> {
    nodes.map(|(id, _)| id.as_str()).collect()
}

async fn read<Row: DeserializeOwned>(
    walk: &Walk<'_, '_>,
    statement: &'static Statement,
    name: &'static str,
    ids: &[impl AsRef<str>],
    more: Option<(&'static str, BoltType)>,
) -> Result<Vec<Row>> {
    let mut all = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut parameters = vec![(name, texts(chunk))];
        parameters.extend(more.clone());
        all.extend(walk.source.read(statement, statement.text, parameters, walk.deadline).await?);
    }
    Ok(all)
}
