//! Cold traces through the service against the best hand-written statement; how cost grows.

use std::path::Path;
use std::sync::Arc;

use lotgraph::domain::{LotId, NodeRef};
use lotgraph::genealogy::Direction;
use lotgraph::generate::PlantRequest;
use lotgraph::generate::assembly::Assembly;
use lotgraph::service::Questions;
use lotgraph::service::trace::{TraceAnswer, TraceLimits};
use lotgraph::store::Ledger;
use lotgraph::store::sqlite::SqliteStore;

use crate::paired::{Paired, median, show, timed};
use crate::plants::bench;
use crate::plants::{self, Plant, question};
use crate::{baseline_neo4j, baseline_sqlite};

/// Lots of a page, read whole.
const PAGE: usize = 100;

/// What the service does for one question: the trace and the first page of its lots.
pub async fn ask(
    questions: &Questions,
    store: &dyn Ledger,
    lot: &LotId,
    direction: Direction,
) -> Arc<TraceAnswer> {
    let answer = questions.tracer.trace(&bench(), question(lot, direction)).await.unwrap();
    let page = answer.trace.lots.iter().take(PAGE);
    let refs: Vec<NodeRef> = page.map(|node| NodeRef::Lot(answer.lot_id(node.index).clone())).collect();
    let page = store.get(&refs).await.unwrap();
    assert!(page.iter().all(Option::is_some));
    answer
}

pub async fn run(plant: &Plant) {
    println!("| {} plant | links (median) | service | hand-written statement | ratio |", plant.name);
    println!("|---|---|---|---|---|");
    for (direction, lots) in [(Direction::Forward, &plant.forward), (Direction::Backward, &plant.backward)] {
        sqlite(plant, direction, lots).await;
        neo4j(plant, direction, lots).await;
    }
    println!();
}

fn row(store: &str, direction: Direction, links: &mut [usize], times: &Paired) {
    links.sort_unstable();
    let (subject, baseline, ratio) = times.medians();
    println!(
        "| {store} {} | {} | {} | {} | {ratio:.2} |",
        direction.name(),
        links[links.len() / 2],
        show(subject),
        show(baseline)
    );
}

async fn sqlite(plant: &Plant, direction: Direction, lots: &[LotId]) {
    let questions = Questions::over(plant.sqlite.clone(), TraceLimits::default());
    let connection = Arc::new(std::sync::Mutex::new(baseline_sqlite::open(&plant.sqlite_file)));
    let (mut times, mut links) = (Paired::default(), Vec::new());
    for round in 0..4 {
        for lot in lots {
            let (subject, answer) = timed(questions.tracer.trace(&bench(), question(lot, direction))).await;
            let answer = answer.unwrap();
            let (shared, id) = (connection.clone(), lot.to_string());
            // On a blocking thread as in the service: the way there is part of either.
            let work = tokio::task::spawn_blocking(move || {
                baseline_sqlite::links(&shared.lock().unwrap(), &id, direction)
            });
            let (baseline, found) = timed(work).await;
            assert_eq!(answer.subgraph.links.len(), found.unwrap(), "{lot}: both must find the same links");
            if round > 0 {
                times.note(subject, baseline);
                links.push(answer.subgraph.links.len());
            }
        }
    }
    row("sqlite", direction, &mut links, &times);
}

async fn neo4j(plant: &Plant, direction: Direction, lots: &[LotId]) {
    let questions = Questions::over(plant.neo4j.clone(), TraceLimits::default());
    let graph = baseline_neo4j::connect(&plant.neo4j_uri).await;
    let (mut times, mut links) = (Paired::default(), Vec::new());
    for round in 0..4 {
        for lot in lots {
            let (subject, answer) = timed(questions.tracer.trace(&bench(), question(lot, direction))).await;
            let answer = answer.unwrap();
            let (baseline, found) = timed(baseline_neo4j::links(&graph, lot.as_str(), direction)).await;
            assert_eq!(answer.subgraph.links.len(), found, "{lot}: both must find the same links");
            if round > 0 {
                times.note(subject, baseline);
                links.push(answer.subgraph.links.len());
            }
        }
    }
    row("neo4j", direction, &mut links, &times);
}

/// Forty diamonds in a row: 2^40 paths, 80 lots.
pub async fn ladder(folder: &Path, neo4j_uri: &str) {
    let sqlite = Arc::new(SqliteStore::open(&folder.join("ladder.sqlite")).unwrap());
    plants::wipe(neo4j_uri).await;
    let neo4j = Arc::new(plants::neo4j(neo4j_uri).await);
    let stores: [(&str, Arc<dyn Ledger>); 2] = [("sqlite", sqlite), ("neo4j", neo4j)];
    println!("| ladder | lots | time |\n|---|---|---|");
    for (name, store) in stores {
        store.prepare().await.unwrap();
        for rungs in [20, 40] {
            let mut events = lotgraph::generate::events(PlantRequest::Ladder { rungs }).peekable();
            let first = events.peek().unwrap().clone();
            let lotgraph::domain::Fact::Operation(operation) = &first.fact else { panic!("{first:?}") };
            let seed = operation.links().next().unwrap().lot.clone();
            plants::fill(store.as_ref(), events).await;
            let questions = Questions::over(store.clone(), TraceLimits::default());
            let mut times = Vec::new();
            let mut lots = 0;
            for _ in 0..30 {
                let (time, answer) = timed(ask(&questions, store.as_ref(), &seed, Direction::Forward)).await;
                times.push(time);
                lots = answer.trace.lots.len();
            }
            println!("| {name}, {rungs} rungs | {lots} | {} |", show(median(&times)));
        }
    }
    println!();
}

/// Lots of the first campaign, which a plant of any size has with the same closures.
fn growth_seeds(plant: &str) -> Vec<LotId> {
    match plant {
        "assembly" => ["RESISTOR", "SCREW", "DISPLAY"].map(|part| Assembly::component(0, part, 1)).to_vec(),
        _ => lotgraph::generate::growth_seeds(),
    }
}

/// The same closures in a plant ten times as large: cost must follow what is reached.
pub async fn growth(folder: &Path, neo4j_uri: &str, name: &str, lots: u64) {
    println!("| growth, {name} | links | small plant | 10 × larger plant | ratio |\n|---|---|---|---|---|");
    let mut rows: Vec<(String, Vec<(usize, std::time::Duration)>)> = Vec::new();
    for size in [lots / 10, lots] {
        let plant = plants::load(folder, neo4j_uri, name, size).await;
        let seeds = growth_seeds(name);
        let stores: [(&str, Arc<dyn Ledger>); 2] = [("sqlite", plant.sqlite), ("neo4j", plant.neo4j)];
        for (n, (name, store)) in stores.into_iter().enumerate() {
            let questions = Questions::over(store.clone(), TraceLimits::default());
            let mut times = Vec::new();
            let mut links = 0;
            for _ in 0..20 {
                for seed in &seeds {
                    let (time, answer) =
                        timed(ask(&questions, store.as_ref(), seed, Direction::Forward)).await;
                    times.push(time);
                    links = links.max(answer.subgraph.links.len());
                }
            }
            if rows.len() <= n {
                rows.push((name.to_owned(), Vec::new()));
            }
            rows[n].1.push((links, median(&times)));
        }
    }
    for (name, sizes) in rows {
        assert_eq!(sizes[0].0, sizes[1].0, "the closures must be equal for the comparison to mean anything");
        let ratio = sizes[1].1.as_secs_f64() / sizes[0].1.as_secs_f64();
        println!("| {name} | {} | {} | {} | {ratio:.2} |", sizes[0].0, show(sizes[0].1), show(sizes[1].1));
    }
    println!();
}
