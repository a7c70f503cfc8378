//! Plants in both stores, and the lots to ask about.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotgraph::domain::{Caller, CallerKind, Entry, Event, LotId, Text, Timestamp};
use lotgraph::genealogy::{Direction, TimeRule};
use lotgraph::generate::PlantRequest;
use lotgraph::service::Questions;
use lotgraph::service::trace::TraceQuestion;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::{Batch, Find, FindKey, Ledger, LotFilter, What};
use uuid::Uuid;

use crate::paired::{show, timed};

/// Events in one commit.
pub const BATCH: usize = 5_000;

/// One plant in both stores.
pub struct Plant {
    pub name: String,
    pub sqlite: Arc<SqliteStore>,
    pub sqlite_file: PathBuf,
    pub neo4j: Arc<Neo4jStore>,
    pub neo4j_uri: String,
    /// Lots to trace forward: raw material.
    pub forward: Vec<LotId>,
    /// Lots to trace backward: finished.
    pub backward: Vec<LotId>,
    /// Lots spread over the plant with how many lots each leads to, most first.
    reach: Vec<(usize, LotId)>,
}

impl Plant {
    /// Both stores, with their names.
    pub fn stores(&self) -> [(&'static str, Arc<dyn Ledger>); 2] {
        [("sqlite", self.sqlite.clone()), ("neo4j", self.neo4j.clone())]
    }

    /// The lots that lead to a number of lots nearest to the one wanted.
    pub fn reaching(&self, lots: usize, count: usize) -> Vec<LotId> {
        let mut nearest: Vec<_> = self.reach.iter().collect();
        nearest.sort_by_key(|(reached, _)| reached.abs_diff(lots));
        nearest.into_iter().take(count).map(|(_, lot)| lot.clone()).collect()
    }
}

/// Who records and asks in a benchmark.
pub fn bench() -> Caller {
    let text = |text| Text::parse(text).unwrap();
    Caller::named(text("bench"), CallerKind::Service, Entry::Other { name: text("bench") })
}

pub fn batch(events: Vec<Event>) -> Batch {
    let caller = bench();
    Batch {
        commit: Uuid::new_v4(),
        events: Arc::new(events),
        atomic: true,
        recording: caller.recording(Timestamp::now()),
        caller,
    }
}

pub async fn fill(store: &dyn Ledger, events: impl Iterator<Item = Event>) -> usize {
    let (mut chunk, mut count) = (Vec::with_capacity(BATCH), 0);
    let mut events = events.peekable();
    while let Some(event) = events.next() {
        chunk.push(event);
        if chunk.len() == BATCH || events.peek().is_none() {
            count += chunk.len();
            let receipt = store.commit(&batch(std::mem::take(&mut chunk))).await.unwrap();
            assert!(receipt.applied, "a generated plant is accepted");
        }
    }
    count
}

pub async fn neo4j(uri: &str) -> Neo4jStore {
    let options = Neo4jOptions { uri: uri.to_owned(), ..Neo4jOptions::default() };
    Neo4jStore::connect(&options).await.unwrap()
}

/// Empties the Neo4j behind this address: relationships first, since a batch of nodes may have any number of them.
pub async fn wipe(uri: &str) {
    let graph = crate::baseline_neo4j::connect(uri).await;
    for text in [
        "MATCH ()-[r]->() WITH r LIMIT 50000 DELETE r RETURN count(r) AS gone",
        "MATCH (n) WITH n LIMIT 20000 DELETE n RETURN count(n) AS gone",
    ] {
        loop {
            let mut rows = graph.execute(neo4rs::query(text)).await.unwrap();
            let gone: i64 = rows.next().await.unwrap().unwrap().get("gone").unwrap();
            while rows.next().await.unwrap().is_some() {}
            if gone == 0 {
                break;
            }
        }
    }
}

/// The events of a growing plant.
pub fn events(plant: &str, lots: u64, seed: u64) -> impl Iterator<Item = Event> {
    lotgraph::generate::events(match plant {
        "assembly" => PlantRequest::Assembly { lots, seed },
        "process" => PlantRequest::Process { lots, seed },
        other => panic!("no plant {other}"),
    })
}

pub async fn load(folder: &Path, neo4j_uri: &str, plant: &str, lots: u64) -> Plant {
    let file = folder.join(format!("{plant}-{lots}.sqlite"));
    let sqlite = SqliteStore::open(&file).unwrap();
    sqlite.prepare().await.unwrap();
    let (time, count) = timed(fill(&sqlite, events(plant, lots, 7))).await;
    println!("{plant}: {count} events into sqlite in {}", show(time));
    wipe(neo4j_uri).await;
    let neo4j = neo4j(neo4j_uri).await;
    neo4j.prepare().await.unwrap();
    let (time, _) = timed(fill(&neo4j, events(plant, lots, 7))).await;
    println!("{plant}: {count} events into neo4j in {}\n", show(time));
    let (sqlite, neo4j) = (Arc::new(sqlite), Arc::new(neo4j));
    let everything = sample(sqlite.as_ref(), 4_000).await;
    let ahead = reach(sqlite.clone(), &everything, Direction::Forward).await;
    let behind = reach(sqlite.clone(), &everything, Direction::Backward).await;
    let (forward, backward) = (pick(&ahead), pick(&behind));
    let mut reach: Vec<_> = ahead.into_iter().map(|reached| (reached.lots, reached.from)).collect();
    reach.sort_by(|a, b| b.cmp(a));
    let (name, neo4j_uri) = (plant.to_owned(), neo4j_uri.to_owned());
    Plant { name, sqlite, sqlite_file: file, neo4j, neo4j_uri, forward, backward, reach }
}

/// The ids of all lots, in their order.
pub async fn lots(store: &dyn Ledger) -> Vec<LotId> {
    let mut ids = Vec::new();
    let mut after: Option<FindKey> = None;
    loop {
        let find = Find { what: What::Lots(LotFilter::default()), after, first: 10_000 };
        let page = store.find(&find).await.unwrap();
        ids.extend(page.items.iter().filter_map(|node| match node {
            lotgraph::domain::Node::Lot(lot) => Some(lot.id.clone()),
            _ => None,
        }));
        after = ids.last().map(|id| FindKey::Id(Text::parse(id.as_str()).unwrap()));
        if !page.more {
            return ids;
        }
    }
}

/// Lots spread over the whole plant: every n-th by id.
async fn sample(store: &dyn Ledger, count: usize) -> Vec<LotId> {
    let ids = lots(store).await;
    let step = (ids.len() / count).max(1);
    ids.into_iter().step_by(step).collect()
}

/// How far a lot leads.
struct Reached {
    links: usize,
    lots: usize,
    from: LotId,
}

async fn reach(store: Arc<SqliteStore>, lots: &[LotId], direction: Direction) -> Vec<Reached> {
    let questions = Questions::over(store, lotgraph::service::trace::TraceLimits::default());
    let mut found = Vec::new();
    for lot in lots {
        let trace = &questions.tracer.trace(&bench(), question(lot, direction)).await.unwrap().trace;
        found.push(Reached { links: trace.links.len(), lots: trace.lots.len(), from: lot.clone() });
    }
    found
}

/// The forty sampled lots that reach most: the questions of an investigation, not of an idle moment.
fn pick(reached: &[Reached]) -> Vec<LotId> {
    let mut sizes: Vec<_> = reached.iter().map(|reached| (reached.links, &reached.from)).collect();
    sizes.sort_by(|a, b| b.cmp(a));
    sizes.into_iter().take(40).map(|(_, lot)| lot.clone()).collect()
}

pub fn question(lot: &LotId, direction: Direction) -> TraceQuestion {
    TraceQuestion {
        lots: vec![lot.clone()],
        direction,
        max_depth: None,
        rule: TimeRule::default(),
        skip_cache: false,
        at: None,
    }
}
