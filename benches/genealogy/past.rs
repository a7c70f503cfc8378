//! As of: what the first question about a past costs, what the next ones cost.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lotgraph::cli::app::scratch_stores;
use lotgraph::service::as_of::{AsOfLimits, History, Point};
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::{Ledger, Revision};

use crate::paired::{show, timed};
use crate::plants;
use crate::plants::bench;

/// Lots of the plants; enough for a rate.
const LOTS: u64 = 30_000;
/// Events in one commit: as a plant records, and as an import does.
const COMMITS: [usize; 2] = [10, plants::BATCH];

pub async fn run(folder: &Path, neo4j_uri: &str) {
    println!(
        "| as of, process plant | events | commits | written in | first question | events a second | ratio | again | a hundredth further on |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for events in COMMITS {
        let store = SqliteStore::open(&folder.join(format!("past-{events}.sqlite"))).unwrap();
        past("sqlite", Arc::new(store), events).await;
    }
    plants::wipe(neo4j_uri).await;
    past("neo4j", Arc::new(plants::neo4j(neo4j_uri).await), plants::BATCH).await;
    println!();
}

async fn past(name: &str, store: Arc<dyn Ledger>, each: usize) {
    store.prepare().await.unwrap();
    let events: Vec<_> = plants::events("process", LOTS, 7).collect();
    let write = async {
        for chunk in events.chunks(each) {
            assert!(store.commit(&plants::batch(chunk.to_vec())).await.unwrap().applied);
        }
    };
    let (written, ()) = timed(write).await;
    let current = store.revision().await.unwrap().0;
    let limits = AsOfLimits { patience: Duration::MAX, ..AsOfLimits::default() };
    let history = History::new(store, scratch_stores(), limits, TraceLimits::default());
    let ask = async |revision| history.at(&bench(), Point::Revision(Revision(revision))).await.unwrap();
    let early = current - current / 100 - 1;
    let (first, _) = timed(ask(early)).await;
    let (again, _) = timed(ask(early)).await;
    let (further, _) = timed(ask(current - 1)).await;
    let replayed = events.len().min(early as usize * each);
    let rate = replayed as f64 / first.as_secs_f64();
    let ratio = first.as_secs_f64() / written.as_secs_f64();
    println!(
        "| {name} | {} | {current} | {} | {} | {rate:.0} | {ratio:.2} | {} | {} |",
        events.len(),
        show(written),
        show(first),
        show(again),
        show(further)
    );
}
