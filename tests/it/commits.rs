//! The feed of commits: in order, none missed, none twice, whoever commits and however late somebody follows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lotgraph::domain::{Changes, Event, EventId, LotId, RecordRef};
use lotgraph::service::commits::{CommitFeed, CommitSummary, Commits, Extent};
use lotgraph::service::recorder::{ReadItem, Recorder};
use lotgraph::store::layer::Layer;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::{Batch, Ledger, Receipt, Result, Revision, Status};
use serde_json::json;

use crate::support::events::{batch, event, minute, plant, tester};
use crate::support::stores::{self, sqlite};

/// More than anything here should take; then the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store whose receipts tell which operations were recorded, whatever the store behind it tells.
struct Telling(Arc<dyn Ledger>);

#[async_trait]
impl Layer for Telling {
    fn inner(&self) -> &dyn Ledger {
        self.0.as_ref()
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        let receipt = self.0.commit(batch).await?;
        let accepted = receipt.outcomes.iter().filter(|outcome| outcome.status == Status::Accepted);
        let operations = accepted.map(|outcome| outcome.id.clone()).collect();
        Ok(Receipt { changes: Changes { operations, ..Changes::default() }, ..receipt })
    }
}

/// A store without anything to tell, as it is before a planner says what changed.
struct Silent(Arc<dyn Ledger>);

#[async_trait]
impl Layer for Silent {
    fn inner(&self) -> &dyn Ledger {
        self.0.as_ref()
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        Ok(Receipt { changes: Changes::default(), ..self.0.commit(batch).await? })
    }
}

fn items(events: Vec<Event>) -> Vec<ReadItem> {
    events.into_iter().map(Ok).collect()
}

async fn record(recorder: &Recorder, text: &str) -> Revision {
    let report = recorder.record(items(plant(text)), true, &tester()).await.unwrap();
    assert!(report.applied);
    report.revision
}

async fn next(commits: &mut Commits) -> Arc<CommitSummary> {
    let next = tokio::time::timeout(PATIENCE, commits.next()).await.expect("no commit came");
    next.unwrap().expect("the feed ended")
}

async fn nothing_comes(commits: &mut Commits) {
    let waited = tokio::time::timeout(Duration::from_millis(200), commits.next()).await;
    assert!(waited.is_err(), "{waited:?}");
}

fn ids(texts: &[&str]) -> Vec<EventId> {
    texts.iter().map(|text| EventId::parse(text).unwrap()).collect()
}

#[tokio::test]
async fn commits_come_in_order_with_what_they_changed() {
    let fresh = sqlite().await;
    let feed = CommitFeed::new(fresh.store.clone());
    let recorder = Recorder::new(Arc::new(Telling(fresh.store.clone()))).telling(feed.clone());
    record(&recorder, "X0: -> A").await;
    let mut commits = feed.follow(&tester(), None).await.unwrap();
    nothing_comes(&mut commits).await;
    record(&recorder, "X1: A -> B; X2: B -> C").await;
    record(&recorder, "X3: C -> D").await;
    // Neither a duplicate nor a refused batch is a commit.
    record(&recorder, "X3@1: C -> D").await;
    let refused = recorder.record(items(plant("X0@9: -> Z")), true, &tester()).await.unwrap();
    assert!(!refused.applied);
    let first = next(&mut commits).await;
    assert_eq!((first.revision, first.extent), (Revision(2), Extent::Graph));
    assert_eq!(first.changes.operations, ids(&["X1", "X2"]));
    let second = next(&mut commits).await;
    assert_eq!((second.revision, &second.changes.operations), (Revision(3), &ids(&["X3"])));
    nothing_comes(&mut commits).await;
}

#[tokio::test]
async fn whoever_starts_late_reads_what_the_events_say() {
    let fresh = sqlite().await;
    let recorder = Recorder::new(fresh.store.clone());
    record(&recorder, "O1: -> A; O2: A -> B").await;
    let hold = json!({"type": "hold", "id": "H", "at": minute(9).to_string(), "lots": ["A"], "reason": "x"});
    recorder.record_values(&[hold], true, &tester()).await.unwrap();
    let feed = CommitFeed::new(fresh.store.clone());
    let mut commits = feed.follow(&tester(), Some(Revision(0))).await.unwrap();
    let first = next(&mut commits).await;
    assert_eq!((first.revision, first.extent), (Revision(1), Extent::Events));
    assert_eq!(first.changes.operations, ids(&["O1", "O2"]));
    let lots = ["A", "B"].map(|lot| LotId::parse(lot).unwrap());
    assert_eq!(first.changes.lots, lots);
    assert_eq!(first.changes.links.len(), 3);
    let second = next(&mut commits).await;
    assert_eq!((second.revision, &second.changes.lots), (Revision(2), &vec![lots[0].clone()]));
    assert_eq!(second.changes.records, [RecordRef::Hold(ids(&["H"]).remove(0))]);
    nothing_comes(&mut commits).await;
    // The revision of the last one seen resumes it.
    let mut resumed = feed.follow(&tester(), Some(Revision(1))).await.unwrap();
    assert_eq!(next(&mut resumed).await.revision, Revision(2));
    let error = feed.follow(&tester(), Some(Revision(3))).await.err().unwrap();
    assert_eq!(error.code.name(), "ARGUMENT_INVALID");
}

#[tokio::test]
async fn a_commit_with_more_events_than_a_page_is_one() {
    let fresh = sqlite().await;
    let many: Vec<String> = (0..2_500).map(|n| format!("M{n}: -> L{n}")).collect();
    let recorder = Recorder::new(fresh.store.clone());
    record(&recorder, &many.join(";")).await;
    record(&recorder, "LAST: -> Z").await;
    let feed = CommitFeed::new(fresh.store.clone());
    let mut commits = feed.follow(&tester(), Some(Revision(0))).await.unwrap();
    assert_eq!(next(&mut commits).await.changes.lots.len(), 2_500);
    assert_eq!(next(&mut commits).await.changes.operations, ids(&["LAST"]));
}

#[tokio::test]
async fn whoever_falls_behind_reads_on_from_the_ledger() {
    let fresh = sqlite().await;
    let feed = CommitFeed::new(fresh.store.clone());
    let recorder = Recorder::new(Arc::new(Silent(fresh.store.clone())));
    let mut commits = feed.follow(&tester(), None).await.unwrap();
    for n in 1..=4_u64 {
        let revision = record(&recorder, &format!("S{n}: -> L{n}")).await;
        // Each names so much that only the last is kept.
        let names: Vec<String> = (0..150_000).map(|i| format!("S{n}-{i}")).collect();
        let operations = names.iter().map(|name| EventId::parse(name).unwrap()).collect();
        let changes = Changes { operations, ..Changes::default() };
        feed.publish(&Receipt { revision, applied: true, outcomes: Vec::new(), changes });
    }
    for n in 1..=4_u64 {
        let commit = next(&mut commits).await;
        let extent = if n == 4 { Extent::Graph } else { Extent::Events };
        assert_eq!((commit.revision, commit.extent), (Revision(n), extent));
    }
    nothing_comes(&mut commits).await;
}

#[tokio::test]
async fn acknowledgements_that_overtake_each_other_do_not_disturb_the_order() {
    let fresh = sqlite().await;
    let feed = CommitFeed::new(fresh.store.clone());
    let recorder = Recorder::new(fresh.store.clone());
    let mut commits = feed.follow(&tester(), None).await.unwrap();
    record(&recorder, "A1: -> A").await;
    record(&recorder, "A2: -> B").await;
    let told = |revision, id: &str| {
        let changes = Changes { operations: ids(&[id]), ..Changes::default() };
        Receipt { revision: Revision(revision), applied: true, outcomes: Vec::new(), changes }
    };
    feed.publish(&told(2, "A2"));
    let first = next(&mut commits).await;
    assert_eq!((first.revision, first.extent), (Revision(1), Extent::Events));
    feed.publish(&told(1, "A1"));
    assert_eq!(next(&mut commits).await.revision, Revision(2));
    nothing_comes(&mut commits).await;
}

async fn follow_others(store: Arc<dyn Ledger>, other: Arc<dyn Ledger>) {
    const EACH: usize = 15;
    let feed = CommitFeed::new(store.clone());
    let mut commits = feed.follow(&tester(), None).await.unwrap();
    let own = Recorder::new(Arc::new(Telling(store))).telling(feed.clone());
    let write_own = async {
        for n in 0..EACH {
            record(&own, &format!("OWN{n}: -> OL{n}")).await;
        }
    };
    // Another process knows nothing of this feed.
    let write_other = async {
        for n in 0..EACH {
            let receipt = other.commit(&batch(plant(&format!("OTHER{n}: -> TL{n}")))).await.unwrap();
            assert!(receipt.applied);
        }
    };
    let read = async {
        let mut seen = Vec::new();
        for n in 1..=2 * EACH as u64 {
            let commit = next(&mut commits).await;
            assert_eq!(commit.revision, Revision(n), "in order, each once");
            seen.extend(commit.changes.operations.clone());
        }
        seen
    };
    let ((), (), mut seen) = tokio::join!(write_own, write_other, read);
    let names = (0..EACH).flat_map(|n| [format!("OWN{n}"), format!("OTHER{n}")]);
    let mut expected: Vec<EventId> = names.map(|name| EventId::parse(&name).unwrap()).collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    nothing_comes(&mut commits).await;
    // The last one to come is of the other process: only asking finds it.
    other.commit(&batch(plant("LONE: -> Z"))).await.unwrap();
    assert_eq!(next(&mut commits).await.changes.operations, ids(&["LONE"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_of_others_are_found_on_sqlite() {
    let fresh = sqlite().await;
    follow_others(fresh.store.clone(), fresh.store.clone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_of_others_are_found_on_neo4j() {
    let fresh = stores::neo4j().await;
    let options = Neo4jOptions { uri: fresh.uri.clone(), ..Neo4jOptions::default() };
    let other = Neo4jStore::connect(&options).await.unwrap();
    follow_others(fresh.store.clone(), Arc::new(other)).await;
}

#[tokio::test]
async fn a_feed_that_is_closed_ends_for_everyone() {
    let fresh = sqlite().await;
    let feed = CommitFeed::new(fresh.store.clone());
    let mut commits = feed.follow(&tester(), None).await.unwrap();
    let closing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        feed.close();
    };
    let (ended, ()) = tokio::join!(commits.next(), closing);
    assert!(ended.unwrap().is_none());
    // What comes later changes nothing about that.
    let recorder = Recorder::new(fresh.store.clone()).telling(feed.clone());
    let operator = event(&json!({"type": "operator", "code": "OP"}));
    recorder.record(items(vec![operator]), true, &tester()).await.unwrap();
    assert!(commits.next().await.unwrap().is_none());
}
