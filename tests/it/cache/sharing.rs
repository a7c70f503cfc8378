//! Equal questions asked at the same time are computed once, whatever becomes of the one who computes.

use std::sync::Arc;
use std::time::Duration;

use lotgraph::store::layer::bounded::BoundedStore;
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::{Closure, Reader, Result, Revision, StoreErrorKind, Subgraph};
use tokio::task::JoinHandle;

use super::{cached, content, forward, memory, planted, receive};
use crate::support::events::{batch, plant};

fn ask(store: &Arc<CachedStore>, query: Closure) -> JoinHandle<Result<Subgraph>> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.closure(&query).await })
}

/// Long enough for tasks that have nothing to wait for but each other.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_equal_questions_are_one_computation() {
    let inner = planted("-> A; A -> B").await;
    let store = cached(&inner, [memory()]);
    inner.hold();
    let askers: Vec<_> = (0..100).map(|_| ask(&store, forward("A"))).collect();
    inner.called("closure", 1).await;
    inner.called("revision", 100).await;
    settle().await;
    inner.open();
    inner.release(1);
    let expected = content(inner.closure(&forward("A")).await.unwrap());
    for asker in askers {
        assert_eq!(content(asker.await.unwrap().unwrap()), expected);
    }
    assert_eq!(inner.count("closure"), 2, "one for the hundred, one by the test");
}

#[tokio::test]
async fn when_the_leader_is_cancelled_another_takes_over() {
    let inner = planted("-> A; A -> B").await;
    let store = cached(&inner, [memory()]);
    inner.hold();
    let leader = ask(&store, forward("A"));
    inner.called("closure", 1).await;
    let followers: Vec<_> = (0..20).map(|_| ask(&store, forward("A"))).collect();
    inner.called("revision", 21).await;
    settle().await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    inner.called("closure", 2).await;
    inner.open();
    inner.release(1);
    for follower in followers {
        follower.await.unwrap().unwrap();
    }
    assert_eq!(inner.count("closure"), 2, "the cancelled one and one more");
}

#[tokio::test]
async fn a_failed_leader_fails_its_followers_once_and_nobody_after() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    inner.fail(Some(StoreErrorKind::Unavailable));
    inner.hold();
    let askers: Vec<_> = (0..20).map(|_| ask(&store, forward("A"))).collect();
    inner.called("revision", 20).await;
    settle().await;
    inner.open();
    inner.release(1);
    for asker in askers {
        let error = asker.await.unwrap().unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert_eq!(error.source.unwrap().to_string(), "told to fail");
    }
    assert_eq!(inner.count("closure"), 1, "a store in trouble is not asked twenty times");
    inner.fail(None);
    store.closure(&forward("A")).await.unwrap();
}

#[tokio::test]
async fn a_leader_short_of_time_does_not_fail_the_patient() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    inner.fail(Some(StoreErrorKind::Timeout));
    inner.hold();
    let hasty = ask(&store, forward("A"));
    inner.called("closure", 1).await;
    let patient = ask(&store, forward("A"));
    inner.called("revision", 2).await;
    settle().await;
    inner.release(1);
    assert_eq!(hasty.await.unwrap().unwrap_err().kind, StoreErrorKind::Timeout);
    inner.called("closure", 2).await;
    inner.fail(None);
    inner.open();
    inner.release(1);
    patient.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_follower_waits_no_longer_than_its_own_deadline() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    inner.hold();
    let leader = ask(&store, forward("A"));
    inner.called("closure", 1).await;
    let hasty = Closure { deadline: Duration::from_millis(30), ..forward("A") };
    assert_eq!(store.closure(&hasty).await.unwrap_err().kind, StoreErrorKind::Timeout);
    inner.open();
    inner.release(1);
    leader.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_question_after_a_commit_does_not_join_a_flight_from_before() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    inner.hold();
    let early = ask(&store, forward("A"));
    inner.called("closure", 1).await;
    let receipt = receive(store.as_ref(), "X").await;
    let late = ask(&store, forward("A"));
    inner.called("closure", 2).await;
    inner.open();
    inner.release(2);
    assert!(early.await.unwrap().unwrap().revision < receipt.revision);
    assert_eq!(late.await.unwrap().unwrap().revision, receipt.revision);
}

#[tokio::test]
async fn a_question_about_one_revision_does_not_join_a_flight_that_may_land_later() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    inner.hold();
    // Asked at revision 1, computed at revision 2.
    inner.then_commit(batch(plant("X@9: -> X")));
    let any = ask(&store, forward("A"));
    inner.called("closure", 1).await;
    let first = ask(&store, Closure { at: Some(Revision(1)), ..forward("A") });
    inner.called("closure", 2).await;
    inner.open();
    inner.release(2);
    assert_eq!(any.await.unwrap().unwrap().revision, Revision(2));
    assert_eq!(first.await.unwrap().unwrap_err().kind, StoreErrorKind::Stale);
}

#[tokio::test]
async fn heavy_reads_take_turns_and_the_impatient_are_turned_away() {
    let inner = planted("-> A").await;
    let bounded = Arc::new(BoundedStore::new(inner.clone(), 2, Duration::from_secs(60)));
    let ask = |deadline| {
        let store = Arc::clone(&bounded);
        let query = Closure { deadline, ..forward("A") };
        tokio::spawn(async move { store.closure(&query).await })
    };
    inner.hold();
    let patient: Vec<_> = (0..10).map(|_| ask(Duration::from_secs(60))).collect();
    inner.called("closure", 2).await;
    settle().await;
    assert_eq!(inner.count("closure"), 2, "no more than two at once");
    let error = ask(Duration::from_millis(20)).await.unwrap().unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    // What is not heavy does not queue.
    receive(bounded.as_ref(), "X").await;
    inner.open();
    inner.release(2);
    for asker in patient {
        asker.await.unwrap().unwrap();
    }
    assert_eq!(inner.count("closure"), 10);
}
