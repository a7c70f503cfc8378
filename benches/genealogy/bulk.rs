//! Bulk import, bytes in to queryable, against the raw batched insert of the same rows.

use std::path::Path;
use std::sync::Arc;

use lotgraph::service::import::{self, Counts, Format, Observer, Options, Rejected};
use lotgraph::service::recorder::Recorder;
use lotgraph::store::Ledger;
use lotgraph::store::sqlite::SqliteStore;

use crate::paired::{show, timed};
use crate::plants::{self, BATCH};
use crate::{baseline_neo4j, baseline_sqlite};

/// Lots of the plants imported: enough for many batches, since reading and writing overlap from the second on.
const SQLITE_LOTS: u64 = 200_000;
/// Fewer, as each import and each insert of them takes a quarter of a minute.
const NEO4J_LOTS: u64 = 30_000;

pub async fn run(folder: &Path, neo4j_uri: &str) {
    println!(
        "| bulk import | events | import | raw insert of the same rows | ratio |\n|---|---|---|---|---|"
    );
    for plant in ["assembly", "process"] {
        let lines = lines(plant, SQLITE_LOTS);
        for round in 0..3 {
            sqlite(folder, plant, &lines, round).await;
        }
    }
    for plant in ["assembly", "process"] {
        let lines = lines(plant, NEO4J_LOTS);
        for _ in 0..2 {
            neo4j(neo4j_uri, plant, &lines).await;
        }
    }
    println!();
}

/// The bytes of an NDJSON file.
fn lines(plant: &str, lots: u64) -> Vec<u8> {
    let mut lines = Vec::new();
    for event in plants::events(plant, lots, 3) {
        lines.extend_from_slice(lotgraph::format::canonical::line(&event).as_bytes());
        lines.push(b'\n');
    }
    lines
}

/// Notes nothing.
struct Silent;

impl Observer for Silent {
    fn progress(&mut self, _: u64, _: &Counts) {}

    fn rejected(&mut self, row: &Rejected) -> std::io::Result<()> {
        panic!("a generated plant is accepted: {row:?}")
    }

    fn remarked(&mut self, row: &Rejected) -> std::io::Result<()> {
        panic!("nothing is to be said of a generated plant: {row:?}")
    }
}

/// What `lotgraph import` does with the bytes of a file.
async fn import(store: Arc<dyn Ledger>, lines: &[u8]) -> u64 {
    let options =
        Options { format: Format::Ndjson, batch: BATCH, dry_run: None, caller: crate::plants::bench() };
    let source = Box::new(std::io::Cursor::new(lines.to_vec()));
    let summary = import::import(&Recorder::new(store), source, options, &mut Silent).await.unwrap();
    summary.counts.accepted
}

async fn sqlite(folder: &Path, plant: &str, lines: &[u8], round: u32) {
    let imported = folder.join(format!("import-{plant}-{round}.sqlite"));
    let store = Arc::new(SqliteStore::open(&imported).unwrap());
    store.prepare().await.unwrap();
    let (time, events) = timed(import(store.clone(), lines)).await;
    drop(store);
    let raw = folder.join(format!("raw-{plant}-{round}.sqlite"));
    let empty = SqliteStore::open(&raw).unwrap();
    empty.prepare().await.unwrap();
    drop(empty);
    let baseline = baseline_sqlite::insert_raw(&imported, &raw, BATCH);
    let ratio = time.as_secs_f64() / baseline.as_secs_f64();
    println!("| sqlite, {plant} | {events} | {} | {} | {ratio:.2} |", show(time), show(baseline));
}

async fn neo4j(uri: &str, plant: &str, lines: &[u8]) {
    plants::wipe(uri).await;
    let store = Arc::new(plants::neo4j(uri).await);
    store.prepare().await.unwrap();
    let (time, events) = timed(import(store, lines)).await;
    let baseline = baseline_neo4j::insert_raw(uri, BATCH).await;
    let ratio = time.as_secs_f64() / baseline.as_secs_f64();
    println!("| neo4j, {plant} | {events} | {} | {} | {ratio:.2} |", show(time), show(baseline));
}
