//! Replays: shared, bounded, going on behind the back of who asked, and never moving under a question.

use std::time::Duration;

use lotgraph::domain::ErrorCode;
use lotgraph::service::as_of::{AsOfLimits, Point, Then};
use lotgraph::store::{Direction, LedgerPosition, Revision};

use super::history;
use crate::conformance::ask::{AnyStore, build, event_id, forward, found, lot_id, lots};
use crate::support::events::tester;
use crate::support::events::{batch, plant};
use crate::support::stores::{self, Fresh};
use crate::support::watched::Watched;

/// Revisions 1 to n: each puts one more lot behind lot 0.
async fn chain(store: &AnyStore, n: usize) {
    build(store, "RECEIPT@0:-> L0").await;
    for step in 1..n {
        build(store, &format!("STEP{step}@{step}:L{} -> L{step}", step - 1)).await;
    }
}

async fn reached(then: &Then) -> usize {
    let reached = forward(&then.store, &["L0"]).await;
    assert_eq!(reached.revision, then.revision);
    reached.lots.len()
}

fn at(revision: u64) -> Point {
    Point::Revision(Revision(revision))
}

async fn twenty_at_once(fresh: Fresh) {
    chain(&fresh.store, 25).await;
    let history = history(&fresh.store, AsOfLimits::default());
    let ask = |n: u64| {
        let history = history.clone();
        tokio::spawn(async move {
            // Far apart and close together, in no order; each twice.
            let revision = (n * 7) % 20 + 1;
            let then = history.at(&tester(), at(revision)).await.unwrap();
            for _ in 0..3 {
                assert_eq!(reached(&then).await as u64, revision, "as of {revision}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    let asked: Vec<_> = (0..40).map(ask).collect();
    for task in asked {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_revisions_at_once_on_sqlite() {
    twenty_at_once(stores::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_revisions_at_once_on_neo4j() {
    twenty_at_once(stores::neo4j().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_keeps_its_revision_while_others_replay_on() {
    let fresh = stores::sqlite().await;
    chain(&fresh.store, 12).await;
    let limits = AsOfLimits { stores_kept: 1, ..AsOfLimits::default() };
    let history = history(&fresh.store, limits);
    let early = history.at(&tester(), at(3)).await.unwrap();
    let late = history.at(&tester(), at(9)).await.unwrap();
    let later = history.at(&tester(), at(11)).await.unwrap();
    assert_eq!((reached(&early).await, reached(&late).await, reached(&later).await), (3, 9, 11));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_current_revision_stays_when_the_ledger_goes_on() {
    let fresh = stores::sqlite().await;
    chain(&fresh.store, 4).await;
    let then = history(&fresh.store, AsOfLimits::default()).at(&tester(), at(4)).await.unwrap();
    assert_eq!(reached(&then).await, 4);
    build(&fresh.store, "MORE@50:L3 -> L4").await;
    assert_eq!(reached(&then).await, 4, "as of revision 4");
    let entries = then.store.changes(LedgerPosition::default(), 100).await.unwrap().entries;
    assert_eq!(entries.len(), 4);
    let live = fresh.store.changes(LedgerPosition::default(), 4).await.unwrap().entries;
    assert_eq!(entries, live, "with the original recordings");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_in_the_middle_of_a_question_is_not_in_its_answer() {
    let fresh = stores::sqlite().await;
    chain(&fresh.store, 4).await;
    let watched = Watched::new(fresh.store.clone());
    let store: AnyStore = watched.clone();
    watched.then_commit(batch(plant("MORE@50:L3 -> L4")));
    let then = history(&store, AsOfLimits::default()).at(&tester(), at(4)).await.unwrap();
    assert_eq!(fresh.store.revision().await.unwrap(), Revision(5), "the ledger has moved on");
    assert_eq!(reached(&then).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_not_happened_yet_is_refused_and_before_the_first_is_empty() {
    let fresh = stores::sqlite().await;
    let history = history(&fresh.store, AsOfLimits::default());
    assert_eq!(history.at(&tester(), at(0)).await.unwrap().revision, Revision(0));
    chain(&fresh.store, 2).await;
    let error = history.at(&tester(), at(3)).await.err().unwrap();
    assert_eq!(error.code, ErrorCode::RevisionUnknown, "{error}");
    let empty = history.at(&tester(), at(0)).await.unwrap();
    assert!(found(&empty.store, lots(|_| ())).await.is_empty());
    let (seed, lot) = (lot_id("L0"), lot_id("L1"));
    let error = empty
        .questions
        .tracer
        .why_affected(&tester(), &seed, &lot, Direction::Forward, 1)
        .await
        .err()
        .unwrap();
    assert_eq!(error.code, ErrorCode::LotUnknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revision_larger_than_a_page_is_replayed_whole() {
    let fresh = stores::sqlite().await;
    let many: String = (0..9_000).map(|n| format!("N{n}@1:-> M{n};")).collect();
    build(&fresh.store, &many).await;
    build(&fresh.store, "LAST@2:M0 -> L").await;
    let then = history(&fresh.store, AsOfLimits::default()).at(&tester(), at(1)).await.unwrap();
    let ids = [event_id("N0"), event_id("N8999"), event_id("LAST")].map(lotgraph::domain::NodeRef::Operation);
    let nodes = then.store.get(&ids).await.unwrap();
    assert_eq!(nodes.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_events_are_refused_also_the_next_time() {
    let fresh = stores::sqlite().await;
    chain(&fresh.store, 9).await;
    let watched = Watched::new(fresh.store.clone());
    let store: AnyStore = watched.clone();
    let history = history(&store, AsOfLimits { events_max: 5, ..AsOfLimits::default() });
    for revision in [7, 8] {
        let error = history.at(&tester(), at(revision)).await.err().unwrap();
        assert_eq!(error.code, ErrorCode::LimitExceeded, "{error}");
        assert!(error.message.contains("as_of.events_max"), "{error}");
    }
    assert_eq!(reached(&history.at(&tester(), at(5)).await.unwrap()).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_goes_on_when_nobody_waits_any_more() {
    let fresh = stores::sqlite().await;
    chain(&fresh.store, 6).await;
    let watched = Watched::new(fresh.store.clone());
    let store: AnyStore = watched.clone();
    let limits = AsOfLimits { patience: Duration::from_millis(50), ..AsOfLimits::default() };
    let history = history(&store, limits);
    watched.hold();
    let error = history.at(&tester(), at(4)).await.err().unwrap();
    assert_eq!(error.code, ErrorCode::ReplayUnderWay, "{error}");
    watched.release(100);
    let mut then = history.at(&tester(), at(4)).await;
    while let Err(error) = &then {
        assert_eq!(error.code, ErrorCode::ReplayUnderWay, "{error}");
        then = history.at(&tester(), at(4)).await;
    }
    assert_eq!(reached(&then.unwrap()).await, 4);
}
