//! Random plants, told to a store and to a naive model at once: every answer must be the same.
//!
//! `LOTGRAPH_MODEL_SEED=n` tries one seed; `LOTGRAPH_MODEL_SEEDS=n` tries the first n.

mod naive;
pub(crate) mod random;

use std::collections::BTreeSet;
use std::sync::Arc;

use lotgraph::domain::{
    Anomalies, EquipmentCode, LotId, MasterRef, MaterialCode, Node, NodeRef, OperationKind, Origin,
    Overdrawn, Role, Stock, Text,
};
use lotgraph::genealogy::subgraph::Cut;
use lotgraph::store::{
    Bucket, Direction, EdgeKey, EdgesOf, Find, FindKey, Ledger, LotFilter, OperationFilter, Subgraph, Tally,
    What,
};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::naive::{Model, leads, resources};
use self::random::{LOTS, MATERIALS, Maker};
use crate::support::events::{batch, minute};

type AnyStore = Arc<dyn Ledger>;

/// Prints the seed when the test fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with LOTGRAPH_MODEL_SEED={}", self.0);
        }
    }
}

fn seeds(usually: u64) -> Vec<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("LOTGRAPH_MODEL_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("LOTGRAPH_MODEL_SEEDS").unwrap_or(usually)).collect(),
    }
}

macro_rules! model_over {
    ($store:ident, $seeds:literal) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $store() {
            for seed in seeds($seeds) {
                let shown = Seed(seed);
                let fresh = crate::support::stores::$store().await;
                tell(&fresh.store, seed).await;
                drop(shown);
            }
        }
    };
}

model_over!(sqlite, 60);
model_over!(sqlite_memory, 20);
model_over!(neo4j, 8);
model_over!(neo4j_redis, 4);

async fn tell(store: &AnyStore, seed: u64) {
    let mut maker = Maker::new(ChaCha8Rng::seed_from_u64(seed));
    let mut model = Model::default();
    for _ in 0..12 {
        let count = maker.rng.random_range(1..9);
        let events: Vec<_> = (0..count).map(|_| maker.next()).collect();
        let atomic = maker.rng.random_bool(0.3);
        let marks = model.commit(&events, atomic);
        let sent = lotgraph::store::Batch { atomic, ..batch(events) };
        let receipt = store.commit(&sent).await.unwrap();
        assert_eq!(crate::conformance::ask::marks(&receipt), marks, "{:#?}\n{receipt:#?}", sent.events);
        assert_eq!(receipt.revision.0, model.revision);
        nodes_agree(store, &model).await;
        finds_agree(store, &model, &mut maker.rng).await;
        edges_agree(store, &model, &mut maker.rng).await;
        tallies_agree(store, &model).await;
        for _ in 0..4 {
            closures_agree(store, &model, &mut maker.rng).await;
        }
    }
}

async fn nodes_agree(store: &AnyStore, model: &Model) {
    let lots = LOTS.iter().map(|id| {
        let expected = model.lot(id).map(|lot| Node::Lot(Box::new(lot)));
        (NodeRef::Lot(LotId::parse(id).unwrap()), expected)
    });
    let operations = model.events.values().map(|event| {
        let recorded = model.operations.get(event.id.as_str());
        let expected = recorded.map(|recorded| Node::Operation(Box::new(recorded.clone())));
        (NodeRef::Operation(event.id.clone()), expected)
    });
    let masters = model
        .masters
        .iter()
        .map(|(reference, master)| (NodeRef::Master(reference.clone()), Some(Node::Master(master.clone()))));
    let (refs, expected): (Vec<NodeRef>, Vec<Option<Node>>) = lots.chain(operations).chain(masters).unzip();
    let got = store.get(&refs).await.unwrap();
    for ((reference, got), expected) in refs.iter().zip(got).zip(expected) {
        assert_eq!(got.map(bare), expected, "{reference:?}");
    }
}

/// A node as the model knows it: since which event a lot does not add up is not its business, only whether.
fn bare(node: Node) -> Node {
    let Node::Lot(mut lot) = node else { return node };
    let drawn = lot.consumed.count + lot.shipped.count + lot.scrapped.count > 0;
    let unknown = drawn && lot.received.count + lot.produced.count == 0;
    assert_eq!(lot.anomalies.unknown_origin.is_some(), unknown, "{lot:?}");
    let conflict = lot.earliest_draw.zip(lot.earliest_production).is_some_and(|(draw, made)| draw < made);
    assert_eq!(lot.anomalies.time_conflict.is_some(), conflict, "{lot:?}");
    lot.anomalies = Anomalies::default();
    // Rule 9 has an oracle of its own (tests/it/oracle/stock.rs).
    (lot.stock, lot.overdrawn) = (Stock::default(), Overdrawn::default());
    Node::Lot(lot)
}

fn random_lot_filter(model: &Model, rng: &mut ChaCha8Rng) -> (LotFilter, Vec<Node>) {
    let mut filter = LotFilter::default();
    let mut lots: Vec<_> = model.lots.keys().filter_map(|id| model.lot(id)).collect();
    if rng.random_bool(0.4) {
        let codes: Vec<&str> = MATERIALS.choose_multiple(rng, 2).copied().collect();
        filter.materials = Some(codes.iter().map(|code| MaterialCode::parse(code).unwrap()).collect());
        lots.retain(|lot| lot.material.as_ref().is_some_and(|material| codes.contains(&material.as_str())));
    }
    if rng.random_bool(0.3) {
        filter.origins = Some(vec![Origin::Unknown, Origin::Received]);
        lots.retain(|lot| lot.produced.count == 0);
    }
    if rng.random_bool(0.3) {
        let part = *["a", "NO", "9", "É"].choose(rng).unwrap();
        filter.text = Some(Text::parse(part).unwrap());
        let names = |lot: &lotgraph::domain::Lot| {
            let more = [lot.number.as_ref(), lot.supplier_lot.as_ref()].into_iter().flatten();
            more.map(ToString::to_string).chain([lot.id.to_string()]).collect::<Vec<String>>()
        };
        let part = part.to_lowercase();
        lots.retain(|lot| names(lot).iter().any(|name| name.to_lowercase().contains(&part)));
    }
    if rng.random_bool(0.3) {
        let (from, before) = (minute(rng.random_range(0..6)), minute(rng.random_range(4..12)));
        (filter.produced_from, filter.produced_before) = (Some(from), Some(before));
        lots.retain(|lot| lot.earliest_production.is_some_and(|at| from <= at && at < before));
    }
    (filter, lots.into_iter().map(|lot| Node::Lot(Box::new(lot))).collect())
}

fn random_operation_filter(model: &Model, rng: &mut ChaCha8Rng) -> (OperationFilter, Vec<Node>) {
    let mut filter = OperationFilter::default();
    let mut operations: Vec<_> = model.operations.values().cloned().collect();
    if rng.random_bool(0.3) {
        let kinds = vec![OperationKind::Produce, OperationKind::Process, OperationKind::Ship];
        operations.retain(|recorded| kinds.contains(&recorded.operation.kind));
        filter.kinds = Some(kinds);
    }
    if rng.random_bool(0.3) {
        filter.voided = Some(rng.random_bool(0.5));
        operations.retain(|recorded| Some(recorded.voided.is_some()) == filter.voided);
    }
    if rng.random_bool(0.3) {
        let equipment = EquipmentCode::parse("中").unwrap();
        let reference = MasterRef::Equipment(equipment.clone());
        operations.retain(|o| o.voided.is_none() && resources(&o.operation).contains(&reference));
        filter.equipment = Some(vec![equipment]);
    }
    if rng.random_bool(0.3) {
        filter.name = Some(Text::parse("MIX").unwrap());
        operations.retain(|recorded| recorded.operation.name == filter.name);
    }
    if rng.random_bool(0.4) {
        let (from, before) = (minute(rng.random_range(0..6)), minute(rng.random_range(4..12)));
        (filter.from, filter.before) = (Some(from), Some(before));
        operations.retain(|recorded| from <= recorded.operation.at && recorded.operation.at < before);
    }
    if rng.random_bool(0.2) {
        let before = minute(rng.random_range(2..12));
        filter.started_before = Some(before);
        operations.retain(|recorded| recorded.operation.start() < before);
    }
    operations.sort_by_key(|recorded| (recorded.operation.at, recorded.id.clone()));
    (filter, operations.into_iter().map(|recorded| Node::Operation(Box::new(recorded))).collect())
}

async fn finds_agree(store: &AnyStore, model: &Model, rng: &mut ChaCha8Rng) {
    let (lot_filter, lots) = random_lot_filter(model, rng);
    let (operation_filter, operations) = random_operation_filter(model, rng);
    for (what, expected) in [(What::Lots(lot_filter), lots), (What::Operations(operation_filter), operations)]
    {
        let count = store.tally(&Tally::Count(what.clone())).await.unwrap();
        assert_eq!(count, [Bucket { key: None, count: expected.len() as u64 }], "{what:?}");
        let first = rng.random_range(1..8);
        let mut after: Option<FindKey> = None;
        let mut got = Vec::new();
        loop {
            let page = store.find(&Find { what: what.clone(), after, first }).await.unwrap();
            after = page.items.last().map(FindKey::of);
            got.extend(page.items.into_iter().map(bare));
            if !page.more {
                break;
            }
        }
        assert_eq!(got, expected, "{what:?} in pages of {first}");
    }
}

async fn edges_agree(store: &AnyStore, model: &Model, rng: &mut ChaCha8Rng) {
    let first: u32 = rng.random_range(1..7);
    let lots: Vec<LotId> = LOTS.iter().map(|id| LotId::parse(id).unwrap()).collect();
    let roles: Vec<Role> = Role::ALL.choose_multiple(rng, 2).copied().collect();
    let mut query = EdgesOf { lots, roles, after: None, first };
    if rng.random_bool(0.5) {
        let operation = model.events.values().nth(model.events.len() / 2).map(|event| event.id.clone());
        query.after = operation.map(|operation| EdgeKey {
            earliest: minute(rng.random_range(0..12)),
            operation,
            role: Role::Produced,
            position: 0,
        });
    }
    let pages = store.edges(&query).await.unwrap();
    for (lot, page) in LOTS.iter().zip(pages) {
        let links =
            model.links().into_iter().filter(|link| link.lot == *lot && query.roles.contains(&link.role));
        let mut expected: Vec<_> = links
            .map(|link| {
                let operation = lotgraph::domain::EventId::parse(link.operation).unwrap();
                let (role, position) = (link.role, link.position);
                let key = EdgeKey { earliest: link.earliest, operation, role, position };
                lotgraph::store::Edge {
                    key,
                    kind: link.kind,
                    latest: link.latest,
                    quantity: link.quantity.cloned(),
                    sense: lotgraph::domain::Sense::Moves,
                }
            })
            .filter(|edge| query.after.as_ref().is_none_or(|after| edge.key > *after))
            .collect();
        expected.sort_by(|a, b| a.key.cmp(&b.key));
        assert_eq!(page.more, expected.len() > first as usize, "{lot} {query:?}");
        expected.truncate(first as usize);
        assert_eq!(page.edges, expected, "{lot} {query:?}");
    }
}

async fn tallies_agree(store: &AnyStore, model: &Model) {
    let counted = |keys: Vec<Option<String>>| -> Vec<Bucket> {
        let distinct: BTreeSet<(bool, Option<String>)> =
            keys.iter().map(|key| (key.is_none(), key.clone())).collect();
        let count = |key: &Option<String>| keys.iter().filter(|other| *other == key).count() as u64;
        let text = |key: &Option<String>| key.as_ref().map(|key| Text::parse(key).unwrap());
        distinct.iter().map(|(_, key)| Bucket { key: text(key), count: count(key) }).collect()
    };
    let materials = model.lots.values().map(|lot| lot.material.as_ref().map(ToString::to_string)).collect();
    let got = store.tally(&Tally::LotsByMaterial(LotFilter::default())).await.unwrap();
    assert_eq!(got, counted(materials));
    let kinds = model.operations.values().map(|o| Some(o.operation.kind.name().to_owned())).collect();
    let got = store.tally(&Tally::OperationsByKind(OperationFilter::default())).await.unwrap();
    assert_eq!(got, counted(kinds));
}

/// A subgraph as plain text, node by node and link by link.
fn shown(subgraph: &Subgraph) -> Vec<String> {
    let lots = subgraph.lots.iter().map(|lot| {
        format!("{} {} {:?} {:?} {}", lot.hops, lot.id, lot.material, lot.earliest_production, lot.leads_on)
    });
    let operations = subgraph.operations.iter().map(|operation| {
        let moments = (operation.start, operation.end);
        format!(
            "{} {} {:?} {:?} {:?}",
            operation.hops, operation.id, operation.kind, moments, operation.party
        )
    });
    let links = subgraph.links.iter().map(|link| {
        let lot = &subgraph.lots[link.lot as usize].id;
        let operation = &subgraph.operations[link.operation as usize].id;
        let moments = (link.earliest, link.latest);
        format!("{operation} {:?} {} {lot} {:?} {:?}", link.role, link.position, link.quantity, moments)
    });
    lots.chain(operations).chain(links).collect()
}

async fn closures_agree(store: &AnyStore, model: &Model, rng: &mut ChaCha8Rng) {
    let chosen: Vec<&str> = LOTS.choose_multiple(rng, 2).copied().collect();
    let chosen = &chosen[..rng.random_range(1..=2)];
    let direction = if rng.random_bool(0.5) { Direction::Forward } else { Direction::Backward };
    let mut query = crate::conformance::ask::question(chosen, direction);
    if rng.random_bool(0.4) {
        query.max_depth = Some(rng.random_range(0..4));
    }
    if rng.random_bool(0.4) {
        query.nodes_max = rng.random_range(0..20);
    }
    let got = store.closure(&query).await.unwrap();
    let (expected, cut) = expected_closure(model, chosen, &query);
    assert_eq!(shown(&got), expected, "{query:?}");
    assert_eq!(got.cut, cut, "{query:?}");
    assert_eq!(got.revision.0, model.revision);
    let unknown: Vec<&str> = chosen.iter().copied().filter(|id| !model.lots.contains_key(*id)).collect();
    assert_eq!(got.unknown_seeds.iter().map(LotId::as_str).collect::<Vec<&str>>(), unknown);
}

fn expected_closure(
    model: &Model,
    seeds: &[&str],
    query: &lotgraph::store::Closure,
) -> (Vec<String>, Option<Cut>) {
    let seeds: BTreeSet<String> = seeds.iter().map(|id| (*id).to_owned()).collect();
    let direction = query.direction;
    let (mut lots, mut operations) = model.reach(&seeds, direction, query.max_depth.unwrap_or(u32::MAX));
    let mut order: Vec<(u32, String)> =
        lots.iter().chain(&operations).map(|(id, hops)| (*hops, id.clone())).collect();
    order.sort();
    let cut_by_nodes = order.len() > query.nodes_max as usize;
    order.truncate(query.nodes_max as usize);
    let kept: BTreeSet<(u32, String)> = order.into_iter().collect();
    lots.retain(|id, hops| kept.contains(&(*hops, id.clone())));
    operations.retain(|id, hops| kept.contains(&(*hops, id.clone())));
    let links = model.links();
    let leads_on = |lot: &str| {
        links.iter().any(|link| {
            let onward = leads(direction, link.role) || link.role == Role::InPlace;
            link.lot == lot && onward && !operations.contains_key(link.operation)
        })
    };
    let by_hops = |map: &std::collections::BTreeMap<String, u32>| {
        let mut ids: Vec<(u32, String)> = map.iter().map(|(id, hops)| (*hops, id.clone())).collect();
        ids.sort();
        ids
    };
    let mut shown = Vec::new();
    let mut any_leads_on = false;
    for (hops, id) in by_hops(&lots) {
        let (lot, leads_on) = (model.lot(&id).unwrap(), leads_on(&id));
        any_leads_on |= leads_on;
        shown.push(format!("{hops} {id} {:?} {:?} {leads_on}", lot.material, lot.earliest_production));
    }
    for (hops, id) in by_hops(&operations) {
        let operation = &model.operations[&id].operation;
        let moments = (operation.started_at.unwrap_or(operation.at), operation.at);
        shown.push(format!("{hops} {id} {:?} {:?} {:?}", operation.kind, moments, operation.party));
    }
    for (_, id) in by_hops(&operations) {
        for link in links.iter().filter(|link| link.operation == id && lots.contains_key(link.lot)) {
            let moments = (link.earliest, link.latest);
            let (role, position) = (link.role, link.position);
            shown.push(format!(
                "{id} {role:?} {position} {} {:?} {moments:?}",
                link.lot,
                link.quantity.cloned()
            ));
        }
    }
    let cut = match (cut_by_nodes, any_leads_on) {
        (true, _) => Some(Cut::Nodes),
        (false, true) => Some(Cut::Depth),
        (false, false) => None,
    };
    (shown, cut)
}
